"""Damaged results: each command that reads them ends with exit status 0, or 2 and one line, never a traceback."""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.cli.main import main
from microfem.render.viewer.state import first, open_run, quantities
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.mutations import damage_bytes, damage_data, seeds
from support.runs import STUDY

COMMANDS = ("compare", "report", "plot", "view")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "study.yaml").write_text(STUDY)
    run_study(load_study(folder / "study.yaml"), folder / "out")
    return folder / "out"


def damaged(results: Path, folder: Path, chance: random.Random) -> Path:
    """Copy results and damage one of their files."""
    shutil.copytree(results, folder / "out")
    files = sorted(one for one in (folder / "out").rglob("*") if one.suffix in (".json", ".vtkhdf"))
    path = folder / "out/summary.json" if chance.random() < 0.4 else chance.choice(files)
    if path.suffix == ".json" and chance.random() < 0.8:
        data = json.loads(path.read_text())
        damage_data(data, chance)
        path.write_text(json.dumps(data))
    else:
        path.write_bytes(damage_bytes(path.read_bytes(), chance))
    return folder / "out"


def opened(folder: Path) -> None:
    """Read what the viewer reads before its first picture."""
    run = open_run(folder)
    shown = first(run)
    for name in shown.designs:
        if run.has(name, shown.case):
            quantities(run.read(name, shown.case))


def status(command: str, folder: Path) -> object:
    """Return the exit status of a command; the viewer starts no server."""
    try:
        if command == "view":
            opened(folder)
        else:
            main()
    except SystemExit as ended:
        return ended.code
    except MicrofemError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


@pytest.mark.parametrize("tried", seeds(30, 1000))
def test_damaged_results_are_told_in_a_line(
    results: Path, tmp_path: Path, tried: range, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in tried:
        chance, place = random.Random(seed), tmp_path / str(seed)
        folder, command = damaged(results, place, chance), chance.choice(COMMANDS)
        out = {"report": ["-o", str(place / "r.html")], "plot": ["-o", str(place / "p"), "--format", "svg"]}
        monkeypatch.setattr(sys, "argv", ["microfem", command, str(folder), *out.get(command, [])])
        ended, told = status(command, folder), capsys.readouterr().err
        assert ended in (0, 2), (seed, told)
        assert len(told.splitlines()) == (1 if ended else 0), (seed, told)
        shutil.rmtree(place)
