"""Large elastic strain of a device that is stretched, bent, twisted or rolled up, to several hundred per cent.

    Div P = 0,   P = dW / dF,   W = psi(Fe J^(-1/3)) + p (J - 1) - p^2 / (2 kappa),   Fe = F Fg^-1,   J = det Fe,

with the law that each material states (neo-Hooke, Mooney-Rivlin, Yeoh, Ogden, Gent; else neo-Hooke of its Young's
modulus). In 3D and in a section (plane strain) by displacements and pressures; in plan view by a sheet whose layers
stretch together, in plane stress, as wide devices on thin substrates do. The load is walked up to in steps, each of
which is kept. G. A. Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, ch. 6 and 8.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.physics.frame import Case, Field, Floats, Indicator, Report, Solution, Step, physics
from microfem.physics.mechanics.load_actions import action_of
from microfem.physics.mechanics.loads import LargeLoad, Mismatch, Path, Press, check_path, check_view

if TYPE_CHECKING:
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.mesh import Mesh


class HyperelasticityCase(Case):
    """One load at large strain, reached in `steps` steps per leg of its `path` of factors."""

    physics: Literal["hyperelasticity"]
    load: LargeLoad
    path: Path = (1.0,)
    steps: Annotated[int, Entry(ge=1, le=1000)] = 4

    @model_validator(mode="after")
    def _possible(self) -> HyperelasticityCase:
        check_view(self.load.chosen, self.dimension)
        check_path(self.load.chosen, self.path)
        if self.dimension == "plan" and isinstance(self.load.chosen, Mismatch | Press):
            raise ValueError("mismatch and pressure bend a device, which a plan does not show: use section or 3d")
        if self.dimension != "plan" and self.order == 1:
            raise ValueError("order: 1 locks where volumes are kept; use order: 2, or dimension: plan")
        return self

    @property
    def mesh(self) -> str:
        """Plans are of all layers."""
        return "layers" if self.dimension == "plan" else self.dimension

    @property
    def per_depth(self) -> bool:
        """Sheets have a thickness; only a section has none."""
        return self.dimension == "section"


FIELDS = {
    "displacement": ("displacement", "um"),
    "max_principal_strain": ("largest principal nominal strain", "1"),
    "max_principal_log_strain": ("largest principal logarithmic strain", "1"),
    "nominal_strain_x": ("nominal strain along x", "1"),
    "nominal_strain_y": ("nominal strain along y", "1"),
    "nominal_strain_z": ("nominal strain along z", "1"),
    "green_lagrange_strain": ("Green-Lagrange strain", "1"),
    "stress": ("Cauchy stress", "MPa"),
    "von_mises": ("von Mises stress (Cauchy)", "MPa"),
}


@dataclass(frozen=True)
class LargeState:
    """What metrics read: the continuum, its small-strain body, and at its cells F, Fe and Cauchy's stress.

    gradient, elastic, stress: (n, nq, 3, 3); weight: (n,) undeformed volume of each point.
    """

    body: Body
    continuum: Solid | Membrane
    gradient: Floats
    elastic: Floats
    stress: Floats
    weight: Floats


@physics("hyperelasticity", HyperelasticityCase, FIELDS, dofs_per_node=None)
def solve(mesh: Mesh, case: HyperelasticityCase) -> Solution:
    """Solve Div P = 0 along a path of loads; weak form: integral P : grad v + q (J - 1 - p / kappa) = 0."""
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.physics.mechanics.load_paths import across, displaced, drive, totals_of

    started = time.perf_counter()
    action = action_of(case.load.chosen)
    body, continuum = _continuum(mesh, case, action.eigenstrains)
    balance, path = drive(body, continuum, action, _marks(case.path, case.steps))
    last = path.steps[-1]
    steps = tuple(Step(one.load, displaced(body, balance, one),
                       totals_of(balance, action, one), across(continuum, one)) for one in path.steps)  # fmt: skip
    f = continuum.gradients(last.x, last.load)
    state = LargeState(body, continuum, f, f / continuum.growth(last.load)[:, None, None, :],
                       continuum.stresses(last.x, last.load), continuum.weights)  # fmt: skip
    form = elastic_form(body)
    indicator = Indicator(*energy_error(form, form.error(steps[-1].displacement)))
    report = Report(len(balance.free), len(mesh.cells), last.residual, last.residual, time.perf_counter() - started)
    return Solution(case, mesh, body.space, _fields(state, steps[-1].displacement), steps[-1].totals, report, state,
                    indicator, steps=steps, stopped=path.stopped)  # fmt: skip


def _continuum(
    mesh: Mesh, case: HyperelasticityCase, eigenstrains: Mapping[str, float]
) -> tuple[Body, Solid | Membrane]:
    """Return what is stretched, and its body of small strains, which knows ends, pins and where errors are."""
    from microfem.fem.finite_strain.bodies import make_body, make_sheet, make_solid

    if case.dimension == "plan":
        return make_sheet(mesh, case.order)
    body = make_body(mesh, case.order, "strain", {})
    return body, make_solid(body, eigenstrains)


def _marks(path: tuple[float, ...], steps: int) -> list[float]:
    """Return the loads to be met: each leg of the path in equal steps."""
    legs = [np.linspace(a, b, steps + 1)[1:].tolist() for a, b in pairwise((0.0, *path)) if a != b]
    return [mark for leg in legs for mark in leg]


def _fields(state: LargeState, u: Floats) -> dict[str, Field]:
    """Spread the values of the body over all cells and degrees of freedom, NaN elsewhere."""
    from microfem.fem.finite_strain.strain_measures import green_lagrange, mises, nominal, principal_strain

    body, d, lines = state.body, state.body.dim, nominal(state.gradient)
    axes = "xzy" if body.space.mesh.dimension == "section" else "xyz"
    values = {
        "max_principal_strain": principal_strain(state.elastic, "nominal"),
        "max_principal_log_strain": principal_strain(state.elastic, "logarithmic"),
        "green_lagrange_strain": green_lagrange(state.gradient)[..., :d, :d],
        **{f"nominal_strain_{axis}": lines[..., i] for i, axis in enumerate(axes)},
        "stress": state.stress[..., :d, :d],
        "von_mises": mises(state.stress),
    }
    moved = np.full(u.shape, np.nan)
    moved[body.dofs] = u[body.dofs]
    fields = {"displacement": Field("displacement", *FIELDS["displacement"], "dofs", moved)}
    for name, one in values.items():
        full = np.full((len(body.space.mesh.cells), *one.shape[1:]), np.nan)
        full[body.cells] = one
        fields[name] = Field(name, *FIELDS[name], "quadrature", full)
    return fields
