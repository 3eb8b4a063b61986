"""A fibre or a roll as a rod: its cross-section bent to a radius and twisted at a rate, both at once.

Cross-sections stay plane except for their warping w (Saint-Venant), and the axial force is zero:

    e = t2 (r2 - mean r2) / 2 - k . (x - xc),   gamma = t (grad w + (-y, x)),   div(G gamma) = 0,

with t the twist, k the curvature, xc the intersection of the neutral axes, r the distance from it, for any materials
and outlines. The model needs one scalar solve in the plane, whereas a solid needs three dimensions and small strain
limits its rotation. Regions are bonded and linear elastic. See fem/rods/profile.py. Soft roles without a Young's
modulus carry no load and are left out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout import Flat
from microfem.physics.frame import Case, Field, Floats, Indicator, Report, Solution, Totals, physics
from microfem.physics.mechanics.loads import Bend, Twist

if TYPE_CHECKING:
    from microfem.fem.rods.profile import Profile
    from microfem.fem.space import Space
    from microfem.mesh import Mesh


class RodLoad(BaseModel):
    """A bend, a twist or both.

    bend: to a radius; above 0 its centre lies on the side of +x (axis: y) or of +y (axis: x). twist: a rate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bend: Bend | None = None
    twist: Twist | None = None

    @model_validator(mode="after")
    def _some(self) -> RodLoad:
        if self.bend is None and self.twist is None:
            raise ValueError("state a bend, a twist or both")
        if self.twist is not None and self.twist.rate is None:
            raise ValueError("twist: a cross-section has no length; state a rate, not an angle")
        return self


class RodCase(Case):
    """A bend, a twist or both of a rod with this cross-section."""

    physics: Literal["rod"]
    dimension: Literal["plan"] = "plan"
    load: RodLoad


FIELDS = {
    "axial_strain": ("strain along the axis", "1"),
    "shear_strain": ("shear strain of the twist", "1"),
    "max_principal_strain": ("largest principal small strain", "1"),
    "von_mises": ("von Mises stress", "MPa"),
}


@dataclass(frozen=True, kw_only=True)
class RodSolution(Solution):
    """A solved cross-section, its curvature (2,) towards x and y and its twist, both 1/um."""

    profile: Profile
    curvature: Floats
    twist: float

    def corners(self, recovered: bool = False) -> tuple[Floats, Floats]:
        """Return the axial strain and the magnitude of the shear strain at the corners of the solid cells, (n, 3)."""
        from microfem.fem.rods.profile import at_corners

        mesh, profile = self.mesh, self.profile
        shears = profile.shears + profile.slack if recovered else profile.shears
        places = mesh.points[mesh.cells[profile.cells]]
        shear = self.twist * np.linalg.norm(at_corners(shears), axis=2)
        return profile.strain(self.curvature, self.twist, places), np.abs(shear)


@physics("rod", RodCase, FIELDS, RodSolution)
def solve(mesh: Mesh, case: RodCase, settings: SolverSettings = SolverSettings()) -> RodSolution:
    """Solve div(G (grad w + (-y, x))) = 0 for the warping of a cross-section, then bend and twist it."""
    from microfem.fem.space import Space

    started = time.perf_counter()
    profile = _profile(mesh, Space(mesh, case.order), settings)
    bend, twist = case.load.bend, case.load.twist
    curvature, rate = np.zeros(2), twist.rate if twist is not None and twist.rate is not None else 0.0
    if bend is not None:
        curvature["yx".index(bend.axis)] = 1.0 / bend.radius
        _check_radius(mesh, profile, bend)
    indicator = Indicator(*profile.error())
    report = Report(
        ndofs=profile.space.ndofs,
        ncells=len(mesh.cells),
        residual=profile.residual,
        balance_error=profile.residual,
        seconds=time.perf_counter() - started,
    )
    return RodSolution(
        case=case,
        mesh=mesh,
        space=profile.space,
        fields=_fields(mesh, profile, curvature, rate),
        totals=_totals(profile, curvature, rate),
        report=report,
        indicator=indicator,
        profile=profile,
        curvature=curvature,
        twist=rate,
    )


