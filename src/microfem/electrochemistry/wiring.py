"""Where electrons flow: the electronic unknowns of a cell, its collectors and its terminals.

The terminal of an electrode is its tab, a region of its own or an end of its collector; without a tab, its whole
collector; without a collector, the faces of a porous electrode or a film that the electrolyte does not touch, or all of
a metal. A terminal is one unknown, its potential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.fem.cell.elements import elements
from microfem.fem.cell.equations import ELECTRODES, Conducting
from microfem.fem.space import Space
from microfem.layout.faces import ENDS, NamedFace
from microfem.mesh.named import simplices_on
from microfem.mesh.strained_conductors import film_growth, film_passage, growth_of_resistivity

if TYPE_CHECKING:
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLAT = 0.99  # cosine of the steepest face that counts as an underside


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The electronic unknowns.

    number: electrode -> (ndofs,) its unknown at each node of the space, -1 where it conducts no electrons; terminals:
    electrode -> the unknown of its terminal; count: of all unknowns; conductors: their element matrices; conductivity:
    (ncells,) S/m, 0 where no potential of electrons varies; films: sheet -> conductivity times thickness of its facets.
    """

    number: Mapping[str, Ints]
    terminals: Mapping[str, int]
    count: int
    conductors: tuple[Conducting, ...]
    conductivity: Floats
    films: Mapping[str, Floats]

    def at(self, electrode: str, nodes: Ints) -> Ints:
        """Return the unknowns of an electrode at nodes: its terminal where it has no potential of its own."""
        numbers = self.number[electrode][nodes]
        return np.where(numbers < 0, self.terminals[electrode], numbers)

    def of(self, electrode: str) -> Ints:
        """Return the unknowns of an electrode's side, without its terminal."""
        numbers = self.number[electrode]
        return np.unique(numbers[(numbers >= 0) & (numbers != self.terminals[electrode])])

    def everywhere(self, electronic: Floats) -> Floats:
        """Return the electronic potential at all nodes of the space, NaN where there are no electrons."""
        values = np.full(len(self.number["anode"]), np.nan)
        for numbers in self.number.values():
            known = numbers >= 0
            values[known] = electronic[numbers[known]]
        return values


def wire(space: Space, varies: Mapping[str, bool], tabs: Mapping[str, str | None], kelvin: float) -> Wiring:
    """Return the electronic unknowns.

    varies: whether the potential varies in an electrode's own material; tabs: the end that is its tab, if one is.

    Raises:
        MicrofemError: a view does not show that end.
    """
    number, inner, simplices, count = {}, {}, list[tuple[str, Ints, Floats]](), 0
    conductivity, films = np.zeros(len(space.mesh.cells)), dict[str, Floats]()
    for electrode in ELECTRODES:
        regions, sheets, ends = _conducting(space, electrode, varies[electrode], tabs[electrode], kelvin)
        for name, values in regions.items():
            conductivity[space.mesh.cells_of(name)] = values
        films |= sheets
        parts = [_conductor(space, space.mesh.cells[space.mesh.cells_of(name)], one) for name, one in regions.items()]
        parts += [_conductor(space, space.mesh.sheets[name], one) for name, one in sheets.items()]
        simplices += [(electrode, nodes, elements) for nodes, elements in parts]
        points = np.unique(np.concatenate([nodes.ravel() for nodes, _ in parts] or [np.empty(0, dtype=np.int64)]))
        inner[electrode] = np.setdiff1d(points, ends)
        number[electrode] = np.full(space.ndofs, -1)
        number[electrode][inner[electrode]] = count + np.arange(len(inner[electrode]))
        count += len(inner[electrode])
        number[electrode][ends] = -2
    terminals = {electrode: count + k for k, electrode in enumerate(ELECTRODES)}
    for electrode in ELECTRODES:
        number[electrode][number[electrode] == -2] = terminals[electrode]
    conductors = tuple(
        Conducting(nodes=number[electrode][nodes], elements=elements) for electrode, nodes, elements in simplices
    )
    return Wiring(
        number=number,
        terminals=terminals,
        count=count + 2,
        conductors=conductors,
        conductivity=conductivity,
        films=films,
    )


