"""Terminals on faces of parts and on edges of films, against closed forms; the part itself conducts.

R = L / (sigma w t) of a bar between its ends, R = angle / (sigma t ln(b / a)) of a sector of a ring between its
straight sides, R = L / (sigma t) per depth of a film between its edges.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0
from scipy.integrate import quad

from microfem.families import build_layout
from microfem.layout import Circle, Layout, Region, Sheet
from microfem.layout.faces import NamedFace
from microfem.mesh import build_mesh
from microfem.mesh.named import simplices_of
from microfem.run.solve_case import solve_case
from support.cells import make_layout, sector_outline
from support.comparing import check
from support.materials import medium

LENGTH, WIDTH, HEIGHT, SIGMA = 8.0, 3.0, 0.5, 5.0
ENDS = {"strip.xmin": "0 V", "strip.xmax": "1 V"}


def bar() -> Layout:
    """Return a bar along x under an insulator."""
    box = shapely.box(0.0, -0.5 * WIDTH, LENGTH, 0.5 * WIDTH)
    regions = [
        Region(name="strip", role="electrolyte", footprint=box, z=(0.0, 2.0 * HEIGHT)),
        Region(name="lid", role="encapsulation", footprint=box, z=(2.0 * HEIGHT, 3.0 * HEIGHT)),
    ]
    return replace(make_layout(regions, laws={"strip": medium(SIGMA, 3.0), "lid": medium(0.0, 1.0)}), family="")


def value(layout: Layout, dimension: str, metric: str, accuracy: float = 0.01, **terminals: str):
    """Return a metric of conduction, or of electrostatics if it is a capacitance."""
    physics = "electrostatics" if "capacitance" in metric else "conduction"
    case = {"physics": physics, "dimension": dimension, "terminals": terminals}
    return solve_case(layout, case, {"it": metric}, accuracy).values["it"]


@pytest.mark.parametrize(
    ("dimension", "across"), [("3d", WIDTH * 2.0 * HEIGHT * 1e-6), ("plan", WIDTH), ("section", 1.0)]
)
def test_a_bar_between_its_ends(dimension: str, across: float) -> None:
    """The potential is linear: round-off, and the interval holds the exact value."""
    found = value(bar(), dimension, "resistance", **ENDS)
    exact = LENGTH / (SIGMA * across)
    assert found.lower <= exact <= found.upper
    check(found.value, exact, 1e-9)
    with pytest.raises(AssertionError):  # negative control: the other way across the bar
        check(found.value, WIDTH / (SIGMA * across), 1e-9)


def test_faces_of_the_device_and_of_a_part() -> None:
    """The bar's own ends and the device's: in a section both end at one x; the lid insulates, so R is the same."""
    whole = value(bar(), "section", "resistance", xmin="0 V", xmax="1 V")
    check(whole.value, value(bar(), "section", "resistance", **ENDS).value, 1e-9)
    across = value(bar(), "section", "resistance", **{"strip.zmin": "0 V", "strip.zmax": "1 V"})
    check(across.value, 2.0 * HEIGHT / (SIGMA * LENGTH), 1e-9)


def test_plates_on_the_faces_of_a_dielectric() -> None:
    """C = eps L / h per depth: a face is a plate of no thickness."""
    found = value(bar(), "section", "capacitance", **{"strip.zmin": "0 V", "strip.zmax": "1 V"})
    check(found.value, 3.0 * epsilon_0 * LENGTH / (2.0 * HEIGHT), 1e-9)


def sector(quarter: float, count: int = 24) -> Layout:
    """Return a quarter of a ring of radii 1 and 2.5, its arcs drawn as chords."""
    layout = make_layout(
        [
            Region(
                name="strip", role="electrolyte", footprint=sector_outline(1.0, 2.5, 0.0, quarter, count), z=(0.0, 1.0)
            )
        ],
        laws={"strip": medium(SIGMA)},
    )
    return replace(layout, family="", circles=(Circle((0.0, 0.0, 1.0)), Circle((0.0, 0.0, 2.5))))


def test_a_sector_of_a_ring_between_its_straight_sides() -> None:
    """R = (pi/2) / (sigma ln(b/a)) per depth: within the interval, with true arcs; so too for a narrower one."""
    exact = 0.5 * np.pi / (SIGMA * np.log(2.5))
    found = [value(sector(0.5 * np.pi), "plan", "resistance", accuracy, **{"strip.xmin": "0 V", "strip.ymin": "1 V"})
             for accuracy in (1e-2, 1e-6)]  # fmt: skip
    for one in found:
        assert one.lower <= exact <= one.upper
    assert found[1].error < 0.1 * found[0].error < 1e-3 * exact


@pytest.mark.parametrize("dimension", ["section", pytest.param("3d", marks=pytest.mark.slow)])
def test_a_film_between_its_edges(dimension: str) -> None:
    """R = L / (sigma t) per depth, less a share of 1e-9 that the ground beside it carries."""
    ground, film = shapely.box(-1.0, -2.0, 7.0, 2.0), shapely.box(0.0, -1.0, 4.0, 1.0)
    layout = make_layout(
        [Region(name="ground", role="electrolyte", footprint=ground, z=(-1.0, 0.0))],
        [Sheet(name="film", role="anode", footprint=film, z=0.0, thickness=0.01)],
        {"ground": medium(1e-4), "film": medium(1e7)},
    )
    found = value(replace(layout, family=""), dimension, "resistance", **{"film.xmin": "0 V", "film.xmax": "1 V"})
    across = 1.0 if dimension == "section" else 2.0e-6
    exact = 4.0 / (1e7 * 0.01 * across)
    assert found.lower <= exact * (1.0 + 1e-8)
    check(found.value, exact, 1e-8)


def test_a_wound_layer_between_its_ends() -> None:
    """R = integral of d theta / (sigma ln(1 + t / r)) per depth: arcs of a spiral whose slope is 0.0036, (0.0036)2 off.

    Laid flat the layer is a bar.
    """
    turns, core, rolled = 1.25, 2000.0, {}
    for laid in (True, False):
        layout = build_layout("swiss_roll", {"windings": turns, "core_radius": core, "rolled": laid})
        layout = replace(layout, materials={n: medium(SIGMA if n == "anode" else 0.0) for n in layout.names()})
        rolled[laid] = value(layout, "plan", "resistance", 5e-4, **{"anode.inner": "0 V", "anode.outer": "1 V"})
    growth, (thickness,) = (
        layout.spiral.pitch / (2.0 * np.pi),
        [t for name, t in layout.spiral.layers if name == "anode"],
    )
    exact, _ = quad(lambda a: 1.0 / np.log1p(thickness / (core + growth * a)), 0.0, 2.0 * np.pi * turns)
    assert abs(rolled[True].value - exact / SIGMA) <= rolled[True].error + 2e-5 * exact / SIGMA
    assert rolled[True].error < 1e-3 * exact / SIGMA
    check(rolled[False].value, layout.spiral.length() / (SIGMA * thickness), 1e-9)


def test_what_a_face_is_in_a_mesh() -> None:
    """The areas of a bar's faces; a face across y is none of a section, and an arc is no face of its own."""
    mesh = build_mesh(bar(), "3d")
    for side, area in (("xmax", 2.0 * HEIGHT * WIDTH), ("zmin", LENGTH * WIDTH), ("ymax", 2.0 * HEIGHT * LENGTH)):
        (facets,) = simplices_of(mesh, f"strip.{side}")
        edges = np.diff(mesh.points[facets], axis=1)
        check(0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum(), area, 1e-12)
    assert not simplices_of(build_mesh(bar(), "section"), "strip.ymin")
    assert bar().named_face("strip.xmin") == NamedFace(("strip",), "xmin")
    assert bar().named_face("zmax") == NamedFace((), "zmax")
    assert bar().named_face("strip.left") is None
