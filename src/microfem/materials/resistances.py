"""Conductivities stated by what data sheets and four-point probes give: a resistivity, or the resistance of a sheet."""

from __future__ import annotations

from collections.abc import Callable

from microfem.base.errors import MicrofemError
from microfem.base.units import convert, parse_unit

CONDUCTIVITY, RESISTIVITY = "conductivity", "resistivity"
BULK, SHEET = "ohm m", "ohm"  # units of a resistivity and of a sheet's resistance, ohm/sq


def inverse_of(key: str, unit: str, thickness: float | None, what: str) -> Callable[[float], float] | None:
    """Return the conductivity, S/m, as a function of a stated resistance; None for properties that are none.

    The conductivity is 1 / rho of a resistivity rho, and 1 / (R t) of a sheet of resistance R and thickness t.

    key, unit: as stated; thickness: um; what: the property, for messages.

    Raises:
        MicrofemError: a sheet's resistance has no thickness, or a thickness has no use; by the function returned: the
            resistance is 0 or below.
    """
    sheet = key in (CONDUCTIVITY, RESISTIVITY) and _like(unit, SHEET)
    if sheet and thickness is None:
        raise MicrofemError(
            f"{what} in {unit} is the resistance of a sheet: state the thickness at which it was measured, as in "
            f"{{value: ..., unit: {unit}, thickness: 25 um, source: ...}}"
        )
    if thickness is not None and not sheet:
        raise MicrofemError(f"{what}: a thickness belongs to the resistance of a sheet, in ohm/sq; leave it out")
    if key == CONDUCTIVITY and _like(unit, BULK):
        raise MicrofemError(f"{what} in {unit} is a resistivity; state it as {RESISTIVITY}")
    if not sheet and key != RESISTIVITY:
        return None

    def inverse(resistance: float) -> float:
        ohms = convert(unit, SHEET if sheet else BULK, resistance)
        if ohms <= 0.0:
            raise MicrofemError(f"{what} = {resistance:g} {unit} is impossible: a resistance is above 0")
        return 1.0 / (ohms * (1e-6 * thickness if thickness is not None else 1.0))

    return inverse


def _like(unit: str, other: str) -> bool:
    """Tell whether two units have one dimension; False where the first is no unit, which its reader tells."""
    try:
        return parse_unit(unit).dimension == parse_unit(other).dimension
    except MicrofemError:
        return False
