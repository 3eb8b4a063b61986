"""Small-strain J2 plasticity of a device along a path of bending, stretching, twisting, pressing or swelling.

    div sigma = 0,   sigma = lambda tr(e - e* - ep) 1 + 2 mu (e - e* - ep),   q = sqrt(3/2 s : s) <= sy(a),
    d ep = 3/2 s / q da,   sy(a) = yield_stress + hardening_modulus a + voce_stress (1 - exp(-voce_rate a)),

or sy linear between the points of a curve of stress against strain,

isotropic, associated, rate-independent; a is the equivalent plastic strain. J. C. Simo and T. J. R. Hughes,
Computational Inelasticity, Springer 1998, ch. 3. A material without a yield stress stays elastic. Loads and solid
regions are those of elasticity. After the path the prescribed motion of the ends may be released: the device then
springs back until its moment, torque or force vanishes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Indicator, Report, Step, physics
from microfem.physics.mechanics.action import Action, Effect
from microfem.physics.mechanics.load_actions import action_of
from microfem.physics.mechanics.loads import OneLoad, Path, check_path
from microfem.physics.mechanics.measured_curves import hardening_of, refuse_beyond
from microfem.physics.mechanics.parts import SmallStrainPart
from microfem.physics.mechanics.small_strain import SmallStrainCase, SmallStrainSolution
from microfem.physics.mechanics.solution import fields_of

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.fem.plasticity.flow import Flow, PlasticEquilibrium
    from microfem.mesh import Mesh

YIELD = 2  # column of a flow's laws with the initial yield stress
SLACK = 1e-6  # largest unbalanced force or force of a rigid-body constraint, relative to all forces


class PlasticityCase(SmallStrainCase):
    """A load along a path of load factors, on a device that may yield.

    path: load factors, one after another from 0; steps: number of steps in each leg; release: release the ends after
    the path (or remove a pressure or a mismatch), so that the device springs back.
    """

    physics: Literal["plasticity"]
    path: Path = (1.0,)
    steps: Annotated[int, Entry(ge=1, le=200)] = 4
    release: bool = False

    @property
    def solves(self) -> float:
        """About how many linear solves the case takes on one mesh: one for each step of each leg."""
        return float(self.steps * len(self.path))

    @model_validator(mode="after")
    def _flows(self) -> PlasticityCase:
        check_path(self.load.chosen, self.path)
        if self.order == 1:
            raise ValueError("order: 1 is too stiff for plastic flow at constant volume; use order: 2")
        return self


FIELDS = {
    "displacement": ("displacement", "um"),
    "strain": ("engineering (small) strain", "1"),
    "max_principal_strain": ("largest principal small strain", "1"),
    "stress": ("stress", "MPa"),
    "von_mises": ("von Mises stress", "MPa"),
    "yield_ratio": ("von Mises stress over initial yield stress", "1"),
    "equivalent_plastic_strain": ("equivalent plastic strain", "1"),
}


@dataclass(frozen=True, kw_only=True)
class PlasticSolution(SmallStrainSolution):
    """The response of the body's cells at the end of the path.

    equivalent: (ncells, nq) equivalent plastic strain of the body's cells.
    """

    equivalent: Floats

    @property
    def energy(self) -> float:
        """Half of stress times total strain, plastic strain included: the work of a proportional path to this state."""
        return self.solid.energy

    def parts(self, names: Sequence[str]) -> Sequence[SmallStrainPart]:
        """Return all regions as one part."""
        rows = self.rows(names)
        return [SmallStrainPart(self.solid, rows, np.asarray((self.equivalent[rows] > 0.0).any(axis=1)))]

    def plastic_strain(self, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the equivalent plastic strain and the volume of each quadrature point of regions, both (n,)."""
        values = self.equivalent[self.rows(names)]
        return values.ravel(), np.repeat(self.solid.weight[self.rows(names)], values.shape[1])


@physics("plasticity", PlasticityCase, FIELDS, PlasticSolution, dofs_per_node=None, limits_known=("yield_stress",))
def solve(mesh: Mesh, case: PlasticityCase, settings: SolverSettings = SolverSettings()) -> PlasticSolution:
    """Solve div sigma = 0 along a load path; weak form: integral sigma : e(v) = integral of the tractions times v."""
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.finite_strain.bodies import make_body
    from microfem.fem.plasticity.flow import make_flow, response

    started = time.perf_counter()
    action = action_of(case.load.chosen)
    body = make_body(mesh, case.order, case.plane, action.eigenstrains(mesh.layout))
    if body.films:
        raise MicrofemError(
            f"plasticity has no films: '{next(iter(body.films))}' is thinner than a fiftieth of its neighbour; "
            "make it thicker, make the neighbour thinner, or leave it out with thickness 0"
        )
    hardening = hardening_of(mesh)[mesh.region_of_cell[body.cells]]
    motion = action.motion(body, max(abs(factor) for factor in case.path))
    flow = make_flow(body, hardening, motion)
    steps, reached, residual, stopped = _walk(flow, motion, action, case, settings)
    refuse_beyond(mesh, mesh.region_of_cell[body.cells], reached.history.equivalent)
    last = response(body, reached)
    totals = {**steps[-1].totals, **action.shape(body, last)}
    form = elastic_form(body)
    indicator = Indicator(*energy_error(form, form.error(steps[-1].displacement)))
    balance = _balance(flow, motion, reached)
    report = Report(
        ndofs=len(reached.x),
        ncells=len(mesh.cells),
        residual=residual,
        balance_error=balance,
        seconds=time.perf_counter() - started,
    )
    return PlasticSolution(
        case=case,
        mesh=mesh,
        space=body.space,
        fields=steps[-1].fields(),
        totals=totals,
        report=report,
        indicator=indicator,
        steps=tuple(steps),
        stopped=stopped,
        body=body,
        solid=last,
        equivalent=reached.history.equivalent,
    )


