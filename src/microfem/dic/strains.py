"""Strains of a table: in one unit, with the shear of the tensor, and of a measure that is known where it matters."""

from __future__ import annotations

import numpy as np

from microfem.base.units import convert
from microfem.dic.presets import STRAIN_COLUMNS
from microfem.dic.records import Floats, Measure
from microfem.dic.table import Table

LARGEST_SMALL = 0.05  # strain up to which one measure stands for another
SHARE = 0.05  # of the points must exceed it: a wild point asks for no measure
SHARES = {"": "1", "-": "1", "1": "1", "%": "%", "um/m": "um/m", "µm/m": "um/m", "mm/m": "mm/m", "ppm": "ppm"}


def strains_of(table: Table) -> tuple[Floats | None, list[str]]:
    """Return the strains (n, 3) of a table, nan for a component that it lacks, and what was done to them.

    Raises:
        InputError: the components have different units and their program is not known to write them so.
    """
    held = [what for what in STRAIN_COLUMNS if what in table.values]
    if not held:
        return None, []
    columns, notes = dict.fromkeys(("exx", "eyy", "exy"), np.full(len(table.values["x"]), np.nan)), []
    for what, factor in _factors(table, held).items():
        engineering = what == "gxy"
        columns["exy" if engineering else what] = table.values[what] * (0.5 * factor if engineering else factor)
    if any(table.units[what] == "%" for what in held):
        notes.append("strains in % divided by 100")
    if "gxy" in held:
        notes.append("engineering shear halved")
    return np.column_stack(list(columns.values())), notes


def _factors(table: Table, held: list[str]) -> dict[str, float]:
    """Return what turns each strain of a table into a share of 1."""
    expected = table.preset.strain_units or dict.fromkeys(held, table.units[held[0]])
    for what in held:
        unit = table.units[what]
        if unit not in SHARES:
            table.refuse(what, f"{what} is in '{unit}', which is no unit of a strain")
        if SHARES[unit] != SHARES.get(expected.get(what, unit)):
            told = ", ".join(f"{one} in {table.units[one] or '1'}" for one in held)
            table.refuse(what, f"percent and plain numbers are mixed: {told}; export all strains in one unit")
    return {what: convert(SHARES[table.units[what]], "1") for what in held}


def measure_of(table: Table, found: Measure | None, given: Measure | None, strain: Floats | None) -> Measure | None:
    """Return the measure of the strains, as the file or the user states it; None if neither does.

    Raises:
        InputError: both state another, or none does and the strains are too large for one to stand for another.
    """
    if strain is None:
        return None
    if found and given and found != given:
        table.refuse("exx", f"the file says that the strains are {found}, and {given} is stated")
    if found or given:
        return found or given
    largest = np.abs(np.nan_to_num(strain)).max(axis=1)
    if np.mean(largest > LARGEST_SMALL) > SHARE:
        table.refuse(
            "exx",
            f"strains of {np.quantile(largest, 1.0 - SHARE):.2g} and no measure in the header: state the measure, "
            "nominal, green_lagrange, hencky, almansi or small, or none to leave the strains out",
        )
    return None
