"""The command `microfem dic run`: images to maps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import MicrofemError, WriteError
from microfem.cli.dic_options import Pixel, chosen, loads_of, pixel_of
from microfem.cli.options import Quiet, fail

if TYPE_CHECKING:
    from microfem.dic.correlate import Correlation


Subset = Annotated[int, typer.Option(min=5, max=501, help="side of a subset, px, odd")]
Spacing = Annotated[int, typer.Option("--step", min=1, max=500, help="distance of points, px")]
Window = Annotated[int, typer.Option(min=2, max=101, help="points along the side of the strain gauge")]


def run_images(
    images: Annotated[list[Path], typer.Argument(help="photographs, in the order of the load", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of the maps", show_default=False)],
    pixel: Pixel,
    subset: Subset = 17,
    step: Spacing = 5,
    window: Window = 5,
    shape: Annotated[str, typer.Option(help="functions of a subset: affine or quadratic")] = "affine",
    blur: Annotated[float, typer.Option(min=0.0, max=10.0, help="of all images before, px")] = 0.0,
    measure: Annotated[
        str, typer.Option(help="of strains: nominal, green_lagrange, hencky, almansi or small")
    ] = "nominal",
    reference: Annotated[
        Path | None, typer.Option(help="the undeformed image (default: the first)", show_default=False)
    ] = None,
    mask: Annotated[Path | None, typer.Option(help="image of the specimen, white on black", show_default=False)] = None,
    static: Annotated[
        tuple[Path, Path] | None, typer.Option(help="two images without a load: their noise", show_default=False)
    ] = None,
    loads: Annotated[
        str, typer.Option(help="of the images: 0.1,0.2,0.4, or from the first to the last: 0..2", show_default=False)
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Correlate images: one map of displacements and strains each, written as they come."""
    from microfem.cli.progress_board import showing

    how = _correlation(pixel, subset, step, window, shape, blur, measure)
    first, files = (reference, images) if reference is not None else (images[0], images[1:])
    if not files:
        raise MicrofemError("one image alone shows no displacement; name the images of the loaded device too")
    if twice := next((one for one in files if [each.stem for each in files].count(one.stem) > 1), None):
        raise MicrofemError(f"two images are called '{twice.stem}'; rename one, since maps are named after them")
    stated = loads_of(loads, len(images))[-len(files) :]
    if missing := next((one for one in (first, *files, *(static or ())) if not one.is_file()), None):
        raise MicrofemError(f"{missing}: there is no such file")
    try:
        with showing(quiet, 0):
            _correlate(first, files, how, stated, mask, static, out)
    except KeyboardInterrupt:
        fail(f"stopped; the maps that were finished are in {out}", 130)
    except WriteError as error:
        fail(f"error: {error}\nthe maps that were finished are in {out}", 2)


def _correlation(pixel: str, subset: int, step: int, window: int, shape: str, blur: float, measure: str) -> Correlation:
    """Return what the options state about the correlation."""
    from typing import get_args

    from microfem.dic.correlate import Correlation
    from microfem.dic.match import MatchSettings
    from microfem.dic.records import Measure
    from microfem.dic.warps import TERMS

    if subset % 2 == 0:
        raise MicrofemError(f"--subset = {subset} is impossible: a subset has a middle pixel; state {subset + 1}")
    chosen("--shape", shape, TERMS)
    chosen("--measure", measure, get_args(Measure))
    return Correlation(
        pixel=pixel_of(pixel),
        step=step,
        window=window,
        measure=measure,  # type: ignore[arg-type]
        matching=MatchSettings(subset=subset, shape=shape, blur=blur),  # type: ignore[arg-type]
    )


def _correlate(
    first: Path, files: list[Path], how: Correlation, loads: list[float | None], mask: Path | None,
    static: tuple[Path, Path] | None, out: Path,
) -> None:  # fmt: skip
    """Write the map of each image, and print a line on each."""
    from dataclasses import replace

    from microfem.dic.correlate import correlate_files
    from microfem.dic.images import doubts, read_image, read_mask
    from microfem.dic.noise import static_noise
    from microfem.dic.summary import heading, row_of
    from microfem.dic.write import csv_of
    from microfem.results.files import write_text

    reference = read_image(first)
    region = read_mask(mask, reference.shape) if mask is not None else None
    _warn(doubts(first, reference, how.matching.subset))
    noise = None
    if static is not None:
        [still] = correlate_files(static[0], static[1:], how, region)
        noise = static_noise([still])
        write_text(out / f"{still.name}.csv", csv_of(still))
        print(f"at rest: noise {noise.displacement:.2g} um of a displacement, {noise.gradient:.2g} of a strain")
    print(heading())
    for file, load, one in zip(files, loads, correlate_files(first, files, how, region), strict=True):
        _warn(doubts(file, read_image(file)))
        known = replace(one.settings, strain_noise=noise.gradient) if noise else one.settings
        write_text(out / f"{one.name}.csv", csv_of(replace(one, load=load, settings=known)))
        print(row_of(replace(one, load=load)), flush=True)


def _warn(found: list[str]) -> None:
    for doubt in found:
        print(f"warning: {doubt}", file=sys.stderr)
