"""The frame of every physics: cases, fields, solutions and their registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict

from microfem.base.errors import MicrofemError
from microfem.base.registry import Registry, did_you_mean

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.space import Space
    from microfem.layout import Layout
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Totals = Mapping[str, tuple[float, str]]


def _listed(value: object) -> object:
    """Refuse an empty list, which would mean all designs."""
    if value == []:
        raise ValueError("name at least one design, or leave the entry out for all designs")
    return tuple(value) if isinstance(value, list) else value


class Case(BaseModel):
    """The entries that every case has: its physics, designs, view and polynomial order.

    designs: names of the designs that the case applies to; all designs if the study states none.
    takes: the physics of the case that the entry `of` names, whose statement this case takes over; "" for none.
    own_temperature: whether the case states the temperature of its materials itself, as cells do.
    """

    takes: ClassVar[str] = ""
    own_temperature: ClassVar[bool] = False

    model_config = ConfigDict(extra="forbid", frozen=True)

    physics: str
    dimension: Literal["3d", "plan", "section"] = "3d"
    order: Literal[1, 2] = 2
    designs: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()

    def covers(self, design: str) -> bool:
        """Tell whether the case applies to a design."""
        return not self.designs or design in self.designs

    def stated(self, at: float) -> Totals:
        """Return the numbers that the case states for a state of its path; the first is the abscissa of curves."""
        del at
        return {}

    def lacking(self, layout: Layout) -> Iterable[str]:
        """Return what a layout lacks for the case, such as properties of its materials, told before it is meshed."""
        del layout
        return ()

    def conducts(self, layout: Layout, part: str) -> float:
        """Return how a part that is no terminal conducts what flows: 0 for not at all, infinite for ideally."""
        del layout, part
        return 1.0

    def seen(self, layout: Layout) -> Layout:
        """Return the layout as the case is solved on it."""
        return layout

    @property
    def mesh(self) -> str:
        """The kind of mesh that the case needs, see build_mesh."""
        return self.dimension

    @property
    def per_depth(self) -> bool:
        """Whether totals are per unit depth, as they are in 2D."""
        return self.dimension in ("plan", "section")

    @property
    def copies(self) -> int:
        """How many times the unknowns of the mesh are solved for together, as those of equal cells of a module."""
        return 1

    @property
    def nominal_strain(self) -> float:
        """The largest nominal strain to which the case stretches a device along its path; 0 without a stretch."""
        return 0.0

    @property
    def finite_strain(self) -> bool:
        """Whether strains are finite, so that a strain metric states its strain measure."""
        return False

    @property
    def deformed_by(self) -> str:
        """The case on whose deformed geometry this case is solved, "" for the undeformed geometry."""
        on = getattr(self, "on", None)
        return on.deformed_by if on else ""


class TransientCase(Case):
    """A case whose path is one in time, s."""

    def stated(self, at: float) -> Totals:
        """Return the time."""
        return {"time": (at, "s")}


class On(BaseModel):
    """The deformed geometry on which a case is solved: that of another case, at its last step or at all its steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deformed_by: str
    step: Literal["last", "all"] = "last"


@dataclass(frozen=True)
class Field:
    """The values of a field, with a label and a unit.

    on: 'dofs': (ndofs,) or (ndofs, dim), NaN where the field is not defined;
        'quadrature': (ncells, nq), (ncells, nq, dim) or (ncells, nq, dim, dim), equal weights, NaN likewise.
    moved: name of the displacement that deforms the mesh in pictures of this field.
    inside: (ncells,) cells of a field on 'dofs' that exists only there, for cells all of whose nodes lie on the border;
        None for all cells whose nodes have values.
    """

    name: str
    label: str
    unit: str
    on: Literal["dofs", "quadrature"]
    values: Floats
    moved: str = "displacement"
    inside: NDArray[np.bool_] | None = None

    def cell_means(self) -> Floats:
        """Return the mean over each cell of a field on quadrature points."""
        return np.asarray(self.values.mean(axis=1))


@dataclass(frozen=True, kw_only=True)
class Report:
    """Degrees of freedom, cells, true residual, unbalanced share of currents or reactions, and seconds of a solve."""

    ndofs: int
    ncells: int
    residual: float
    balance_error: float
    seconds: float


@dataclass(frozen=True)
class Indicator:
    """The spatial distribution of a solution's error in energy.

    of_cell: (ncells,) contribution of each cell to the squared error in energy; anisotropy: (npoints, dim, dim) outer
    product of the error, summed around each point: large along directions in which the flux or the stress is wrong.
    """

    of_cell: Floats
    anisotropy: Floats


