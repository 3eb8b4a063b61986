"""Small-strain J2 plasticity of a device along a path of bending, stretching, twisting, pressing or swelling.

    div sigma = 0,   sigma = lambda tr(e - e* - ep) 1 + 2 mu (e - e* - ep),   q = sqrt(3/2 s : s) <= sy(a),
    d ep = 3/2 s / q da,   sy(a) = yield_stress + hardening_modulus a + voce_stress (1 - exp(-voce_rate a)),

isotropic, associated, rate-independent; a is the equivalent plastic strain. J. C. Simo and T. J. R. Hughes,
Computational Inelasticity, Springer 1998, ch. 3. A material without a yield stress stays elastic. Loads and what is
solid are those of elasticity. After the path the motion that the load prescribes may be released: the device then
springs back until its moment, torque or force vanishes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Indicator, Report, Solution, Step, physics
from microfem.physics.mechanics.elasticity import SmallStrainCase
from microfem.physics.mechanics.loads import Bend, Mismatch, OneLoad, Path, Press, Stretch, Twist, check_path

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import Guide
    from microfem.fem.plasticity.flow import Flow, PlasticEquilibrium
    from microfem.mesh import Mesh

Totals = dict[str, tuple[float, str]]
YIELD = 2  # column of a flow's laws with the initial yield stress
SLACK = 1e-6  # unbalanced or pin force, relative to all forces; beyond, the solution is refused


class PlasticityCase(SmallStrainCase):
    """A load along a path of factors, on a device that may yield.

    path: factors of the load, one after another from 0; steps: parts that each leg is walked in; release: let go of
    the ends after the path (of a pressure or a mismatch: take it away), so that the device springs back.
    """

    physics: Literal["plasticity"]
    path: Path = (1.0,)
    steps: Annotated[int, Entry(ge=1, le=200)] = 4
    release: bool = False

    @model_validator(mode="after")
    def _flows(self) -> PlasticityCase:
        check_path(self.load.chosen, self.path)
        if self.order == 1:
            raise ValueError("order: 1 is too stiff where metal flows at constant volume; use order: 2")
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


@dataclass(frozen=True)
class PlasticState:
    """What metrics read: response of the body's cells at the end of the path, and what has flowed.

    equivalent: (ncells, nq) plastic strain of the body's cells; yielding: (ncells,) initial yield stress, infinite
    where a cell stays elastic; films: none.
    """

    body: Body
    solid: Response
    equivalent: Floats
    yielding: Floats
    films: dict[str, Response] = field(default_factory=dict)


@physics("plasticity", PlasticityCase, FIELDS, dofs_per_node=None, limits_known=("yield_stress",))
def solve(mesh: Mesh, case: PlasticityCase, settings: SolverSettings = SolverSettings()) -> Solution:
    """Solve div sigma = 0 along a path; weak form: integral sigma : e(v) = integral of the tractions times v."""
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.finite_strain.bodies import make_body
    from microfem.fem.linear_elasticity.bodies import curvatures
    from microfem.fem.plasticity.flow import make_flow

    started = time.perf_counter()
    load = case.load.chosen
    body = make_body(mesh, case.order, case.plane, load.strain if isinstance(load, Mismatch) else {})
    if body.films:
        raise MicrofemError(
            f"plasticity has no films: '{next(iter(body.films))}' is thinner than a fiftieth of what is beside it; "
            "make it thicker, make that thinner, or leave it out with thickness 0"
        )
    hardening = _hardening(mesh)[mesh.region_of_cell[body.cells]]
    guide = _GUIDES[type(load)](body, load, max(abs(factor) for factor in case.path))
    flow = make_flow(body, hardening, guide)
    steps, reached, residual, stopped = _walk(flow, guide, case, settings)
    state = _state(flow, reached)
    totals = dict(steps[-1].totals)
    if isinstance(load, Mismatch) and load.fixed is None and case.dimension != "plan":
        totals |= {f"curvature.{axis}": (k, "1/um") for axis, k in curvatures(body, state.solid).items()}
    form = elastic_form(body)
    indicator = Indicator(*energy_error(form, form.error(steps[-1].displacement)))
    balance = _balance(flow, guide, reached)
    report = Report(len(reached.x), len(mesh.cells), residual, balance, time.perf_counter() - started)
    return Solution(case, mesh, body.space, steps[-1].fields(), totals, report, state, indicator,
                    steps=tuple(steps), stopped=stopped)  # fmt: skip


def _hardening(mesh: Mesh) -> Floats:
    """Return yield stress, hardening modulus, Voce's stress and rate of each region, (nregions, 4).

    Raises:
        MicrofemError: hardening is stated without a yield stress, or half of Voce's law.
    """
    rows = []
    for name in mesh.regions:
        material = mesh.layout.material(name)
        stated = [one for one in ("hardening_modulus", "voce_stress", "voce_rate") if material.has(one)]
        if stated and not material.has("yield_stress"):
            raise MicrofemError(f"material '{material.name}' states a {stated[0]} but no yield_stress to harden from")
        if material.has("voce_stress") != material.has("voce_rate"):
            raise MicrofemError(f"material '{material.name}' states one of voce_stress and voce_rate; it needs both")
        rows.append([material.value("yield_stress") if material.has("yield_stress") else np.inf]
                    + [material.value(one) if one in stated else 0.0
                       for one in ("hardening_modulus", "voce_stress", "voce_rate")])  # fmt: skip
    return np.array(rows)


def _walk(
    flow: Flow, guide: Guide, case: PlasticityCase, settings: SolverSettings
) -> tuple[list[Step], PlasticEquilibrium, float, str]:
    """Follow the path, then let go; return the steps, the last equilibrium, the worst residual, why it ended early."""
    from microfem.fem.plasticity.flow import released
    from microfem.fem.solvers.newton import follow

    load = case.load.chosen
    moves = isinstance(load, Bend | Stretch | Twist)
    path = case.path if moves or not case.release else (*case.path, 0.0)
    marks = [low + (high - low) * k / case.steps for low, high in zip((0.0, *path), path, strict=False)
             for k in range(1, case.steps + 1)]  # fmt: skip
    way = follow(flow, np.zeros(flow.count), marks, settings=settings)
    taken, steps = way.steps, [_step(flow, guide, one, one.load, load) for one in flow.reached]
    reached, stopped = flow.reached[-1], way.stopped
    if case.release and moves and not stopped:
        loose = released(flow, guide.mode)
        try:
            marks = [k / case.steps for k in range(1, case.steps + 1)]
            way = follow(loose, reached.x, marks, settings=settings)
        except SolveError as error:
            return steps, reached, max(one.residual for one in taken), f"release: {error}"
        taken, stopped = (*taken, *way.steps), way.stopped and f"release {way.stopped}"
        steps += [_step(loose, guide, one, path[-1] * (1.0 - one.load), load) for one in loose.reached]
        reached = loose.reached[-1]
    return steps, reached, max(one.residual for one in taken), stopped


def _step(flow: Flow, guide: Guide, reached: PlasticEquilibrium, factor: float, load: OneLoad) -> Step:
    """Return an equilibrium with its totals."""
    body = flow.body
    u = reached.x[: flow.first].reshape(-1, body.dim)
    force, bend = ("uN", "uN um") if body.dim == 3 else ("uN/um", "uN")
    held = (reached.forces + flow.outer[0] + reached.load * flow.outer[1])[flow.given]  # what fades still holds
    totals: Totals = {axis: (float(reached.forces[unknowns].sum()), force) for axis, unknowns in guide.faces.items()}
    totals = {f"reaction.{axis}": one for axis, one in totals.items()}
    if guide.mode.any():
        motions = np.vstack([guide.mode, guide.slides])
        size, *slid = np.linalg.lstsq(motions.T, reached.x[flow.given], rcond=None)[0].tolist()
        work = float(held @ guide.mode) / guide.length
        name, unit, amount, per = {
            Bend: ("bending_moment", bend, "end_curvature", "1/um"),
            Stretch: ("axial_force", force, "end_stretch", "1"),
            Twist: ("torque", "uN um", "end_twist", "1/um"),
        }[type(load)]
        totals |= {name: (work, unit), amount: (size, per)}
        if isinstance(load, Bend) and abs(size) > 1e-9 * abs(guide.size):
            totals["neutral_axis"] = (guide.middle + slid[0] / size, "um")
    across = None
    if body.dim == 2 and body.plane == "stress":
        across = np.ones(len(body.space.mesh.cells))
        across[body.cells] += reached.strain[..., 2].mean(axis=1) + reached.load * body.eigenstrain
    return Step(factor, u, totals, across, lambda: _fields(_state(flow, reached), u))


def _state(flow: Flow, reached: PlasticEquilibrium) -> PlasticState:
    """Return what metrics read of an equilibrium."""
    from microfem.fem.plasticity.flow import response

    return PlasticState(flow.body, response(flow.body, reached), reached.history.equivalent, flow.laws[:, YIELD])


def _balance(flow: Flow, guide: Guide, reached: PlasticEquilibrium) -> float:
    """Return the largest unbalanced force or pin force, relative to all that act along the path.

    Raises:
        SolveError: it is above SLACK.
    """
    from microfem.fem.linear_elasticity.rigid_body_constraints import rigid_motions

    body = flow.body
    unknowns = body.unknowns(body.dofs).ravel()
    outer = flow.outer[0] + reached.load * flow.outer[1]
    total = (reached.forces + outer)[unknowns]
    motions = rigid_motions(body.space.locations[body.dofs]).reshape(len(unknowns), -1)
    pinned = reached.forces[flow.given[len(flow.given) - guide.npins :]]
    left = max(float(np.abs(total @ motions).max()), float(np.abs(pinned).max(initial=0.0)))
    balance = left / max(flow.work, 1e-300)
    if not balance < SLACK:
        raise SolveError(f"forces do not balance: {balance:.2e} of those at work is left over, above {SLACK:.0e}")
    return balance


def _bend(body: Body, load: Bend, most: float) -> Guide:
    from microfem.fem.linear_elasticity.end_motions import guide_bend

    return guide_bend(body, "x" if load.axis == "y" else "y", 1.0 / load.radius, most)


def _stretch(body: Body, load: Stretch, _: float) -> Guide:
    from microfem.fem.linear_elasticity.end_motions import guide_stretch

    return guide_stretch(body, load.axis, load.clamped, load.strain)


def _twist(body: Body, load: Twist, _: float) -> Guide:
    from microfem.fem.linear_elasticity.end_motions import guide_twist

    return guide_twist(body, load.axis, load.over)


def _press(body: Body, load: Press, _: float) -> Guide:
    from microfem.fem.linear_elasticity.end_motions import guide_press

    return guide_press(body, load.on, load.side, load.fixed, load.value)


def _swell(body: Body, load: Mismatch, _: float) -> Guide:
    from microfem.fem.linear_elasticity.end_motions import guide_face

    return guide_face(body, load.fixed)


_GUIDES: dict[type[OneLoad], Callable[[Body, Any, float], Guide]] = {
    Bend: _bend, Stretch: _stretch, Twist: _twist, Press: _press, Mismatch: _swell}  # fmt: skip


def _fields(state: PlasticState, u: Floats) -> dict[str, Field]:
    """Spread the values of the body over all cells and degrees of freedom, NaN elsewhere."""
    body, solid = state.body, state.solid

    def spread(values: Floats, where: NDArray[np.int64], count: int) -> Floats:
        full = np.full((count, *values.shape[1:]), np.nan)
        full[where] = values
        return full

    limit = np.where(np.isfinite(state.yielding), state.yielding, np.nan)
    values = {"strain": solid.strain, "max_principal_strain": solid.largest_strain,
              "stress": solid.stress[..., : body.dim, : body.dim], "von_mises": solid.von_mises,
              "yield_ratio": solid.von_mises / limit[:, None],
              "equivalent_plastic_strain": state.equivalent}  # fmt: skip
    moved = spread(u[body.dofs], body.dofs, len(u))
    fields = {"displacement": Field("displacement", *FIELDS["displacement"], "dofs", moved)}
    for name, one in values.items():
        fields[name] = Field(name, *FIELDS[name], "quadrature", spread(one, body.cells, len(body.space.mesh.cells)))
    return fields
