"""Devices of 50 nm lines and 10 nm films: what holds for the device a thousand times larger holds for them."""

from __future__ import annotations

import pytest

from microfem.families import build_layout
from support.relations import coarse_mesh, differs, scaled_params
from support.solving import solve_conduction, solve_elasticity, solve_electrostatics, value

SMALL = {"interdigital": {"finger_pairs": 1, "finger_length": 0.5, "anode_width": 0.05, "cathode_width": 0.07,
                          "gap": 0.05, "margin": 0.1, "busbar_width": 0.05, "anode_thickness": 0.01,
                          "cathode_thickness": 0.02, "electrolyte_height": 0.1, "substrate_thickness": 0.1},
         "stacked": {"length": 1.0, "width": 0.5, "gap": 0.01, "anode_thickness": 0.01, "cathode_thickness": 0.01,
                     "collector_thickness": 0.02, "substrate_thickness": 0.05, "encapsulation_thickness": 0.0},
         "circular": {"disc_radius": 0.1, "gap": 0.05, "ring_width": 0.05, "margin": 0.1, "anode_thickness": 0.01,
                      "cathode_thickness": 0.01, "electrolyte_height": 0.1, "substrate_thickness": 0.1}}  # fmt: skip
LARGER = 1000.0
VIEWS = [("interdigital", "section", 1e-7), ("interdigital", "plan", 1e-9), ("stacked", "section", 1e-3),
         ("circular", "plan", 1e-3),  # where triangles lie on a round edge, or across a plate, depends on round-off
         pytest.param("interdigital", "3d", 1e-9, marks=pytest.mark.slow),
         pytest.param("stacked", "3d", 1e-9, marks=pytest.mark.slow)]  # fmt: skip


def scales(family: str, view: str, tolerance: float, power: int = 1) -> None:
    """Hold resistance, capacitance and stiffness against their powers of the length; power: a mistake to be seen."""
    large = scaled_params(family, SMALL[family], LARGER)
    small, other = (coarse_mesh(build_layout(family, one), view) for one in (SMALL[family], large))
    factor, near = LARGER ** (power if view == "3d" else power - 1), {"rel": tolerance}
    r, c = ([value(solve_one(mesh), name) for mesh in (small, other)] for solve_one, name in
            ((solve_conduction, "resistance"), (solve_electrostatics, "capacitance")))  # fmt: skip
    assert r[0] == pytest.approx(factor * r[1], **near)
    assert factor * c[0] == pytest.approx(c[1], **near)
    if view == "section":
        k = [
            value(solve_elasticity(mesh, {"stretch": {"strain": "1 %"}}), "axial_stiffness") for mesh in (small, other)
        ]
        assert factor * LARGER * k[0] == pytest.approx(k[1], rel=max(tolerance, 1e-6))


@pytest.mark.parametrize(("family", "view", "tolerance"), VIEWS)
def test_a_thousandth_of_the_size(family: str, view: str, tolerance: float) -> None:
    scales(family, view, tolerance)


def test_a_wrong_power_fails() -> None:
    assert differs(lambda: scales("interdigital", "plan", 1e-9, power=2))