@dataclass(frozen=True, kw_only=True)
class Step:
    """One converged step of a path.

    at: load factor, or time (s); displacement: (ndofs, dim), um, zero where nothing moves; totals: as in Solution;
    out_of_plane_stretch: (ncells,) of each cell of a 2D mesh, None in 3D and in plane strain.
    fields: () -> all fields at this step, computed on demand, since a path has many steps.
    """

    at: float
    displacement: Floats
    totals: Mapping[str, tuple[float, str]]
    out_of_plane_stretch: Floats | None
    fields: Callable[[], Mapping[str, Field]]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Named fields and totals of one case on one mesh; a physics whose metrics need more data defines a subclass.

    totals: name -> (value, unit), in microfem's units.
    indicator: distribution of the error, which guides refinement; dual: the dual problem, which estimates the errors of
    metrics; None where the physics has none.
    steps: the converged steps of a load path, in order; the fields are those of the last step; empty for a single
    solve; stopped: why the path stopped early, "" if it is complete.
    undeformed: for a solution on a deformed mesh, the same case on the same cells before any load; None otherwise.
    remarks: what a reader should know before any number or picture, such as what became of a protocol.
    traced: True if the physics has curves of its own, finer than the steps, which are few among many then.
    kept: what several metrics of this solution need, computed once, by keys of their own.
    """

    case: Case
    mesh: Mesh
    space: Space
    fields: Mapping[str, Field]
    totals: Totals
    report: Report
    indicator: Indicator | None = None
    dual: Dual | None = None
    steps: tuple[Step, ...] = ()
    stopped: str = ""
    undeformed: Solution | None = None
    remarks: Sequence[str] = ()
    traced: bool = False
    kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def field(self, name: str) -> Field:
        """Return a field by name.

        Raises:
            MicrofemError: the solution has no such field; the message lists its fields.
        """
        if name not in self.fields:
            raise MicrofemError(f"no field '{name}' in a {self.case.physics} case{did_you_mean(name, self.fields)}")
        return self.fields[name]

    def close(self) -> None:
        """Free the memory of the factorised system; errors of metrics can no longer be estimated afterwards."""
        if self.dual is not None:
            self.dual.system.close()
        if self.undeformed is not None and self.undeformed is not self:
            self.undeformed.close()

    def ends_of_energy(self) -> Sequence[Solution]:
        """Return the solutions at the lower and upper bound of the energy; empty without proven bounds."""
        return ()

    def out_of_plane_stretch(self) -> Floats | None:
        """Return the out-of-plane stretch (ncells,) of each cell of a 2D mesh, None in 3D and in plane strain."""
        return None

    @cached_property
    def weights(self) -> Floats:
        """Volume (um3), or area times out-of-plane stretch (um2), per quadrature point of each cell, (ncells,)."""
        return self.mesh.volumes * self.mesh.out_of_plane_stretch / (self.mesh.dim + 1)


@dataclass(frozen=True, kw_only=True)
class Physics:
    """A physics: its case schema, its fields and its solve.

    fields: name -> (label, unit) of each field.
    solve: (mesh, case) -> Solution; solution: its class, which tells metrics whether they apply.
    dofs_per_node: degrees of freedom at each node, for estimates of memory; None takes the mesh's dimension.
    again: (solution, mesh) -> the solution with the same values of the degrees of freedom on a mesh whose points have
    moved, for derivatives with respect to a layout; None where the physics has none.
    nearby: (solution, meshes that lie a small step away) -> the solutions on them without fields, for derivatives of
    metrics of all kinds; None where the physics has none.
    drawn_where: the field that must be defined in a cell for the cell to be drawn, "" where all cells are drawn.
    limits_known: properties of materials whose limit the material law takes into account, such as the yield stress.
    graded: (mesh, case, most cells) -> the first mesh, fine where the case needs it; None where all meshes serve.
    """

    name: str
    summary: str
    case: type[Case]
    fields: Mapping[str, tuple[str, str]]
    solve: Callable[[Mesh, Any], Solution]
    solution: type[Solution] = Solution
    dofs_per_node: int | None = 1
    again: Callable[[Any, Mesh], Solution] | None = None
    nearby: Callable[[Any, Sequence[Mesh]], Iterable[Solution]] | None = None
    drawn_where: str = ""
    limits_known: tuple[str, ...] = ()
    graded: Callable[[Mesh, Any, float], Mesh] | None = None


Solve = TypeVar("Solve", bound=Callable[..., Solution])
PHYSICS: Registry[Physics] = Registry("physics", "microfem.physics")


def physics(
    name: str,
    case: type[Case],
    fields: Mapping[str, tuple[str, str]],
    solution: type[Solution] = Solution,
    dofs_per_node: int | None = 1,
    again: Callable[[Any, Mesh], Solution] | None = None,
    nearby: Callable[[Any, Sequence[Mesh]], Iterable[Solution]] | None = None,
    drawn_where: str = "",
    limits_known: tuple[str, ...] = (),
    graded: Callable[[Mesh, Any, float], Mesh] | None = None,
) -> Callable[[Solve], Solve]:
    """Register a solve `(mesh, case) -> Solution` as a physics; `Physics` describes the arguments."""

    def register(solve: Solve) -> Solve:
        entry = Physics(
            name=name,
            summary=(solve.__doc__ or "").strip(),
            case=case,
            fields=fields,
            solve=solve,
            solution=solution,
            dofs_per_node=dofs_per_node,
            again=again,
            nearby=nearby,
            drawn_where=drawn_where,
            limits_known=limits_known,
            graded=graded,
        )
        PHYSICS.add(name, entry)
        return solve

    return register


def offering(kind: type[Solution]) -> tuple[str, ...]:
    """Return the names of the physics whose solution class is `kind` or a subclass of it."""
    return tuple(name for name in PHYSICS.names() if issubclass(PHYSICS.get(name).solution, kind))
