"""An experiment before it is made: pixel, gauge and noise, and what will be seen of a device's narrowest parts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from microfem.base.errors import MicrofemError
from microfem.dic.computed import require_view
from microfem.dic.expected import ExpectedNoise, Sensor, expected_noise, strip_share, widest_pixel
from microfem.dic.images import FEW_SPECKLES
from microfem.dic.records import DicSettings
from microfem.layout import Flat, Layout
from microfem.physics import Case
from microfem.physics.mechanics.load_actions import LoadedCase
from microfem.physics.mechanics.loads import Stretch

ENOUGH = 0.9  # share of a part's strain that a gauge shows, above which nothing is advised
FEWEST = 3  # points along the smallest gauge
WITHIN = 2.0  # standard deviations of noise that a difference must exceed to show


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A camera and a gauge in pixels.

    size: columns and rows; margin: of the image around the device, as a share of the device; gauge: its subset, step
    and window.
    """

    size: tuple[int, int]
    gauge: DicSettings
    sensor: Sensor = field(default_factory=Sensor)
    margin: float = 0.1


@dataclass(frozen=True, kw_only=True)
class PlannedGauge:
    """A gauge on the device, its noise at rest and at the largest stretch, None where the pattern cannot be followed.

    name: stated, or smallest.
    """

    name: str
    settings: DicSettings
    at_rest: ExpectedNoise
    stretched: ExpectedNoise | None

    @property
    def side(self) -> float:
        """Side of the gauge, um."""
        return self.settings.gauge or math.nan

    def share(self, width: float) -> tuple[float, float]:
        """Return the least and the largest share of the strain of a strip that the point nearest its middle shows.

        That point lies half a step off at most, and the strain may cross the strip or run along it.
        """
        pixel, step = self.settings.pixel, self.settings.step
        assert pixel
        assert step
        every = [
            strip_share(self.settings, width, crossed, off)
            for crossed in (True, False)
            for off in (0.0, 0.5 * step * pixel)
        ]
        return min(every), max(every)


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """The narrowest places of parts, or of the gaps beside them: the middle of the first and their width, um."""

    names: tuple[str, ...]
    at: tuple[float, float]
    width: float

    @property
    def name(self) -> str:
        """The parts as text."""
        first, *others = self.names
        return first if not others else f"{first} and {others[0] if len(others) == 1 else f'{len(others)} more'}"


@dataclass(frozen=True, kw_only=True)
class ExperimentPlan:
    """What a camera will see of a device that a case stretches.

    device, stretched: width and height at rest and at the largest stretch, um; stretch: that of the device; parts: the
    narrowest first; needed: the pixel, um, at which the smallest gauge shows enough of the narrowest part.
    """

    device: tuple[float, float]
    stretched: tuple[float, float]
    stretch: float
    setup: Setup
    turned: bool
    pixel: float
    gauges: tuple[PlannedGauge, ...]
    parts: tuple[Narrow, ...]
    needed: float

    @property
    def view(self) -> tuple[float, float]:
        """Width and height of the field of view, um, along the device's x and y."""
        columns, rows = self.setup.size[::-1] if self.turned else self.setup.size
        return columns * self.pixel, rows * self.pixel


def plan(layout: Layout, case: Case, setup: Setup) -> ExperimentPlan:
    """Return what a camera will see of a device on the path of a case.

    Raises:
        MicrofemError: a camera above does not see the device whole, it has no conductor, or a
        gauge cannot follow the pattern at rest.
    """
    require_view(case.dimension, layout.mirrors)
    if layout.placement != Flat() or layout.projected is not None:
        raise MicrofemError("a camera above sees a flat device; state one without a surface")
    along, stretch = stretch_of(case)
    x0, y0, _, x1, y1, _ = layout.box()
    device = (x1 - x0, y1 - y0)
    stretched = (device[0] * (stretch if "x" in along else 1.0), device[1] * (stretch if "y" in along else 1.0))
    pixels = [_pixel(stretched, size, setup.margin) for size in (setup.size, setup.size[::-1])]
    pixel, parts = min(pixels), tuple(narrow_places(layout))
    if not parts:
        raise MicrofemError("the layout has no conductor, whose narrowest part could be seen")
    gauge = replace(setup.gauge, pixel=pixel)
    smallest = replace(gauge, subset=_least_subset(setup.sensor.dot), window=FEWEST)
    named = {"stated": gauge} | ({"smallest": smallest} if (smallest.gauge or 0.0) < (gauge.gauge or 0.0) else {})
    gauges = tuple(_planned(name, one, setup.sensor, stretch) for name, one in named.items())
    return ExperimentPlan(
        device=device,
        stretched=stretched,
        stretch=stretch,
        setup=setup,
        turned=pixels[1] < pixels[0],
        pixel=pixel,
        gauges=gauges,
        parts=parts,
        needed=widest_pixel(gauges[-1].settings, parts[0].width, ENOUGH),
    )


