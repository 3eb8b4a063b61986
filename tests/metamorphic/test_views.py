"""Three views of one device: 3D without ends is the section, or the plan, times a length.

A section's and a plan's numbers are per unit depth. Ends that 3D has and a section has not are left out by the
difference of two lengths; what their fields add decays within a gap or two.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from microfem.families import build_layout
from microfem.layout import Layout
from microfem.metrics import Value
from support.quick_layouts import CONDUCTION, ELECTROSTATICS, layout_of
from support.relations import ROUND_OFF, agree, values

METRE = 1e6  # um
ACCURACY, DEPTH_ACCURACY = 0.04, 0.002


def measured(layout: Layout, view: str, metric: str, accuracy: float = 0.0) -> Value:
    """Return a metric with its interval, in the view."""
    stated = ELECTROSTATICS if metric == "capacitance" else CONDUCTION
    accuracy = accuracy or (ACCURACY if view == "3d" else DEPTH_ACCURACY)
    return values(layout, {**stated, "dimension": view}, [metric], accuracy)[metric]


def is_its_section_long(family: str, params: dict[str, Any], metric: str, length: float, mistake: float = 1.0) -> bool:
    """Tell whether 3D is the section times a length, um; mistake: a factor on the length."""
    layout = build_layout(family, params)
    factor = (mistake * length / METRE) ** (-1.0 if metric == "resistance" else 1.0)
    return agree(measured(layout, "section", metric), measured(layout, "3d", metric), factor)


# Without a margin these are prisms along y: nothing lies beyond the ends. A sandwich's field is found exactly, so that
# its interval is as narrow as round-off, on the grid that outlines are noded on or off it.
PRISMS = [
    ("drawn", {"margin": 0.0}, "resistance", 2000.0),
    ("stacked", {"width": 3000.0, "length": 4000.0}, "capacitance", 3000.0),
]
MORE_PRISMS = [
    ("drawn", {"margin": 0.0, "collector_thickness": 0.5}, "resistance", 2000.0),
    ("drawn", {"margin": 0.0, "encapsulation_thickness": 60.0}, "capacitance", 2000.0),
    ("drawn", {"margin": 0.0, "anode": "POLYGON ((-450 -1000, -350 -1000, -350 1000, -450 1000, -450 -1000))"},
     "resistance", 2000.0),
    ("stacked", {"width": 3000.0, "length": 4000.0, "collector_thickness": 0.2}, "resistance", 3000.0),
    ("film", {"outline": "rectangle", "length": 3000.0, "width": 5000.0, "margin": 0.0}, "resistance", 5000.0),
]  # fmt: skip


@pytest.mark.parametrize(("family", "params", "metric", "length"),
                         [*PRISMS, *(pytest.param(*row, marks=pytest.mark.slow) for row in MORE_PRISMS)])  # fmt: skip
def test_a_prism_is_its_section_times_its_length(family: str, params: dict, metric: str, length: float) -> None:
    assert is_its_section_long(family, params, metric, length)


@pytest.mark.parametrize(("family", "params", "metric", "length"), PRISMS)
def test_a_wrong_length_is_seen(family: str, params: dict, metric: str, length: float) -> None:
    assert not is_its_section_long(family, params, metric, length, 1.1)


LONG = {"finger_pairs": 1, "anode_width": 250.0, "cathode_width": 150.0, "gap": 200.0, "margin": 200.0,
        "electrolyte_height": 200.0}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "more"), [("conductance", {}), ("conductance", {"collector_thickness": 0.5}),
                                              ("capacitance", {"encapsulation_thickness": 100.0})])  # fmt: skip
def test_longer_fingers_add_their_section(metric: str, more: dict[str, Any]) -> None:
    """(G(L2) - G(L1)) / (L2 - L1) is the section's conductance per depth; busbars and tips are in both."""
    lengths = (1500.0, 6000.0)
    short, long = (measured(build_layout("interdigital", {**LONG, **more, "finger_length": one}), "3d", metric, 0.02)
                   for one in lengths)  # fmt: skip
    assert None not in (short.lower, short.upper, long.lower, long.upper)
    more_of_it = (lengths[1] - lengths[0]) / METRE
    added = Value(
        value=(long.value - short.value) / more_of_it,
        unit="",
        error=None,
        lower=(long.lower - short.upper) / more_of_it,
        upper=(long.upper - short.lower) / more_of_it,
    )
    section = measured(build_layout("interdigital", {**LONG, **more}), "section", metric)
    assert agree(added, section), (added, section)
    assert not agree(added, section, 1.2)