def _fields(mesh: Mesh, profile: Profile, curvature: Floats, rate: float) -> dict[str, Field]:
    """Return strains and stresses of the stiff cells under curvatures (2,), 1/um, and a rate of twist, rad/um."""
    from microfem.fem.rods.profile import largest_strain

    axial, shear = profile.strain(curvature, rate), abs(rate) * np.linalg.norm(profile.shears, axis=2)
    young, modulus = profile.young[:, None], profile.shear_modulus[:, None]
    values = {
        "axial_strain": axial,
        "shear_strain": shear,
        "max_principal_strain": largest_strain(axial, shear, profile.poisson),
        "von_mises": np.sqrt((young * axial) ** 2 + 3.0 * (modulus * shear) ** 2),
    }
    fields = {}
    for name, quantity in values.items():
        all_cells = np.full((len(mesh.cells), quantity.shape[1]), np.nan)
        all_cells[profile.cells] = quantity
        fields[name] = Field(name, *FIELDS[name], "quadrature", all_cells)
    return fields


def _totals(profile: Profile, curvature: Floats, rate: float) -> Totals:
    """Return stiffnesses, neutral axes, moments and torque."""
    moment = profile.bending @ curvature
    return {
        "axial_stiffness": (profile.axial, "uN"),
        "torsional_stiffness": (profile.torsion, "uN um2"),
        "bending_stiffness.y": (float(profile.bending[0, 0]), "uN um2"),
        "bending_stiffness.x": (float(profile.bending[1, 1]), "uN um2"),
        "neutral_axis.x": (float(profile.centre[0]), "um"),
        "neutral_axis.y": (float(profile.centre[1]), "um"),
        "bending_moment.y": (float(moment[0]), "uN um"),
        "bending_moment.x": (float(moment[1]), "uN um"),
        "torque": (profile.torsion * rate, "uN um"),
    }


def _profile(mesh: Mesh, space: Space, settings: SolverSettings) -> Profile:
    """Solve the warping of the stiff regions; refuse a layout that is no cross-section."""
    from microfem.fem.finite_strain.bodies import is_stiff, moduli_of
    from microfem.fem.rods.profile import solve_profile

    layout = mesh.layout
    if layout.projected is None:
        raise MicrofemError(
            f"rod: the plan of {layout.family or 'this layout'} is no cross-section; use a fibre or a "
            "roll, or elasticity with a bend or a twist"
        )
    if layout.placement != Flat():
        raise MicrofemError("rod: the device must be straight and without a twist of its own at rest")
    if mesh.sheets:
        raise MicrofemError(f"rod: films are left out of cross-sections; give '{next(iter(mesh.sheets))}' a body")
    stiff = [is_stiff(layout, name) for name in mesh.regions]
    cells = np.flatnonzero(np.array(stiff)[mesh.region_of_cell])
    if not len(cells):
        raise SolveError("no region has a Young's modulus")
    laws = [
        moduli_of(layout.material(name)) if has_modulus else (0.0, 0.0)
        for name, has_modulus in zip(mesh.regions, stiff, strict=True)
    ]
    young, poisson = np.array(laws)[mesh.region_of_cell[cells]].T
    return solve_profile(space, cells, young, poisson, settings)


def _check_radius(mesh: Mesh, profile: Profile, bend: Bend) -> None:
    """Refuse a radius that is not larger than the bent thickness."""
    positions = mesh.points[mesh.cells[profile.cells]][..., "yx".index(bend.axis)]
    thickness = float(positions.max() - positions.min())
    if abs(bend.radius) <= thickness:
        raise MicrofemError(
            f"bend: a radius of {abs(bend.radius):.4g} um is not above the thickness, {thickness:.4g} um"
        )
