"""Regions and films of a mesh that carry load, with their moduli or laws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from microfem.base.errors import MicrofemError, SolveError
from microfem.base.registry import did_you_mean
from microfem.fem.finite_strain.laws import law_of, states_law
from microfem.fem.finite_strain.sheet import Membrane
from microfem.fem.finite_strain.solid import Solid
from microfem.fem.linear_elasticity.bodies import Body, Film
from microfem.fem.space import Space
from microfem.layout import Layout
from microfem.materials import Material
from microfem.mesh import Mesh
from microfem.mesh.layers import find_stacks

SOFT_ROLES = (
    "electrolyte",
    "separator",
    "encapsulation",
    "core",
    "layer",
    "medium",
)  # may be liquid or empty: without a modulus they have no stiffness
NEARLY = 0.49  # Poisson's ratio used instead of 1/2 at small strain


def is_stiff(layout: Layout, name: str) -> bool:
    """Tell whether a region or film carries load: all do, except soft roles without a modulus."""
    return layout.part(name).role not in SOFT_ROLES or states_law(layout.material(name))


def moduli_of(material: Material) -> tuple[float, float]:
    """Return Young's modulus (MPa) and Poisson's ratio, of a finite-strain law those at rest."""
    if material.has("youngs_modulus"):
        return material.value("youngs_modulus"), material.value("poisson_ratio")
    law = law_of(material)
    return law.young, min(law.poisson, NEARLY)


def eigenstrains(layout: Layout, stated: Mapping[str, float]) -> dict[str, float]:
    """Return the eigenstrain of each region and film; a name takes precedence over a role.

    Raises:
        MicrofemError: no region or role has a stated name.
    """
    known = [*layout.names(), *sorted({part.role for part in layout.parts()})]
    for name in stated:
        if name not in known:
            raise MicrofemError(f"mismatch: no region or role '{name}' in this layout{did_you_mean(name, known)}")
    return {part.name: stated.get(part.name, stated.get(part.role, 0.0)) for part in layout.parts()}


def make_body(mesh: Mesh, order: int, plane: str, eigenstrain: Mapping[str, float]) -> Body:
    """Return the elastic body at small strain; eigenstrain: by region or role.

    Raises:
        SolveError: no region carries load, or a film lies on none that does.
    """
    layout = mesh.layout
    strains, films = eigenstrains(layout, eigenstrain), {}

    def law(name: str) -> tuple[float, float, float]:
        return (*moduli_of(layout.material(name)), strains[name])

    laws = np.array([law(name) if is_stiff(layout, name) else (0.0, 0.0, 0.0) for name in mesh.regions])
    of_cell = laws[mesh.region_of_cell]
    cells = np.flatnonzero(of_cell[:, 0] > 0.0)
    if not len(cells):
        raise SolveError("no region has a Young's modulus")
    for name, facets in mesh.sheets.items():
        if not np.isin(facets, mesh.cells[cells]).all():
            raise SolveError(f"the film '{name}' lies on nothing solid; give a neighbour a Young's modulus")
        young, poisson, strain = law(name)
        thick = layout.part(name).thickness  # type: ignore[union-attr]
        films[name] = Film(facets=facets, young=young, poisson=poisson, thickness=thick, eigenstrain=strain)
    young, poisson, strain = of_cell[cells].T
    return Body(
        space=Space(mesh, order),
        cells=cells,
        young=young,
        poisson=poisson,
        eigenstrain=strain,
        plane=plane,
        films=films,
    )


def make_solid(body: Body, eigenstrain: Mapping[str, float]) -> Solid:
    """Return the solid at finite strain of an elastic body; eigenstrain: by region or role.

    Raises:
        SolveError: the body has films.
        MicrofemError: a material has no valid law.
    """
    if body.films:
        raise SolveError(
            f"the film '{next(iter(body.films))}' has no law at finite strain in this view; make its layer "
            "thicker than a fiftieth of its neighbours, set it to 0, or use dimension: plan"
        )
    mesh = body.space.mesh
    strains = eigenstrains(mesh.layout, eigenstrain)
    names = [mesh.regions[i] for i in np.unique(mesh.region_of_cell[body.cells])]
    of = {name: (law_of(mesh.layout.material(name)), strains[name]) for name in names}
    kinds = list(dict.fromkeys(of.values()))  # pressures jump where the law or the eigenstrain does
    number = np.array([kinds.index(of[name]) if name in of else -1 for name in mesh.regions])
    region = mesh.region_of_cell[body.cells]
    strain = np.array([strains[name] for name in mesh.regions])[region]
    laws = tuple(law for law, _ in kinds)
    return Solid(
        space=body.space, cells=body.cells, law=number[region], laws=laws, eigenstrain=strain[:, None] * np.ones(3)
    )


def make_sheet(mesh: Mesh, order: int) -> tuple[Body, Membrane]:
    """Return the elastic body at small strain and the layered sheet at finite strain of a plan view.

    The body's Young's modulus is the mean over the thickness that carries load.

    Raises:
        SolveError: no layer carries load.
        MicrofemError: a material has no valid law.
    """
    layout, stacks = mesh.layout, find_stacks(mesh)
    of = {name: law_of(layout.material(name)).keeping_volume() for name in layout.names() if is_stiff(layout, name)}
    if not of:
        raise SolveError("no region has a Young's modulus")
    laws = tuple(dict.fromkeys(of.values()))
    thickness = np.zeros((len(stacks.layers), len(laws)))
    for kind, layers in enumerate(stacks.layers):
        for name, low, high in layers:
            if name in of:
                thickness[kind, laws.index(of[name])] += high - low
    cells = np.flatnonzero(thickness[stacks.kind].sum(axis=1) > 0.0)
    stack = stacks.kind[cells]
    young = (thickness @ np.array([law.young for law in laws]) / np.maximum(thickness.sum(axis=1), 1e-300))[stack]
    body = Body(
        space=Space(mesh, order),
        cells=cells,
        young=young,
        poisson=np.full(len(cells), NEARLY),
        eigenstrain=np.zeros(len(cells)),
        plane="stress",
        films={},
    )
    none = np.zeros((len(cells), 3))
    return body, Membrane(space=body.space, cells=cells, stack=stack, thickness=thickness, laws=laws, eigenstrain=none)
