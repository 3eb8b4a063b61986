"""Bars and films with contacts between their parts, and the bounds of what flows through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import shapely

from microfem.fem.potential.bounds import Bounds, enclose
from microfem.fem.potential.terminals import TerminalSolutions, solve_terminals
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout import Layout, Region, Sheet
from microfem.layout.contacts import PartContact
from microfem.mesh import Mesh, build_mesh
from microfem.physics.potential.coefficients import of_cells, of_film
from support.materials import medium

WIDE = 100.0  # um, of bars and films, across the current


@dataclass(frozen=True)
class Joined:
    """A layout whose terminals are its parts a and b, with conductivities by part, S/m, and contacts."""

    layout: Layout
    view: str
    sigma: Mapping[str, float]
    contacts: tuple[PartContact, ...] = ()

    def mesh(self, level: int = -2) -> Mesh:
        """Return a mesh of the layout."""
        return build_mesh(self.layout, self.view, level)

    def solve(self, mesh: Mesh, order: int = 2, settings: SolverSettings = SolverSettings()) -> TerminalSolutions:
        """Return the solutions between a and b."""
        laws = {name: medium(self.sigma.get(name, 0.0)) for name in self.layout.names()}
        laid = replace(mesh, layout=replace(mesh.layout, materials=laws))
        films = {name: of_film(laid, name, "conductivity") * laid.layout.part(name).thickness for name in mesh.sheets}
        ends = {name: self.layout.terminal(name) for name in ("a", "b")}
        return solve_terminals(
            laid, order, of_cells(laid, "conductivity"), films, ends, self.contacts, settings=settings
        )

    def enclose(self, mesh: Mesh | None = None, order: int = 2) -> Bounds:
        """Return the bounds of the conductance: S/m times um in 3D, S/m in 2D."""
        bounds = enclose(self.solve(self.mesh() if mesh is None else mesh, order), {"a": 0.0, "b": 1.0}, {})
        assert bounds is not None
        return bounds


def bar(heights: Sequence[float], parts: Sequence[str], wide: float = WIDE) -> Layout:
    """Return parts on each other, of the heights between those stated, um; the first is terminal a, the last b."""
    square = shapely.box(0.0, 0.0, wide, wide)
    spans = zip(parts, heights, heights[1:], strict=False)
    regions = tuple(Region(name=name, role="layer", footprint=square, z=(low, high)) for name, low, high in spans)
    ends = {"a": (parts[0],), "b": (parts[-1],)}
    return Layout(regions=regions, terminals=ends, feature=0.2 * wide, gap=wide, plane=0.0)


def film_under_pads(pad: float, between: float) -> Layout:
    """Return a film of 0.1 um on a substrate, under pads a and b of a length at a distance, um."""
    long = 2.0 * pad + between
    whole, near, far = (shapely.box(x0, 0.0, x1, WIDE) for x0, x1 in ((0, long), (0, pad), (long - pad, long)))
    return Layout(
        regions=(
            Region(name="base", role="substrate", footprint=whole, z=(-20.0, 0.0)),
            Region(name="pad", role="anode_tab", footprint=near, z=(0.0, 20.0)),
            Region(name="end", role="cathode_tab", footprint=far, z=(0.0, 20.0)),
        ),
        sheets=(Sheet(name="film", role="layer", footprint=whole, z=0.0, thickness=0.1),),
        terminals={"a": ("pad",), "b": ("end",)},
        feature=0.2 * pad,
        gap=between,
        plane=10.0,
    )