def stretch_of(case: Case) -> tuple[str, float]:
    """Return the axes along which a case stretches a device, and the largest stretch of its path; "" and 1 for none."""
    load = case.load.chosen if isinstance(case, LoadedCase) else None
    if not isinstance(load, Stretch) or load.axis == "z":
        return "", 1.0
    factors = getattr(case, "path", ()) or (1.0,)
    return load.axis, 1.0 + max(0.0, *(factor * load.strain for factor in factors))


def _pixel(stretched: tuple[float, float], size: tuple[int, int], margin: float) -> float:
    """Return the pixel, um, at which a stretched device with a margin fits columns and rows."""
    return max((1.0 + margin) * length / count for length, count in zip(stretched, size, strict=True))


def _least_subset(dot: float) -> int:
    """Return the smallest odd side of a subset, px, with enough dots of a diameter, px."""
    return math.ceil(FEW_SPECKLES * dot) | 1


def _planned(name: str, settings: DicSettings, sensor: Sensor, stretch: float) -> PlannedGauge:
    rest = expected_noise(settings, sensor)
    try:
        stretched = rest if stretch == 1.0 else expected_noise(settings, sensor, stretch)
    except MicrofemError:
        stretched = None
    return PlannedGauge(name=name, settings=settings, at_rest=rest, stretched=stretched)


def narrow_places(layout: Layout) -> list[Narrow]:
    """Return the narrowest places of the conductors, and of the gaps beside them, the narrowest first.

    Those of one width stand together; a tip that ends in a point has none.
    """
    from microfem.fabrication.layers import layers
    from microfem.fabrication.minimum_width import gaps, widths

    found: dict[tuple[str, str], tuple[float, tuple[float, float]]] = {}
    for layer in layers(layout):
        for kind, places in (("", widths(layer.outline, math.inf)), ("gap at ", gaps(layer.outline, math.inf))):
            for one in sorted(places, key=lambda place: place.width):
                if one.width > 0.0:
                    found.setdefault((kind, layer.name(*one.at)), (one.width, one.at))
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, name in sorted(found, key=lambda key: found[key][0]):
        alike.setdefault((kind, f"{found[kind, name][0]:.6g}"), []).append((kind, name))
    return [
        Narrow(
            names=(kind + keys[0][1], *(name for _, name in keys[1:])), at=found[keys[0]][1], width=found[keys[0]][0]
        )
        for (kind, _), keys in alike.items()
    ]


def advice(one: ExperimentPlan) -> str:
    """Return what to change so that enough of the narrowest part is seen."""
    part, last = one.parts[0], one.gauges[-1]
    shown = {gauge.name: gauge.share(part.width)[0] for gauge in one.gauges}
    if shown["stated"] >= ENOUGH:
        return f"the stated gauge shows {part.name}"
    if shown[last.name] >= ENOUGH:
        return (
            f"take the smallest gauge: subset {last.settings.subset} px, window {last.settings.window} points; or a "
            f"lens with a pixel of {widest_pixel(one.gauges[0].settings, part.width, ENOUGH):.3g} um"
        )
    columns, rows = (count * one.needed / 1e3 for count in one.setup.size)
    many = math.prod(one.setup.size) * (one.pixel / one.needed) ** 2 / 1e6
    return (
        f"no gauge shows {part.name}: with the smallest one it takes a pixel of {one.needed:.3g} um, which is a lens "
        f"with a view of {columns:.3g} x {rows:.3g} mm, a part of the device, or {many:.3g} Mpx for all of it; "
        "otherwise compare with a levelled field alone, never with the strain of the part"
    )
