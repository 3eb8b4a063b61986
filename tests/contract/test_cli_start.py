"""The first commands of a newcomer: the version, the Tab key, a study to begin with, a file of the wrong kind."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from microfem.cli.main import app
from microfem.families import FAMILIES
from microfem.materials.library import material_names
from microfem.metrics import METRICS
from microfem.study.reader import load_study
from support.commands import Command, command_line
from support.studies import write_study

FLAT = """\
name: flat
designs:
  plates: {family: stacked, params: {length: 1 mm, width: 1 mm}}
accuracy: 5 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field)}
"""
SPACE = "space: {plates: {gap: {low: 50 um, high: 200 um}}}\nobjectives: {resistance: minimise}\nbudget: {trials: 2}\n"
WAITING = re.compile(r"(?m)^#(?=\S| {2,}\w+:)")  # the mark of a key that waits for its use


def test_version(microfem: Command) -> None:
    ended = microfem("--version")
    assert (ended.status, ended.out, ended.err) == (0, f"microfem {version('microfem')}\n", "")


# the Tab key


@pytest.fixture
def proposed(microfem: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
    """Return a function of words: what a shell proposes for the last one, asked as its completion script asks."""

    def ask(*words: str, shell: str = "bash") -> set[str]:
        line = " ".join(["microfem", *words])
        asked = {"_MICROFEM_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line, "COMP_WORDS": line,
                 "COMP_CWORD": str(len(words)), "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip
        with monkeypatch.context() as patch:
            for key, value in asked.items():
                patch.setenv(key, value)
            told = microfem().out
        if shell == "zsh":
            return set(re.findall(r'(?m)^(?:_arguments.*\(\()?"([^"]*)"', told))
        return {row.split("\t")[0] for row in told.splitlines() if row}

    return ask


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_completes_commands_options_and_names(proposed: Callable[..., set[str]], shell: str) -> None:
    commands = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
    assert proposed("", shell=shell) == {*commands, "dic"}
    assert {"--out", "--jobs", "--json"} <= proposed("run", "x.yaml", "--", shell=shell)
    assert proposed("new", "", shell=shell) == set(FAMILIES.names())


def test_tab_completes_what_list_and_show_take(proposed: Callable[..., set[str]]) -> None:
    assert proposed("list", "mat") == {"materials"}
    assert proposed("show", "metric", "") == set(METRICS.names())
    assert proposed("show", "material", "z") == {one for one in material_names() if one.startswith("z")}
    assert proposed("show", "nothing", "") == set()


def test_tab_completes_files(
    proposed: Callable[..., set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comb.yaml").touch()
    (tmp_path / "comb.txt").touch()
    assert proposed("run", "co") == {"comb.yaml"}
    (tmp_path / "comb_results").mkdir()
    assert proposed("run", "co") == set()  # the shell's own completion enters folders


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
def test_completion_is_installed_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bash: the shell is known by the process that calls the command."""
    monkeypatch.setenv("HOME", str(tmp_path))
    script = f"{shlex.join(map(str, command_line('--install-completion')))}; exit $?"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "source" in (tmp_path / ".bashrc").read_text()


# a study to begin with


def begun(microfem: Command, folder: Path, family: str) -> Path:
    """Write the study that `new` prints for a family."""
    ended = microfem("new", family, "--study")
    assert (ended.status, ended.err) == (0, "")
    path = folder / f"{family}.yaml"
    path.write_text(ended.out, encoding="utf-8")
    return path


@pytest.mark.parametrize("family", FAMILIES.names())
def test_new_study_is_found_good(microfem: Command, tmp_path: Path, family: str) -> None:
    """As it is, and with all keys that wait for their use."""
    path = begun(microfem, tmp_path, family)
    assert microfem("check", path).status == 0
    text, number = WAITING.subn("", path.read_text())
    path.write_text(text)
    study = load_study(path)
    assert number == 8
    assert study.search is not None
    assert list(study.search.spaces[family].free) != []
    assert [one.metric for one in study.expect] == ["resistance"]
    assert set(study.designs[family].params) == set(FAMILIES.get(family).params)
    assert all(param.doc in text for _, param, _ in FAMILIES.get(family).params.values())


def test_a_wrong_key_in_a_new_study_is_seen(microfem: Command, tmp_path: Path) -> None:
    path = begun(microfem, tmp_path, "fiber")
    path.write_text(path.read_text().replace("resistance(field)", "resistence(field)"))
    ended = microfem("check", path)
    assert ended.status == 2
    assert "did you mean 'resistance'?" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES.names())
def test_new_study_runs(microfem: Command, tmp_path: Path, family: str) -> None:
    path = begun(microfem, tmp_path, family)
    ended = microfem("run", path, "-o", tmp_path / "out", "--set", "accuracy=20 %", "--quiet")
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert (tmp_path / "out/pictures/sheet.png").is_file()


# files of another kind, and the time at the end


def test_run_of_a_geometry_file_says_what_it_is(microfem: Command, tmp_path: Path) -> None:
    path = tmp_path / "comb.yaml"
    path.write_text(microfem("new", "interdigital").out)
    for command in ("run", "check"):
        ended = microfem(command, path)
        assert (ended.status, ended.out) == (2, "")
        assert "this is a geometry file" in ended.err
        assert "microfem new FAMILY --study" in ended.err
    study = write_study(tmp_path, "name: mine\ndesigns: {mine: comb.yaml}\n")  # the remedy
    assert microfem("check", study).status == 0


def test_a_study_is_no_geometry_file(microfem: Command, tmp_path: Path) -> None:
    ended = microfem("mesh", write_study(tmp_path, FLAT), "-o", tmp_path / "mesh.msh")
    assert (ended.status, ended.out) == (2, "")
    assert "this is a study" in ended.err


TOOK = r"[\d.]+ (s|min|h)\n"


@pytest.mark.slow
def test_the_time_stands_at_the_end(microfem: Command, tmp_path: Path) -> None:
    path = write_study(tmp_path, FLAT)
    assert re.search(
        rf"\n1 design in {TOOK}{tmp_path}/out/index.html\n$", microfem("run", path, "-o", tmp_path / "out").out
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [("sweep", "--samples", "2"), ("optimise",)])
def test_the_time_of_a_search_stands_at_the_end(microfem: Command, tmp_path: Path, command: tuple[str, ...]) -> None:
    path = write_study(tmp_path, FLAT + SPACE)
    ended = microfem(command[0], path, "-o", tmp_path / "out", *command[1:])
    assert re.search(rf"\n2 trials; this command took {TOOK}{tmp_path}/out/index.html\n$", ended.out), ended.err
