"""The equations of a cell on a mesh, from its layout, its materials and its case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.electrochemistry.capacitors import layers_of, leak_of
from microfem.electrochemistry.electrodes import HOSTS
from microfem.electrochemistry.hosts import capacity_of, metal_of, store_of, walls
from microfem.electrochemistry.materials import LEAK, OF_SURFACE, at_temperature, law, number, salt_of
from microfem.electrochemistry.sizes import Pores, footprint, pores_of, thickness_of
from microfem.electrochemistry.strained import Strained
from microfem.electrochemistry.wiring import Wiring, wire
from microfem.fem.cell.electrolyte import Electrolyte
from microfem.fem.cell.elements import Places, elements, places
from microfem.fem.cell.equations import ELECTRODES, CellEquations
from microfem.fem.cell.kinetics import Kinetics, butler_volmer
from microfem.fem.cell.laws import constant
from microfem.fem.cell.sites import DoubleLayer, Reaction, Sites
from microfem.fem.space import Space
from microfem.materials import parse_material

if TYPE_CHECKING:
    from microfem.electrochemistry.electrodes import ElectrodeModel
    from microfem.electrochemistry.statement import CellStatement
    from microfem.materials import Material
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONDUCTING = tuple(f"{name}{kind}" for name in ELECTRODES for kind in ("", "_collector", "_tab"))  # roles
IDEAL = 1e10  # S/m2: an electrode without overpotential loses 0.1 uV at 1000 A/m2


@dataclass(frozen=True, kw_only=True)
class CellModel:
    """A cell on a mesh.

    wet: (nliquid,) nodes of the space that the electrolyte has; points: their coordinates, um; wet_cells: its cells;
    solid_cells: those of electrodes, collectors and tabs; bodies: those of the region of each reaction; regions: its
    name; wiring: the electronic unknowns; capacity: of each reaction, uA s, in 2D A s/m, infinite for a metal;
    thickness: of the metal of each reaction, um, infinite without; porous: of each porous electrode; area: footprint
    x 1e-6, so that A/m2 become uA, in 2D A/m.
    """

    equations: CellEquations
    wiring: Wiring
    wet: Ints
    wet_cells: Ints
    solid_cells: Ints
    bodies: tuple[Ints, ...]
    regions: tuple[str, ...]
    points: Floats
    space: Space
    capacity: tuple[float, ...]
    thickness: tuple[float, ...]
    porous: Mapping[str, Pores]
    area: float

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return int(self.points.shape[1])

    @property
    def flat(self) -> Floats:
        """Coordinates of the nodes that the electrolyte has on the layout as it lies flat, (nliquid, dim), um."""
        return replace(self.space, mesh=self.space.mesh.moved(self.space.mesh.flat)).locations[self.wet]

    @property
    def capacities(self) -> dict[str, float]:
        """Capacity of each electrode with a reaction, filling 0 to 1; infinite of one that is no host."""
        totals = dict[str, float]()
        for one, capacity in zip(self.equations.reactions, self.capacity, strict=True):
            totals[one.electrode] = totals.get(one.electrode, 0.0) + capacity
        return totals

    @property
    def whole_capacity(self) -> float:
        """Capacity of the limiting electrode: the host electrode with less; infinite without one."""
        return min(self.capacities.values(), default=np.inf)

    @property
    def limiting(self) -> str:
        """The electrode with the smallest capacity."""
        return min(self.capacities, key=self.capacities.__getitem__)

    def area_of(self, electrode: str) -> float:
        """Return the area of an electrode's sites in all its regions, um2, in 2D um; reactions at one site share it."""
        sites = {
            one.sites.liquid.tobytes(): one.sites
            for one in self.equations.reactions
            if one.electrode == electrode and not one.leak
        }
        return float(sum(one.area.sum() for one in sites.values()))

    @property
    def large_current(self) -> float:
        """A current that counts as large, uA, in 2D A/m: that of 1C, without a capacity 1 mA/cm2."""
        capacity = self.whole_capacity
        return capacity / 3600.0 if np.isfinite(capacity) else 10.0 * self.area


def model_of(mesh: Mesh, stated: CellStatement) -> CellModel:
    """Return the cell of a case on a mesh.

    Raises:
        MicrofemError: a property is missing, or an electrode is of a kind that its material cannot be.
    """
    return _ModelBuilder(mesh, stated).model()


