"""Load paths at large strain: what steps keep, where a path stops and why, what is refused. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.finite_strain.bodies import make_body, make_solid
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import neo_hooke
from microfem.fem.linear_elasticity import end_motions
from microfem.fem.solvers import lagged
from microfem.fem.solvers.newton import follow
from microfem.fem.solvers.settings import LinearSettings, SolverSettings
from support.large_strain_bodies import brick, case, layered
from support.materials import matter
from support.solving import solve_hyperelasticity

# ------------------------------------------------------------------------------------------------------- load paths


@pytest.mark.parametrize("dimension", ["3d", "section", "plan"])
def test_a_path_that_comes_back_leaves_nothing(dimension):
    """No history: at load 0 the displacement is 0, and the way back meets the states of the way there."""
    found = solve_hyperelasticity(brick(dimension, *[3] * (3 if dimension == "3d" else 2)),
                {"stretch": {"strain": 1.0, "clamped": True}}, path=[1, 0, -0.2, 0], steps=2)  # fmt: skip
    assert not found.stopped
    there = {load: [step for step in found.steps if step.at == load] for load in (0.5, 1.0, 0.0, -0.1, -0.2)}
    assert [len(steps) for steps in there.values()] == [2, 1, 2, 2, 1]
    for step in there[0.0]:
        assert np.abs(step.displacement).max() < 1e-8
    for load in (0.5, -0.1):
        assert np.abs(there[load][0].displacement - there[load][1].displacement).max() < 1e-8


class Worn(Balance):
    """The wrong law: one material is softer from the first step on."""

    def commit(self, x, load):
        soft = neo_hooke(0.5)
        self.continuum = replace(self.continuum, laws=(soft, self.continuum.laws[1]))


@pytest.mark.parametrize("kind", [Balance, Worn])
def test_only_a_body_without_history_comes_back_on_its_way(kind):
    """Negative control of the test above: a law that wears makes the way back another."""
    laws = {"r0": matter(neo_hooke_mu=1.0), "r1": matter(neo_hooke_mu=5.0)}
    mesh = layered("section", [0.5], np.linspace(0, 1, 4), np.linspace(0, 1, 5), laws=laws)
    body = make_body(mesh, 2, "strain", {})
    solid = make_solid(body, {})
    balance = kind(continuum=solid, motion=end_motions.stretch(body, "x", 0.5, True))
    first, _, last = follow(balance, np.zeros(solid.size), [0.5, 1.0, 0.5]).steps
    off = np.abs(first.x - last.x)[: solid.displacements].max()
    assert off < 1e-8 if kind is Balance else off > 1e-4


def test_a_path_that_cannot_end_keeps_its_steps():
    """Gent's law pulled beyond its limit, I1 - 3 = Jm: l^2 + 2 / l = 8 at stretch 2.694..; the path ends below it."""
    limit = max(np.roots([1.0, 0.0, -8.0, 2.0]).real)
    found = solve_hyperelasticity(
        brick("3d", 2, 2, 2, laws={"r0": matter(gent_mu=1.0, gent_jm=5.0)}), {"stretch": {"strain": 2.0}}
    )
    assert found.stopped.startswith("stopped at 0.84")
    assert "r0" in found.stopped
    loads = [step.at for step in found.steps]
    assert loads[:3] == [0.25, 0.5, 0.75]
    assert 0.999 * limit < 1.0 + 2.0 * loads[-1] < limit
    for step in found.steps:
        x = 1.0 + 2.0 * step.at
        exact = 5.0 / (8.0 - x * x - 2.0 / x) * (x - x**-2)
        assert step.totals["axial_force"][0] == pytest.approx(exact, rel=1e-6)


def test_a_strip_that_gives_way_in_compression_keeps_its_steps():
    """Pressed to 60 % between clamps, a slender strip passes many points where it could buckle."""
    found = solve_hyperelasticity(
        brick("section", 24, 4, size=(10.0, 1.0)), {"stretch": {"strain": -0.6, "clamped": True}}
    )
    assert found.steps[0].at == 0.25
    assert found.steps[-1].at == 1.0 or "most of it in r0" in found.stopped
    assert all(step.totals["axial_force"][0] < 0.0 for step in found.steps)


