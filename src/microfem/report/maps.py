"""The section of a report on measured maps: how each was measured, where it lies, how far the computed field is off."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from html import escape
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.dic.computed import named
from microfem.dic.records import DicSettings, Difference
from microfem.render.measured import LABELS
from microfem.report.figures import figure
from microfem.report.runs import Run, Runs, table, texts
from microfem.report.wording import chapter, section
from microfem.results.measured_maps import COMPONENTS, MapResult, map_picture, read_points
from microfem.results.opened import design_folder
from microfem.results.summary import CaseResult

LEVELS = {
    "none": "at the points",
    "gauge": "through the plane fit of the gauge",
    "subset": "through subsets and gauge",
    "images": "through images and the same matching",
}
WHY = {
    "outside": "beside the device",
    "quality": "with a low correlation",
    "edge": "whose gauge reaches over the rim",
    "no computed value": "without a computed value",
    "no gauge": "with too few neighbours",
}
HEAD = ["", "points", "bias", "rms", "95th percentile", "noise", "within noise"]
LEGEND = (
    "Measured less computed, over the points that count; bias: mean; 95th percentile: of the size; noise: median "
    "standard deviation; within noise: share of the points that differ by two standard deviations at most."
)


def measured(runs: Runs) -> str:
    """Return each measured map of each design: settings, registration, differences by region, pictures."""
    parts = [
        _map(run, design, case, result, one)
        for run in runs.each
        for design, each in run.summary.designs.items()
        for case, result in each.cases.items()
        for one in result.maps
    ]
    return chapter("Measured maps", *parts, f"<p class='small'>{LEGEND}</p>") if parts else ""


def _map(run: Run, design: str, case: str, result: CaseResult, one: MapResult) -> str:
    title = f"{run.prefix}{design}: {_plain(one.measurement)} beside {_plain(case)}"
    settings = table(["", ""], [texts(row) for row in _settings(one, result)], "text small")
    rows = [_row(LABELS[of], each) for of, each in one.differences.items()]
    rows[1:1] = [_row(f"in {_plain(region)}", part) for region, part in one.differences["exx"].regions]
    pictures = "".join(_pictures(run, design, case, result, one))
    return section(escape(title), settings, table(HEAD, rows), pictures)


def _settings(one: MapResult, result: CaseResult) -> Iterator[tuple[str, str]]:
    """Yield what a map is told by, in words, and its value."""
    from microfem.dic.comparison_text import axes  # imported here, because checks of studies need no compiled code

    known = one.settings
    yield "source", one.source
    yield "load", f"{_plain(named(result.states[-1].numbers if result.states else {}))} {one.load:.4g}"
    yield "correlated by", ", ".join(_correlation(known))
    yield "strain gauge", f"{one.gauge[0]} px, {one.gauge[1]:.4g} µm; {_plain(known.measure or 'unknown')} strain"
    yield "computed field", LEVELS[one.level]
    masked = one.differences["exx"].masked
    left_out = ", ".join(f"{count:,} {WHY.get(why, why)}" for why, count in masked)
    yield "points", f"{one.differences['exx'].n:,} count; left out: {left_out or 'none'}"
    if one.noise is not None:
        how = "by maps of the device at rest" if one.noise.static else "as the map states it"
        yield "noise", f"{one.noise.displacement:.2g} µm of a displacement, {how}"
    found = ", ".join(axes(one.on)).replace("+-", "±").replace(" deg", "°").replace(" um", " µm")
    held = f"; the points do not tell {', '.join(one.on.held)}" if one.on.held else ""
    mirror = f"; {one.on.mirrored} of the map points the other way" if one.on.mirrored else ""
    yield "registration", f"{found}; fitted: {', '.join(one.on.fitted) or 'nothing'}{held}{mirror}"
    turned = f"turned by {math.degrees(one.on.turn):.4f}°"
    yield "specimen", f"{turned}; its deformed places are off by {one.on.rms:.2g} µm rms at {one.on.n:,} points"


def _correlation(known: DicSettings) -> Iterator[str]:
    """Yield how a map was correlated, as far as it is known."""
    yield known.program or "a program that is not told"
    lengths = {"subset": (known.subset, "px"), "step": (known.step, "px"), "window": (known.window, "points")}
    yield from (f"{name} {number} {unit}" for name, (number, unit) in lengths.items() if number is not None)
    if known.pixel is not None:
        yield f"pixel {known.pixel:.4g} µm"


def _row(name: str, one: Difference) -> list[str]:
    factor = 1.0 if one.unit == "um" else 100.0
    sizes = [f"{factor * value:.3g}" for value in (one.rms, one.p95)]
    noise = "–" if one.noise is None else f"{factor * one.noise:.2g}"
    share = "–" if one.share_within is None else f"{100.0 * one.share_within:.0f} %"
    return texts([name, f"{one.n:,}", f"{factor * one.bias:+.3g}".replace("-", "−"), *sizes, noise, share])


def _pictures(run: Run, design: str, case: str, result: CaseResult, one: MapResult) -> Iterator[str]:
    """Yield the pictures of a map: those that its views drew, or that of the strain along x."""
    drawn = [(of, run.folder / "pictures" / map_picture(design, one, of)) for of in COMPONENTS]
    caption = "grey: points that do not count; black: outline of the layout"
    found = [(of, path.read_bytes()) for of, path in drawn if path.is_file()]
    try:
        for of, data in found or [("exx", _drawn(design_folder(run.folder, design), case, result, one))]:
            yield figure(data, "png", f"{LABELS[of].capitalize()}; {caption}")
    except MicrofemError as error:
        yield f"<p class='small'>No picture: {escape(str(error))}</p>"


def _drawn(place: Path, case: str, result: CaseResult, one: MapResult) -> bytes:
    """Draw the strain along x of a map from its stored points.

    Raises:
        MicrofemError: a file is missing or damaged.
    """
    from microfem.render.measured import map_figure
    from microfem.render.style import save, styled
    from microfem.results.surfaces import case_path

    outline, buffer = case_path(place, case, result.states).surface.outline, io.BytesIO()
    with styled():
        save(map_figure(one, read_points(place / one.file), outline, "exx"), buffer, "png")
    return buffer.getvalue()


def _plain(name: str) -> str:
    return name.replace("_", " ")