class _ModelBuilder:
    """Collects the parts of a cell."""

    def __init__(self, mesh: Mesh, stated: CellStatement) -> None:
        self.mesh, self.stated, self.layout = mesh, stated, mesh.layout
        self.kelvin = stated.temperature
        self.role = {name: mesh.layout.part(name).role for name in mesh.regions}
        self.porous = [name for name in mesh.regions if self.has_pores(name)]
        self.liquid = [name for name in mesh.regions if self.role[name] in ("electrolyte", "separator")]
        if not self.liquid:
            raise MicrofemError(f"a {self.layout.family} layout has no electrolyte in this view")
        for electrode in ELECTRODES:
            self.regions_of(electrode)
        bulk = [name for name in self.liquid if self.role[name] == "electrolyte"] or self.liquid
        self.salt = salt_of(self.layout.material(bulk[0]), self.kelvin)
        self.wet_cells = mesh.cells_of(*self.liquid, *self.porous)
        self.space = Space(mesh, stated.order)
        self.wet = np.unique(self.space.cell_dofs[self.wet_cells])
        tabs = {name: self.kind(name).tab for name in ELECTRODES}
        self.wiring = wire(self.space, {name: self.conducts(name) for name in ELECTRODES}, tabs, self.kelvin)
        self.strained = Strained(mesh)
        self.designed = Space(self.strained.designed, stated.order)

    def has_pores(self, name: str) -> bool:
        """Tell whether the electrolyte fills the pores of a region."""
        if self.role[name] not in ELECTRODES:
            return False
        kind = self.kind(self.role[name]).kind
        return kind == "porous" or (kind == "capacitor" and number(self.layout.material(name), "porosity", 0.0) > 0.0)

    def kind(self, electrode: str) -> ElectrodeModel:
        return self.stated.electrodes[electrode]

    def conducts(self, electrode: str) -> bool:
        """Tell whether the potential varies inside an electrode that is its own collector: not in ideal conductors."""
        return self.kind(electrode).kind in ("porous", "film", "capacitor")

    def model(self) -> CellModel:
        reactions, layers, capacities = list[Reaction](), list[DoubleLayer](), list[float]()
        bodies, thickness, regions = list[Ints](), list[float](), list[str]()
        for electrode in ELECTRODES:
            for name in self.regions_of(electrode):
                found, layered, capacity = self.electrode(electrode, name)
                reactions += found
                layers += layered
                capacities += capacity
                bodies += [self.mesh.cells_of(name)] * len(found)
                regions += [name] * len(found)
                thickness += [self.thickness(electrode, name)] * len(found)
        conductors = self.wiring.conductors
        equations = CellEquations(
            electrolyte=self.electrolyte(),
            conductors=conductors,
            electronic=self.wiring.count,
            of_cathode=self.wiring.of("cathode"),
            reactions=tuple(reactions),
            layers=tuple(layers),
            moving=self.stated.moving,
        )
        return CellModel(
            equations=equations,
            wiring=self.wiring,
            wet=self.wet,
            wet_cells=self.wet_cells,
            solid_cells=self.mesh.cells_of(*(name for name in self.role if self.role[name] in CONDUCTING)),
            bodies=tuple(bodies),
            regions=tuple(regions),
            points=self.space.locations[self.wet],
            space=self.space,
            capacity=tuple(capacities),
            thickness=tuple(thickness),
            porous={self.role[name]: pores_of(self.strained, name, self.kelvin) for name in self.porous},
            area=footprint(self.strained.designed),
        )

    def regions_of(self, electrode: str) -> list[str]:
        """Return the regions of an electrode, those with one material together under the first name."""
        names = [name for name in self.mesh.regions if self.role[name] == electrode]
        if not names:
            raise MicrofemError(f"this {self.mesh.dimension} shows no {electrode}; take another dimension, which does")
        return names

    def electrolyte(self) -> Electrolyte:
        cells, strained = self.wet_cells, self.strained
        parts = elements(self.space, self.mesh.cells[cells], strained.depth[cells])
        regions = self.mesh.region_of_cell[cells]
        porosity, bruggeman = np.ones(len(self.mesh.regions)), np.zeros(len(self.mesh.regions))
        for k, name in enumerate(self.mesh.regions):
            if name in (*self.liquid, *self.porous):
                material, pores = self.layout.material(name), name in self.porous
                porosity[k] = material.value("porosity") if pores else number(material, "porosity", 1.0)
                bruggeman[k] = number(material, "bruggeman", 1.5 if pores else 1.0)
        stated, now = porosity[regions], strained.porosity(cells, porosity[regions])
        share = float(stated @ strained.designed.volumes[cells]) / float(now @ strained.volumes[cells])
        return Electrolyte(
            salt=replace(self.salt, initial=share * self.salt.initial),
            nodes=np.searchsorted(self.wet, parts.nodes),
            count=len(self.wet),
            gradients=parts.gradients,
            weights=parts.weights,
            shapes=parts.shapes,
            passage=now ** bruggeman[regions],
            volume=parts.volumes(now, self.space.ndofs)[self.wet],
        )

    def electrode(self, electrode: str, region: str) -> tuple[list[Reaction], list[DoubleLayer], list[float]]:
        """Return the reactions, double layers and capacities of one region of an electrode."""
        stated, material = self.kind(electrode), self.layout.material(region)
        cells = self.mesh.cells_of(region)
        volume = float(self.strained.designed.volumes[cells].sum())
        base = places(self.designed, self.mesh.cells[cells]) if region in self.porous else self.surface_places(region)
        sources = [(material, stated.ion)]
        if stated.reactions:
            sources = [(parse_material(one.name, one.properties, material), one.ion) for one in stated.reactions]
        if stated.kind == "capacitor":
            return self.capacitor(electrode, region, material, base, volume)
        found = [self.reaction(electrode, region, source, ion, base, volume) for source, ion in sources]
        reactions, capacities = [one for one, _ in found], [capacity for _, capacity in found]
        return reactions, layers_of(electrode, material, self.kelvin, reactions[0].sites, None), capacities

    def capacitor(
        self, electrode: str, region: str, material: Material, base: Places, volume: float
    ) -> tuple[list[Reaction], list[DoubleLayer], list[float]]:
        """Return the leak, the double layers and the capacity of a region of a capacitor."""
        area = around = base.measure
        if region in self.porous and material.has(OF_SURFACE):
            area = walls(self.kind(electrode), material) * around
        surface, whole = (self.sites(electrode, base, one) for one in (area, around * volume / around.sum()))
        leaks = [leak_of(electrode, region, material, whole, self.salt)] if material.has(LEAK) else []
        return leaks, layers_of(electrode, material, self.kelvin, surface, whole), [np.inf] * len(leaks)

    def thickness(self, electrode: str, region: str) -> float:
        """Return the thickness through which a metal may dissolve, um; infinite of all else."""
        metal = self.kind(electrode).kind == "metal"
        return thickness_of(self.strained, region, *self.surface(region)) if metal else np.inf

    def surface_places(self, region: str) -> Places:
        """Return the places of reaction on a region's surface in the electrolyte."""
        facets, beside = self.surface(region)
        return places(self.space, facets, self.strained.depth[beside])

    def surface(self, region: str) -> tuple[Ints, Ints]:
        """Return the facets of a region's surface in the electrolyte, and the cell of the region beside each.

        Raises:
            MicrofemError: the electrolyte does not touch the region.
        """
        wet = (*self.liquid, *(name for name in self.porous if name != region))
        facets, beside = self.mesh.interface((region,), tuple(wet))
        if not len(facets):
            raise MicrofemError(f"the electrolyte does not touch '{region}', which has no pores either")
        return facets, beside

    def sites(self, electrode: str, base: Places, area: Floats) -> Sites:
        return Sites(
            liquid=np.searchsorted(self.wet, base.nodes),
            solid=self.wiring.at(electrode, base.nodes),
            weight=base.weight,
            area=area,
        )

    def reaction(
        self, electrode: str, region: str, material: Material, ion: str, base: Places, volume: float
    ) -> tuple[Reaction, float]:
        """Return a reaction and its capacity."""
        stated, area, capacity = self.kind(electrode), base.measure, np.inf
        kind, inserts = stated.kind, stated.kind in HOSTS
        electrons = number(material, "electrons", 1.0 if inserts else float(self.salt.charges[0]))
        transfer = number(material, "charge_transfer_coefficient", 0.5)
        exponents = butler_volmer(transfer, electrons, self.salt.volts)
        if inserts:
            growth = self.strained.growth(self.mesh.cells_of(region))
            store = store_of(stated, material, self.kelvin, growth * volume / float(area.sum()), growth)
            area = area * walls(stated, material) if kind == "porous" else area
            capacity = capacity_of(stated, material, volume)
            potential = law(material, "open_circuit_potential", self.kelvin)
        else:
            store = metal_of(material, electrons)
            potential = constant(number(material, "open_circuit_potential", 0.0))
        ideal = kind == "ideal"
        tafel = "anodic" if electrode == "anode" else "cathodic"
        name: Any = "linear" if ideal else tafel if stated.kinetics == "tafel" else stated.kinetics
        exchange = (
            IDEAL / sum(exponents) if ideal else at_temperature(material, "exchange_current_density", self.kelvin)
        )
        reaction = Reaction(
            name=f"{region}: {material.name}" if stated.reactions else region,
            electrode=electrode,
            sites=self.sites(electrode, base, area),
            kinetics=Kinetics(law=name, exponents=exponents, film=number(material, "film_resistance", 0.0)),
            exchange=exchange,
            transfer=0.0 if ideal else transfer,
            salt=self.salt.initial,
            potential=potential,
            store=store,
            host=inserts,
            cations=1.0 if ion == "cation" else 0.0,
        )
        return reaction, capacity
