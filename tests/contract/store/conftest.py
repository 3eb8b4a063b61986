"""A study of two designs and its results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.runs import STUDY

from microfem.run.study import run_study
from microfem.study.reader import load_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return the file of the study, which has not been run."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the study and its results, which no test changes."""
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "study.yaml").write_text(STUDY)
    run_study(load_study(folder / "study.yaml"), folder / "out")
    return folder


@pytest.fixture
def done(fresh: Path, tmp_path: Path) -> Path:
    """Return a copy of the results to change."""
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"
