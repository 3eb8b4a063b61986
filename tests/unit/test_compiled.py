"""Compiled loops need no writable place, and damaged or full caches cost time only."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from microfem.fem.compiled import compiled, private_folder

pytest.importorskip("numba")


def double(number: int) -> int:
    return 2 * number


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Neither the package nor the home can be written; return the folder of temporary files."""
    from numba import config
    from numba.core.caching import CacheImpl, UserProvidedCacheLocator

    monkeypatch.setattr(CacheImpl, "_locator_classes", [UserProvidedCacheLocator])
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def code(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.nb?"))


def test_code_is_kept_among_temporary_files(read_only: Path) -> None:
    assert compiled(double)(3) == 6
    assert len(code(read_only)) == 2  # an index and the code
    assert private_folder().stat().st_mode & 0o777 == 0o700


def test_a_user_without_a_home_finds_no_folder_of_that_name(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core.caching import CacheImpl, UserProvidedCacheLocator, UserWideCacheLocator

    monkeypatch.setattr(CacheImpl, "_locator_classes", [UserProvidedCacheLocator, UserWideCacheLocator])
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as of a number that no list of users has
    (read_only / "here").mkdir()
    monkeypatch.chdir(read_only / "here")
    assert compiled(double)(3) == 6
    assert list((read_only / "here").iterdir()) == []
    assert len(code(private_folder())) == 2


def test_a_damaged_cache_heals(read_only: Path) -> None:
    compiled(double)(3)
    for path in code(read_only):
        path.write_bytes(path.read_bytes()[:20])
    assert compiled(double)(3) == 6
    again = compiled(double)
    assert again(3) == 6
    assert sum(again.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]


def test_a_full_disk_costs_time_only(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core.caching import IndexDataCacheFile

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "_save_data", full)
    assert compiled(double)(3) == 6


def test_code_of_others_is_not_run(read_only: Path) -> None:
    private_folder().chmod(0o777)
    with pytest.raises(PermissionError, match="not private"):
        private_folder()
    assert compiled(double)(3) == 6
    assert code(read_only) == []


def test_without_temporary_files_loops_are_compiled(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(read_only / "nowhere"))
    assert compiled(double)(3) == 6
