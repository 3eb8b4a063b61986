"""The frame of every physics: cases, fields, solutions and their registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict

from microfem.base.errors import MicrofemError
from microfem.base.registry import Registry, did_you_mean

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.space import Space
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Totals = Mapping[str, tuple[float, str]]


def _listed(value: object) -> object:
    """Refuse a list of none, which would read as all."""
    if value == []:
        raise ValueError("name a design at least, or leave it out for all")
    return tuple(value) if isinstance(value, list) else value


class Case(BaseModel):
    """What every case states: which physics, of which designs, in which view, with which polynomial order.

    designs: names of those that the case is of; all if none are stated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    physics: str
    dimension: Literal["3d", "plan", "section"] = "3d"
    order: Literal[1, 2] = 2
    designs: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()

    def of(self, design: str) -> bool:
        """Tell whether the case is of a design."""
        return not self.designs or design in self.designs

    @property
    def mesh(self) -> str:
        """The kind of mesh that the case needs, see build_mesh."""
        return self.dimension

    @property
    def per_depth(self) -> bool:
        """Whether totals are per unit depth, as in 2D they are."""
        return self.dimension != "3d"

    @property
    def nominal_strain(self) -> float:
        """The nominal strain that the case stretches a device by, the largest of its path; 0 if it stretches none."""
        return 0.0

    @property
    def finite_strain(self) -> bool:
        """Whether strains are finite, so that they have a measure."""
        return False

    @property
    def deformed_by(self) -> str:
        """The case on whose deformed geometry this one stands, "" if on none."""
        on = getattr(self, "on", None)
        return on.deformed_by if on else ""


class On(BaseModel):
    """The geometry that a case stands on: that of another case, deformed, at its last step or at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deformed_by: str
    step: Literal["last", "all"] = "last"


@dataclass(frozen=True)
class Field:
    """Values with a name for people and a unit.

    on: 'dofs': (ndofs,) or (ndofs, dim), NaN where the field is not defined;
        'quadrature': (ncells, nq), (ncells, nq, dim) or (ncells, nq, dim, dim), equal weights, NaN likewise.
    moved: name of the displacement with which it is drawn.
    """

    name: str
    label: str
    unit: str
    on: Literal["dofs", "quadrature"]
    values: Floats
    moved: str = "displacement"

    def cell_means(self) -> Floats:
        """Return the mean over each cell of a field on quadrature points."""
        return np.asarray(self.values.mean(axis=1))


@dataclass(frozen=True)
class Report:
    """How a solve went: unknowns, cells, true residual, unbalanced part of currents or reactions, time."""

    ndofs: int
    ncells: int
    residual: float
    balance_error: float
    seconds: float


@dataclass(frozen=True)
class Indicator:
    """Where a solution is wrong in energy.

    of_cell: (ncells,) squared error in energy that each cell adds; anisotropy: (npoints, dim, dim) the sum around each
    point of the error's outer product: large along directions in which the flux or the stress is wrong.
    """

    of_cell: Floats
    anisotropy: Floats


@dataclass(frozen=True)
class Step:
    """One converged step of a path.

    at: factor of the stated load, or time (s); displacement: (ndofs, dim), um, zero where nothing moves; totals: as of
    a Solution; out_of_plane_stretch: (ncells,) of each cell of a 2D mesh, None in 3D and in plane strain.
    fields: () -> all fields at this step; they are computed when they are asked for, since a path has many steps.
    """

    at: float
    displacement: Floats
    totals: Mapping[str, tuple[float, str]]
    out_of_plane_stretch: Floats | None
    fields: Callable[[], Mapping[str, Field]]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Named fields and totals of one case on one mesh; a physics whose metrics need more has a subclass of its own.

    totals: name -> (value, unit), in microfem's units.
    indicator: where the mesh should be refined; dual: what errors of metrics are found by; None where nothing can tell.
    steps: the converged steps of a load path, in order, the last of which the fields show; empty for a single solve;
    stopped: why the path ended before its end, "" if it did not.
    undeformed: of a solution on a deformed mesh, the same case on the same cells before any load; None of all others.
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

    def field(self, name: str) -> Field:
        """Return a field by name.

        Raises:
            MicrofemError: there is none; the message lists those there are.
        """
        if name not in self.fields:
            raise MicrofemError(f"no field '{name}' in a {self.case.physics} case{did_you_mean(name, self.fields)}")
        return self.fields[name]

    def close(self) -> None:
        """Give back the memory of the factorised system; no more errors of metrics can be found then."""
        if self.dual is not None:
            self.dual.system.close()
        if self.undeformed is not None and self.undeformed is not self:
            self.undeformed.close()

    def ends_of_energy(self) -> Sequence[Solution]:
        """Return the solution with the least and with the most energy that is proven, none where nothing is proven."""
        return ()

    def out_of_plane_stretch(self) -> Floats | None:
        """Return the stretch (ncells,) of each cell out of the plane of a 2D mesh, None in 3D and in plane strain."""
        return None

    @cached_property
    def weights(self) -> Floats:
        """Volume (um3), or area (um2) times stretch across, that each quadrature point of each cell has, (ncells,)."""
        return self.mesh.volumes * self.mesh.out_of_plane_stretch / (self.mesh.dim + 1)


@dataclass(frozen=True)
class Physics:
    """A physics: its case schema, what it yields, and its solve.

    fields: name -> (label, unit) of what it can show.
    solve: (mesh, case) -> Solution; solution: the kind of solution that it returns, by which metrics find what to read.
    dofs_per_node: unknowns at each node, for planning memory; None takes the mesh's dimension.
    again: (solution, mesh) -> the fields of a solution whose degrees of freedom stay while the points of its mesh move,
    for derivatives with a layout; None where there is none.
    drawn_where: the field without which a cell is not drawn, since it takes no part, "" where all cells are drawn.
    limits_known: properties of materials whose limit the law takes into account, such as the yield stress.
    """

    name: str
    summary: str
    case: type[Case]
    fields: Mapping[str, tuple[str, str]]
    solve: Callable[[Mesh, Any], Solution]
    solution: type[Solution] = Solution
    dofs_per_node: int | None = 1
    again: Callable[[Any, Mesh], Solution] | None = None
    drawn_where: str = ""
    limits_known: tuple[str, ...] = ()


Solve = TypeVar("Solve", bound=Callable[..., Solution])
PHYSICS: Registry[Physics] = Registry("physics", "microfem.physics")


def physics(
    name: str,
    case: type[Case],
    fields: Mapping[str, tuple[str, str]],
    solution: type[Solution] = Solution,
    dofs_per_node: int | None = 1,
    again: Callable[[Any, Mesh], Solution] | None = None,
    drawn_where: str = "",
    limits_known: tuple[str, ...] = (),
) -> Callable[[Solve], Solve]:
    """Register a solve `(mesh, case) -> Solution` as the physics of that name; see `Physics` for the arguments."""

    def register(solve: Solve) -> Solve:
        one = Physics(
            name=name,
            summary=(solve.__doc__ or "").strip(),
            case=case,
            fields=fields,
            solve=solve,
            solution=solution,
            dofs_per_node=dofs_per_node,
            again=again,
            drawn_where=drawn_where,
            limits_known=limits_known,
        )
        PHYSICS.add(name, one)
        return solve

    return register


def offering(kind: type[Solution]) -> tuple[str, ...]:
    """Return the names of the physics whose solutions are of a kind."""
    return tuple(name for name in PHYSICS.names() if issubclass(PHYSICS.get(name).solution, kind))
