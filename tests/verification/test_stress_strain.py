"""Curves of stress against strain: yield along their segments, and a law of rubber fitted to them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError, SolveError
from microfem.fem.plasticity.bodies import return_to_yield
from microfem.materials import Material, parse_material
from microfem.materials.schema import PropertyModel
from support.large_strain_bodies import brick
from support.plastic_bodies import block, totals
from support.solving import solve_hyperelasticity, solve_plasticity
from support.studies import study_of

METAL = [[0.0, 0.0], [0.001, 200.0], [0.011, 200.0], [0.02, 300.0], [0.1, 400.0]]  # a plateau, then hardening
STUDY = """\
name: curve
designs: {strip: {family: film, materials: {substrate: m}}}
materials: {m: {stress_strain: CURVE}}
cases: {pull: {physics: plasticity, load: {stretch: {strain: 1 %}}}}
"""


def material(points: list[list[float]], measure: str = "true", fit: str = "", **more: float) -> Material:
    """Return a material of a curve, MPa, and of constants in microfem's units."""
    curve = PropertyModel.model_validate({
        "table": points, "of": "strain", "unit": "MPa", "source": "made", "measure": measure, "fit": fit,
    })  # fmt: skip
    others = {name: PropertyModel(value=value, unit="1", source="made") for name, value in more.items()}
    return parse_material("made", {"stress_strain": curve, **others})


def bar(points: list[list[float]], measure: str = "true", dim: int = 3):
    mesh = block(dim, youngs_modulus=1.0, poisson_ratio=0.3)
    made = material(points, measure, poisson_ratio=0.3)
    return replace(mesh, layout=replace(mesh.layout, materials=dict.fromkeys(mesh.layout.materials, made)))


@pytest.mark.parametrize(("dim", "plane"), [
    (2, "stress"), pytest.param(3, "strain", marks=pytest.mark.slow),
])  # fmt: skip
def test_a_bar_follows_its_curve_and_springs_back_along_the_first_slope(dim: int, plane: str) -> None:
    """In uniaxial tension the equivalent plastic strain is the plastic strain: the stress is that of the curve."""
    strains = [0.0005, 0.005, 0.015, 0.06, 0.0595]
    path = [one / 0.06 for one in strains]
    done = solve_plasticity(bar(METAL, dim=dim), {"stretch": {"strain": 0.06}}, path=path, plane=plane, steps=1)
    exact = np.interp(strains, *np.transpose(METAL))
    exact[-1] = exact[-2] - 0.0005 * 200.0 / 0.001
    force = totals(done, "axial_force")
    assert force / force[0] == pytest.approx(exact / exact[0], rel=1e-8)


def test_nominal_points_are_turned_into_true_ones() -> None:
    """ln(1 + e) and P (1 + e); the plastic strain of the last point is its strain less its stress over E."""
    nominal = [[0.0, 0.0], [0.001, 200.0], [0.1, 400.0]]
    found = material(nominal, "nominal")
    stress, strain = 200.0 * 1.001, math.log(1.001)
    assert found.value("youngs_modulus") == pytest.approx(stress / strain)
    assert found.value("yield_stress") == pytest.approx(stress)
    assert material(nominal).value("youngs_modulus") == pytest.approx(2e5)
    assert "plastic strain up to 9.3" in found.stated("yield_stress").note  # 9.531 % - 440 MPa / 200.3 GPa


def test_the_tangent_on_a_curve_is_the_derivative_of_its_stress() -> None:
    law = np.array([8e4, 1.7e5, 200.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.02, 200.0, 200.0, 400.0])
    still, d, e = np.zeros(6), np.zeros((6, 6)), np.array([0.01, -0.004, -0.003, 0.012, 0.002, -0.001])

    def stress(strain: np.ndarray) -> np.ndarray:
        s = np.zeros(6)
        return_to_yield(strain, still, 0.008, law, s, np.zeros((6, 6)))
        return s

    return_to_yield(e, still, 0.008, law, np.zeros(6), d)
    steps = 1e-7 * np.eye(6)
    numbers = np.array([(stress(e + step) - stress(e - step)) / 2e-7 for step in steps]).T
    assert np.abs(numbers - d).max() < 1e-6 * np.abs(d).max()
    plateau = law.copy()
    plateau[-1] = 200.0  # negative control
    other = np.zeros((6, 6))
    return_to_yield(e, still, 0.008, plateau, np.zeros(6), other)
    assert np.abs(numbers - other).max() > 1e-2 * np.abs(d).max()


def test_a_strain_beyond_the_curve_is_refused() -> None:
    with pytest.raises(SolveError, match=r"ends at 9\.8 %; extend the curve, or load less"):
        solve_plasticity(bar(METAL, dim=2), {"stretch": {"strain": 0.12}}, plane="stress", steps=2)


