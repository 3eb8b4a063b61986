"""A study of two designs and its results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.runs import STUDY
from support.studies import results_of, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return the file of the study, which has not been run."""
    return write_study(tmp_path, STUDY)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the study and its results, which no test changes."""
    return results_of(tmp_path_factory.mktemp("fresh"), STUDY).parent


@pytest.fixture
def done(fresh: Path, tmp_path: Path) -> Path:
    """Return a copy of the results to change."""
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"
