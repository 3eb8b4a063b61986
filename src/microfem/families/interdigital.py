"""Interdigital comb: alternating straight fingers of anode and cathode, each polarity on its own busbar."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeWidth,
    BusbarWidth,
    CathodeWidth,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    TabLength,
    planar_layout,
)
from microfem.layout import Layout
from microfem.layout.shapes import Comb

OwnBusbarWidth = Annotated[float, Param("its own width of this busbar; 0 takes busbar_width", "um", 0.0, 1e5)]


@family(dimensions=("3d", "section", "plan"), materials=PLANAR_MATERIALS, sizes=("finger_length",))
def interdigital(
    *,
    finger_pairs: Annotated[
        float,
        Param("pairs of an anode and a cathode finger; a half adds an anode finger", low=1, high=200, step=0.5),
    ] = 4,
    finger_length: Annotated[float, Param("length of a finger from its busbar to its tip", "um", 0.05, 1e5)] = 3000.0,
    anode_width: AnodeWidth = 300.0,
    cathode_width: CathodeWidth = 300.0,
    gap: Gap = 300.0,
    tip_gap: Annotated[
        float, Param("distance from a finger's tip to the other busbar; 0 takes the gap", "um", 0.0, 1e4)
    ] = 0.0,
    finger_taper: Annotated[
        float, Param("width of a finger's tip over that of its root, of the narrower finger", low=0.05, high=1.0)
    ] = 1.0,
    busbar_width: BusbarWidth = 300.0,
    anode_busbar_width: OwnBusbarWidth = 0.0,
    cathode_busbar_width: OwnBusbarWidth = 0.0,
    tab_length: TabLength = 0.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Straight fingers along y, alternating anode and cathode along x; the anode's busbar lies at low y.

    Equal anode and cathode widths give the usual comb; unequal widths or thicknesses set the N/P ratio. The widths of
    tapered fingers are those halfway between the busbars; all sides lean alike, so that the gap is uniform.
    """
    require(gap > 0.0, "gap", gap, "must be above 0 um")
    tip = tip_gap or gap
    bound = f"must be above the tip gap, {tip:.6g} um, or the fingers do not interleave"
    require(finger_length > tip, "finger_length", finger_length, bound)
    comb = Comb(
        pairs=finger_pairs,
        length=finger_length,
        anode_width=anode_width,
        cathode_width=cathode_width,
        gap=gap,
        tip=tip,
        bars=(anode_busbar_width or busbar_width, cathode_busbar_width or busbar_width),
        taper=finger_taper,
    )
    return planar_layout(
        anode=comb.anode(),
        cathode=comb.cathode(),
        tabs=comb.tabs(tab_length) if tab_length > 0.0 else None,
        gap=gap,
        feature=min(gap, tip, comb.narrowest),
        electrodes=electrodes,
        stack=stack,
        fingers=comb.fingers(),
    )
