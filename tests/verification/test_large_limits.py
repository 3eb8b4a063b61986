"""Limits of large strain: small loads are linear elasticity's, thin solids are sheets. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from microfem.fem.finite_strain.bodies import make_sheet
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.body_forces import traction_load
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.linear_elasticity.rigid_body_constraints import hold
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from support.cells import grid
from support.comparing import rates
from support.large_strain_bodies import brick, faced
from support.materials import matter
from support.solving import solve_elasticity, solve_hyperelasticity, total


@pytest.mark.parametrize("nu", [0.3, 0.4999])
def test_small_loads_are_those_of_linear_elasticity(nu):
    """A clamped stretch: both tend to one stiffness as the mesh is refined, and the work done is the energy stored.

    Energies of a nearly incompressible body are p^2 / (2 kappa), not kappa / 2 (J - 1)^2, which is off in every point.
    """
    load, off = {"stretch": {"strain": 1e-5, "clamped": True}}, []
    for n in (4, 8, 16):
        mesh = brick("section", n, n, size=(4.0, 1.0), laws={"r0": matter(youngs_modulus=2.0, poisson_ratio=nu)})
        large = solve_hyperelasticity(mesh, load, steps=1)
        work = 0.5 * total(large, "axial_force") * 4.0 * 1e-5
        assert total(large, "strain_energy") == pytest.approx(work, rel=1e-4)
        linear = solve_elasticity(mesh, load)
        off.append(abs(total(large, "axial_force") / total(linear, "axial_force") - 1.0))
    assert rates(off).min() > 1.2
    assert off[-1] < (4e-4 if nu < 0.4 else 0.02)


@dataclass(frozen=True)
class Dead:
    """A load that keeps its direction, in the place of a pressure that follows."""

    whole: np.ndarray

    def forces(self, x, load):
        return load * self.whole

    def add_to(self, *_):
        """Add nothing: it does not change with x."""


def test_cooks_membrane():
    """Plane stress, E = 1, force 1: 23.96 at nu = 1/3 in the literature; a sheet tends to the linear one at nu = 1/2.

    Negative control: not to that at nu = 1/3.
    """
    points, cells = grid(np.linspace(0, 48, 17), np.linspace(0, 1, 17))
    points[:, 1] = (44.0 + points[:, 0] / 3.0) * points[:, 1] + points[:, 0] / 48.0 * 44.0 * (1.0 - points[:, 1])
    mesh = faced(points, cells, "plan", laws={"r0": matter(neo_hooke_mu=1.0 / 3.0)})
    space, ones = Space(mesh, 2), np.ones(len(cells))
    push = traction_load(space, mesh.faces["xmax"], np.tile([0.0, 1.0 / 16.0], (16, 1)))
    corner = 2 * np.argmin(np.hypot(*(space.locations - [48.0, 52.0]).T)) + 1
    found = []
    for nu in (1.0 / 3.0, 0.4999999):
        body = Body(
            space=space,
            cells=np.arange(len(cells)),
            young=ones,
            poisson=nu * ones,
            eigenstrain=0.0 * ones,
            plane="stress",
        )
        given = body.unknowns(np.flatnonzero(space.locations[:, 0] == 0.0)).ravel()
        found.append(hold(body, given, np.zeros((1, len(given))), push[None]).u[0, corner])
    assert found[0] == pytest.approx(23.96, abs=0.05)
    _, sheet = make_sheet(mesh, 2)
    none = np.zeros(len(given))
    balance = Balance(
        continuum=sheet,
        motion=EndMotion(constrained=given, path=lambda _: none, free_modes=np.zeros((0, len(given)))),
        follower=Dead(push),
    )
    off = [follow(balance, np.zeros(sheet.size), [load]).steps[-1].x[corner] / load / found[1] - 1.0
           for load in (1e-4, 1e-5)]  # fmt: skip
    assert abs(off[1]) < 1e-5
    assert abs((1.0 + off[1]) * found[1] / found[0] - 1.0) > 0.005
    assert abs(off[0]) == pytest.approx(10.0 * abs(off[1]), rel=0.3)


def waisted(dimension, *thickness):
    """Return a strip along x that is 1 wide at one end and 0.4 at the other, smoothly."""

    def narrowed(points):
        points[:, 1] *= 0.7 + 0.3 * np.cos(np.pi * points[:, 0])
        return points

    ticks = [np.linspace(0.0, 1.0, 9), np.linspace(-0.5, 0.5, 7), *(np.linspace(0.0, t, 2) for t in thickness)]
    return faced(*grid(*ticks, mapped=narrowed), dimension)


def test_a_thin_solid_is_a_sheet():
    """A waisted strip pulled to 1.5: the force over the thickness tends to that of the sheet as thickness falls."""
    sheet = total(solve_hyperelasticity(waisted("plan"), {"stretch": {"strain": 0.5}}, steps=1), "axial_force")
    solids = [(t, solve_hyperelasticity(waisted("3d", t), {"stretch": {"strain": 0.5}}, steps=1))
              for t in (0.4, 0.2, 0.1)]  # fmt: skip
    off = [total(solid, "axial_force") / t / sheet - 1.0 for t, solid in solids]
    assert np.abs(off[0]) > np.abs(off[1]) > np.abs(off[2])
    assert np.abs(off[2]) < 1e-3