def _walk(
    flow: Flow, motion: EndMotion, action: Action[OneLoad], case: PlasticityCase, settings: SolverSettings
) -> tuple[list[Step], PlasticEquilibrium, float, str]:
    """Follow the path, then release the ends.

    Returns the steps, the last equilibrium, the largest residual, and why the path stopped early ("" if complete).
    """
    from microfem.fem.plasticity.flow import released
    from microfem.fem.solvers.newton import follow

    path = case.path if motion.moves or not case.release else (*case.path, 0.0)
    factors = [
        low + (high - low) * k / case.steps
        for low, high in zip((0.0, *path), path, strict=False)
        for k in range(1, case.steps + 1)
    ]
    walked = follow(flow, np.zeros(flow.count), factors, settings=settings)
    taken, steps = (
        walked.steps,
        [_step(flow, motion, action, equilibrium, equilibrium.load) for equilibrium in flow.reached],
    )
    reached, stopped = flow.reached[-1], walked.stopped
    if case.release and motion.moves and not stopped:
        release = released(flow, motion.mode)
        try:
            factors = [k / case.steps for k in range(1, case.steps + 1)]
            walked = follow(release, reached.x, factors, settings=settings)
        except SolveError as error:
            return steps, reached, max(equilibrium.residual for equilibrium in taken), f"release: {error}"
        taken, stopped = (*taken, *walked.steps), walked.stopped and f"release {walked.stopped}"
        steps += [
            _step(release, motion, action, equilibrium, path[-1] * (1.0 - equilibrium.load))
            for equilibrium in release.reached
        ]
        reached = release.reached[-1]
    return steps, reached, max(equilibrium.residual for equilibrium in taken), stopped


def _step(flow: Flow, motion: EndMotion, action: Action[OneLoad], reached: PlasticEquilibrium, factor: float) -> Step:
    """Return the step of an equilibrium at a load factor."""
    body = flow.body
    u = reached.x[: flow.first].reshape(-1, body.dim)
    acting = reached.forces + flow.outer[0] + reached.load * flow.outer[1]
    held = acting[flow.constrained]  # a fading force still acts
    amount, *free = 0.0, *np.zeros(len(motion.free_modes))
    if motion.moves:
        modes = np.vstack([motion.mode, motion.free_modes])
        amount, *free = np.linalg.lstsq(modes.T, reached.x[flow.constrained], rcond=None)[0].tolist()
    reactions = {axis: float(reached.forces[unknowns].sum()) for axis, unknowns in motion.faces.items()}
    effect = Effect(
        motion=motion,
        whole=body.dim == 3,
        factor=factor,
        force=float(held @ motion.mode) / motion.length,
        amount=amount,
        free=tuple(free),
        reactions=reactions,
    )
    totals = action.plastic(effect)
    stretch = None
    if body.dim == 2 and body.plane == "stress":
        stretch = np.ones(len(body.space.mesh.cells))
        stretch[body.cells] += reached.strain[..., 2].mean(axis=1) + reached.load * body.eigenstrain
    return Step(
        at=factor,
        displacement=u,
        totals=totals,
        out_of_plane_stretch=stretch,
        fields=partial(_fields_at, flow, reached, u),
    )


def _fields_at(flow: Flow, reached: PlasticEquilibrium, u: Floats) -> dict[str, Field]:
    """Return the fields of an equilibrium."""
    from microfem.fem.plasticity.flow import response

    solid = response(flow.body, reached)
    return _fields(flow.body, solid, reached.history.equivalent, flow.laws[:, YIELD], u)


def _balance(flow: Flow, motion: EndMotion, reached: PlasticEquilibrium) -> float:
    """Return the largest unbalanced force, or force of a rigid-body constraint, relative to all forces along the path.

    Raises:
        SolveError: that share is above SLACK.
    """
    from microfem.fem.linear_elasticity.rigid_body_constraints import rigid_motions

    body = flow.body
    unknowns = body.unknowns(body.dofs).ravel()
    outer = flow.outer[0] + reached.load * flow.outer[1]
    total = (reached.forces + outer)[unknowns]
    motions = rigid_motions(body.space.locations[body.dofs]).reshape(len(unknowns), -1)
    constraint = reached.forces[motion.rigid_constraints]
    unbalanced = max(float(np.abs(total @ motions).max()), float(np.abs(constraint).max(initial=0.0)))
    balance = unbalanced / max(flow.work, 1e-300)
    if not balance < SLACK:
        raise SolveError(f"forces do not balance: the unbalanced share is {balance:.2e}, above {SLACK:.0e}")
    return balance


def _fields(body: Body, solid: Response, equivalent: Floats, yielding: Floats, u: Floats) -> dict[str, Field]:
    """Return the fields; yielding: (ncells,) initial yield stress, infinite where a cell stays elastic."""
    limit = np.where(np.isfinite(yielding), yielding, np.nan)
    values = {
        "strain": solid.strain,
        "max_principal_strain": solid.largest_strain,
        "stress": solid.stress[..., : body.dim, : body.dim],
        "von_mises": solid.von_mises,
        "yield_ratio": solid.von_mises / limit[:, None],
        "equivalent_plastic_strain": equivalent,
    }
    return fields_of(body, u, values, FIELDS)