def _conducting(
    space: Space, electrode: str, varies: bool, tab: str | None, kelvin: float
) -> tuple[dict[str, Floats], dict[str, Floats], Ints]:
    """Return the conductivities of an electrode's regions, S/m, of its sheets times thickness, its terminal's nodes."""
    mesh = space.mesh
    role = {name: mesh.layout.part(name).role for name in (*mesh.regions, *mesh.sheets)}
    of = {kind: [name for name in role if role[name] == f"{electrode}{kind}"] for kind in ("", "_collector", "_tab")}
    regions = [name for name in of[""] if varies or of["_tab"] or tab]
    if of["_tab"] or tab:
        ends = _ends(space, of["_collector"] or of[""], tab) if tab else _nodes(space, of["_tab"])
        regions += [name for name in of["_collector"] if name in mesh.regions]
        sheets = [name for name in of["_collector"] if name in mesh.sheets]
    elif of["_collector"]:
        ends, sheets = _nodes(space, of["_collector"] + ([] if varies else of[""])), []
    else:
        ends, sheets = _dry(space, of[""]) if varies else _nodes(space, of[""]), []
    sigma = {name: mesh.layout.material(name).warmed(kelvin).value("conductivity") for name in (*regions, *sheets)}
    cells = {
        name: sigma[name] * mesh.out_of_plane_stretch[mesh.cells_of(name)] / growth_of_resistivity(mesh, name)
        for name in regions
    }
    films = {name: sigma[name] * film_passage(mesh, name) / film_growth(mesh, name) for name in sheets}
    return cells, films, ends


def _ends(space: Space, names: list[str], tab: str) -> Ints:
    """Return the nodes of the ends of regions and sheets: of each wound layer, of all others together.

    Raises:
        MicrofemError: the view does not show that end.
    """
    faces = [NamedFace((name,), tab) for name in names] if tab in ENDS else [NamedFace(tuple(names), tab)]
    found = [one for face in faces for one in simplices_on(space.mesh, face)]
    if not found:
        raise MicrofemError(f"this {space.mesh.dimension} shows no end {tab} of {', '.join(names)} for a tab")
    return np.unique(np.concatenate([(space.dofs(one) if one.shape[1] > 1 else one).ravel() for one in found]))


def _nodes(space: Space, names: list[str]) -> Ints:
    """Return the nodes of regions and sheets."""
    mesh = space.mesh
    simplices = [mesh.sheets[name] if name in mesh.sheets else mesh.cells[mesh.cells_of(name)] for name in names]
    return np.unique(np.concatenate([space.dofs(one).ravel() for one in simplices]))


def _dry(space: Space, names: list[str]) -> Ints:
    """Return the nodes of an electrode's faces that touch no electrolyte; in a plan, which is all underside, all."""
    mesh = space.mesh
    if mesh.dimension == "plan":
        return _nodes(space, names)
    wet = [name for name in mesh.regions if mesh.layout.part(name).role in ("electrolyte", "separator")]
    facets, _ = mesh.boundary(*names)
    touching, _ = mesh.interface(tuple(names), tuple(wet))
    touched = {tuple(row) for row in np.sort(touching, axis=1)}
    dry = np.array([tuple(row) not in touched for row in np.sort(facets, axis=1)])
    flat = facets[dry & _flat(mesh, facets)]
    chosen = flat if len(flat) else facets[dry]
    return np.unique(space.dofs(chosen)) if len(chosen) else _nodes(space, names)


def _flat(mesh: Mesh, facets: Ints) -> NDArray[np.bool_]:
    """Tell which facets are level, on the layout as it lies flat."""
    corners = mesh.flat[facets]
    height = corners[..., -1].max(axis=1) - corners[..., -1].min(axis=1)
    length = np.linalg.norm(corners - corners[:, :1], axis=2).max(axis=1)
    return np.asarray(height <= (1.0 - FLAT) * length)


def _conductor(space: Space, simplices: Ints, conductivity: Floats) -> tuple[Ints, Floats]:
    """Return simplices and their element matrices, S um, in 2D S/m.

    conductivity: (n,) S/m, of a sheet times its thickness, in 2D times the out-of-plane stretch.
    """
    parts = elements(space, simplices, np.ones(len(simplices)))
    return parts.nodes, parts.stiffness(conductivity)
