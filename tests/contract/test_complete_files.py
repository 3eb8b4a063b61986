"""Files that commands write appear complete or not at all: an earlier file stays, nothing else is left."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from microfem.base.errors import WriteError
from microfem.results.files import writing_together
from support.commands import Command

GEOMETRY = "family: interdigital\nparams: {finger_pairs: 2, finger_length: 500 um}\n"
SMALL = 300  # bytes, fewer than any of the files has


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond SMALL; the system then refuses to write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("command", "ending"),
    [*(("export", one) for one in (".gds", ".oas", ".dxf", ".svg", ".stl", ".step")),
     *(("mesh", one) for one in (".msh", ".vtu", ".xdmf", ".bdf", ".inp"))],
)  # fmt: skip
@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_the_earlier_file_stays(command: str, ending: str, tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    out = tmp_path / f"a{ending}"
    out.write_text("earlier")
    ended = microfem(command, tmp_path / "comb.yaml", "-o", out)
    assert ended.status == 2
    assert ended.err.startswith(f"error: cannot write {out}: ")
    assert out.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["comb.yaml", out.name])


def test_several_files_appear_together_and_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.gds.partial").mkdir()
    (tmp_path / ".a.gds.partial/stale").write_text("of a killed process")
    with writing_together(tmp_path / "a.gds") as partial:
        partial.write_text("one")
        partial.with_name("a.gds.json").write_text("two")
        assert not (tmp_path / "a.gds").exists()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.gds": "one", "a.gds.json": "two"}


def test_any_error_leaves_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "a.gds").write_text("earlier")
    with pytest.raises(KeyboardInterrupt), writing_together(tmp_path / "a.gds") as partial:  # noqa: PT012
        partial.write_text("half")
        raise KeyboardInterrupt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(WriteError, match=r"cannot write .*file/a\.gds: Not a directory"):
        writing_together(tmp_path / "file/a.gds").__enter__()
