"""Elastic-plastic bending, twist and springback against closed forms, each cited where it is used; what is refused.

Units: um, MPa, uN. Tolerances are the observed error of the mesh used.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.layout import Sheet
from microfem.metrics import Call, mechanical, plastic
from microfem.solve.refinement import measure
from support.cells import grid
from support.elastic_bodies import body_mesh
from support.materials import matter
from support.plastic_bodies import NU, PERFECT, SY, VOCE, E, bend, block, made, totals
from support.solving import solve_plasticity


def test_a_radius_counts_the_factors_of_the_path():
    with pytest.raises(MicrofemError, match=r"radius of 0\.5 um is not above the thickness, 1 um"):
        solve_plasticity(block(2, dimension="section", **VOCE), bend(0.5), path=[1.0, -4.0])


# --------------------------------------------------------------------------------------------------- beam, springback


LENGTH, HEIGHT = 4.0, 2.0
FIRST = SY / E / (0.5 * HEIGHT)  # curvature at which the outer fibres yield


def beam(n, **stated):
    """Return a strip in section, n cells high on each side of the middle."""
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 2 * n + 1))
    return made(body_mesh(points, cells, "section"), **(stated or PERFECT))


def moment(k):
    """M of a perfectly plastic rectangle per depth: M_y (3/2 - (k_y / k)2 / 2), M_y = sy h2 / 6."""
    yielding = SY * HEIGHT**2 / 6.0
    return yielding * (1.5 - 0.5 * (FIRST / k) ** 2) if k > FIRST else yielding * k / FIRST


def test_beam_bends_elastic_plastic_and_springs_back():
    """Prager and Hodge, Theory of Perfectly Plastic Solids, 1951. The kink of the stress lies inside a cell."""
    k = 2.5 * FIRST
    errors = []
    for n in (4, 8):
        solution = solve_plasticity(beam(n), bend(k), plane="stress", release=True, steps=3)
        exact = [moment(k * part / 3.0) for part in (1, 2, 3)]
        errors.append(np.abs(totals(solution, "bending_moment")[:3] / exact - 1.0).max())
        left = k - moment(k) / (E * HEIGHT**3 / 12.0)
        assert plastic.residual_curvature(solution) == pytest.approx(1e3 * left, rel=5.0 * errors[-1])
        assert plastic.bending_moment(solution) == pytest.approx(0.0, abs=1e-12 * moment(k))
        assert solution.totals["neutral_axis"][0] == pytest.approx(0.5 * HEIGHT, abs=1e-6)
    assert errors[1] < 1e-3
    assert np.log2(errors[0] / errors[1]) > 1.7
    assert plastic.yielded_share(solution) == pytest.approx(1.0 - FIRST / k, abs=0.05)
    flowed = 0.5 * k * (0.5 * HEIGHT) ** 2 * (1.0 - FIRST / k) ** 2 / (0.5 * HEIGHT)  # mean of k z - sy / E
    assert plastic.mean_plastic_strain(solution) == pytest.approx(flowed, rel=0.01)
    assert plastic.max_plastic_strain(solution) == pytest.approx(0.5 * HEIGHT * (k - FIRST), rel=0.05)
    wrong = moment(k) * 1.5 / (1.5 - 0.5 * (FIRST / k) ** 2)  # negative control: the limit moment at this curvature
    assert abs(wrong / moment(k) - 1.0) > 10.0 * errors[1]


def test_below_yield_it_is_elasticity():
    """Nothing flows; moment, safety and strain are those of beam theory, and release leaves nothing."""
    k = 0.5 * FIRST
    held = solve_plasticity(beam(2), bend(k), plane="stress")
    assert held.totals["bending_moment"][0] == pytest.approx(moment(k), rel=1e-9)
    assert mechanical.safety(held) == pytest.approx(2.0, rel=1e-9)
    assert mechanical.max_strain(held) == pytest.approx(0.5 * HEIGHT * k, rel=1e-9)
    assert plastic.plastic_strain_percentile(held) == 0.0
    free = solve_plasticity(beam(2), bend(k), plane="stress", release=True)
    assert plastic.residual_curvature(free) == pytest.approx(0.0, abs=1e-9 * k)
    assert plastic.yielded_share(free) == 0.0


def test_one_yielding_side_moves_the_neutral_axis():
    """Lower half twice as strong, both faces flowing: forces balance three eighths of the height above the lower face.

    Fully plastic limit, approached as (k_y / k)2; the remaining difference at 40 k_y is below the tolerance.
    """
    n = 8
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 2 * n + 1))
    owner = (points[cells, 1].mean(axis=1) > 0.5 * HEIGHT).astype(np.int64)
    mesh = body_mesh(points, cells, "section", owner, {"r0": (E, NU), "r1": (E, NU)})
    strong, weak = matter(**(PERFECT | {"yield_stress": 2.0 * SY})), matter(**PERFECT)
    mesh = replace(mesh, layout=replace(mesh.layout, materials={"r0": strong, "r1": weak}))
    solution = solve_plasticity(mesh, bend(40.0 * FIRST), plane="stress", steps=6)
    # strengths 2 below and 1 above: 2 zn = 2 (h / 2 - zn) + h / 2, so zn = 3 h / 8 above the lower face
    assert solution.totals["neutral_axis"][0] == pytest.approx(0.375 * HEIGHT, rel=2e-2)
    assert solution.report.balance_error < 1e-9


def test_twist_of_a_bar_is_released():
    """A twisted square bar keeps a twist without torque; one that stayed elastic keeps none."""
    bar = block(3, 2, (2.0, 1.0, 1.0), **PERFECT)
    twisted = [solve_plasticity(bar, {"twist": {"rate": f"{rate} 1/um"}}, release=True, steps=2)
               for rate in (1e-3, 8e-3)]  # fmt: skip
    assert plastic.residual_twist(twisted[0]) == pytest.approx(0.0, abs=1e-9)
    torque = totals(twisted[1], "torque")
    assert 0.0 < plastic.residual_twist(twisted[1]) < 8.0 * 180.0 / np.pi
    assert abs(torque[-1]) < 1e-8 * torque[1]
    # sy a3 / (3 sqrt(3)), the sand hill of a square of side a, is never passed: Nadai 1923
    assert torque.max() < SY / np.sqrt(3.0) / 3.0 * 1.02


# ---------------------------------------------------------------------------------------------------- ends, refusals


def test_a_path_that_stops_keeps_its_steps_and_refuses_its_metrics():
    """A rod under more tension than it can bear: swollen by more than its clamps let it is fine, pressed out is not."""
    mesh = block(2, 2, **PERFECT)
    load = {"pressure": {"value": "-150 MPa", "on": "r0", "side": "xmax", "fixed": "xmin"}}
    solution = solve_plasticity(mesh, load, plane="stress")
    assert "load" in solution.stopped
    assert 0.6 < solution.steps[-1].at < 0.85  # the clamp holds the ends across, by up to 2 / sqrt(3)
    assert solution.totals == solution.steps[-1].totals
    found = measure(solution, {"share": Call("yielded_share", "case", {})})
    assert "ended early" in found.refused["share"]
    with pytest.raises(SolveError, match="stopped at 0 "):
        solve_plasticity(mesh, {"pressure": load["pressure"] | {"value": "-1e9 MPa"}}, plane="stress", steps=1)


def test_a_held_device_has_nothing_left():
    held = solve_plasticity(beam(1), bend(FIRST), plane="stress")
    with pytest.raises(MetricRefused, match="release: true"):
        plastic.residual_curvature(held)
    with pytest.raises(MetricRefused, match="twist"):
        plastic.residual_twist(held)


def test_bad_input_is_refused_with_its_reason():
    with pytest.raises(ValidationError, match="order: 2"):
        solve_plasticity(beam(1), bend(FIRST), order=1)
    with pytest.raises(MicrofemError, match="thickness"):
        solve_plasticity(beam(1), bend(2.0 / HEIGHT))
    with pytest.raises(MicrofemError, match="no yield_stress"):
        solve_plasticity(
            beam(1, youngs_modulus=E, poisson_ratio=NU, hardening_modulus=1.0), {"stretch": {"strain": 0.01}}
        )
    with pytest.raises(MicrofemError, match="needs both"):
        solve_plasticity(beam(1, **PERFECT, voce_stress=1.0), {"stretch": {"strain": 0.01}})
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 3))
    film = Sheet(name="film", role="bridge", footprint=beam(1).layout.regions[0].footprint, z=0.0, thickness=0.01)
    bottom = np.flatnonzero(points[:, 1] == 0.0)
    edges = np.column_stack([bottom[:-1], bottom[1:]])
    laws = {"r0": (E, NU), "film": (E, NU)}
    mesh = body_mesh(points, cells, "section", laws=laws, sheets={"film": edges}, films=(film,))
    with pytest.raises(MicrofemError, match="make it thicker"):
        solve_plasticity(mesh, {"stretch": {"strain": 0.01}})
