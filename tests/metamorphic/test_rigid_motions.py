"""A device that is mirrored, turned or carried away is the same device; so is a drawing of it.

On the same cells numbers agree to round-off; with a mesh of its own for each, as far as intervals and errors tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from shapely import affinity

from microfem.families import build_layout
from microfem.layout import Layout
from support.quick_layouts import CONDUCTION, ELECTROSTATICS, POTENTIAL, QUICK, layout_of
from support.relations import (
    CUT,
    MIRROR_X,
    MIRROR_Y,
    Floats,
    agree,
    coarse_mesh,
    differs,
    moved_layout,
    moved_mesh,
    turned,
    values,
)
from support.solving import solve, value

METRE = 1e6  # um
HERE = (0.0, 0.0)
MOVES: dict[str, tuple[Floats, tuple[float, float]]] = {
    "mirrored in x": (MIRROR_X, HERE), "mirrored in y": (MIRROR_Y, HERE), "turned by 90 degrees": (turned(90.0), HERE),
    "turned by 33.1 degrees": (turned(33.1), HERE), "a metre away": (np.eye(2), (METRE, -METRE)),
    "all of it": (turned(71.3) @ MIRROR_X, (-METRE, 0.3 * METRE)),
}  # fmt: skip
FIELD = ("resistance", "dissipation", "energy_fraction", "potential_homogeneity", "area_fraction_above")
STORED = ("capacitance", "stored_energy", "energy_fraction")
ROUNDED = 1e-8  # a metre of 1e6 um leaves lengths of 10 um eleven digits


def fits(view: str, move: str) -> bool:
    """Tell whether a move leaves a section in its plane, and the layout unplaced."""
    return view != "section" or move in ("mirrored in x", "a metre away")


CASES = [pytest.param(family, view, move, marks=[] if (family, view) in QUICK and view != "3d" else pytest.mark.slow)
         for family, view in POTENTIAL for move in MOVES if fits(view, move)]  # fmt: skip


def stays(family: str, view: str, move: str, mistake: float = 1.0) -> None:
    """Hold numbers of a moved mesh against those of the mesh; mistake: a factor on all moved lengths across."""
    mesh = coarse_mesh(layout_of(family), view)
    matrix, shift = MOVES[move]
    other = moved_mesh(mesh, np.diag([mistake, 1.0]) @ matrix, shift)
    for stated, metrics in ((CONDUCTION, FIELD), (ELECTROSTATICS, STORED)):
        here, there = solve(mesh, stated), solve(other, stated)
        for metric in metrics:
            near = pytest.approx(value(here, metric), rel=CUT.get(metric, ROUNDED), abs=1e-9)
            assert value(there, metric) == near, (stated, metric)


@pytest.mark.parametrize(("family", "view", "move"), CASES)
def test_moved_cells_give_the_same_numbers(family: str, view: str, move: str) -> None:
    stays(family, view, move)


def test_a_stretched_mesh_fails() -> None:
    assert differs(lambda: stays("interdigital", "plan", "turned by 33.1 degrees", 1.0 + 1e-6))


# Drawings with meshes of their own. A comb without symmetry: two anode fingers, two cathode fingers of other widths.
ANODE = shapely.union_all([shapely.box(-900, -700, -600, 700), shapely.box(-300, -700, 0, 700),
                           shapely.box(-900, -1000, 0, -700)])  # fmt: skip
CATHODE = shapely.union_all([shapely.box(-525, -550, -375, 900), shapely.box(75, -550, 300, 900),
                             shapely.box(-525, 850, 300, 1100)])  # fmt: skip
DRAWN = {"anode_thickness": 20.0, "cathode_thickness": 20.0, "margin": 150.0}


def drawing(matrix: Floats = MIRROR_X @ MIRROR_X, shift: tuple[float, float] = HERE) -> Layout:
    """Return the drawn comb, moved."""
    outlines = {name: affinity.affine_transform(outline, [*matrix.ravel(), *shift]).wkt
                for name, outline in (("anode", ANODE), ("cathode", CATHODE))}  # fmt: skip
    return build_layout("drawn", {**outlines, **DRAWN})


FAR = [(METRE, 0.0), (-1234567.891, 0.0), (10.0 * METRE, 0.0), (0.0, 3.3 * METRE), (2.0 * METRE, -METRE)]
DRAWN_MOVES = [("section", MIRROR_X, HERE), ("section", np.eye(2), FAR[0]), ("plan", turned(90.0), HERE),
               ("plan", np.eye(2), FAR[4])]  # fmt: skip
MORE_MOVES = [("plan", MIRROR_X, HERE), ("plan", MIRROR_Y, HERE), *(("plan", np.eye(2), shift) for shift in FAR),
              *(("section", np.eye(2), shift) for shift in FAR[1:3]),
              ("3d", MIRROR_X, HERE), ("3d", turned(90.0), HERE), ("3d", turned(180.0) @ MIRROR_X, HERE),
              ("3d", np.eye(2), FAR[4]), ("3d", np.eye(2), FAR[2])]  # fmt: skip


@pytest.mark.parametrize(
    ("view", "matrix", "shift"), [*DRAWN_MOVES, *(pytest.param(*row, marks=pytest.mark.slow) for row in MORE_MOVES)]
)
def test_a_drawing_may_lie_anywhere(view: str, matrix: Floats, shift: tuple[float, float]) -> None:
    metrics = ("resistance", "potential_homogeneity") if view != "3d" else ("resistance",)
    stated, accuracy = {**CONDUCTION, "dimension": view}, 0.05 if view == "3d" else 0.005
    here, there = (
        values(drawing(), stated, metrics, accuracy),
        values(drawing(matrix, shift), stated, metrics, accuracy),
    )
    for metric in metrics:
        assert agree(here[metric], there[metric]), (metric, here[metric], there[metric])
    assert not agree(here["resistance"], there["resistance"], 1.15 if view == "3d" else 1.015)


@pytest.mark.parametrize("shift", [FAR[0], pytest.param(FAR[2], marks=pytest.mark.slow)])
def test_far_away_the_mesh_is_as_good(shift: tuple[float, float]) -> None:
    """As many cells, near enough, of the same shapes: coordinates of 1e6 um spoil no size field and no snapping."""
    near, far = (coarse_mesh(drawing(shift=one), "plan") for one in (HERE, shift))
    assert len(far.cells) == pytest.approx(len(near.cells), rel=0.03)
    assert far.volumes.min() > 0.3 * near.volumes.min()
    for name in near.regions:
        areas = [mesh.volumes[mesh.cells_of(name)].sum() for mesh in (near, far)]
        assert areas[1] == pytest.approx(areas[0], rel=1e-7)


TURNED = [("interdigital", "plan"), *(pytest.param(*one, marks=pytest.mark.slow) for one in
          [("concentric", "plan"), ("pillars", "plan"), ("fiber", "plan"), ("circular", "plan"),
           ("drawn", "3d")])]  # fmt: skip


@pytest.mark.parametrize("degrees", [33.1, pytest.param(90.0, marks=pytest.mark.slow),
                                     pytest.param(-151.7, marks=pytest.mark.slow)])  # fmt: skip
@pytest.mark.parametrize(("family", "view"), TURNED)
def test_outlines_may_be_turned(family: str, view: str, degrees: float) -> None:
    """All outlines of a layout turn, the electrolyte's too, and each is meshed for itself."""
    layout, stated, accuracy = layout_of(family), {**CONDUCTION, "dimension": view}, 0.05 if view == "3d" else 0.005
    other: Any = moved_layout(layout, turned(degrees), (50.0, -70.0))
    here, there = (values(one, stated, ["resistance"], accuracy)["resistance"] for one in (layout, other))
    assert agree(here, there), (here, there)
    assert not agree(here, there, 1.15 if view == "3d" else 1.015)
