"""All lengths times a factor, all conductivities or moduli times another: numbers follow by powers of them.

Why the powers are what they are: R = L / (sigma A), C = eps A / d, EA, EI and GJ are modulus x length^2 and ^4. Per
unit depth there is one length less. Shares, strains at a stated strain and ratios stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from microfem.families import build_layout
from microfem.materials import Material
from microfem.mesh import build_mesh
from support.quick_layouts import CONDUCTION, ELASTIC, ELECTROSTATICS, PARAMS, POTENTIAL, QUICK, layout_of
from support.relations import CUT, agree, coarse_mesh, differs, scaled_layout, scaled_mesh, scaled_params, values
from support.solving import solve, value

LENGTH = 3.7  # no power of two, which floats would scale by without a rounding
STRETCH = {"physics": "elasticity", "load": {"stretch": {"strain": 0.01}}}
# Power of the length in 3D and per unit depth; tolerance: bending takes the stretch out, which cancels digits.
POWERS: dict[str, tuple[float, float]] = {
    "resistance": (-1.0, 0.0), "conductance": (1.0, 0.0), "cell_constant": (-1.0, 0.0), "dissipation": (1.0, 0.0),
    "energy_fraction": (0.0, 0.0), "potential_homogeneity": (0.0, 0.0), "area_fraction_above": (0.0, 0.0),
    "capacitance": (1.0, 0.0), "stored_energy": (1.0, 0.0),
    "axial_stiffness": (2.0, 1.0), "axial_force": (2.0, 1.0), "strain_energy": (3.0, 2.0), "mean_strain": (0.0, 0.0),
    "max_strain": (0.0, 0.0), "strain_percentile": (0.0, 0.0), "von_mises_percentile": (0.0, 0.0),
    "bending_stiffness": (4.0, 3.0), "neutral_axis": (1.0, 1.0), "torsional_stiffness": (4.0, 3.0),
    "curvature": (-1.0, -1.0), "reaction": (2.0, 1.0),
}  # fmt: skip
CANCELLING = 1e-7
SLENDER = 1e-6  # of a free plate a hundred times as long as thick, metal on gel
CONDUCTED = ("resistance", "conductance", "cell_constant", "dissipation", "energy_fraction", "potential_homogeneity",
             "area_fraction_above")  # fmt: skip
STRETCHED = ("axial_stiffness", "axial_force", "strain_energy", "mean_strain", "max_strain", "von_mises_percentile")


def sampled(views: list[tuple[str, str]]) -> list[Any]:
    """Return family and view of each test, those that take longer marked slow."""
    return [pytest.param(*view, marks=[] if view in QUICK else pytest.mark.slow) for view in views]


def follows(family: str, view: str, stated: dict[str, Any], other: dict[str, Any], metrics: tuple[str, ...],
            tolerance: float = 1e-9, power: float = 0.0) -> None:  # fmt: skip
    """Hold metrics on the same cells, times a length, against their powers; power: a mistake to be seen."""
    mesh = coarse_mesh(layout_of(family), view)
    large = scaled_mesh(mesh, scaled_layout(family, PARAMS.get(family, {}), LENGTH), LENGTH)
    here, there = solve(mesh, stated), solve(large, other)
    for metric in metrics:
        factor = LENGTH ** (POWERS[metric][0 if view == "3d" else 1] + power)
        near = pytest.approx(factor * value(here, metric), rel=max(tolerance, CUT.get(metric, 0.0)), abs=1e-12)
        assert value(there, metric) == near, metric


@pytest.mark.parametrize(("family", "view"), sampled(POTENTIAL))
def test_lengths_of_a_conductor(family: str, view: str) -> None:
    follows(family, view, CONDUCTION, CONDUCTION, CONDUCTED)


@pytest.mark.parametrize(("family", "view"), sampled(POTENTIAL))
def test_lengths_of_a_capacitor(family: str, view: str) -> None:
    follows(family, view, ELECTROSTATICS, ELECTROSTATICS, ("capacitance", "stored_energy"))


@pytest.mark.parametrize(("family", "view"), sampled(ELASTIC))
def test_lengths_of_a_stretched_device(family: str, view: str) -> None:
    follows(family, view, STRETCH, STRETCH, STRETCHED, CANCELLING)


@pytest.mark.parametrize(("family", "view"), sampled([one for one in ELASTIC if one[1] != "plan"]))
def test_lengths_of_a_bent_device(family: str, view: str) -> None:
    near, far = ({"physics": "elasticity", "load": {"bend": {"radius": f"{one} m"}}} for one in (1.0, LENGTH))
    follows(family, view, near, far, ("bending_stiffness", "neutral_axis", "strain_percentile"), CANCELLING)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["interdigital", "stacked", "joint"])
def test_lengths_of_a_twisted_a_pressed_and_a_swollen_device(family: str) -> None:
    twist = {"physics": "elasticity", "load": {"twist": {"angle": "1 deg"}}}
    follows(family, "3d", twist, twist, ("torsional_stiffness", "strain_percentile"), CANCELLING)
    press = {"physics": "elasticity",
             "load": {"pressure": {"value": "1 kPa", "on": "substrate", "side": "zmin", "fixed": "zmax"}}}  # fmt: skip
    follows(family, "3d", press, press, ("reaction", "von_mises_percentile"), CANCELLING)
    swell = {"physics": "elasticity", "load": {"mismatch": {"strain": {"anode": 0.01}}}}
    follows(family, "3d", swell, swell, ("curvature", "strain_energy"), SLENDER)


def test_a_wrong_power_fails() -> None:
    assert differs(lambda: follows("interdigital", "section", CONDUCTION, CONDUCTION, ("resistance",), power=1e-6))
    assert differs(lambda: follows("interdigital", "section", STRETCH, STRETCH, ("strain_energy",), CANCELLING, 1e-6))


def times(made: Material, factors: dict[str, float]) -> Material:
    """Return a material some of whose properties are multiplied."""
    more = {key: replace(made.properties[key], value=factor * made.value(key))
            for key, factor in factors.items() if made.has(key)}  # fmt: skip
    return replace(made, properties={**made.properties, **more})


MATERIAL_ROWS = [
    ({"conductivity": 5.3}, CONDUCTION, {"resistance": -1.0, "conductance": 1.0, "cell_constant": 0.0,
                                         "energy_fraction": 0.0, "potential_homogeneity": 0.0}),
    ({"relative_permittivity": 5.3}, ELECTROSTATICS, {"capacitance": 1.0, "stored_energy": 1.0}),
    ({"youngs_modulus": 5.3}, STRETCH, {"axial_stiffness": 1.0, "strain_energy": 1.0, "mean_strain": 0.0,
                                        "von_mises_percentile": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("factors", "stated", "powers"), MATERIAL_ROWS)
@pytest.mark.parametrize(
    ("family", "view"),
    [("interdigital", "section"), ("circular", "plan"), pytest.param("interdigital", "3d", marks=pytest.mark.slow)],
)
def test_all_materials_times_a_factor(family: str, view: str, factors: dict, stated: dict, powers: dict) -> None:
    """The contrast of the materials stays, and so does where anything flows or strains."""
    mesh = coarse_mesh(layout_of(family), view)
    materials = {name: times(made, factors) for name, made in mesh.layout.materials.items()}
    other = replace(mesh, layout=replace(mesh.layout, materials=materials))
    here, there = solve(mesh, stated), solve(other, stated)
    (factor,) = factors.values()
    for metric, power in powers.items():
        assert value(there, metric) == pytest.approx(factor**power * value(here, metric), rel=1e-9), metric
    assert value(there, next(iter(powers))) != pytest.approx(value(here, next(iter(powers))), rel=1e-9)


# Through the whole run: a mesh of its own for each size, as far as intervals and errors tell.
RUNS = [
    ("interdigital", "section", CONDUCTION, {}, ("resistance", "dissipation")),
    ("stacked", "section", ELECTROSTATICS, {"margin": 500.0}, ("capacitance", "stored_energy")),
    ("interdigital", "section", {"physics": "elasticity", "load": {"bend": {"radius": "1 km"}}}, {},
     ("bending_stiffness", "neutral_axis")),
]  # fmt: skip
MORE_RUNS = [
    ("interdigital", "3d", CONDUCTION, {}, ("resistance",)),
    ("drawn", "3d", ELECTROSTATICS, {}, ("capacitance",)),
    ("circular", "plan", CONDUCTION, {}, ("resistance", "potential_homogeneity")),
    ("concentric", "plan", CONDUCTION, {}, ("resistance", "energy_fraction")),
    ("fiber", "3d", CONDUCTION, {}, ("resistance",)),
    ("fiber", "plan", CONDUCTION, {"arrangement": "twisted"}, ("resistance",)),
    ("pillars", "plan", CONDUCTION, {}, ("resistance", "area_fraction_above")),
    ("swiss_roll", "plan", CONDUCTION, {}, ("resistance",)),
    ("joint", "section", CONDUCTION, {}, ("resistance",)),
    ("joint", "3d", STRETCH, {}, ("axial_stiffness", "strain_energy")),
    ("film", "section", STRETCH, {}, ("axial_stiffness", "mean_strain")),
]


@pytest.mark.parametrize("factor", [29.0, pytest.param(0.013, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("family", "view", "stated", "more", "metrics"),
                         [*RUNS, *(pytest.param(*row, marks=pytest.mark.slow) for row in MORE_RUNS)])  # fmt: skip
def test_runs_at_other_sizes(family: str, view: str, stated: dict, more: dict, metrics: tuple, factor: float) -> None:
    params = {**PARAMS.get(family, {}), **more}
    stated = {**stated, "dimension": view}
    accuracy = 0.05 if view == "3d" else 0.01
    here = values(build_layout(family, params), stated, metrics, accuracy)
    there = values(scaled_layout(family, params, factor), stated, metrics, accuracy)
    for metric in metrics:
        power = POWERS[metric][0 if view == "3d" else 1]
        assert agree(here[metric], there[metric], factor**power), (metric, here[metric], there[metric])
        assert not agree(here[metric], there[metric], factor ** (power + 0.1)), metric


@pytest.mark.parametrize(("family", "view"), [("interdigital", "section"), ("swiss_roll", "plan"), ("stacked", "3d")])
def test_a_mesh_knows_no_length(family: str, view: str) -> None:
    """As many cells, near enough: no size is written into the mesher."""
    count = [len(build_mesh(build_layout(family, scaled_params(family, PARAMS.get(family, {}), factor)), view).cells)
             for factor in (1.0, 0.013, 29.0)]  # fmt: skip
    assert max(count) < 1.05 * min(count)
