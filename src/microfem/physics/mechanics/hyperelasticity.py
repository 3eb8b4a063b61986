"""Finite elastic strain, up to several hundred per cent, of a device that is stretched, bent, twisted or swollen.

    Div P = 0,   P = dW / dF,   W = psi(Fe J^(-1/3)) + p (J - 1) - p^2 / (2 kappa),   Fe = F Fg^-1,   J = det Fe,

with the law that each material states (neo-Hooke, Mooney-Rivlin, Yeoh, Ogden, Gent; else neo-Hooke of its Young's
modulus). In 3D and in a section (plane strain) displacements and pressures are solved; in plan view a sheet whose
layers stretch together in plane stress, as wide devices on thin substrates do. The load is applied in steps, and the
solution keeps all of them. G. A. Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, ch. 6 and 8.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Indicator, Ints, Report, Step, physics
from microfem.physics.mechanics.load_actions import LoadedCase, action_of
from microfem.physics.mechanics.loads import LargeLoad, Mismatch, Path, Press, Stretch, Thermal, check_path, check_view
from microfem.physics.mechanics.measured_curves import beyond_fits
from microfem.physics.mechanics.parts import Part, Quantity
from microfem.physics.mechanics.solution import Axis, Measure, MechanicalSolution, fields_of

if TYPE_CHECKING:
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.fem.solvers.newton import Equilibrium
    from microfem.mesh import Mesh


class HyperelasticityCase(LoadedCase):
    """One load at finite strain, applied in `steps` steps per leg of its `path` of load factors."""

    physics: Literal["hyperelasticity"]
    load: LargeLoad
    path: Path = (1.0,)
    steps: Annotated[int, Entry(ge=1, le=1000)] = 4

    @property
    def solves(self) -> float:
        """About how many linear solves the case takes on one mesh: one for each step of each leg."""
        return float(self.steps * len(self.path))

    @model_validator(mode="after")
    def _possible(self) -> HyperelasticityCase:
        check_view(self.load.chosen, self.dimension)
        check_path(self.load.chosen, self.path)
        if self.dimension == "plan" and isinstance(self.load.chosen, Mismatch | Thermal | Press):
            raise ValueError("mismatch, thermal and pressure bend a device; a plan does not show it: use section or 3d")
        if self.dimension != "plan" and self.order == 1:
            raise ValueError("order: 1 locks in incompressible materials; use order: 2, or dimension: plan")
        return self

    @property
    def nominal_strain(self) -> float:
        """The largest strain of a stretch along the path; 0 for other loads."""
        load = self.load.chosen
        return max(self.path, key=abs) * load.strain if isinstance(load, Stretch) else 0.0

    @property
    def finite_strain(self) -> bool:
        """True: strains are finite."""
        return True

    @property
    def mesh(self) -> str:
        """The plan of all layers, the section or the solid."""
        return "layers" if self.dimension == "plan" else self.dimension

    @property
    def per_depth(self) -> bool:
        """True for a section only, since a sheet has a thickness."""
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


@dataclass(frozen=True, kw_only=True)
class FiniteStrainSolution(MechanicalSolution):
    """The continuum, its body at small strain, and F, Fe and the Cauchy stress of the body's cells, (n, nq, 3, 3)."""

    body: Body
    continuum: Solid | Membrane
    gradient: Floats
    elastic: Floats
    stress: Floats

    @property
    def carrying(self) -> Sequence[str]:
        """The stiff regions; in a plan all stiff layers, whatever covers them."""
        from microfem.fem.finite_strain.bodies import is_stiff

        layout, mesh = self.mesh.layout, self.mesh
        known = layout.names() if mesh.dimension == "plan" else mesh.regions
        return [name for name in known if is_stiff(layout, name) and self._thickness(name).any()]

    def strain(self, measure: Measure, axis: Axis) -> Quantity:
        """Return the largest principal elastic strain, or the strain of material lines along an axis."""
        from microfem.fem.finite_strain.strain_measures import line_strain, principal_strain

        of = measure or "nominal"
        if axis == "principal":
            return Quantity("elastic", partial(principal_strain, measure=of))
        names = "xzy" if self.mesh.dimension == "section" else "xyz"
        return Quantity("gradient", partial(line_strain, axis=names.index(axis), measure=of))

    def parts(self, names: Sequence[str]) -> Sequence[FinitePart]:
        """Return each region, or layer of a plan, as one part."""
        return [self._part(name) for name in names]

    def _part(self, name: str) -> FinitePart:
        thickness = self._thickness(name)
        rows = np.flatnonzero(thickness > 0.0)
        return FinitePart(self, name, rows, self.mesh.volumes[self.body.cells[rows]] * thickness[rows])

    def _thickness(self, name: str) -> Floats:
        """Return the thickness (um) of a layer at each of the body's cells; outside plans 1 in the region, else 0."""
        from microfem.mesh.layers import find_stacks

        mesh, cells = self.mesh, self.body.cells
        if mesh.dimension != "plan":
            return (mesh.region_of_cell[cells] == mesh.regions.index(name)).astype(float)
        stacks = find_stacks(mesh)
        own = [sum(high - low for part, low, high in layers if part == name) for layers in stacks.layers]
        return np.array(own)[stacks.kind[cells]]


