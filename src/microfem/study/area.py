"""The size of a device from its area: the value of one parameter at which the footprint is as stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from microfem.base.errors import LayoutError
from microfem.families.family import Family

ROUND_OFF = 1e-13  # relative difference of areas
CHORDS = 1e-3  # largest relative difference of areas: outlines of circles are chords, and jump with their number
MOST_STEPS = 40

Params = Callable[[float], Mapping[str, object]]
Point = tuple[float, float]  # a size, um, and the excess of its area, um2


def size_of_area(family: Family, name: str, area: float, params: Params) -> float:
    """Return the value of a size at which the footprint of a device is `area`, um2, by the secant method.

    params: all parameters of the family at a value of that size. The footprint is a convex function of each size of a
    family, linear or quadratic: secants towards a smaller size reach it from above, where layouts are possible.

    Raises:
        LayoutError: no layout has that area.
    """

    def point(size: float) -> Point:
        if size <= 0.0:
            raise impossible(name, area, f"{name} would be {size:.6g} um")
        return size, family.function(**params(size)).footprint_area() - area

    before, last = _start(family, name, area, point)
    for _ in range(MOST_STEPS):
        if abs(last[1]) <= ROUND_OFF * area or last[1] == before[1]:
            break
        size = last[0] - last[1] * (last[0] - before[0]) / (last[1] - before[1])
        try:
            following = point(size)
        except LayoutError as error:
            if error.parameter == "area":
                raise
            raise impossible(name, area, f"{name} would be {size:.6g} um: {error.bound}") from error
        if abs(following[1]) >= abs(last[1]):
            break
        before, last = last, following
    if abs(last[1]) > CHORDS * area:
        raise impossible(name, area, f"the nearest that is possible is {(last[1] + area) * 1e-6:.6g} mm2")
    return last[0]


def impossible(name: str, area: float, why: str) -> LayoutError:
    """Return the error of an area that no value of a size gives."""
    return LayoutError("area", f"{area * 1e-6:.6g} mm2", f"it fixes {name}, and {why}")


def _start(family: Family, name: str, area: float, point: Callable[[float], Point]) -> tuple[Point, Point]:
    """Return two sizes, the second too large unless both are.

    Raises:
        LayoutError: no size gives a layout, or its upper bound too small an area.
    """
    _, param, default = family.params[name]
    size, most = float(str(default)), param.high
    assert most is not None
    while True:  # the default may be too small for the other parameters
        try:
            first, second = point(size), point(2.0 * size)
            break
        except LayoutError:
            if (size := 2.0 * size) > most:
                raise
    while second[1] < 0.0:
        if second[0] >= most:
            largest = f"{(second[1] + area) * 1e-6:.6g} mm2"
            raise impossible(name, area, f"{largest} is too small at {second[0]:.6g} um, above the bound {most:g} um")
        first, second = second, point(2.0 * second[0])
    return first, second
