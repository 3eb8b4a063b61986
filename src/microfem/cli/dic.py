"""The commands `microfem dic`: maps of digital image correlation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.options import Json

if TYPE_CHECKING:
    from microfem.dic.read import MapReading
    from microfem.dic.records import DicMap

dic = typer.Typer(no_args_is_help=True, help="Maps of digital image correlation: what a camera saw of a device.")


@dic.callback()
def group() -> None:
    """Maps of digital image correlation: what a camera saw of a device."""


@dic.command()
def read(
    files: Annotated[list[Path], typer.Argument(help="maps, as a program exported them", show_default=False)],
    program: Annotated[
        str,
        typer.Option(help="the program, if the file fits several: `microfem list dic-programs`", show_default=False),
    ] = "",
    pixel: Annotated[str, typer.Option(help="size of a pixel on the undeformed device: 12um", show_default=False)] = "",
    unit: Annotated[str, typer.Option(help="of lengths whose columns state none: mm or px", show_default=False)] = "",
    columns: Annotated[
        str,
        typer.Option(help="columns of a program without a preset: x=NAME,y=NAME,u=NAME,v=NAME", show_default=False),
    ] = "",
    y: Annotated[str, typer.Option(help="where y points: up, or down as in images", show_default=False)] = "",
    measure: Annotated[
        str,
        typer.Option(
            help="of strains: nominal, green_lagrange, hencky, almansi or small; none leaves them out",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="write the map: FILE.csv, or a folder for several", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read maps: program, settings, measure, units, lost points, strain as a whole, noise."""
    from microfem.dic.read import read_maps
    from microfem.dic.summary import described, summary_of

    how = _reading(program, pixel, unit, columns, y, measure)
    maps = [one for file in files for one in read_maps(file, how)]
    if as_json:
        import json

        print(json.dumps([summary_of(one) for one in maps], indent=1))
    for one in maps if not as_json else []:
        print("\n".join(described(one)))
    if out is not None:
        _write(out, maps)


def _reading(program: str, pixel: str, unit: str, columns: str, y: str, measure: str) -> MapReading:
    """Return what the options state about a file."""
    from typing import get_args

    from microfem.base.registry import did_you_mean
    from microfem.base.units import quantity
    from microfem.cli.files import length
    from microfem.dic.read import MapReading
    from microfem.dic.records import Measure

    for option, value, known in (("--y", y, ("up", "down")), ("--measure", measure, (*get_args(Measure), "none"))):
        if value and value not in known:
            raise MicrofemError(f"{option} = '{value}' is impossible{did_you_mean(value, known)}")
    return MapReading(
        program=program,
        columns=_columns(columns),
        y=y,  # type: ignore[arg-type]
        pixel=length("--pixel", pixel, quantity("um", 1e-3, 1e5)) if pixel else None,
        unit=unit,
        measure=measure if measure not in ("", "none") else None,  # type: ignore[arg-type]
        with_strains=measure != "none",
    )


def _columns(text: str) -> dict[str, str]:
    """Return what a column holds -> its name."""
    pairs = [one.partition("=") for one in text.split(",")] if text else []
    if wrong := next((what + equals + name for what, equals, name in pairs if not (what.strip() and name.strip())), ""):
        raise MicrofemError(f"--columns: '{wrong}' is impossible: write WHAT=NAME, such as x=Position X")
    held = [what.strip() for what, _, _ in pairs]
    if twice := next((one for one in held if held.count(one) > 1), ""):
        raise MicrofemError(f"--columns: {twice} is stated twice")
    return {what.strip(): name.strip() for what, _, name in pairs}


def _write(out: Path, maps: list[DicMap]) -> None:
    """Write one map to a file, or several to a folder."""
    from microfem.dic.write import csv_of
    from microfem.results.files import write_text

    if out.suffix.lower() == ".csv":
        if len(maps) > 1:
            raise MicrofemError(f"{len(maps)} maps do not fit in one file; name a folder instead of {out}")
        paths = [out]
    else:
        stems = [one.name or Path(one.source.file).stem for one in maps]
        if twice := next((one for one in stems if stems.count(one) > 1), ""):
            raise MicrofemError(f"two maps are called '{twice}'; write them to folders of their own")
        paths = [out / f"{stem}.csv" for stem in stems]
    for path, one in zip(paths, maps, strict=True):
        write_text(path, csv_of(one))
        print(path)
