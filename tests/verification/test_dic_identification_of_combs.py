"""Combs identified from images: a stiffness, a gap and their stated errors, and by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from microfem.base.errors import MicrofemError
from microfem.run.identify import identify_study
from support.commands import Command
from support.photographed import photograph, photographed_comb

SEEDS = 20
FILM, GAP = 0.6, 330.0  # MPa and um, of the combs that are photographed
WIDER = "designs.comb.params.gap=330 um"  # 10 % more than the study states, in which the search begins
PATIENCE = 3600  # s, of a busy machine
pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE)]


def test_the_contrast_of_a_comb_in_images_is_within_two_standard_errors(tmp_path: Path) -> None:
    """In nineteen of twenty, with axes whose scale is 0.5 % and whose rotation is 0.4 degrees wrong, in six solves."""
    measurement, path = photographed_comb(tmp_path)
    off = []
    for seed in range(SEEDS):
        found = identify_study(photograph(tmp_path, measurement, path, seed), [], "film").found
        [one] = found.estimates
        assert found.solves <= 6
        off.append((one.value - FILM) / one.error)
    assert np.sum(np.abs(off) < 2.0) >= SEEDS - 1
    assert np.sqrt(np.mean(np.square(off))) > 0.1  # and the error is no larger than it need be


def test_a_gap_is_found_by_the_command_line(tmp_path: Path, microfem: Command) -> None:
    """A tenth wider than where the search begins; numbers as JSON, the misfit and what remains as pictures."""
    measurement, path = photographed_comb(tmp_path, WIDER)
    study, out = photograph(tmp_path, measurement, path, 1), tmp_path / "out"
    ended = microfem("dic", "identify", study, "--only", "gap", "-o", out)
    assert ended.status == 0, ended.err
    [told] = json.loads((out / "identified.json").read_text())["gap"]["parameters"].values()
    assert abs(told["value"] - GAP) < 2.0 * told["error"] < 0.02 * GAP
    for name in ("misfit", "u", "v", "exx"):
        assert np.asarray(Image.open(out / f"gap-{name}.png")).shape[1] > 2000


def test_a_map_of_another_design_is_refused(tmp_path: Path) -> None:
    """Negative control: fingers of 2.5 mm where the study states 1.5 mm would be taken for another stiffness."""
    measurement, path = photographed_comb(tmp_path, "designs.comb.params.finger_length=2500 um")
    with pytest.raises(MicrofemError, match="not of such a device"):
        identify_study(photograph(tmp_path, measurement, path, 1), [], "film")
