"""Fibre batteries: coaxial, two strands side by side, two strands twisted into a double helix."""

from __future__ import annotations

from typing import Annotated, Literal

from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.layout import Bend, Composed, Layout, Placement, Region, Twist
from microfem.layout.shapes import disc, segments

FIBER_MATERIALS = {
    "anode": "zinc",
    "cathode": "mno2",
    "electrolyte": "pam_gel",
    "anode_collector": "cnt_paper",
    "cathode_collector": "cnt_paper",
    "encapsulation": "pdms",
}


@family(dimensions=("plan", "3d"), materials=FIBER_MATERIALS)
def fiber(
    *,
    arrangement: Annotated[
        Literal["coaxial", "parallel", "twisted"], Param("cathode around the anode, beside it, or twisted with it")
    ] = "coaxial",
    anode_diameter: Annotated[float, Param("outer diameter of the anode", "um", 1.0, 1e4)] = 200.0,
    cathode_diameter: Annotated[
        float, Param("outer diameter of the cathode strand; parallel and twisted", "um", 1.0, 1e4)
    ] = 200.0,
    cathode_thickness: Annotated[float, Param("wall of the cathode tube; coaxial", "um", 0.5, 5e3)] = 50.0,
    collector_diameter: Annotated[
        float, Param("diameter of the collector inside each solid strand; 0 for none", "um", 0.0, 1e4)
    ] = 0.0,
    gap: Annotated[float, Param("electrolyte between anode and cathode", "um", 0.5, 5e3)] = 50.0,
    margin: Annotated[
        float, Param("electrolyte between the strands and its outer circle; parallel and twisted", "um", 0.5, 1e4)
    ] = 50.0,
    jacket_thickness: Annotated[float, Param("wall of the jacket around all; 0 for none", "um", 0.0, 5e3)] = 0.0,
    length: Annotated[float, Param("length along the axis", "um", 1.0, 1e6)] = 3000.0,
    pitch: Annotated[float, Param("length of one turn of the twist; twisted", "um", 1.0, 1e6)] = 3000.0,
    bend_radius: Annotated[float, Param("radius of the axis, bent towards +x; 0 for straight", "um", 0.0, 1e7)] = 0.0,
) -> Layout:
    """A fibre along z: the plan is its cross-section, the same all along, z = 0 is half way.

    coaxial: collector, anode, electrolyte and cathode as nested tubes. parallel: an anode and a cathode strand
    along x = -/+ in a cylinder of electrolyte. twisted: the parallel section turned about z, once per pitch.
    """
    for name, value in (("anode_diameter", anode_diameter), ("cathode_diameter", cathode_diameter),
                        ("cathode_thickness", cathode_thickness), ("gap", gap), ("margin", margin),
                        ("length", length)):  # fmt: skip
        require(value > 0.0, name, value, "must be above 0 um")
    coaxial = arrangement == "coaxial"
    solid = anode_diameter if coaxial else min(anode_diameter, cathode_diameter)
    require(0.0 <= collector_diameter < solid, "collector_diameter", collector_diameter,
            f"must be below the strand's diameter, {solid:.6g} um")  # fmt: skip
    coat = 0.5 * (solid - collector_diameter) if collector_diameter > 0.0 else solid
    optional = [size for size in (collector_diameter, jacket_thickness) if size > 0.0]
    feature = min([gap, coat, cathode_thickness if coaxial else margin, *optional])
    span = (-0.5 * length, 0.5 * length)
    if coaxial:
        outer = 0.5 * anode_diameter + gap + cathode_thickness
        regions = _coaxial(0.5 * anode_diameter, gap, cathode_thickness, collector_diameter, span, feature)
    else:
        outer = 0.5 * (anode_diameter + gap + cathode_diameter) + margin
        regions = _side_by_side(anode_diameter, cathode_diameter, collector_diameter, outer, margin, span, feature)
    if jacket_thickness > 0.0:
        jacket = _tube(outer, outer + jacket_thickness, feature)
        regions.append(Region("encapsulation", "encapsulation", jacket, span))
    terminals = {"anode": ("anode",), "cathode": ("cathode",)}
    layout = Layout("", {}, tuple(regions), terminals, feature, gap, 0.0)
    placement = _placement(pitch if arrangement == "twisted" else 0.0, bend_radius)
    return layout.placed(placement) if placement else layout


def _coaxial(
    radius: float, gap: float, wall: float, core: float, span: tuple[float, float], feature: float
) -> list[Region]:
    """Return the anode, the electrolyte around it and the cathode around both."""
    bore = radius + gap
    return [
        *_strand("anode", radius, core, 0.0, span, feature),
        Region("electrolyte", "electrolyte", _tube(radius, bore, feature), span),
        Region("cathode", "cathode", _tube(bore, bore + wall, feature), span),
    ]


def _side_by_side(
    anode: float, cathode: float, core: float, outer: float, margin: float, span: tuple[float, float], feature: float
) -> list[Region]:
    """Return two strands of the diameters given, `margin` inside a cylinder of electrolyte of radius `outer`."""
    edge = outer - margin
    return [
        Region("electrolyte", "electrolyte", _disc(outer, feature), span),
        *_strand("anode", 0.5 * anode, core, 0.5 * anode - edge, span, feature),
        *_strand("cathode", 0.5 * cathode, core, edge - 0.5 * cathode, span, feature),
    ]


def _strand(name: str, radius: float, core: float, x: float, span: tuple[float, float], feature: float) -> list[Region]:
    """Return an electrode at (x, 0), around a collector of diameter `core` if that is above 0 um."""
    if core <= 0.0:
        return [Region(name, name, _disc(radius, feature, x), span, priority=1)]
    collector = f"{name}_collector"
    return [
        Region(collector, collector, _disc(0.5 * core, feature, x), span, priority=1),
        Region(name, name, _tube(0.5 * core, radius, feature, x), span, priority=1),
    ]


def _disc(radius: float, feature: float, x: float = 0.0) -> Polygon:
    return disc(radius, segments(radius, feature), (x, 0.0))


def _tube(inner: float, outer: float, feature: float, x: float = 0.0) -> Polygon:
    return Polygon(_disc(outer, feature, x).exterior, [_disc(inner, feature, x).exterior])


def _placement(pitch: float, bend_radius: float) -> Placement | None:
    """Return the twist, the bend or both; 0 um stands for none."""
    if pitch == 0.0:
        return Bend(bend_radius) if bend_radius > 0.0 else None
    return Composed(Twist(pitch), Bend(bend_radius)) if bend_radius > 0.0 else Twist(pitch)
