"""The command `microfem dic plan`: what a camera will see of a device, before the experiment."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.dic_options import Design, OfCase, chosen, dot_of, size_of
from microfem.cli.options import Json, Set, StudyFile

if TYPE_CHECKING:
    from microfem.dic.plan import ExperimentPlan, PlannedGauge
    from microfem.study.records import Study

WIDTH = 110  # characters of a line of advice
ASPECT = 4.0 / 3.0  # columns over rows of a camera that states its pixels alone


def plan_experiment(
    study: StudyFile,
    camera: Annotated[str, typer.Option(help="pixels of the camera, 4:3: 5Mpx")] = "5Mpx",
    size: Annotated[str, typer.Option(help="columns x rows instead: 2448x2048", show_default=False)] = "",
    subset: Annotated[int, typer.Option(min=5, max=501, help="side of a subset, px, odd")] = 17,
    step: Annotated[int, typer.Option(min=1, max=500, help="distance of points, px")] = 5,
    window: Annotated[int, typer.Option(min=2, max=101, help="points along the side of the strain gauge")] = 5,
    speckle: Annotated[str, typer.Option(help="diameter of the dots: 4px")] = "4px",
    noise: Annotated[float, typer.Option(min=0.0, max=100.0, help="standard deviation, grey levels")] = 2.0,
    bits: Annotated[int, typer.Option(min=8, max=16, help="of a grey level")] = 8,
    margin: Annotated[float, typer.Option(min=0.0, max=5.0, help="of the view around the stretched device")] = 0.1,
    design: Design = "",
    case: OfCase = "",
    changes: Set = None,
    as_json: Json = False,
) -> None:
    """Plan an experiment: pixel, speckles, gauge and its noise, and what will be seen of the narrowest parts."""
    from microfem.dic.expected import Sensor
    from microfem.dic.plan import Setup, plan
    from microfem.dic.records import DicSettings
    from microfem.study.reader import load_study

    if subset % 2 == 0:
        raise MicrofemError(f"--subset = {subset} is impossible: a subset has a middle pixel; state {subset + 1}")
    setup = Setup(
        size=size_of(size) if size else _of_pixels(camera),
        gauge=DicSettings(subset=subset, step=step, window=window),
        sensor=Sensor(dot=dot_of(speckle), noise=noise, bits=bits),
        margin=margin,
    )
    loaded = load_study(study, changes or [])
    planned: dict[ExperimentPlan, list[str]] = {}
    for of_design, of_case in _chosen(loaded, design, case):
        found = plan(loaded.designs[of_design].layout(), loaded.cases[of_case], setup)
        planned.setdefault(found, []).append(f"{of_design} {of_case}")
    if as_json:
        print(json.dumps([_summary(of, one) for one, of in planned.items()], indent=1))
    for one, of in planned.items() if not as_json else ():
        print("\n".join(_lines(of, one)))


def _of_pixels(text: str) -> tuple[int, int]:
    """Return columns and rows of a camera by its number of pixels."""
    try:
        millions = float(text.lower().replace(" ", "").removesuffix("mpx"))
    except ValueError:
        millions = math.nan
    if not 0.01 <= millions <= 1000.0:
        raise MicrofemError(f"--camera = '{text}' is impossible: write millions of pixels, such as 5Mpx")
    rows = math.sqrt(1e6 * millions / ASPECT)
    return round(rows * ASPECT), round(rows)


def _chosen(study: Study, design: str, case: str) -> list[tuple[str, str]]:
    """Return the designs with the cases that are planned: those named, or all that stretch a device."""
    from microfem.dic.plan import stretch_of

    moving = [name for name, one in study.cases.items() if one.dimension != "section" and stretch_of(one)[0]]
    if design:
        chosen("--design", design, study.designs)
    if case:
        chosen("--case", case, moving)
    pairs = [
        (of_design, of_case)
        for of_design in ([design] if design else study.designs)
        for of_case in ([case] if case else moving)
        if study.cases[of_case].covers(of_design)
    ]
    if not pairs:
        raise MicrofemError(
            f"{study.name} has no case that stretches a device along x or y, by which a view is planned"
        )
    return pairs


def _lines(of: list[str], one: ExperimentPlan) -> Iterator[str]:
    """Yield the lines on a plan of one case of a design, or of several that are seen alike."""
    from microfem.dic.plan import ENOUGH, WITHIN, advice

    x, y = (length / 1e3 for length in one.device)
    wide, high = (length / 1e3 for length in one.stretched)
    yield f"{', '.join(of)}: {x:.4g} x {y:.4g} mm, stretched to {wide:.4g} x {high:.4g} mm"
    (columns, rows), dot = one.setup.size, one.setup.sensor.dot
    turned = ", its columns along y" if one.turned else ""
    yield f"  camera    {columns} x {rows} px{turned}, view {one.view[0] / 1e3:.4g} x {one.view[1] / 1e3:.4g} mm"
    yield f"  pixel     {one.pixel:.4g} um on the device, with {100 * one.setup.margin:.0f} % around it when stretched"
    yield f"  speckles  {dot * one.pixel:.3g} um ({dot:g} px)"
    yield f"  {'gauge':9} {'side, um':>9} {'px':>5} {'subset':>7} {'window':>7}   noise of a strain (estimated)"
    for gauge in one.gauges:
        yield _gauge_line(gauge)
    yield "  share that a gauge shows, at a part's middle, of the strain by which it differs from what is beside it"
    yield f"  ({100 * ENOUGH:.0f} % is enough)"
    names = "".join(f"{gauge.name:>16}" for gauge in one.gauges)
    room = max(len(part.name) for part in one.parts)
    yield f"  {'part':{room}} {'width, um':>10}{names}   least difference of strain above the noise"
    for part in one.parts:
        shares = [gauge.share(part.width) for gauge in one.gauges]
        seen = "".join(f"{_range(*share):>16}" for share in shares)
        noise = (one.gauges[0].stretched or one.gauges[0].at_rest).strain
        yield f"  {part.name:{room}} {part.width:10.4g}{seen}   {WITHIN * noise / max(shares[0][0], 1e-9):.2g}"
    yield from wrap(advice(one), WIDTH, initial_indent="  advice    ", subsequent_indent=" " * 12)


def _gauge_line(gauge: PlannedGauge) -> str:
    settings = gauge.settings
    pixels = round(gauge.side / (settings.pixel or math.nan))
    rest = f"{gauge.at_rest.strain:.2g} +- {100 * gauge.at_rest.error:.0f} % at rest"
    far = "the pattern is lost at the largest stretch"
    if gauge.stretched is not None:
        far = f"{gauge.stretched.strain:.2g} +- {100 * gauge.stretched.error:.0f} % at the largest stretch"
    return f"  {gauge.name:9} {gauge.side:9.4g} {pixels:5d} {settings.subset:7d} {settings.window:7d}   {rest}, {far}"


def _range(low: float, high: float) -> str:
    """Return a range of shares as text."""
    a, b = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return f"{a} %" if a == b else f"{a} to {b} %"


def _summary(of: list[str], one: ExperimentPlan) -> dict[str, Any]:
    """Return a plan as JSON; of: designs with their cases."""
    from microfem.dic.plan import advice

    return {
        "of": of,
        "device_um": one.device,
        "stretched_um": one.stretched,
        "stretch": one.stretch,
        "camera_px": one.setup.size,
        "columns_along_y": one.turned,
        "pixel_um": one.pixel,
        "view_um": one.view,
        "speckle_um": one.setup.sensor.dot * one.pixel,
        "gauges": {gauge.name: _of_gauge(gauge) for gauge in one.gauges},
        "parts": [
            {
                "names": part.names,
                "width_um": part.width,
                "at_um": part.at,
                "share": {gauge.name: gauge.share(part.width) for gauge in one.gauges},
            }
            for part in one.parts
        ],
        "needed_pixel_um": one.needed,
        "advice": advice(one),
    }


def _of_gauge(gauge: PlannedGauge) -> dict[str, Any]:
    settings = gauge.settings
    noise = {
        name: None
        if one is None
        else {"strain": one.strain, "displacement_um": one.displacement, "relative_error": one.error}
        for name, one in (("at_rest", gauge.at_rest), ("stretched", gauge.stretched))
    }
    pixels = {"subset_px": settings.subset, "step_px": settings.step, "window": settings.window}
    return {"side_um": gauge.side, **pixels, "noise": noise}