def test_a_path_without_a_first_step_is_an_error():
    with pytest.raises(SolveError, match=r"stopped at 0 of the load.*r0"):
        solve_hyperelasticity(
            brick("section", 2, 2, laws={"r0": matter(gent_mu=1.0, gent_jm=1e-9)}), {"stretch": {"strain": 9.0}}
        )


class Fragile:
    """Factors that fail as MKL's do where memory runs out: closed, they must not be touched."""

    made = 0

    def __init__(self, upper, _):
        Fragile.made, self.closed, self.diagonal = Fragile.made + 1, False, upper.diagonal()
        self.dtype = upper.dtype

    def renew(self, upper):
        self.closed = True
        raise SolveError("out of memory")

    def solve(self, right):
        assert not self.closed
        return right / self.diagonal

    def close(self):
        self.closed = True


def test_factors_that_failed_are_not_used_again(monkeypatch):
    """The step is cut, and the next system begins anew; large ones try old factors first."""
    monkeypatch.setattr(lagged, "factorise_indefinite", Fragile)
    linear = LinearSettings(reuse_row=1.0)
    n, system = 2 * linear.reuse_from, lagged.Lagged(SolverSettings(linear=linear))
    right = np.random.default_rng(0).normal(size=(1, n))
    assert np.allclose(system.solve(sp.identity(n, format="csr"), right), right, rtol=1e-6)  # factors of seven digits
    with pytest.raises(SolveError, match="out of memory"):
        system.solve(sp.diags(np.linspace(-1.0, 1.0, n), format="csr"), right)
    assert np.allclose(system.solve(sp.identity(n, format="csr"), right), right, rtol=1e-6)  # factors of seven digits
    assert Fragile.made == 2


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("dimension", "load", "more", "told"),
    [
        ("section", {"stretch": {"strain": "-100 %"}}, {}, "above -100 %"),
        ("section", {"stretch": {"strain": "-60 %"}}, {"path": [2]}, "-120 % leaves no length"),
        ("section", {"mismatch": {"strain": {"r0": "-60 %"}}}, {"path": [2]}, "r0: a strain of -120 %"),
        ("section", {"stretch": {"strain": "0 %"}}, {}, "must not be zero"),
        ("section", {"stretch": {"strain": "20 um"}}, {}, "not a unit of the same kind"),
        ("section", {"bend": {"radius": "5 um"}, "stretch": {"strain": 1.0}}, {}, "exactly one of"),
        ("3d", {"stretch": {"strain": 1.0}}, {"order": 1}, "locks"),
        ("plan", {"bend": {"radius": "1 mm"}}, {}, "bend works in"),
        ("plan", {"mismatch": {"strain": {"r0": 0.1}}}, {}, "a plan does not show"),
        ("section", {"twist": {"angle": "90 deg"}}, {}, "twist works in dimension: 3d"),
        ("section", {"stretch": {"strain": 1.0, "axis": "xy"}}, {}, "has the axes x and z"),
        ("section", {"stretch": {"strain": 1.0}}, {"path": [0, 0]}, "must differ from 0"),
        ("section", {"stretch": {"strain": 1.0}}, {"path": [11]}, "less than or equal to 10"),
    ],
)
def test_cases_that_cannot_be_are_refused(dimension, load, more, told):
    with pytest.raises(ValueError, match=told):
        case(dimension, load, **more)


def test_bodies_that_cannot_be_are_refused():
    mesh = brick("section", 4, 4)
    with pytest.raises(MicrofemError, match=r"radius of 0\.5 um is not above the thickness, 1 um"):
        solve_hyperelasticity(mesh, {"bend": {"radius": "0.5 um"}})
    with pytest.raises(MicrofemError, match="span of 2 um must be above 0 and below the length, 1 um"):
        solve_hyperelasticity(mesh, {"three_point": {"deflection": "1 um", "span": "2 um"}})
    with pytest.raises(MicrofemError, match="no region or role 'r1'"):
        solve_hyperelasticity(mesh, {"mismatch": {"strain": {"r1": 0.1}}})
    with pytest.raises(MicrofemError, match="shear modulus"):
        solve_hyperelasticity(brick("section", 2, 2, laws={"r0": matter(yeoh_c1=-1.0)}), {"stretch": {"strain": 1.0}})
