"""Damaged studies: they load, or are refused with their problems, never a traceback, and in seconds."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import yaml

from microfem.base.errors import MicrofemError
from microfem.study.reader import load_study
from support.mutations import damage_bytes, damage_data, seeds
from support.repository import ROOT

STUDIES = sorted(ROOT.glob("studies/*.yaml"))
LONGEST = 60.0  # s of processor time


def damaged(study: Path, chance: random.Random) -> bytes:
    """Return a study with a damaged entry or damaged text."""
    if chance.random() < 0.2:
        return damage_bytes(study.read_bytes(), chance)
    data = yaml.safe_load(study.read_text())
    damage_data(data, chance)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode()


@pytest.mark.parametrize("tried", seeds(100, 10_000, 200))
def test_damaged_studies_load_or_are_refused(tmp_path: Path, tried: range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # studies name geometry files from here
    path = tmp_path / "study.yaml"
    for seed in tried:
        chance = random.Random(seed)
        path.write_bytes(damaged(chance.choice(STUDIES), chance))
        start = time.process_time()
        try:
            load_study(path)
        except MicrofemError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        finally:
            assert time.process_time() - start < LONGEST, seed
