"""A comparison of a map with a computed field, told for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from microfem.dic.compare import Comparison
from microfem.dic.records import STRAINS, Difference, Registration
from microfem.dic.rounding import with_error
from microfem.dic.series import strains_as_a_whole


def summary(one: Comparison) -> dict[str, Any]:
    """Return a comparison for JSON; numbers that are not known are None."""
    measured, computed, off = strains_as_a_whole(one)
    on, levelled = one.on, one.levelled
    return {
        "map": one.map.name,
        "file": one.map.source.file,
        "sha256": one.map.source.sha256,
        "load": _number(levelled.load),
        "level": levelled.how,
        "measure": levelled.measure,
        "gauge_px": levelled.gauge[0],
        "gauge_um": levelled.gauge[1],
        "registration": {
            "rotation_deg": math.degrees(on.rotation),
            "scale": on.scale,
            "shift_um": list(on.shift),
            "mirrored": on.mirrored,
            "specimen_rotation_deg": math.degrees(on.turn),
            "specimen_shift_um": list(on.away),
            "rms_um": _number(on.rms),
            "n": on.n,
            "fitted": list(on.fitted),
            "not_told_by_the_points": list(on.held),
            "errors": dict(on.errors),
        },
        "noise": one.noise
        and {"displacement_um": one.noise.displacement, "gradient": one.noise.gradient, "static": one.noise.static},
        "global_nominal_strain": {
            f"e{name}": {"measured": m, "computed": c, "error_of_difference": _number(error)}
            for name, m, c, error in zip(STRAINS, measured.values, computed.values, off.errors, strict=False)
        },
        "masked": dict(next(iter(one.differences.values())).masked),
        "differences": {name: _difference(each) for name, each in one.differences.items()},
    }


def _difference(one: Difference) -> dict[str, Any]:
    told = {
        "unit": one.unit,
        "n": one.n,
        "bias": one.bias,
        "rms": one.rms,
        "median": one.median,
        "p95": one.p95,
        "noise": one.noise,
        "share_within_noise": one.share_within,
    }
    return told | ({"regions": {name: _difference(each) for name, each in one.regions}} if one.regions else {})


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def lines(one: Comparison) -> Iterator[str]:
    """Yield lines for people: registration, strain as a whole, differences, by region."""
    levelled, on = one.levelled, one.on
    load = f" at load {levelled.load:g}" if math.isfinite(levelled.load) else ""
    yield f"{one.map.name}{load}: computed field levelled by {levelled.how}, gauge {levelled.gauge[1]:g} um"
    held = f"; the points do not tell {', '.join(on.held)}" if on.held else ""
    yield f"  axes       {', '.join(axes(on))}; fitted: {', '.join(on.fitted) or 'nothing'}{held}"
    if on.mirrored:
        yield f"  axes       {on.mirrored} of the map points the other way than in the design: it was mirrored"
    yield f"  specimen   turned by {math.degrees(on.turn):.4f} deg; {on.rms:.3g} um rms remain at {on.n:,} points"
    measured, computed, _ = strains_as_a_whole(one)
    pairs = zip(STRAINS, measured.values, computed.values, strict=False)
    yield "  as a whole " + ", ".join(f"e{name} {100 * m:.4g} % ({100 * c:.4g} %)" for name, m, c in pairs)
    masked = next(iter(one.differences.values())).masked
    counted = ", ".join(f"{count:,} {why}" for why, count in masked) or "none"
    yield f"  points     {int(one.used.sum()):,} count; left out: {counted}"
    yield f"  {'':<16} {'n':>7} {'bias':>10} {'rms':>10} {'median':>10} {'95 %':>10} {'noise':>10} {'within':>8}"
    for name, each in one.differences.items():
        yield _row(f"{name} {'um' if each.unit == 'um' else ''}".strip(), each)
        if name not in ("u", "v"):
            yield from (_row(f"  {region}", part) for region, part in each.regions)


def axes(on: Registration) -> Iterator[str]:
    """Yield rotation, scale and shift, each with its error where it was fitted."""
    errors = dict(on.errors)
    values = {
        "rotation": (math.degrees(on.rotation), math.degrees(errors.get("rotation", 0.0)), "deg"),
        "scale": (on.scale, errors.get("scale", 0.0), ""),
        "shift x": (on.shift[0], errors.get("shift x", 0.0), "um"),
        "shift y": (on.shift[1], errors.get("shift y", 0.0), "um"),
    }
    for name, (value, error, unit) in values.items():
        yield f"{name} {with_error(value, error, unit)}"


def _row(name: str, one: Difference) -> str:
    within = "–" if one.share_within is None else f"{100 * one.share_within:.1f} %"
    noise = "–" if one.noise is None else f"{one.noise:.3g}"
    return (
        f"  {name:<16} {one.n:>7,} {one.bias:>+10.3g} {one.rms:>10.3g} {one.median:>10.3g} {one.p95:>10.3g} "
        f"{noise:>10} {within:>8}"
    )
