"""Swiss roll: a multilayer wound around a core, and the same multilayer as a flat strip."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family, require, require_positive
from microfem.layout import Layout, Region, Spiral

ROLL_MATERIALS = {
    "anode": "zinc",
    "cathode": "mno2",
    "electrolyte": "pva_zncl2_gel",
    "separator": "pva_zncl2_gel",
    "anode_collector": "gold",
    "cathode_collector": "gold",
    "substrate": "pi",
    "core": "pi",
    "encapsulation": "pdms",
}


@family(dimensions=("plan", "3d"), materials=ROLL_MATERIALS, sizes=("length",))
def swiss_roll(
    *,
    windings: Annotated[float, Param("turns, whole or not", low=1.0, high=200.0)] = 3.0,
    core_radius: Annotated[float, Param("radius of the core at the start of the layers", "um", 1.0, 1e4)] = 100.0,
    anode_collector_thickness: Annotated[
        float, Param("thickness of the collector inside the anode; 0 for none", "um", 0.0, 1e3)
    ] = 0.0,
    anode_thickness: Annotated[float, Param("thickness of the anode", "um", 0.1, 1e3)] = 10.0,
    electrolyte_thickness: Annotated[
        float, Param("thickness of the electrolyte from the anode out to the cathode", "um", 0.1, 1e3)
    ] = 10.0,
    cathode_thickness: Annotated[float, Param("thickness of the cathode", "um", 0.1, 1e3)] = 15.0,
    cathode_collector_thickness: Annotated[
        float, Param("thickness of the collector outside the cathode; 0 for none", "um", 0.0, 1e3)
    ] = 0.0,
    substrate_thickness: Annotated[
        float, Param("thickness of the substrate film, outside the cathode; 0 for none", "um", 0.0, 1e3)
    ] = 0.0,
    separator_thickness: Annotated[
        float, Param("thickness of the separator from the cathode out to the next winding", "um", 0.1, 1e3)
    ] = 10.0,
    jacket_thickness: Annotated[
        float, Param("wall of the jacket at the roll's largest radius; 0 for none", "um", 0.0, 1e4)
    ] = 20.0,
    length: Annotated[float, Param("length along the roll's axis", "um", 1.0, 1e6)] = 1000.0,
    rolled: Annotated[bool, Param("true for a roll, false for the flat strip of the same layers")] = True,
) -> Layout:
    """An Archimedean spiral of layers along z: the plan is the cross-section, z = 0 is at half the length.

    From the inside out: anode collector, anode, electrolyte, cathode, cathode collector, substrate, separator. The
    core and the jacket fill the steps at the start and the end of the layers. The flat strip has the layers stacked
    along y; its length along x is that of the spiral's centre line, and it has no core and no jacket.
    """
    require_positive(
        anode_thickness=anode_thickness,
        cathode_thickness=cathode_thickness,
        electrolyte_thickness=electrolyte_thickness,
        core_radius=core_radius,
        separator_thickness=separator_thickness,
        length=length,
    )
    require(windings >= 1.0, "windings", windings, "must be 1 or more, or no winding lies on another")
    thickness = {
        "anode_collector": anode_collector_thickness,
        "anode": anode_thickness,
        "electrolyte": electrolyte_thickness,
        "cathode": cathode_thickness,
        "cathode_collector": cathode_collector_thickness,
        "substrate": substrate_thickness,
        "separator": separator_thickness,
    }
    layers = tuple((name, size) for name, size in thickness.items() if size != 0.0)
    reach = core_radius + sum(size for _, size in layers) * (windings + 1.0)
    jacket = "encapsulation" if jacket_thickness > 0.0 else ""
    spiral = Spiral(
        layers=layers,
        core_radius=core_radius,
        windings=windings,
        jacket=jacket,
        outer_radius=reach + jacket_thickness,
        rolled=rolled,
    )
    span = (-0.5 * length, 0.5 * length)
    regions = tuple(Region(name=name, role=name, footprint=outline, z=span) for name, outline in spiral.outlines())
    wide = max(region.footprint.bounds[2] for region in regions) - min(region.footprint.bounds[0] for region in regions)
    if jacket and rolled:
        wide = 2.0 * spiral.outer_radius
    return Layout(
        regions=regions,
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        feature=min(size for _, size in layers),
        gap=spiral.distance("anode", "cathode"),
        plane=0.0,
        spiral=spiral,
        projected=wide * length,
        circles=((0.0, 0.0, spiral.outer_radius),) if rolled and jacket else (),
    )
