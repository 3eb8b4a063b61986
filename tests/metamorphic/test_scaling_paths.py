"""All lengths times a factor where more than one linear system is solved: load paths, rods, ribbons, films, rolls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from microfem.materials import Material
from microfem.solve.first_mesh import first_mesh
from microfem.study.records import Limits
from support.materials import matter
from support.relations import differs, scaled_layout, scaled_mesh
from support.solving import read_case, solve, value

LENGTH = 3.7
RUBBER = matter(youngs_modulus=1.2, poisson_ratio=0.45, neo_hooke_mu=0.4)
METAL = matter(youngs_modulus=7e4, poisson_ratio=0.33, yield_stress=100.0, hardening_modulus=1e3)


@dataclass(frozen=True)
class Path:
    """A family with a case at a size, and the power of the length of each metric.

    tolerance: relative, of what iterations leave; made: the material of all parts, the family's own if None.
    """

    family: str
    case: Callable[[float], Mapping[str, Any]]
    powers: Mapping[str, float]
    params: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-7
    made: Material | None = None


def um(length: float) -> str:
    """Write a length."""
    return f"{length!r} um"


STRETCHED = {"stretch": {"strain": 0.3}}
BARE = {"collector_thickness": 0.0}
PATHS = {
    "rubber in a section": Path(
        "stacked", lambda _: {"physics": "hyperelasticity", "dimension": "section", "load": STRETCHED, "steps": 2},
        {"axial_force": 1.0, "strain_energy": 2.0, "max_strain": 0.0}, BARE, made=RUBBER),
    "rubber in a plan": Path(  # a sheet, whose totals are of the whole
        "joint", lambda _: {"physics": "hyperelasticity", "dimension": "plan", "load": STRETCHED, "steps": 2},
        {"axial_force": 2.0, "strain_energy": 3.0, "max_strain": 0.0}, made=RUBBER),
    "metal bent beyond its yield": Path(
        "stacked", lambda s: {"physics": "plasticity", "dimension": "section", "steps": 4, "release": True,
                              "load": {"bend": {"radius": um(4e4 * s)}}},
        {"bending_moment": 2.0, "residual_curvature": -1.0, "mean_plastic_strain": 0.0, "yielded_share": 0.0}, BARE,
        made=METAL),
    "rod": Path(
        "fiber", lambda s: {"physics": "rod", "dimension": "plan", "load": {"bend": {"radius": um(5e3 * s)}}},
        {"flexural_rigidity": 4.0, "axial_rigidity": 2.0, "torsional_rigidity": 4.0, "layer_strain": 0.0,
         "layer_stress": 0.0, "neutral_place": 1.0}, {"arrangement": "parallel", "cathode_diameter": 120.0}),
    "film on a sphere": Path(
        "film", lambda s: {"physics": "conformal", "dimension": "plan", "surface": {"sphere": {"radius": um(1e4 * s)}}},
        {"conformal_energy": 3.0, "max_compression": 0.0, "wrinkled_share": 0.0, "wrinkling": 0.0, "max_strain": 0.0}),
    "roll": Path(
        "swiss_roll", lambda _: {"physics": "rolling", "dimension": "plan", "mismatch": {"separator": 0.2}},
        {"roll_radius": 1.0}, {"windings": 1.5}),
    "ribbons": Path(
        "island_bridge", lambda _: {"physics": "bridges", "dimension": "3d", "load": {"stretch": {"strain": 0.2}}},
        {"bridge_force": 2.0, "bridge_strain": 0.0, "out_of_plane": 1.0, "buckling_strain": 0.0},
        {"bridge_shape": "serpentine", "columns": 2}, 1e-6),
}  # fmt: skip
SLOW = ("metal bent beyond its yield", "ribbons", "roll", "rubber in a plan", "rubber in a section")
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in PATHS]


def follows(path: Path, mistake: float = 0.0) -> None:
    """Hold metrics against their powers on the same cells; mistake: added to each power."""
    found = []
    for factor in (1.0, LENGTH):
        layout, case = scaled_layout(path.family, path.params, factor), read_case(path.case(factor))
        if path.made is not None:
            layout = replace(layout, materials=dict.fromkeys(layout.materials, path.made))
        mesh = first_mesh(layout, case, Limits()) if not found else scaled_mesh(found[0].mesh, layout, factor)
        found.append(solve(mesh, case))
    here, there = found
    for metric, power in path.powers.items():
        expected = LENGTH ** (power + mistake) * value(here, metric)
        assert abs(expected) > 0.0, metric
        assert value(there, metric) == pytest.approx(expected, rel=path.tolerance), metric


@pytest.mark.parametrize("name", NAMES)
def test_lengths_along_a_path(name: str) -> None:
    follows(PATHS[name])


def test_a_wrong_power_fails() -> None:
    assert differs(lambda: follows(PATHS["rod"], 1e-6))
    assert differs(lambda: follows(PATHS["film on a sphere"], 1e-6))
