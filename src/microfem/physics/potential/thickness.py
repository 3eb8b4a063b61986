"""The thickness of a current collector as a field: the least ohmic loss for a given mass.

    div J = q,   J = -sigma t grad phi,   phi = 0 where the collector is drained,
    minimise  P(t) = integral |J|^2 / (sigma t)  over all t with  mean(t) = the stated mean,  least <= t <= cap.

A sheet of density q per area is fed over its plan. P is jointly convex in J and t, so there is one least loss, and a
dual problem bounds it from below: fem/thickness/shares.py has both bounds. Where the thickness is between its bounds,
sigma |grad phi|^2 is the same everywhere: each gram of metal saves as much there as anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic import Field as Entry

from microfem.base.errors import SolveError
from microfem.base.units import quantity
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Case, Field, Floats, Indicator, Ints, Report, Solution, physics
from microfem.physics.potential.coefficients import of_cells
from microfem.physics.potential.collector_plan import faults_of

if TYPE_CHECKING:
    from microfem.fem.thickness.film import CollectorFilm
    from microfem.fem.thickness.least_loss import LeastLoss
    from microfem.layout import Layout
    from microfem.mesh import Mesh

Thickness = Annotated[
    float, BeforeValidator(quantity("um", 1e-4, 1e5)), WithJsonSchema({"type": "string", "examples": ["10 um"]})
]
Least = Annotated[
    float, BeforeValidator(quantity("um", 0.0, 1e5)), WithJsonSchema({"type": "string", "examples": ["2 um"]})
]
Feed = Annotated[
    float, BeforeValidator(quantity("A/m2", -1e8, 1e8)), WithJsonSchema({"type": "string", "examples": ["1 mA/cm2"]})
]


def _names(value: object) -> object:
    if value == []:
        raise ValueError("nothing drains the collector; name a tab, or a face such as foil.xmin")
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
PER_UM2 = 1e-6  # uA/um2 in A/m2
ROUNDING = 1e-12  # relative, of sums over triangles


class ThicknessCase(Case):
    """A collector seen from above, fed over its area, whose thickness is sought.

    feed: part of the collector -> current per area that flows into it, 0 where it is not coated; drained_at: parts
    and faces that take the current, all at one potential; mean_thickness: the mass over area and density; least, cap:
    bounds of the thickness, no cap without one; steps: number of thicknesses of a film that masks make of the best.
    """

    physics: Literal["thickness"]
    dimension: Literal["plan"] = "plan"
    order: Literal[1] = 1
    feed: dict[str, Feed] = Entry(min_length=1)
    drained_at: Names
    mean_thickness: Thickness
    cap: Thickness | None = None
    least: Least = 0.0
    steps: Annotated[int, Entry(ge=2, le=32)] | None = None

    @model_validator(mode="after")
    def check_bounds(self) -> ThicknessCase:
        """Refuse a mean that its bounds exclude, a collector without a current, and a part that feeds and drains.

        Raises:
            ValueError: with what to state.
        """
        mean = self.mean_thickness
        if self.cap is not None and not mean < self.cap:
            raise ValueError(
                f"mean_thickness: {mean:g} um is not below its cap, {self.cap:g} um; state a higher cap or less mass"
            )
        if not self.least < mean:
            raise ValueError(
                f"mean_thickness: {mean:g} um is not above the least thickness, {self.least:g} um; state a lower least"
            )
        if not any(self.feed.values()):
            raise ValueError("feed: no part is fed, so nothing flows; state a current per area, such as '1 mA/cm2'")
        if both := [name for name in self.drained_at if name in self.feed]:
            raise ValueError(
                f"drained_at: '{both[0]}' is part of the collector; name a tab, or a face of the collector"
            )
        return self

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return what the plan of a layout lacks: parts, conductivities, and drains of pieces."""
        return faults_of(layout, tuple(self.feed), self.drained_at)


FIELDS = {
    "thickness": ("thickness", "um"),
    "stepped_thickness": ("thickness in steps", "um"),
    "potential": ("potential", "V"),
    "current_density": ("current density", "A/m2"),
    "sheet_current": ("current per width", "A/m"),
    "loss_density": ("loss per area", "W/m2"),
}


