"""Star: wedge-shaped fingers of a hub between those of an outer ring, at a constant gap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import PLANAR_MATERIALS, Gap, PlanarElectrodes, PlanarStack, planar_layout
from microfem.layout import Layout
from microfem.layout.shapes import MOST_CHORDS, arc, disc, segments

NARROWEST = 0.1  # least half width of a finger where it is narrowest, relative to the gap


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def radial_fingers(
    *,
    finger_pairs: Annotated[int, Param("pairs of one anode and one cathode finger", low=2, high=200)] = 6,
    hub_radius: Annotated[float, Param("outer radius of the anode's hub", "um", 0.05, 1e5)] = 900.0,
    inner_radius: Annotated[
        float, Param("radius of a hole in the hub, which makes it a ring; 0 for none", "um", 0.0, 1e5)
    ] = 0.0,
    finger_length: Annotated[float, Param("length of a finger from its root to its tip", "um", 0.05, 1e5)] = 1500.0,
    ring_width: Annotated[float, Param("width of the cathode's outer ring", "um", 0.05, 1e5)] = 300.0,
    gap: Gap = 200.0,
    anode_share: Annotated[
        float, Param("share of the anode's finger in the angle of a pair", low=0.05, high=0.95)
    ] = 0.5,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Wedges from a hub (anode) outwards, between wedges from a ring (cathode) inwards, with a constant gap."""
    bound = f"must be at least {2.0 * gap:.6g} um, twice the gap, or the fingers do not interleave"
    require(finger_length >= 2.0 * gap, "finger_length", finger_length, bound)
    require(inner_radius < hub_radius, "inner_radius", inner_radius, f"must be below the hub's, {hub_radius:.6g} um")
    half = {"anode": math.pi * anode_share / finger_pairs, "cathode": math.pi * (1.0 - anode_share) / finger_pairs}
    least = (0.5 + NARROWEST) * gap / math.sin(min(half.values()))
    bound = f"must be at least {least:.6g} um for {finger_pairs} pairs of fingers with gaps of {gap:.6g} um"
    require(hub_radius >= least, "hub_radius", hub_radius, bound)
    inside, outside = hub_radius + gap, hub_radius + finger_length + gap  # radii of the cathode's tips and roots
    radii = [
        hub_radius,
        inside,
        outside - gap,
        outside,
        outside + ring_width,
        *([inner_radius] if inner_radius else []),
    ]
    narrow = [2.0 * hub_radius * math.sin(one - math.asin(0.5 * gap / hub_radius)) for one in half.values()]
    feature = min(gap, ring_width, hub_radius - inner_radius, inner_radius or gap, *narrow)
    count = segments(radii[4], feature)
    bound = f"each needs {count} chords at this size; must be at most {MOST_CHORDS // count}"
    require(count * finger_pairs <= MOST_CHORDS, "finger_pairs", finger_pairs, bound)
    star = _Star(finger_pairs, 0.5 * gap, feature)
    hole = [disc(inner_radius, count).exterior] if inner_radius else []
    whole = disc(outside + ring_width, count).exterior
    return planar_layout(
        anode=Polygon(star.line(hub_radius, outside - gap, half["anode"], 0.0), hole),
        cathode=Polygon(whole, [star.line(outside, inside, half["cathode"], math.pi / finger_pairs)]),
        gap=gap,
        feature=feature,
        electrodes=electrodes,
        stack=stack,
        circles=tuple((0.0, 0.0, radius) for radius in radii),
    )


@dataclass(frozen=True)
class _Star:
    """The outlines of fingers about the origin, with half of the gap on each side; lengths in um."""

    fingers: int
    half_gap: float
    feature: float

    def line(self, root: float, tip: float, half: float, start: float) -> NDArray[np.float64]:
        """Return the corners (n, 2) of fingers of half that angle between two radii; the first points along `start`."""
        step = 2.0 * math.pi / self.fingers
        at_root, at_tip = (half - math.asin(self.half_gap / radius) for radius in (root, tip))
        arcs = []
        for k in range(self.fingers):
            middle = start + k * step
            arcs.append(arc((0.0, 0.0), tip, middle - at_tip, 2.0 * at_tip, self.feature))
            arcs.append(arc((0.0, 0.0), root, middle + at_root, step - 2.0 * at_root, self.feature))
        return np.vstack(arcs)