@dataclass(frozen=True)
class FinitePart(Part):
    """A region, or a layer of a sheet, in rows (n,) of the body's cells, with its undeformed volume (n,), um3."""

    solution: FiniteStrainSolution
    name: str
    rows: Ints
    volume: Floats

    @property
    def weight(self) -> Floats:
        """The volume (n,) per quadrature point."""
        return self.volume / self.solution.gradient.shape[1]

    def tensors(self, quantity: Quantity) -> Floats:
        """Return F, Fe or the Cauchy stress at the quadrature points; in a sheet the stress of this layer."""
        from microfem.fem.finite_strain.laws import law_of
        from microfem.fem.finite_strain.sheet import Membrane

        solution, rows = self.solution, self.rows
        if quantity.tensor != "stress" or not isinstance(solution.continuum, Membrane):
            return np.asarray(getattr(solution, quantity.tensor)[rows])
        law = law_of(solution.mesh.layout.material(self.name)).keeping_volume()
        return np.asarray(solution.continuum.layer_stresses(solution.elastic[rows], law))

    def corners(self, quantity: Quantity) -> Floats:
        """Return strains at corners, where F of a P2 solution is largest, and stresses at the quadrature points."""
        from microfem.fem.error_estimates.pieces import corner_values

        tensors = self.tensors(quantity)
        linear = quantity.tensor != "stress" and tensors.shape[1] == self.solution.mesh.dim + 1
        return quantity.values(corner_values(tensors) if linear else tensors)


@physics("hyperelasticity", HyperelasticityCase, FIELDS, FiniteStrainSolution, dofs_per_node=None)
def solve(mesh: Mesh, case: HyperelasticityCase, settings: SolverSettings = SolverSettings()) -> FiniteStrainSolution:
    """Solve Div P = 0 along a load path; weak form: integral P : grad v + q (J - 1 - p / kappa) = 0."""
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.physics.mechanics.load_paths import displaced, drive, out_of_plane_stretch, totals_of

    started = time.perf_counter()
    action = action_of(case.load.chosen)
    body, continuum = _continuum(mesh, case, action.eigenstrains(mesh.layout))
    balance, path = drive(body, continuum, action, _load_factors(case.path, case.steps), settings)
    last = path.steps[-1]
    moved = [displaced(body, balance, equilibrium) for equilibrium in path.steps]
    steps = tuple(
        Step(
            at=equilibrium.load,
            displacement=u,
            totals=totals_of(balance, action, equilibrium),
            out_of_plane_stretch=out_of_plane_stretch(continuum, equilibrium),
            fields=partial(_fields_at, body, continuum, equilibrium, u),
        )
        for equilibrium, u in zip(path.steps, moved, strict=True)
    )
    f, elastic, stress = _strained(continuum, last)
    form = elastic_form(body)
    indicator = Indicator(*energy_error(form, form.error(steps[-1].displacement)))
    report = Report(
        ndofs=len(balance.free),
        ncells=len(mesh.cells),
        residual=last.residual,
        balance_error=last.residual,
        seconds=time.perf_counter() - started,
    )
    solution = FiniteStrainSolution(
        case=case,
        mesh=mesh,
        space=body.space,
        fields=_fields(body, f, elastic, stress, steps[-1].displacement),
        totals=steps[-1].totals,
        report=report,
        indicator=indicator,
        steps=steps,
        stopped=path.stopped,
        body=body,
        continuum=continuum,
        gradient=f,
        elastic=elastic,
        stress=stress,
    )
    strained = {part.name: part.tensors(Quantity("elastic", np.asarray)) for part in solution.parts(solution.carrying)}
    return replace(solution, remarks=tuple(beyond_fits(mesh.layout, strained)))


def _continuum(
    mesh: Mesh, case: HyperelasticityCase, eigenstrains: Mapping[str, float]
) -> tuple[Body, Solid | Membrane]:
    """Return the continuum, and its body at small strain, which gives end motions and the error indicator."""
    from microfem.fem.finite_strain.bodies import make_body, make_sheet, make_solid

    if case.dimension == "plan":
        return make_sheet(mesh, case.order)
    body = make_body(mesh, case.order, "strain", {})
    return body, make_solid(body, eigenstrains)


def _strained(continuum: Solid | Membrane, at: Equilibrium) -> tuple[Floats, Floats, Floats]:
    """Return F, Fe and the Cauchy stress of an equilibrium, (n, nq, 3, 3)."""
    f = continuum.gradients(at.x, at.load)
    return f, f / continuum.growth(at.load)[:, None, None, :], continuum.stresses(at.x, at.load)


def _fields_at(body: Body, continuum: Solid | Membrane, at: Equilibrium, u: Floats) -> dict[str, Field]:
    """Return the fields of an equilibrium."""
    return _fields(body, *_strained(continuum, at), u)


def _load_factors(path: tuple[float, ...], steps: int) -> list[float]:
    """Return the load factors of all steps: each leg of the path in equal steps."""
    legs = [np.linspace(a, b, steps + 1)[1:].tolist() for a, b in pairwise((0.0, *path)) if a != b]
    return [factor for leg in legs for factor in leg]


def _fields(body: Body, gradient: Floats, elastic: Floats, stress: Floats, u: Floats) -> dict[str, Field]:
    from microfem.fem.finite_strain.strain_measures import green_lagrange, mises, nominal, principal_strain

    d, lines = body.dim, nominal(gradient)
    axes = "xzy" if body.space.mesh.dimension == "section" else "xyz"
    values = {
        "max_principal_strain": principal_strain(elastic, "nominal"),
        "max_principal_log_strain": principal_strain(elastic, "logarithmic"),
        "green_lagrange_strain": green_lagrange(gradient)[..., :d, :d],
        **{f"nominal_strain_{axis}": lines[..., i] for i, axis in enumerate(axes)},
        "stress": stress[..., :d, :d],
        "von_mises": mises(stress),
    }
    return fields_of(body, u, values, FIELDS)
