"""A flat film forced onto a curved surface, or printed on it: membrane and bending stress, onset of wrinkles.

    e(z) = sym grad u + ln(g) / 2 + (z - z0) k,     div N = 0,   N = sum over layers of t sigma,   N n = 0 on the rim,

with u the tangential displacement of the film along the surface, g the metric of the surface in a chart that keeps
lengths from the apex, and k its curvature (fem/shells). To first order in K a2 this is von Karman's plate on a
prescribed shape, with the incompatibility inc e = -K; Gauss curvature K alone causes membrane stress. T. von Karman,
Enzyklopaedie der math. Wissenschaften IV/4 (1910). A film printed in place on the surface has neither ln(g) / 2 nor
(z - z0) k: it is free of stress.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema
from pydantic import Field as Entry

from microfem.base.errors import MicrofemError, SolveError
from microfem.base.quantities import Radius
from microfem.base.units import quantity
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout.surfaces import Surface
from microfem.physics.frame import Case, Field, Floats, Indicator, Report, physics
from microfem.physics.mechanics.conformal_solution import ConformalSolution, wrinkling_share
from microfem.physics.mechanics.loads import OneLoad, OneOf
from microfem.physics.mechanics.solution import fields_of

if TYPE_CHECKING:
    from microfem.fem.shells.conformal import LayeredFilm, PressedFilm
    from microfem.mesh import Mesh

Modulus = Annotated[float, BeforeValidator(quantity("MPa", 1e-6, 1e7)), WithJsonSchema({"type": "string"})]


class Round(OneLoad):
    """A surface of one radius."""

    radius: Radius


class SphereSurface(Round):
    """A sphere: K = 1 / R2."""

    @property
    def surface(self) -> Surface:
        """The sphere."""
        return Surface.sphere(self.radius)


class CylinderSurface(Round):
    """A cylinder with its axis along y: K = 0."""

    @property
    def surface(self) -> Surface:
        """The cylinder."""
        return Surface.cylinder(self.radius)


class SaddleSurface(Round):
    """The saddle z = (x2 - y2) / 2R: K = -1 / R2 at its middle."""

    @property
    def surface(self) -> Surface:
        """The saddle."""
        return Surface.saddle(self.radius)


class EllipsoidSurface(OneLoad):
    """An ellipsoid by the principal radii at its apex: K = 1 / (Rx Ry) there; its height is sqrt(Rx Ry)."""

    radius_x: Radius
    radius_y: Radius

    @property
    def surface(self) -> Surface:
        """The ellipsoid."""
        return Surface.ellipsoid(self.radius_x, self.radius_y)


class CurvedSurface(OneOf):
    """Exactly one curved surface, its apex at x = y = 0 of the layout."""

    sphere: SphereSurface | None = None
    cylinder: CylinderSurface | None = None
    saddle: SaddleSurface | None = None
    ellipsoid: EllipsoidSurface | None = None


class Foundation(OneLoad):
    """A thick soft foundation under the film, which sets the onset of wrinkling; its own stretching is not solved."""

    youngs_modulus: Modulus
    poisson_ratio: Annotated[float, Entry(ge=0.0, le=0.5)] = 0.49

    @property
    def plate(self) -> float:
        """E / (1 - nu2), MPa."""
        return self.youngs_modulus / (1.0 - self.poisson_ratio**2)


class ConformalCase(Case):
    """A curved surface, and how the film is applied to it.

    made: 'flat', then forced onto the surface without friction, or 'printed' in place, free of stress.
    bending: whether the layers' bending strain is added to the membrane strain.
    """

    physics: Literal["conformal"]
    dimension: Literal["plan"] = "plan"
    surface: CurvedSurface
    made: Literal["flat", "printed"] = "flat"
    bending: bool = True
    foundation: Foundation | None = None

    @property
    def mesh(self) -> str:
        """The plan of all layers."""
        return "layers"

    @property
    def per_depth(self) -> bool:
        """False, since totals are those of the whole film."""
        return False


FIELDS = {
    "slide": ("slide along the surface", "um"),  # not a displacement in the plan, since the metric changes lengths too
    "membrane_strain": ("small strain at the mean neutral plane", "1"),
    "membrane_stress": ("membrane force over thickness", "MPa"),
    "min_membrane_stress": ("least principal membrane stress, below 0 in compression", "MPa"),
    "max_principal_stress": ("largest principal stress of all layers", "MPa"),
    "von_mises": ("largest von Mises stress of all layers", "MPa"),
    "wrinkling": ("compression over that at which wrinkles begin", "1"),
}


@physics("conformal", ConformalCase, FIELDS, ConformalSolution, dofs_per_node=None)
def solve(mesh: Mesh, case: ConformalCase, settings: SolverSettings = SolverSettings()) -> ConformalSolution:
    """Solve div N = 0 for the tangential displacement of a film; weak form: integral N : sym grad v = 0."""
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.shells.conformal import lay_film, press

    started = time.perf_counter()
    film, surface = _film(mesh, case.order), case.surface.chosen.surface  # type: ignore[attr-defined]
    _refuse(film, surface, mesh.points[np.unique(mesh.cells[film.cells])])
    if case.made == "printed":
        surface = Surface.flat()
    pressed, held = press(lay_film(film, surface, case.bending), settings)
    u = held.u[0].reshape(-1, 2)
    dual = Dual(elastic_form(film.body), u, held.system, held.u[:0])
    plate = case.foundation.plate if case.foundation is not None else None
    totals = {"strain_energy": (pressed.energy, "pJ")}
    seconds = time.perf_counter() - started
    report = Report(
        ndofs=2 * film.space.ndofs,
        ncells=len(mesh.cells),
        residual=held.residual,
        balance_error=held.balance,
        seconds=seconds,
    )
    fields = _fields(pressed, wrinkling_share(pressed, plate), u)
    return ConformalSolution(
        case=case,
        mesh=mesh,
        space=film.space,
        fields=fields,
        totals=totals,
        report=report,
        pressed=pressed,
        plate=plate,
        indicator=Indicator(*energy_error(dual.form, dual.error)),
        dual=dual,
    )


def _film(mesh: Mesh, order: int) -> LayeredFilm:
    """Collect the solid layers at each cell, without soft roles that have no Young's modulus."""
    from microfem.fem.finite_strain.bodies import is_stiff, moduli_of
    from microfem.fem.shells.conformal import FilmLayer, LayeredFilm
    from microfem.fem.space import Space
    from microfem.mesh.layers import find_stacks

    layout, stacks = mesh.layout, find_stacks(mesh)
    if layout.projected is not None:
        raise MicrofemError(f"conformal: the plan of a {layout.family} is a cross-section, not a film")
    kinds: dict[tuple[str, float, float], list[int]] = {}
    for kind, layers in enumerate(stacks.layers):
        for layer in layers:
            kinds.setdefault(layer, []).append(kind)
    solid = [
        (layer, np.flatnonzero(np.isin(stacks.kind, where)))
        for layer, where in kinds.items()
        if is_stiff(layout, layer[0])
    ]
    if not solid:
        raise SolveError("no region has a Young's modulus")
    solid_cells = np.unique(np.concatenate([cells for _, cells in solid]))
    film_layers = []
    for (name, low, high), cells in solid:
        young, poisson = moduli_of(layout.material(name))
        rows = np.searchsorted(solid_cells, cells)
        film_layers.append(FilmLayer(name=name, low=low, high=high, rows=rows, young=young, poisson=poisson))
    return LayeredFilm(Space(mesh, order), solid_cells, film_layers)