@dataclass(frozen=True, kw_only=True)
class ThicknessSolution(Solution):
    """The best film, the even film of its mass and, where the case states steps, the film in steps.

    film: the collector's triangles; found: their losses, enclosed; losses: bounds by name, as in the totals, uW, of
    the collector as it is meshed; bent: share of its area between chords and the curves of the layout, 0 without any.
    """

    film: CollectorFilm
    found: LeastLoss
    losses: Mapping[str, tuple[float, float]]
    bent: float


@physics("thickness", ThicknessCase, FIELDS, ThicknessSolution)
def solve(mesh: Mesh, case: ThicknessCase, settings: SolverSettings = SolverSettings()) -> ThicknessSolution:
    """Find the thickness with the least loss: min over t, max over phi of 2 int q phi - int sigma t |grad phi|^2."""
    from microfem.fem.space import Space
    from microfem.fem.thickness.least_loss import least_loss

    started = time.perf_counter()
    feed = _feed(mesh, case)
    conductivity = of_cells(mesh, "conductivity", [name for name in mesh.regions if name not in case.feed])
    largest = conductivity.max(), np.abs(feed).max()
    film = _film(mesh, case, conductivity / largest[0], feed / largest[1])
    found = least_loss(film, case.steps or 0, settings)
    current, conductance = PER_UM2 * largest[1], largest[0] * case.mean_thickness
    power = current**2 * film.sizes.sum() / conductance
    slack = ROUNDING + 2.0 * found.unbalanced + 4.0 * mesh.snapped / mesh.layout.feature  # as of bounds of terminals
    losses = {
        name: (float(power * one.lower * (1.0 - slack)), float(power * one.upper * (1.0 + slack)))
        for name, one in {"loss": found.best, "even_loss": found.even, "stepped_loss": found.stepped}.items()
        if one is not None
    }
    ndofs = film.at_vertices.space.ndofs + film.at_middles.space.ndofs
    return ThicknessSolution(
        case=case,
        mesh=mesh,
        space=Space(mesh, 1),
        fields=_fields(film, found, case.mean_thickness, current, largest[0]),
        totals={
            **{name: (0.5 * sum(ends), "uW") for name, ends in losses.items()},
            "current": (float(current * film.feed @ film.sizes), "uA"),
        },
        report=Report(
            ndofs=ndofs,
            ncells=len(mesh.cells),
            residual=found.unbalanced,
            balance_error=found.unbalanced,
            seconds=time.perf_counter() - started,
        ),
        indicator=_indicator(film, found),
        remarks=_remarks(found, settings),
        film=film,
        found=found,
        losses=losses,
        bent=_bent(film),
    )


def _remarks(found: LeastLoss, settings: SolverSettings) -> tuple[str, ...]:
    """Return a remark on an iteration that stopped early."""
    limits = settings.interior_point
    if found.unfinished <= limits.tolerance:
        return ()
    return (
        f"the iteration for the thickness stopped {found.unfinished:.1e} from the optimum of its mesh, which is part "
        "of the bounds; a lower cap lets it converge faster",
    )


def _bent(film: CollectorFilm) -> float:
    """Return the area between the straight cells and the exact layout, relative to that of the collector."""
    from microfem.fem.space import simplex_rule
    from microfem.mesh.exact import exact_shape

    shape = exact_shape(film.mesh)
    if shape.straight:
        return 0.0
    rule = simplex_rule(2, 4)
    corners = film.mesh.cells[film.cells]
    exact = 0.5 * np.abs(np.linalg.det(shape.tangents(corners, rule.points))) @ rule.weights
    return float(np.abs(exact - film.sizes).sum() / film.sizes.sum())


def _feed(mesh: Mesh, case: ThicknessCase) -> Floats:
    """Return the current per area into each cell, (ncells,), A/m2."""
    return np.array([case.feed.get(name, 0.0) for name in mesh.regions])[mesh.region_of_cell]


