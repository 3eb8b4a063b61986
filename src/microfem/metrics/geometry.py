"""Metrics of the layout alone: areas, capacities, N/P ratio. They follow from the outlines and have no error."""

from __future__ import annotations

from typing import Literal

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.layout import Counts, Layout, Region, union
from microfem.materials.capacity import capacity_density
from microfem.metrics.metric import metric

Electrode = Literal["anode", "cathode"]


@metric("mm2")
def footprint(layout: Layout, *, counts: Counts = "electrodes") -> float:
    """Area of anode, cathode and the gaps between them; counts=package: of the outline of all layers."""
    if counts == "electrodes":
        _refuse_bare(layout, "footprint")
    return layout.footprint_area(counts) * 1e-6


@metric("mm2")
def electrode_area(layout: Layout, *, electrode: Literal["anode", "cathode", "both"] = "both") -> float:
    """Plan area of an electrode, or the sum of both: two plates that face each other count twice."""
    _refuse_bare(layout, "electrode_area")
    _refuse_cross_sections(layout, "electrode_area")
    roles = ("anode", "cathode") if electrode == "both" else (electrode,)
    return sum(layout.area(layout.electrode_outline(role)) for role in roles) * 1e-6


@metric("1", better="higher")
def fill_factor(layout: Layout) -> float:
    """Share of the footprint (electrodes and gaps) that electrodes cover."""
    _refuse_bare(layout, "fill_factor")
    _refuse_cross_sections(layout, "fill_factor")
    return layout.area(layout.electrode_outline()) / layout.footprint_area()


def _refuse_bare(layout: Layout, name: str) -> None:
    if not any(part.role in ("anode", "cathode") for part in layout.parts()):
        raise MetricRefused(name, "the layout has no electrodes", "footprint(counts=package)")


def _refuse_cross_sections(layout: Layout, name: str) -> None:
    if layout.projected is not None:
        raise MetricRefused(name, f"the plan of a {layout.family} is its cross-section", "volumetric_capacity()")


def capacity(layout: Layout, role: Electrode) -> float:
    """Return the capacity of all electrodes of a role, mAh."""
    sheets = [sheet.name for sheet in layout.sheets if sheet.role == role]
    if sheets:
        raise MicrofemError(
            f"'{sheets[0]}' is an ideal sheet without thickness, so it has no capacity; state a thickness"
        )
    total = 0.0
    for region in layout.with_role(role):
        volume = layout.area(region.footprint) * (region.z[1] - region.z[0]) * 1e-12  # cm3
        total += volume * capacity_density(layout.material(region.name))
    return total


def device_capacity(layout: Layout) -> float:
    """Return the capacity of a device, mAh: that of its smaller electrode, and of one cell for cells in series."""
    return min(capacity(layout, "anode"), capacity(layout, "cathode")) / layout.in_series


@metric("1")
def np_ratio(layout: Layout) -> float:
    """Capacity of the anode over that of the cathode."""
    _refuse_bare(layout, "np_ratio")
    return capacity(layout, "anode") / capacity(layout, "cathode")


@metric("mAh/cm2", better="higher")
def areal_capacity(layout: Layout, *, counts: Counts = "electrodes") -> float:
    """Capacity of the smaller electrode, of one cell where cells are in series, over the footprint."""
    _refuse_bare(layout, "areal_capacity")
    return device_capacity(layout) / (layout.footprint_area(counts) * 1e-8)


@metric("mAh/cm3", better="higher")
def volumetric_capacity(layout: Layout, *, substrate: bool = True, cover: bool = True) -> float:
    """Capacity of the smaller electrode, of one cell where cells are in series, over the device's volume.

    The volume is the outline of all layers x their whole height, without the medium around the device, and with or
    without the substrate and the cover.
    """
    _refuse_bare(layout, "volumetric_capacity")
    without = {"medium"} | {
        role for role, counted in (("substrate", substrate), ("encapsulation", cover)) if not counted
    }
    parts = [part for part in layout.parts() if part.role not in without]
    heights = [z for part in parts if isinstance(part, Region) for z in part.z]
    volume = layout.area(union(part.footprint for part in parts)) * (max(heights) - min(heights))
    return device_capacity(layout) / (volume * 1e-12)
