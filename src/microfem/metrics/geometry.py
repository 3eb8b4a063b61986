"""Metrics of the layout alone: areas, capacities, N/P ratio. They come from the outlines, so their error is nil."""

from __future__ import annotations

from typing import Literal

from microfem.errors import MetricRefused
from microfem.layout import Layout, union
from microfem.metrics.metric import metric


@metric("mm2")
def footprint(layout: Layout) -> float:
    """Area that anode, cathode and the gaps between them cover."""
    return layout.footprint_area() * 1e-6


@metric("mm2")
def electrode_area(layout: Layout, *, electrode: Literal["anode", "cathode", "both"] = "both") -> float:
    """Plan area of an electrode, or of both."""
    _refuse_cross_sections(layout, "electrode_area")
    return layout.electrode_outline(None if electrode == "both" else electrode).area * 1e-6


@metric("1", better="higher")
def utilisation(layout: Layout) -> float:
    """Share of the footprint that the electrodes cover."""
    _refuse_cross_sections(layout, "utilisation")
    return layout.electrode_outline().area / layout.footprint_area()


def _refuse_cross_sections(layout: Layout, name: str) -> None:
    if layout.projected is not None:
        raise MetricRefused(name, f"the plan of a {layout.family} is its cross-section", "volumetric_capacity()")


def capacity(layout: Layout, role: str) -> float:
    """Return an electrode's capacity, mAh: volume x density x (1 - porosity) x specific capacity."""
    total = 0.0
    for region in layout.with_role(role):
        material = layout.material(region.name)
        solid = 1.0 - (material.value("porosity") if material.has("porosity") else 0.0)
        volume = region.footprint.area * (region.z[1] - region.z[0]) * 1e-12  # cm3
        total += volume * material.value("density") * solid * material.value("specific_capacity")
    return total


@metric("1")
def np_ratio(layout: Layout) -> float:
    """Capacity of the anode over that of the cathode."""
    return capacity(layout, "anode") / capacity(layout, "cathode")


@metric("mAh/cm2", better="higher")
def areal_capacity(layout: Layout) -> float:
    """Capacity of the smaller electrode over the footprint (electrodes and gaps)."""
    return min(capacity(layout, "anode"), capacity(layout, "cathode")) / (layout.footprint_area() * 1e-8)


@metric("mAh/cm3", better="higher")
def volumetric_capacity(layout: Layout) -> float:
    """Capacity of the smaller electrode over the whole device's volume: outline of all layers x whole height."""
    box = layout.box()
    volume = union(part.footprint for part in layout.parts()).area * (box[5] - box[2])
    return min(capacity(layout, "anode"), capacity(layout, "cathode")) / (volume * 1e-12)
