"""One side of mirror planes for the whole: against closed forms, the whole device, and layouts without a mirror."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from microfem.families import build_layout
from microfem.layout import Region, Sheet
from microfem.layout.contacts import PartContact
from microfem.layout.mirrors import mirror_planes
from microfem.mesh import build_mesh
from support.cells import make_layout
from support.materials import matter
from support.solving import read_case, solve_conduction, solve_electrostatics, value

GEL, METAL = matter(conductivity=2.0), matter(conductivity=1e6)
BOTH = ("conductivity", "relative_permittivity")


def block(x0, x1, y0=-3.0, y1=3.0):
    return shapely.box(x0, y0, x1, y1)


def sandwich(film=False):
    """Return plates of 4 x 6 um, 1 um apart, on a film of their size."""
    heights = {"anode": (-1.0, 0.0), "electrolyte": (0.0, 1.0), "cathode": (1.0, 2.0)}
    regions = [Region(name=name, role=name, footprint=block(-2.0, 2.0), z=z) for name, z in heights.items()]
    sheets = [Sheet(name="film", role="bridge", footprint=block(-2.0, 2.0), z=0.0, thickness=0.01)] if film else []
    laws = {"anode": METAL, "cathode": METAL, "electrolyte": GEL, "film": METAL}
    return make_layout(regions, sheets=sheets, laws=laws)


@pytest.mark.parametrize("view", ["3d", "section"])
def test_plates_of_a_quarter_are_those_of_the_whole(view):
    """G = sigma A / d in 3D, sigma L / d in a section, from a quarter and a half of the cells' volume."""
    layout = replace(sandwich(film=view == "3d"), mirrors=mirror_planes(sandwich(), view, BOTH))
    mesh = build_mesh(layout, view, 0)
    solution = solve_conduction(mesh, anode="0 V", cathode="1 V")
    exact = 2e-6 * 24.0 if view == "3d" else 2.0 * 4.0
    copies = 4 if view == "3d" else 2
    assert mesh.copies == copies
    assert mesh.volumes.sum() * copies == pytest.approx(72.0 if view == "3d" else 12.0, rel=1e-12)
    assert value(solution, "conductance") == pytest.approx(exact, rel=1e-12)
    bounds = solution.bounds
    assert bounds.lower * (1.0 - 1e-9) <= exact * (1e6 if view == "3d" else 1.0) <= bounds.upper * (1.0 + 1e-9)
    assert "mirror plane x = 0" in solution.remarks[0]
    if view == "3d":  # a point behind both mirrors
        assert value(solution, "potential_at", x="-1 um", y="-2 um", z="0.25 um") == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(
    ("family", "params", "view", "planes"),
    [
        ("stacked", {}, "3d", ("x", "y")),
        ("stacked", {}, "section", ("x",)),
        ("circular", {}, "plan", ("x", "y")),
        ("interdigital", {"finger_pairs": 1.5}, "3d", ("x",)),
        ("interdigital", {"finger_pairs": 2.0}, "section", ()),
        ("concentric", {}, "3d", ("y",)),
        ("fiber", {"arrangement": "parallel"}, "plan", ("y",)),
        ("fiber", {"bend_radius": 5000.0}, "3d", ()),
        ("swiss_roll", {}, "plan", ()),
    ],
)
def test_planes_are_those_of_the_layout(family, params, view, planes):
    """Busbars and the order of fingers decide in combs and rings; wound and bent layouts have none."""
    found = mirror_planes(build_layout(family, params), view, BOTH)
    assert found == planes


def test_what_breaks_a_mirror():
    """A part off the middle by a thousandth, faces that are terminals, contacts; both planes exist without them."""
    layout = sandwich()
    off = replace(layout.regions[0], footprint=block(-2.0, 2.004))
    assert mirror_planes(replace(layout, regions=(off, *layout.regions[1:])), "3d", BOTH) == ("y",)
    stated = {"physics": "conduction", "symmetry": "auto", "terminals": {"anode.xmin": "0 V", "cathode": "1 V"}}
    assert read_case(stated).seen(layout).mirrors == ()
    assert read_case({**stated, "terminals": {"anode": "0 V", "cathode": "1 V"}}).seen(layout).mirrors == ("x", "y")
    assert read_case({**stated, "symmetry": "off"}).seen(layout).mirrors == ()
    resisted = replace(layout, contacts=(PartContact(between=("anode", "electrolyte"), resistance=1e-3),))
    assert read_case({**stated, "terminals": {"anode": "0 V", "cathode": "1 V"}}).seen(resisted).mirrors == ()


@pytest.mark.slow
@pytest.mark.parametrize("view", ["3d", "plan"])
def test_rings_in_a_quarter(view):
    """Bounds of a quarter and of the whole hold one value; so do capacitances; curved walls end at the planes."""
    whole = build_layout("circular", {"disc_radius": 500.0, "gap": 200.0, "ring_width": 300.0}, {"electrolyte": GEL})
    quarter = replace(whole, mirrors=mirror_planes(whole, view, BOTH))
    level = -1 if view == "plan" else -2
    one, four = (solve_conduction(build_mesh(x, view, level), anode="0 V", cathode="1 V") for x in (whole, quarter))
    assert quarter.mirrors == ("x", "y")
    assert max(one.bounds.lower, four.bounds.lower) <= min(one.bounds.upper, four.bounds.upper)
    assert four.bounds.upper / four.bounds.lower < 1.3
    for name in ("potential_homogeneity", "energy_fraction"):
        assert value(four, name) == pytest.approx(value(one, name), abs=0.03)
    laws = {"electrolyte": matter(relative_permittivity=3.0), "substrate": matter(relative_permittivity=3.0)}
    fields = [replace(x, materials={**x.materials, **laws}) for x in (whole, quarter)]
    one, four = (solve_electrostatics(build_mesh(x, view, level), anode="0 V", cathode="1 V") for x in fields)
    assert max(one.bounds.lower, four.bounds.lower) <= min(one.bounds.upper, four.bounds.upper)
