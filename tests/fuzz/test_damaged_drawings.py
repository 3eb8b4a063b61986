"""Damaged drawings end with a layout or a message that names the file, in bounded time: no signal, no traceback."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.cad.import_drawing import import_drawing
from microfem.drawings.read import Reading
from support.mutants import LAYERS, mutant, sound

LONGEST = 20.0  # s
FEW, MANY = 10, 2000
UNFORESEEN = re.compile(r"cannot be imported: \w+: ")  # an error of our own, not of a library on a damaged file


def outcome(path: Path, layers: dict[str, str]) -> str:
    """Import a drawing and return what was said, "" if it became a geometry."""
    started = time.monotonic()
    try:
        import_drawing(path, layers, reading=Reading(smallest=0.0))
        said = ""
    except MicrofemError as error:
        said = str(error)
    assert time.monotonic() - started < LONGEST
    assert said.startswith(str(path)) or not said
    return said


def check_mutants(suffix: str, seeds: range, folder: Path) -> int:
    """Import mutants and return the number of those that became a geometry."""
    whole = sound(suffix, folder)
    layers = dict(zip(LAYERS[suffix], ("anode", "cathode"), strict=True))
    good = 0
    for seed in seeds:
        path = folder / f"mutant{seed}{suffix}"
        path.write_bytes(mutant(suffix, whole, seed))
        said = outcome(path, layers)
        assert not UNFORESEEN.search(said), f"seed {seed}: {said}"
        good += not said
    return good


@pytest.mark.parametrize("suffix", LAYERS)
def test_a_sound_drawing_becomes_a_geometry(suffix: str, tmp_path: Path) -> None:
    """Negative control: the mutants differ from this drawing alone in their damage."""
    path = tmp_path / f"sound{suffix}"
    path.write_bytes(sound(suffix, tmp_path))
    assert outcome(path, dict(zip(LAYERS[suffix], ("anode", "cathode"), strict=True))) == ""


@pytest.mark.parametrize("suffix", LAYERS)
def test_damaged_drawings_end_well(suffix: str, tmp_path: Path) -> None:
    assert check_mutants(suffix, range(FEW), tmp_path) < FEW


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("suffix", LAYERS)
def test_many_damaged_drawings_end_well(suffix: str, tmp_path: Path) -> None:
    assert 0 < check_mutants(suffix, range(FEW, MANY), tmp_path) < MANY