def _film(mesh: Mesh, case: ThicknessCase, conductivity: Floats, feed: Floats) -> CollectorFilm:
    """Return the collector; conductivity, feed: (ncells,) relative to the largest.

    Raises:
        SolveError: nothing drains a piece of it.
    """
    from microfem.fem.solvers.pattern import find_pieces
    from microfem.fem.thickness.film import CollectorFilm, boundary_keys, keys_of
    from microfem.mesh.named import simplices_of

    cells = mesh.cells_of(*case.feed)
    corners, count = np.sort(mesh.cells[cells], axis=1), len(mesh.points)
    parts = [part for name in case.drained_at for part in mesh.layout.terminal(name)]
    ways = [keys_of(one, count) for part in parts for one in simplices_of(mesh, part)]
    drained = np.intersect1d(boundary_keys(corners, count), np.concatenate([np.zeros(0, dtype=np.int64), *ways]))
    film = CollectorFilm(
        mesh=mesh,
        cells=cells,
        corners=corners,
        conductivity=conductivity[cells],
        feed=feed[cells],
        drained=drained,
        least=case.least / case.mean_thickness,
        cap=np.inf if case.cap is None else case.cap / case.mean_thickness,
    )
    keys, number = film.edges
    label = find_pieces([number], len(keys))
    lost = ~np.isin(label[number[:, 0]], label[np.searchsorted(keys, drained)])
    if lost.any():
        x, y = film.centroids[lost][0]
        raise SolveError(
            f"nothing drains the piece of the collector at ({x:.6g}, {y:.6g}) um; name what does in drained_at"
        )
    return film


def _fields(
    film: CollectorFilm, found: LeastLoss, mean: float, current: float, conductivity: float
) -> dict[str, Field]:
    """Return the fields; current: uA/um2 and conductivity: S/m, of a 1 in the film's numbers."""
    from microfem.fem.space import quadrature

    mesh, best = film.mesh, found.best
    stepped = np.full_like(best.thickness, np.nan) if found.stepped is None else found.stepped.thickness
    local = np.array(quadrature(2))
    barycentric = np.column_stack([1.0 - local.sum(axis=1), local])
    at = np.einsum("qa,nad->nqd", barycentric, mesh.points[film.corners])
    sheet = current * (best.flux[:, None] + 0.5 * film.feed[:, None, None] * (at - film.centroids[:, None]))
    thickness = mean * best.thickness[:, None]
    density = np.divide(sheet, thickness[..., None], out=np.zeros_like(sheet), where=thickness[..., None] > 0.0)
    loss = (sheet * density).sum(axis=2) / (conductivity * film.conductivity[:, None])
    potential = np.full(len(mesh.points), np.nan)
    there = np.unique(film.corners)
    potential[there] = current / (conductivity * mean) * best.u[there]
    values = {
        "thickness": np.repeat(thickness, len(local), axis=1),
        "stepped_thickness": np.repeat(mean * stepped[:, None], len(local), axis=1),
        "current_density": 1e6 * density,
        "sheet_current": sheet,
        "loss_density": 1e6 * loss,
    }
    spread = {name: _everywhere(one, film.cells, len(mesh.cells)) for name, one in values.items()}
    return {
        name: Field(name, *FIELDS[name], "dofs", potential)
        if name == "potential"
        else Field(name, *FIELDS[name], "quadrature", spread[name])
        for name in FIELDS
    }


def _everywhere(values: Floats, cells: Ints, count: int) -> Floats:
    """Return values (n, ...) of some cells as those of all (count, ...), NaN elsewhere."""
    whole = np.full((count, *values.shape[1:]), np.nan)
    whole[cells] = values
    return whole


def _indicator(film: CollectorFilm, found: LeastLoss) -> Indicator:
    """Return the difference of the bounds of all losses, each relative to its loss, in sum."""
    mesh, every = film.mesh, [one for one in (found.best, found.even, found.stepped) if one is not None]
    of_cell = np.zeros(len(mesh.cells))
    of_cell[film.cells] = sum(one.of_cell / one.upper for one in every)
    outer = np.sum([one.outer / one.upper for one in every], axis=0)
    around = np.zeros((len(mesh.points), 2, 2))
    for corner in film.corners.T:
        np.add.at(around, corner, outer)
    return Indicator(of_cell, around)