def tension(stretch: np.ndarray, *c: float) -> np.ndarray:
    """Return the nominal stress of Yeoh's law: 2 (l - l^-2) sum k c_k (I1 - 3)^(k - 1)."""
    i = stretch**2 + 2.0 / stretch - 3.0
    return 2.0 * (stretch - stretch**-2) * sum(k * one * i ** (k - 1) for k, one in enumerate(c, 1))


def rubber(*c: float, off: float = 0.0) -> list[list[float]]:
    stretch = np.linspace(1.0, 4.0, 13)
    wave = 1.0 + off * (-1.0) ** np.arange(13)
    return np.column_stack([stretch - 1.0, tension(stretch, *c) * wave]).tolist()


def test_a_fit_finds_the_law_that_made_the_points() -> None:
    law = (0.05, 0.001, 2e-5)
    found = material(rubber(*law), "nominal", "yeoh")
    assert [found.value(f"yeoh_c{k}") for k in (1, 2, 3)] == pytest.approx(law, rel=1e-6)
    assert not found.has("yield_stress")
    rough = material(rubber(*law, off=0.05), "nominal", "yeoh")
    note = rough.stated("yeoh_c1").note
    assert "Yeoh's law fitted to stress_strain, nominal strain up to 300 %: rms error" in note
    assert 3.0 < float(note.split("rms error ")[1].split(" %")[0]) < 5.5  # of 5 % that alternate
    assert rough.value("yeoh_c1") != pytest.approx(law[0], rel=1e-3)


@pytest.mark.slow
def test_a_fitted_block_pulls_as_the_points_say() -> None:
    law = (0.05, 0.001, 2e-5)
    mesh = brick("3d", 1, 1, 1)
    made = material(rubber(*law), "nominal", "yeoh")
    mesh = replace(mesh, layout=replace(mesh.layout, materials=dict.fromkeys(mesh.layout.materials, made)))
    done = solve_hyperelasticity(mesh, {"stretch": {"strain": 1.5}}, steps=6)
    area = np.prod(np.ptp(mesh.points[:, 1:], axis=0))
    assert done.remarks == ()
    assert done.totals["axial_force"][0] / area == pytest.approx(tension(np.array(2.5), *law), rel=1e-6)


@pytest.mark.slow
def test_a_stretch_beyond_the_fit_is_told() -> None:
    mesh = brick("3d", 1, 1, 1)
    made = material(rubber(0.05, 0.001)[:4], "nominal", "yeoh")  # up to 75 %
    mesh = replace(mesh, layout=replace(mesh.layout, materials=dict.fromkeys(mesh.layout.materials, made)))
    (told,) = solve_hyperelasticity(mesh, {"stretch": {"strain": 1.0}}, steps=2).remarks
    assert "reach 100 %, and the law of 'made' was fitted up to 75 %" in told


@pytest.mark.parametrize("stated", ["value: 3", "value: 3, fit: yeoh", "table: [[1, 2], [2, 3]], of: temperature"])
def test_a_curve_is_a_table(tmp_path: Path, stated: str) -> None:
    with pytest.raises(InputError, match="stress_strain"):
        study_of(tmp_path, STUDY.replace("CURVE", f"{{{stated}, unit: MPa, source: made}}"))


@pytest.mark.parametrize(("curve", "told"), [
    ("[[0, 0], [0.001, 200], [0.01, 250]], measure: '' ", "state measure"),
    ("[[0, 5], [0.001, 200], [0.01, 250]], measure: true ", "a stress at strain 0"),
    ("[[0, 0], [0.001, 200]], measure: nominal ", "two points or more with strain and stress above 0"),
    ("[[0, 0], [0.001, 200], [0.01, 150]], measure: nominal ", "the stress falls"),
    ("[[0, 0], [0.001, 2], [0.01, 150]], measure: nominal ", "steeper"),
    ("[[0, 0], [0.001, 2], [0.001, 3]], measure: nominal ", "two values, "),
    ("[[0, 0], [0.1, 200], [0.2, 20], [0.3, 1]], measure: nominal, fit: yeoh ", "does not describe the curve"),
    ("[[0, 0], [0.001, 200], [0.01, 250]], measure: nominal, of_unit: K ", "not a unit of the same kind"),
])  # fmt: skip
def test_a_curve_that_means_nothing_is_refused_at_its_place(tmp_path: Path, curve: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        study_of(tmp_path, STUDY.replace("CURVE", f"{{table: {curve}, of: strain, unit: MPa, source: made}}"))
    assert told in str(refused.value)
    assert "study.yaml:3:" in str(refused.value)
