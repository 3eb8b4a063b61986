"""At small strain the laws of large strain are linear elasticity, and so is plasticity below the yield stress.

The relative difference is of the order of the strain, so a tenth of the load leaves a tenth of it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from microfem.layout import Layout
from microfem.mesh import Mesh
from microfem.metrics import Value
from support.materials import matter
from support.quick_layouts import layout_of
from support.relations import agree, coarse_mesh, values
from support.solving import solve, value

HARD, SOFT = 3.0, 0.4  # shear moduli, MPa
NU = 0.49999  # a neo-Hookean solid keeps its volume; the linear one nearly


def rubbery(layout: Layout) -> Layout:
    """Return a layout of two neo-Hookean solids that are also linear ones, E = 2 mu (1 + nu)."""

    def made(mu: float) -> Any:
        return matter(youngs_modulus=2.0 * mu * (1.0 + NU), poisson_ratio=NU, neo_hooke_mu=mu)

    stiff = ("anode", "cathode", "substrate")
    return replace(layout, materials={part.name: made(HARD if part.role in stiff else SOFT) for part in layout.parts()})


def rubber_mesh(view: str) -> Mesh:
    """Return a coarse mesh of a rubbery sandwich, in which a stretch is uniform: the linear solid does not lock."""
    return coarse_mesh(rubbery(layout_of("stacked", {"collector_thickness": 0.0})), view)


def off(mesh: Mesh, load: dict[str, Any], metric: str, wrong: float = 1.0) -> float:
    """Return by how much a load's number differs between large and small strain, relatively; wrong: a mistake."""
    large = solve(mesh, {"physics": "hyperelasticity", "load": load, "steps": 1})
    small = solve(mesh, {"physics": "elasticity", "load": load})
    return abs(value(large, metric) / (wrong * value(small, metric)) - 1.0)


VIEWS = ["section", pytest.param("3d", marks=pytest.mark.slow)]


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["axial_force", "strain_energy"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.slow
def test_a_small_stretch_is_linear(view: str, metric: str) -> None:
    """A tenth of the strain leaves a tenth of the difference: 3/2 e in plane strain's force, e in a bar's."""
    mesh = rubber_mesh(view)
    differences = [off(mesh, {"stretch": {"strain": strain}}, metric) for strain in (1e-2, 1e-3, 1e-4)]
    assert 5e-3 < differences[0] < 2e-2
    for coarse, fine in pairwise(differences):
        assert fine == pytest.approx(0.1 * coarse, rel=0.03)
    assert off(mesh, {"stretch": {"strain": 1e-4}}, metric, 1.001) > 9e-4


@pytest.mark.parametrize("view", VIEWS)
def test_a_pressed_face_pushes_back_as_much(view: str) -> None:
    load = {"pressure": {"value": "0.1 kPa", "on": "substrate", "side": "zmin", "fixed": "zmax"}}
    assert off(rubber_mesh(view), load, "reaction") < 1e-4


LOADS: dict[str, tuple[dict[str, Any], str]] = {
    "stretch": ({"stretch": {"strain": 1e-5}}, "axial_force"),
    "bend": ({"bend": {"radius": "100 m"}}, "neutral_axis"),
    "mismatch": ({"mismatch": {"strain": {"anode": 1e-6}}}, "mean_strain"),
    "pressure": ({"pressure": {"value": "1 kPa", "on": "substrate", "side": "zmin", "fixed": "zmax"}}, "mean_strain"),
}  # fmt: skip
YIELDS = 100.0  # MPa
FAMILIES = [("stacked", "section"), *(pytest.param(*one, marks=pytest.mark.slow) for one in
            [("interdigital", "section"), ("joint", "section"), ("stacked", "3d")])]  # fmt: skip


def metal_layout(family: str) -> Layout:
    """Return a layout whose electrodes yield."""
    layout = layout_of(family, {} if family == "joint" else {"collector_thickness": 0.0})
    metal = matter(youngs_modulus=7e4, poisson_ratio=0.33, yield_stress=YIELDS, hardening_modulus=1e3)
    foil = matter(youngs_modulus=3e3, poisson_ratio=0.35)
    made = {part.name: metal if part.role in ("anode", "cathode") else foil for part in layout.parts()}
    return replace(layout, materials=made)


def pair(family: str, view: str, load: dict[str, Any], metric: str) -> tuple[Value, Value]:
    """Return a metric of elasticity and of plasticity, which keeps volumes in other cells, each with its error."""
    layout, accuracy = metal_layout(family), 0.02 if view == "3d" else 0.003
    cases = ({"physics": "elasticity"}, {"physics": "plasticity", "steps": 2})
    one, other = (values(layout, {**case, "dimension": view, "load": load}, [metric], accuracy, 30_000)[metric]
                  for case in cases)  # fmt: skip
    return one, other


@pytest.mark.parametrize(
    "load", ["bend", *(pytest.param(one, marks=pytest.mark.slow) for one in LOADS if one != "bend")]
)
@pytest.mark.parametrize(("family", "view"), FAMILIES)
def test_metal_below_its_yield_is_elastic(family: str, view: str, load: str) -> None:
    linear, plastic = pair(family, view, *LOADS[load])
    assert agree(linear, plastic), (linear, plastic)
    assert not agree(linear, plastic, 1.5)


def test_metal_beyond_its_yield_is_not() -> None:
    linear, plastic = pair("stacked", "section", {"stretch": {"strain": 1e-2}}, "axial_force")
    assert not agree(linear, plastic)
    assert plastic.value < 0.8 * linear.value