def _refuse(film: LayeredFilm, surface: Surface, points: Floats) -> None:
    """Refuse a film that is thicker than a radius, laps over itself, or reaches past the equator of the surface."""
    from microfem.fem.shells.surface import lay

    tightest = surface.tightest
    thickness = max(layer.high for layer in film.layers) - min(layer.low for layer in film.layers)
    if tightest <= thickness:
        raise MicrofemError(
            f"surface: a radius of {tightest:.4g} um is not above the film's thickness, {thickness:.4g} um"
        )
    reach, half_width = float(np.hypot(*points.T).max()), float(np.abs(points[:, 0]).max())
    k1, k2, k3 = surface.curvatures
    if surface.developable:
        if half_width >= np.pi * tightest:
            raise MicrofemError(
                f"surface: a radius of {tightest:.4g} um must be above {half_width / np.pi:.4g} um, or "
                "the film laps over itself"
            )
    elif k1 * k2 < 0.0 and reach >= tightest:
        raise MicrofemError(
            f"surface: a radius of {tightest:.4g} um must be above the film's reach from the saddle's "
            f"middle, {reach:.4g} um"
        )
    elif k1 * k2 > 0.0 and (
        reach >= np.pi / min(k3, (k1 * k3) ** 0.5, (k2 * k3) ** 0.5)  # half round along the longest semi-axis
        or not (lay(surface, points).upright > 0.0).all()
    ):
        raise MicrofemError(
            f"surface: the film reaches {reach:.4g} um from the apex, past the equator of a surface "
            f"with a radius of {tightest:.4g} um; use a larger radius or a smaller film"
        )


def _fields(pressed: PressedFilm, share: Floats, u: Floats) -> dict[str, Field]:
    film, stress = pressed.film, pressed.force / pressed.film.thickness[:, None, None, None]
    shape = pressed.strain.shape[:2]
    tension, mises = np.full(shape, -np.inf), np.zeros(shape)
    for layer in film.layers:
        for face, _ in pressed.faces(layer):
            tension[layer.rows] = np.maximum(tension[layer.rows], face.largest_stress)
            mises[layer.rows] = np.maximum(mises[layer.rows], face.von_mises)
    values = {
        "membrane_strain": pressed.strain,
        "membrane_stress": stress,
        "min_membrane_stress": np.linalg.eigvalsh(stress)[..., 0],
        "max_principal_stress": tension,
        "von_mises": mises,
        "wrinkling": np.maximum(share, 0.0),
    }
    return fields_of(film.body, u, values, FIELDS, "slide")
