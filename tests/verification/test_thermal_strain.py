"""Thermal expansion as an eigenstrain: S. Timoshenko's bimetal, J. Opt. Soc. Am. 11 (1925) 233, and free bodies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError, MicrofemError
from microfem.materials import Material, Property
from microfem.materials.dependence import dependence
from microfem.mesh import Mesh
from support.elastic_bodies import NU, strip
from support.materials import matter
from support.solving import solve, solve_elasticity, solve_hyperelasticity, solve_plasticity, total, value
from support.studies import study_of

T1, T2, E1, E2 = 2.0, 1.0, 100.0, 400.0
WARM = {"thermal": {"change": "50 K"}}
STUDY = """\
name: warm
designs: {strip: {family: film, params: {length: 2 mm, width: 1 mm}}}
cases: {warm: {physics: elasticity, load: {thermal: LOAD}}}
metrics: {curvature: curvature(warm)}
"""


def expanding(mesh: Mesh, *coefficients: float, kelvin: float = 298.15) -> Mesh:
    """Return a mesh whose regions r0, r1, ... have these thermal expansions, 1/K."""
    of = dict(zip(mesh.regions, coefficients, strict=True))
    old = mesh.layout.materials
    new = {
        name: replace(
            one, properties=one.properties | matter(thermal_expansion=of[name]).properties, temperature=kelvin
        )
        for name, one in old.items()
    }
    return replace(mesh, layout=replace(mesh.layout, materials=new))


def timoshenko(strain: float) -> float:
    m, n, h = T1 / T2, E1 / E2, T1 + T2
    return 6 * strain * (1 + m) ** 2 / (h * (3 * (1 + m) ** 2 + (1 + m * n) * (m**2 + 1 / (m * n))))


@pytest.mark.parametrize(("load", "change"), [
    ({"change": "50 K"}, 50.0), ({"change": "-30 K"}, -30.0), ({"stress_free": "125 degC"}, -100.0),
])  # fmt: skip
def test_a_bimetal_curls(load: dict[str, str], change: float) -> None:
    """In plane stress; the cells that the free edges do not reach, see the mismatch in test_elasticity_bending.py."""
    bare = strip((T1, T2), [(E1, NU), (E2, NU)], across=40, each=4)
    done = solve_elasticity(expanding(bare, 30e-6, 10e-6), {"thermal": load}, plane="stress")
    middle = done.mesh.points[done.mesh.cells].mean(axis=1)
    near = np.abs(middle[:, 0]) < 6.0
    strain = done.field("strain").values[near, :, 0, 0].mean(axis=1)
    curvature = -np.polyfit(middle[near, 1], strain, 1)[0]
    assert curvature == pytest.approx(timoshenko(20e-6 * change), rel=1e-5)
    assert curvature != pytest.approx(timoshenko(30e-6 * change), rel=0.1)  # of one layer alone


def test_a_body_of_one_material_expands_without_stress() -> None:
    bare = strip((2.0,), [(70.0, 0.25)], depth=4.0)
    done = solve_elasticity(expanding(bare, 20e-6), WARM)
    assert np.abs(done.field("stress").values).max() < 1e-10
    assert done.field("strain").values[..., 0, 0] == pytest.approx(1e-3, rel=1e-9)
    clamped = solve_elasticity(expanding(bare, 20e-6), {"thermal": {"change": "50 K", "fixed": "xmin"}})
    assert np.abs(clamped.field("stress").values).max() > 1e-2


@pytest.mark.slow
def test_so_it_does_where_it_may_yield_or_strain_much() -> None:
    body = expanding(strip((4.0,), [(70.0, 0.25)], length=4.0, across=1, each=1, depth=4.0), 20e-6)
    done = solve_plasticity(body, WARM, steps=1)
    assert np.abs(done.field("stress").values).max() < 1e-7
    assert done.field("strain").values[..., 0, 0] == pytest.approx(1e-3, rel=1e-6)
    large = solve_hyperelasticity(body, WARM, steps=1)
    assert np.abs(large.field("stress").values).max() < 1e-7
    assert total(large, "temperature_change") == pytest.approx(50.0)


def test_a_coefficient_that_depends_on_temperature_is_integrated() -> None:
    """10e-6 at 0 degC rising by 0.2e-6 a K: from 20 to 120 degC the mean is that at 70 degC."""
    table = dependence("temperature", [(273.15, 10e-6), (473.15, 50e-6)])
    one = Property(value=0.0, unit="1/K", source="made", table=table)
    material = Material("made", "", {"thermal_expansion": one}, temperature=393.15)
    assert material.expansion(293.15) == pytest.approx(100.0 * 24e-6, rel=1e-12)
    with pytest.raises(MicrofemError, match=r"from 273\.15 to 473\.15 K, not for 200 K"):
        material.expansion(200.0)


def test_the_strain_of_each_layer_is_alpha_times_the_change() -> None:
    from microfem.physics.mechanics.loads import Thermal
    from microfem.physics.mechanics.misfits import thermal_strains

    mesh = expanding(strip((T1, T2), [(E1, NU), (E2, NU)]), 30e-6, 10e-6, kelvin=350.0)
    assert thermal_strains(Thermal(change="50 K"), mesh.layout) == pytest.approx({"r0": 1.5e-3, "r1": 0.5e-3})
    assert thermal_strains(Thermal(stress_free="300 K"), mesh.layout) == pytest.approx({"r0": 1.5e-3, "r1": 0.5e-3})


def test_curvature_as_a_metric_has_an_error() -> None:
    done = solve(expanding(strip((T1, T2), [(E1, NU), (E2, NU)], across=40), 30e-6, 10e-6), {
        "physics": "elasticity", "dimension": "section", "plane": "stress", "load": WARM,
    })  # fmt: skip
    assert value(done, "curvature") == pytest.approx(1e3 * timoshenko(1e-3), rel=0.05)  # its free ends curl less


@pytest.mark.parametrize(("load", "told"), [
    ("{change: 60}", "'60' has no unit"),
    ("{change: 60 K, stress_free: 90 degC}", "one of them"),
    ("{fixed: xmin}", "one of them"),
    ("{change: 60 K}", "has no thermal_expansion; state"),
])  # fmt: skip
def test_what_a_thermal_load_lacks_is_told(tmp_path: Path, load: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        study_of(tmp_path, STUDY.replace("LOAD", load))
    assert told in str(refused.value)
    assert "study.yaml:3:" in str(refused.value)
