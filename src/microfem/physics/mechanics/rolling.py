"""Self-rolling of a free multilayer with eigenstrains: Swiss rolls.

    F = Fe Fg,   Fg = diag(1 + e, (1 + e)^-2, 1 + e),   div sigma = 0,   no tractions,

in plane strain across the strip, with neo-Hooke or another law of finite strain in each layer, and e the eigenstrain of
a layer. The strip of the layers of a wound multilayer is solved, whether the layout is wound or flat. The finite
elements have no contact: windings may overlap, and their curl is that of a free strip. The wound roll follows from the
free strip in closed form: S. P. Timoshenko, J. Opt. Soc. Am. 11 (1925) 233, R. S. Rivlin, Proc. R. Soc. A 195 (1949)
463; see fem/rolling/rollup.py and fem/rolling/winding.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.errors import SolveError
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Case, Field, Floats, Indicator, Report, Solution, physics
from microfem.physics.mechanics.loads import Strain, Thermal
from microfem.physics.mechanics.misfits import lacking_expansion, thermal_strains

if TYPE_CHECKING:
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.rolling.rollup import Roll
    from microfem.fem.rolling.strip import Curl
    from microfem.layout import Layout
    from microfem.mesh import Mesh


class RollingCase(Case):
    """Eigenstrains (misfit strains) of the layers of a free strip, by region or role."""

    physics: Literal["rolling"]
    mismatch: dict[str, Strain] = Entry(default_factory=dict)
    thermal: Thermal | None = None

    @model_validator(mode="after")
    def _possible(self) -> RollingCase:
        if self.dimension != "plan":
            raise ValueError(f"rolling works in dimension: plan, the cross-section of the roll, not {self.dimension}")
        if bool(self.mismatch) == (self.thermal is not None):
            raise ValueError("state mismatch, such as {anode: 5 %}, or thermal, such as {change: 60 K}, one of them")
        if self.thermal is not None and self.thermal.fixed is not None:
            raise ValueError("thermal: a strip that rolls has no fixed face")
        if self.order != 2:
            raise ValueError("rolling needs order: 2; in thin layers that bend, order 1 is far too stiff")
        for name, strain in self.mismatch.items():
            if not -0.9 <= strain <= 10.0:
                raise ValueError(f"mismatch: {name}: must be from -90 % to 1000 %, got {100.0 * strain:.4g} %")
        return self

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return what the materials lack for the thermal expansion."""
        return lacking_expansion(self.thermal, layout)

    @property
    def mesh(self) -> str:
        """The flat strip of the layers."""
        return "strip"


FIELDS = {
    "displacement": ("displacement from the flat strip", "um"),
    "stretch_strain": ("nominal strain along the strip, from flat", "1"),
    "elastic_strain": ("nominal elastic strain along the strip, free", "1"),
    "hoop_stress": ("Cauchy stress along the strip", "MPa"),
    "radial_stress": ("Cauchy stress through the thickness", "MPa"),
    "von_mises": ("von Mises stress (Cauchy)", "MPa"),
    "wound_displacement": ("displacement from the flat strip to the wound roll", "um"),
    "wound_strain": ("nominal elastic strain along the strip, wound", "1"),
}


@dataclass(frozen=True, kw_only=True)
class RolledSolution(Solution):
    """The arc of a rolled strip, and its flat length, um."""

    curl: Curl
    length: float


