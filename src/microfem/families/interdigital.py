"""Interdigital comb: straight fingers of anode and cathode in turn, each set on its own busbar."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family, require
from microfem.families.stack import PLANAR_MATERIALS, planar_layout
from microfem.layout import Layout, union
from microfem.layout.shapes import rectangle


@family(dimensions=("3d", "section", "plan"), materials=PLANAR_MATERIALS)
def interdigital(
    *,
    finger_pairs: Annotated[int, Param("pairs of one anode and one cathode finger", low=1, high=200)] = 4,
    finger_length: Annotated[float, Param("length of a finger from its busbar to its tip", "um", 1.0, 1e5)] = 3000.0,
    anode_width: Annotated[float, Param("width of an anode finger", "um", 1.0, 1e4)] = 300.0,
    cathode_width: Annotated[float, Param("width of a cathode finger", "um", 1.0, 1e4)] = 300.0,
    gap: Annotated[float, Param("distance between neighbouring fingers", "um", 0.5, 1e4)] = 300.0,
    tip_gap: Annotated[
        float, Param("distance from a finger's tip to the other busbar; 0 takes the gap", "um", 0.0, 1e4)
    ] = 0.0,
    busbar_width: Annotated[float, Param("width of the bar that joins the fingers", "um", 1.0, 1e5)] = 300.0,
    tab_length: Annotated[
        float, Param("length of the contact pad beyond the busbar's end; 0 for none", "um", 0.0, 1e5)
    ] = 0.0,
    anode_thickness: Annotated[float, Param("thickness of the anode", "um", 0.1, 5e3)] = 30.0,
    cathode_thickness: Annotated[float, Param("thickness of the cathode", "um", 0.1, 5e3)] = 30.0,
    collector_thickness: Annotated[
        float, Param("thickness of the current collectors under both; 0 for none", "um", 0.0, 1e3)
    ] = 0.0,
    electrolyte_height: Annotated[
        float, Param("height of the electrolyte above the substrate", "um", 0.5, 1e5)
    ] = 300.0,
    substrate_thickness: Annotated[float, Param("thickness of the substrate", "um", 0.5, 1e4)] = 100.0,
    encapsulation_thickness: Annotated[float, Param("thickness of the cover; 0 for none", "um", 0.0, 1e4)] = 0.0,
    margin: Annotated[
        float, Param("electrolyte and substrate beyond the electrodes on each side", "um", 0.0, 1e5)
    ] = 300.0,
) -> Layout:
    """Straight fingers along y, in turn anode and cathode along x; the anode's busbar lies at low y.

    Equal anode and cathode widths give the usual comb; unequal widths or thicknesses set the N/P ratio.
    """
    require(gap > 0.0, "gap", gap, "must be above 0 um")
    tip = tip_gap or gap
    pitch = anode_width + cathode_width + 2.0 * gap
    width = finger_pairs * pitch - gap
    top = finger_length + tip
    left = -0.5 * width
    bottom = -0.5 * (finger_length + tip)
    at = [left + pair * pitch for pair in range(finger_pairs)]
    anode = union(
        [rectangle(left, bottom - busbar_width, left + width, bottom)]
        + [rectangle(x, bottom - busbar_width, x + anode_width, bottom + finger_length) for x in at]
    )
    shift = anode_width + gap
    cathode = union(
        [rectangle(left, bottom + top, left + width, bottom + top + busbar_width)]
        + [rectangle(x + shift, bottom + tip, x + shift + cathode_width, bottom + top + busbar_width) for x in at]
    )
    tabs = {}
    if tab_length > 0.0:
        right = left + width
        tabs["anode"] = rectangle(left - tab_length, bottom - busbar_width, left, bottom)
        tabs["cathode"] = rectangle(right, bottom + top, right + tab_length, bottom + top + busbar_width)
    return planar_layout(
        anode=anode, cathode=cathode, tabs=tabs, gap=gap, feature=min(gap, tip, anode_width, cathode_width),
        anode_thickness=anode_thickness, cathode_thickness=cathode_thickness,
        collector_thickness=collector_thickness, electrolyte_height=electrolyte_height,
        substrate_thickness=substrate_thickness, encapsulation_thickness=encapsulation_thickness, margin=margin,
    )  # fmt: skip
