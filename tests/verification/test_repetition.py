"""Few of many equal fingers for all of them: against a closed form, whole devices, and combs that are not equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.fem.potential.strip import share_between
from microfem.fem.space import Space
from microfem.layout.repetition import find_strips, shortened
from microfem.layout.shapes import rectangle
from microfem.mesh import build_mesh
from microfem.metrics.metric import parse_call
from microfem.run.solve_case import solve_case
from microfem.solve.first_mesh import shortened_for, told_whole
from support.closed_forms import interdigital
from support.materials import matter
from support.solving import read_case

GEL = matter(conductivity=2.0, relative_permittivity=5.0)
IDEAL = {"anode_thickness": 0.0, "cathode_thickness": 0.0, "substrate_thickness": 0.0}
BOTH = ("conductivity", "relative_permittivity")


def comb(pairs, **params):
    """Return a comb in a gel; lengths in um."""
    chosen = {"finger_pairs": pairs, "finger_length": 1000.0, "substrate_thickness": 0.0} | params
    return build_layout("interdigital", chosen, {"electrolyte": GEL})


def solved(layout, dimension, physics="conduction", symmetry="auto", accuracy=0.01, metric=None):
    """Return a case between 0 V and 1 V: its metric, and how much of the device is in the mesh."""
    metric = metric or {"conduction": "conductance", "electrostatics": "capacitance"}[physics]
    stated = {"physics": physics, "dimension": dimension, "symmetry": symmetry}
    case = stated | {"terminals": {"anode": "0 V", "cathode": "1 V"}}
    found = solve_case(layout, case, [metric], accuracy=accuracy)
    return found, found.values.get(metric)


def test_a_strip_is_that_of_an_endless_comb():
    """What 100 strips more add to a comb of thin fingers, 60 pairs against 10, is 100 times the closed form."""
    sizes = {"anode_width": 200.0, "cathode_width": 120.0, "gap": 80.0, "electrolyte_height": 150.0} | IDEAL
    (many, more), (few, less) = (solved(comb(pairs, **sizes), "section", accuracy=0.02) for pairs in (60, 10))
    exact = 2.0 * interdigital(200.0, 120.0, 80.0, 150.0)
    low, high = (more.lower - less.upper) / 100.0, (more.upper - less.lower) / 100.0
    assert low < exact < high
    assert high - low < 0.05 * exact
    assert not more.lower < 6.0 * less.value < more.upper  # six short combs have six times the ends
    assert few.mesh.volumes.sum() == pytest.approx(many.mesh.volumes.sum(), rel=1e-9)
    assert "3 of the 119 equal strips" in many.solution.remarks[0]


@pytest.mark.parametrize(
    ("dimension", "physics", "pairs", "params"),
    [
        ("section", "conduction", 8, {}),
        ("section", "electrostatics", 7.5, {"anode_width": 100.0}),
        pytest.param("section", "conduction", 20, {"electrolyte_height": 3000.0}, marks=pytest.mark.slow),
        pytest.param("plan", "conduction", 12, {"finger_taper": 0.5}, marks=pytest.mark.slow),
        pytest.param("3d", "electrostatics", 8, {"tab_length": 400.0}, marks=pytest.mark.slow),
        pytest.param("3d", "conduction", 12.5, {"collector_thickness": 5.0}, marks=pytest.mark.slow),
    ],
)
def test_intervals_are_those_of_the_whole_device(dimension, physics, pairs, params):
    """Proven intervals of few fingers and of all hold one value, within the accuracy."""
    layout = comb(pairs, **params)
    accuracy = 0.05 if dimension == "3d" else 5e-3
    (few, ours), (_, theirs) = (solved(layout, dimension, physics, one, accuracy) for one in ("auto", "off"))
    assert max(ours.lower, theirs.lower) <= min(ours.upper, theirs.upper)
    assert ours.error <= accuracy * ours.value
    assert few.mesh.volumes.sum() < 0.5 * layout.cell_area * (1.0 if dimension == "plan" else 1e9)
    assert few.solution.terminals.energy == pytest.approx(ours.value * (1e6 if dimension == "3d" else 1.0), rel=1e-9)


@pytest.mark.parametrize("dimension", ["plan", "section", "3d"])
def test_energy_of_a_strip(dimension):
    """The share of integral |grad u|2, u = x2, between planes that cut cells is (x1^3 - x0^3) / (2 X^3) of -X to X."""
    mesh = build_mesh(comb(1), dimension, -2)
    space = Space(mesh, 2)
    x = space.locations[:, 0]
    x0, x1 = -0.31 * x.max(), 0.77 * x.max()
    share = share_between(space, np.full(len(mesh.cells), 3.0), x**2, x0, x1)
    assert share == pytest.approx((x1**3 - x0**3) / (2.0 * x.max() ** 3), rel=1e-9)
    tensor = np.broadcast_to(np.diag([3.0, 1.0, 7.0][: mesh.dim]), (len(mesh.cells), mesh.dim, mesh.dim))
    assert share_between(space, tensor, x**2, x0, x1) == pytest.approx(share, rel=1e-12)


def changed(layout, name, outline):
    """Return a layout in which a part has another outline."""
    regions = tuple(replace(one, footprint=outline) if one.name == name else one for one in layout.regions)
    return replace(layout, regions=regions)


def test_what_is_no_repetition():
    """A finger that is 1 nm longer ends a run of strips; gel over half the fingers, rings, a lack of terminals too."""
    layout = comb(10)
    assert find_strips(layout, "3d", ("anode", "cathode"), BOTH).count == 19
    anode = layout.part("anode").footprint
    x0, _, _, y1 = anode.bounds
    bump = rectangle(x0 + 7200.0, y1 - 1.0, x0 + 7500.0, y1 + 0.001)  # the seventh of ten
    longer = find_strips(changed(layout, "anode", anode | bump), "3d", ("anode", "cathode"), BOTH)
    assert longer.count == 11  # its own two mirror each other
    half = changed(layout, "electrolyte", layout.part("electrolyte").footprint & rectangle(-9e4, -9e4, 0.0, 9e4))
    assert find_strips(half, "3d", ("anode", "cathode"), BOTH).count == 9
    assert find_strips(comb(10, tab_length=300.0), "plan", ("anode_tab", "cathode"), BOTH) is None
    assert find_strips(build_layout("concentric", {"ring_pairs": 8}), "plan", ("anode", "cathode"), BOTH) is None
    assert shortened(comb(5), "3d", ("anode", "cathode"), BOTH) == ()  # too few to save much


@pytest.mark.parametrize(
    ("stated", "metric"),
    [
        ({"symmetry": "off"}, "resistance"),
        ({"terminals": {"anode": "0 V", "cathode": "1 mA"}}, "resistance"),
        ({"terminals": {"anode": "0 V", "cathode": "1 V", "anode.xmin": "0 V"}}, "resistance"),
        ({}, "current_max_over_mean"),  # of all fingers, also the outermost
        ({"physics": "electrostatics", "frequency": "1 kHz"}, "parallel_capacitance"),
    ],
)
def test_what_needs_the_whole_device(stated, metric):
    """Currents as drives, more terminals, metrics that do not follow from the energy, alternating fields."""
    usual = {"physics": "conduction", "symmetry": "auto", "terminals": {"anode": "0 V", "cathode": "1 V"}}
    calls = {"M": parse_call(f"{metric}(case)")}
    assert not shortened_for(comb(20), read_case(usual | stated), calls)
    assert len(shortened_for(comb(20), read_case(usual), {"R": parse_call("resistance(case)")})) == 2


def test_metrics_of_all_fingers_beside_others_are_told():
    """One metric of two needs the whole device; with the other alone, or without symmetry, nothing is told of it."""
    usual = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
    both = {name: parse_call(f"{name}(case)") for name in ("resistance", "current_deviation")}
    one = {"resistance": both["resistance"]}
    for calls, symmetry, told in ((both, "auto", True), (both, "off", False), (one, "auto", False)):
        found = told_whole(comb(8), read_case(usual | {"symmetry": symmetry}), calls)
        text = "all of its 15 equal strips are solved, since current_deviation need all fingers"
        assert [line.startswith(text) for line in found] == [True] * told


@pytest.mark.parametrize(("pairs", "hinted"), [(40, True), (2, False)])
def test_a_check_tells_of_equal_fingers(microfem, tmp_path, pairs, hinted):
    """Where a whole device of many equal fingers would be solved, and not otherwise."""
    study = tmp_path / "study.yaml"
    study.write_text(
        "name: wide\ndesigns:\n  comb: {family: interdigital, params: {finger_length: 9 mm, finger_pairs: "
        f"{pairs}}}}}\ncases:\n  field: {{physics: conduction, terminals: {{anode: 0 V, cathode: 1 V}}}}\n"
        "limits: {unknowns: 5000000}\nmetrics: {resistance: resistance(field)}\n"
    )
    told = microfem("check", study).out
    assert ("'symmetry: auto' solves 3 of them" in told) == hinted