@physics("rolling", RollingCase, FIELDS, RolledSolution, dofs_per_node=None)
def solve(mesh: Mesh, case: RollingCase, settings: SolverSettings = SolverSettings()) -> RolledSolution:
    """Solve for the free shape of a strip with eigenstrains by Newton's method from the roll of plane sections."""
    from microfem.fem.rolling.strip import curl_of, make_strip, roll_strip, strip_error

    started = time.perf_counter()
    strains = thermal_strains(case.thermal, mesh.layout) if case.thermal else case.mismatch
    solid, plies = make_strip(mesh, strains)
    rolled = roll_strip(solid, plies, settings)
    u = rolled.x[: solid.displacements].reshape(-1, mesh.dim)
    curl = curl_of(solid.space, u)
    length = float(np.ptp(mesh.points[:, 0]))
    totals = {
        "curvature": (curl.curvature, "1/um"),
        "curvature.section": (rolled.section.curvature, "1/um"),
        "windings.free": (curl.windings, "1"),
        "thickness": (curl.thickness, "um"),
        "length": (abs(curl.curvature * curl.middle) * length, "um"),
        "strain_energy": (solid.energy(rolled.x, 1.0), "pJ/um"),
        "iterations": (float(rolled.iterations), "1"),
    }
    fields = _fields(solid, rolled.x, u) | _wound(solid, rolled.section, curl, length)
    indicator = Indicator(*strip_error(solid, rolled.x))
    report = Report(
        ndofs=solid.size,
        ncells=len(mesh.cells),
        residual=rolled.residual,
        balance_error=rolled.residual,
        seconds=time.perf_counter() - started,
    )
    return RolledSolution(
        case=case,
        mesh=mesh,
        space=solid.space,
        fields=fields,
        totals=totals,
        report=report,
        indicator=indicator,
        curl=curl,
        length=length,
    )


def _fields(solid: Solid, x: Floats, u: Floats) -> dict[str, Field]:
    """Return strains and stresses along the directions of the strip, which rotate with it."""
    gradient = solid.gradients(x, 1.0)
    along = gradient[..., :, 0]
    stretch = np.linalg.norm(along, axis=-1)
    t = along / stretch[..., None]
    r = np.stack([-t[..., 1], t[..., 0], np.zeros_like(stretch)], axis=-1)
    stress = solid.stresses(x, 1.0)
    deviator = stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)

    def normal(direction: Floats) -> Floats:
        return np.einsum("nqi,nqij,nqj->nq", direction, stress, direction)

    values = {
        "stretch_strain": stretch - 1.0,
        "elastic_strain": stretch / solid.growth(1.0)[:, :1] - 1.0,
        "hoop_stress": normal(t),
        "radial_stress": normal(r),
        "von_mises": np.sqrt(1.5 * (deviator**2).sum(axis=(-2, -1))),
    }
    fields = {"displacement": Field("displacement", *FIELDS["displacement"], "dofs", u)}
    return fields | {name: Field(name, *FIELDS[name], "quadrature", one) for name, one in values.items()}


def _wound(solid: Solid, section: Roll, curl: Curl, length: float) -> dict[str, Field]:
    """Return shape and strain of the wound roll, by plane sections and with windings that slip; NaN without a roll."""
    from microfem.fem.rolling.winding import wind, wound_shape
    from microfem.fem.space import quadrature

    mesh = solid.space.mesh
    flat = mesh.points[mesh.cells]
    weight = np.array([[1.0 - sum(at), *at] for at in quadrature(2)])
    inside, nodes = np.einsum("qa,nai->nqi", weight, flat), solid.space.locations
    low, middle = mesh.points.min(axis=0), 0.5 * (mesh.points[:, 1].min() + mesh.points[:, 1].max())
    moved, strain = np.full(nodes.shape, np.nan), np.full(inside.shape[:2], np.nan)
    try:
        if curl.curvature < 0.0:
            raise SolveError("the last layer is inside")
        roll = wind(1.0 / curl.middle, curl.thickness, curl.curvature * curl.middle * length)
        shape, _ = wound_shape(section, roll, length, (nodes[:, 0] - low[0]) / length, nodes[:, 1] - middle)
        _, stretch = wound_shape(section, roll, length, (inside[..., 0] - low[0]) / length, inside[..., 1] - middle)
        moved, strain = shape - nodes, stretch / solid.growth(1.0)[:, :1] - 1.0
    except SolveError:
        pass  # no wound roll exists: the fields stay NaN
    fields = {"wound_displacement": ("dofs", moved), "wound_strain": ("quadrature", strain)}
    return {
        name: Field(name, *FIELDS[name], on, one, "wound_displacement")  # type: ignore[arg-type]
        for name, (on, one) in fields.items()
    }
