"""The command `microfem dic identify`: parameters of a study from the map of a camera."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.dic_options import chosen
from microfem.cli.options import Json, Set, StudyFile, fail

if TYPE_CHECKING:
    from microfem.run.identify import Identified

NAME = "identified.json"
REMAINS = ("u", "v", "exx")  # of the map, drawn beside the device that was found


def identify_parameters(
    study: StudyFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of numbers and pictures", show_default=False)],
    only: Annotated[str, typer.Option(help="one name of `identify` (default: all)", show_default=False)] = "",
    changes: Set = None,
    as_json: Json = False,
) -> None:
    """Identify parameters of a study from maps: value, error by source, correlation, what the map tells of each."""
    from microfem.cli.options import load_to_run
    from microfem.cli.progress_board import showing
    from microfem.results.files import write_text
    from microfem.run.identify import identify_study

    loaded = load_to_run(study, changes)
    if not loaded.identify:
        raise MicrofemError(f"{loaded.name} identifies nothing; state `identify: {{NAME: {{vary: ..., from: ...}}}}`")
    if only:
        chosen("--only", only, loaded.identify)
    told: dict[str, Any] = {}
    try:
        with showing(as_json, 0):
            for name in [only] if only else loaded.identify:
                one = identify_study(study, changes or [], name)
                told[name] = summary(one)
                write_text(out / NAME, json.dumps(told, indent=1))
                pictures = draw_pictures(one, out)
                if not as_json:
                    print("\n".join([*_lines(one), f"  pictures  {', '.join(map(str, pictures))}"]), flush=True)
    except KeyboardInterrupt:
        fail(f"stopped; what was identified is in {out}", 130)
    if as_json:
        print(json.dumps(told, indent=1))


def draw_pictures(one: Identified, out: Path) -> list[Path]:
    """Draw the misfit against the parameters, and what remains of the map of the largest load; return the files."""
    from microfem.render.identified import draw_misfit
    from microfem.render.measured import draw_comparison

    misfit = out / f"{one.name}-misfit.png"
    draw_misfit(one.found, misfit)
    maps = {of: out / f"{one.name}-{of}.png" for of in REMAINS}
    for of, path in maps.items():
        draw_comparison(one.comparison, of, path)
    return [misfit, *maps.values()]


def _lines(one: Identified) -> Iterator[str]:
    found = one.found
    off = f", {found.off} more lie off the device in a trial" if found.off else ""
    maps = "1 map" if found.maps == 1 else f"{found.maps} maps"
    yield f"{one.name}: {found.solves} solves, {maps}, {found.n:,} points, {found.light} of lower weight{off}"
    for each in found.estimates:
        yield f"  {each.unknown.name} = {each.number} {each.unknown.unit}".rstrip()
        parts = {"scatter": each.scatter, "noise alone": each.noise, "of it axes": each.axes, "mesh": each.mesh}
        yield "    error   " + ", ".join(f"{name} {value:.2g}" for name, value in parts.items())
        by = f"{each.moved:.3g} {found.unit}".rstrip()
        yield f"    moves the maps by {by} over its range, {each.contrast:.3g} x the noise"
    on = found.on
    yield f"  axes      rotation {math.degrees(on.rotation):.4f} deg, scale {on.scale:.6f}"
    rest, noise = (f"{size:.3g} {found.unit}".rstrip() for size in (found.rms, found.noise))
    yield f"  rest      {rest} rms of all components; noise {noise}"
    for k, name in enumerate(found.names[: len(found.estimates)]):
        pairs = [f"{other} {found.correlation[k, m]:+.2f}" for m, other in enumerate(found.names) if m != k]
        yield f"  {name} correlates with {', '.join(pairs)}"


def summary(one: Identified) -> dict[str, Any]:
    """Return what was identified as JSON."""
    found = one.found
    return {
        "parameters": {
            each.unknown.name: {
                "value": each.value,
                "unit": each.unknown.unit,
                "error": each.error,
                "scatter": each.scatter,
                "noise": each.noise,
                "axes": each.axes,
                "mesh": each.mesh,
                "last_step": each.last,
                "moves": each.moved,
                "moves_over_noise": each.contrast,
            }
            for each in found.estimates
        },
        "names": found.names,
        "correlation": found.correlation.tolist(),
        "rotation_deg": math.degrees(found.on.rotation),
        "scale": found.on.scale,
        "unit": found.unit,
        "rms": found.rms,
        "noise": found.noise,
        "maps": found.maps,
        "points": found.n,
        "off_the_device": found.off,
        "of_lower_weight": found.light,
        "solves": found.solves,
    }
