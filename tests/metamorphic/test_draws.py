"""Random layouts of every family, turned, mirrored and at another size: numbers stay within intervals and errors.

Each layout is meshed and refined anew after each change, so that what chance there is in a mesh shows up here.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from microfem.base.errors import MicrofemError
from microfem.families import build_layout
from microfem.layout import Layout
from microfem.metrics import Value
from support.draws import draw
from support.quick_layouts import CONDUCTION, POTENTIAL
from support.relations import MIRROR_X, agree, moved_layout, scaled_layout, turned, values

COUNTS = ("finger_pairs", "ring_pairs", "row_pairs", "columns", "blocks")
METRICS = ("resistance", "potential_homogeneity")
# What lets a current flow, and lets the footprint hold the electrolyte: its reach follows the narrower of two gaps.
FIXED: dict[str, dict[str, Any]] = {
    "film": {"electrodes": "stacked"},
    "swiss_roll": {"substrate_thickness": 0.0, "electrolyte_thickness": 10.0, "separator_thickness": 10.0},
}
ATTEMPTS, SPREAD = 60, 2.5  # of a draw that can be made; how far parameters go from their defaults, as a factor
FLAT = sorted(view for view in POTENTIAL if view[1] != "3d")


def drawn_layout(family: str, rng: random.Random) -> tuple[dict[str, Any], Layout]:
    """Draw parameters until they can be made."""
    for _ in range(ATTEMPTS):
        params = draw(rng, family, SPREAD)
        params |= {name: rng.choice([1, 2]) for name in COUNTS if name in params} | FIXED.get(family, {})
        try:
            return params, build_layout(family, params)
        except MicrofemError:
            continue
    raise AssertionError(f"no {family} could be drawn")


def run(layout: Layout, view: str) -> dict[str, Value]:
    """Return the metrics as a run gives them."""
    return values(layout, {**CONDUCTION, "dimension": view}, METRICS, 0.01, 60_000)


def changed(family: str, view: str, seed: int) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """Return the metrics of a drawn layout, and of the same one changed, by what was changed."""
    rng = random.Random(seed)
    params, layout = drawn_layout(family, rng)
    others = {"scaled": scaled_layout(family, params, rng.choice([0.01, 0.37, 12.0]))}
    if layout.spiral is None:
        others["mirrored"] = moved_layout(layout, MIRROR_X)
    if layout.spiral is None and view == "plan":
        others["turned"] = moved_layout(layout, turned(rng.uniform(0.0, 360.0)), (rng.uniform(-1e4, 1e4), 0.0))
    return run(layout, view), {name: run(other, view) for name, other in others.items()}


QUICK = [("interdigital", "section", 2)]
MORE = [(*view, seed) for view in FLAT for seed in range(3, 8)]


@pytest.mark.parametrize(
    ("family", "view", "seed"), [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE)]
)
def test_drawn_layouts_changed(family: str, view: str, seed: int) -> None:
    here, others = changed(family, view, seed)
    for name, there in others.items():
        for metric in METRICS:
            assert agree(here[metric], there[metric]), (name, metric, here[metric], there[metric])
            assert not agree(here[metric], there[metric], 1.25), (name, metric)