@pytest.mark.slow
def test_the_ends_of_long_fingers_count_less_and_less() -> None:
    """R L of 3D tends to the section's resistance: what ends add falls as one over the length."""
    section = measured(build_layout("interdigital", LONG), "section", "resistance")
    off = []
    for length in (600.0, 1200.0, 2400.0, 4800.0):
        layout = build_layout("interdigital", {**LONG, "finger_length": length})
        found = measured(layout, "3d", "resistance", 0.02)
        off.append(abs(found.value * length / METRE / section.value - 1.0))
    assert off[0] > off[1] > off[2]
    assert off[3] < 0.5 * off[1] + 0.02
    assert off[0] > 0.1


def slab(layout: Layout, height: float) -> Layout:
    """Return the plan of a layout as one slab, um high, without films."""
    cut = [region for region in layout.regions if region.z[0] <= layout.plane < region.z[1]]
    return replace(layout, regions=tuple(replace(one, z=(0.0, height)) for one in cut), sheets=(),
                   plane=0.5 * height)  # fmt: skip


SLABS = [("interdigital", "resistance", 170.0)]
MORE_SLABS = [("concentric", "resistance", 250.0), ("circular", "resistance", 400.0), ("circular", "capacitance", 90.0),
              ("pillars", "resistance", 60.0), ("drawn", "capacitance", 333.0)]  # fmt: skip


@pytest.mark.parametrize(("family", "metric", "height"),
                         [*SLABS, *(pytest.param(*row, marks=pytest.mark.slow) for row in MORE_SLABS)])  # fmt: skip
def test_a_slab_is_its_plan_times_its_height(family: str, metric: str, height: float) -> None:
    layout = slab(layout_of(family), height)
    plan, solid = measured(layout, "plan", metric), measured(layout, "3d", metric)
    factor = (height / METRE) ** (-1.0 if metric == "resistance" else 1.0)
    assert agree(plan, solid, factor), (plan, solid)
    assert not agree(plan, solid, 1.1 * factor)


ROUND = [("fiber", {"arrangement": "coaxial"}, "resistance"), ("swiss_roll", {}, "resistance"),
         ("fiber", {"arrangement": "parallel"}, "capacitance")]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("family", "params", "metric"), ROUND)
def test_a_fibre_and_a_roll_are_their_cross_section_times_their_length(family: str, params: dict, metric: str) -> None:
    layout = layout_of(family, params)
    plan, solid = measured(layout, "plan", metric), measured(layout, "3d", metric)
    length = layout.box()[5] - layout.box()[2]
    factor = (length / METRE) ** (-1.0 if metric == "resistance" else 1.0)
    assert agree(plan, solid, factor), (plan, solid)
    assert not agree(plan, solid, 1.1 * factor)


STIFF = [("axial_stiffness", {"stretch": {"strain": 0.001}}), ("bending_stiffness", {"bend": {"radius": "1 m"}})]


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "load"), STIFF)
@pytest.mark.parametrize("width", [300.0, 3000.0])
def test_a_solid_is_between_plane_stress_and_plane_strain(metric: str, load: dict, width: float) -> None:
    """Per width: a strain across that is forbidden can only stiffen, and a stress across that is let go only soften.

    The least energy of all displacements with none across is above that of all displacements; that of the stresses
    in the section alone is below (minimum of potential energy, S. P. Timoshenko, J. N. Goodier, ch. 8).
    """
    layout = build_layout("stacked", {"length": 2000.0, "width": width, "collector_thickness": 0.0})
    stated = {"physics": "elasticity", "load": load}
    solid = values(layout, {**stated, "dimension": "3d"}, [metric], 0.01)[metric]
    ends = [values(layout, {**stated, "dimension": "section", "plane": plane}, [metric], 1e-3)[metric]
            for plane in ("stress", "strain")]  # fmt: skip
    per_width = solid.value / width * (1e3 if metric == "bending_stiffness" else 1e6)
    slack = [3.0 * (one.error + solid.error / solid.value * one.value) + ROUND_OFF * one.value for one in ends]
    assert ends[0].value - slack[0] <= per_width <= ends[1].value + slack[1], (ends, per_width)
    assert ends[1].value > 1.05 * ends[0].value
