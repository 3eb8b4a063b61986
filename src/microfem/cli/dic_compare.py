"""The command `microfem dic compare`: maps beside a computed field that went through their subsets and gauge."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.dic_options import Design, OfCase, chosen, loads_of, pixel_of
from microfem.cli.options import Json, fail

if TYPE_CHECKING:
    from microfem.dic.compare import Comparison
    from microfem.dic.computed import SurfacePath
    from microfem.dic.records import DicMap
    from microfem.dic.series import Comparing

LEVELS = ("none", "gauge", "subset", "images")
MEASURES = ("nominal", "green_lagrange", "hencky", "almansi", "small")
OF = {"x": "exx", "y": "eyy", "xy": "exy", "u": "u", "v": "v"}
NAME = "comparison.json"


def compare_maps(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    maps: Annotated[list[Path], typer.Argument(help="maps, as a program exported them", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of pictures and numbers", show_default=False)],
    design: Design = "",
    case: OfCase = "",
    level: Annotated[str, typer.Option(help="of the computed field: none, gauge, subset or images")] = "subset",
    register: Annotated[str, typer.Option(help="what of the map's axes is fitted; none for nothing")] = (
        "shift,rotation,scale"
    ),
    origin: Annotated[str, typer.Option(help="place of the map's origin on the design, um: X,Y")] = "0,0",
    axis: Annotated[str, typer.Option(help="of the strain in pictures: x, y or xy; u or v: the displacement")] = "x",
    measure: Annotated[str, typer.Option(help="of strains (default: the map's)", show_default=False)] = "",
    loads: Annotated[
        str, typer.Option(help="of the maps: 0.1,0.2,0.4, or 0..2 (default: the maps')", show_default=False)
    ] = "",
    match: Annotated[str, typer.Option(help="strain: the load with the map's strain as a whole")] = "",
    static: Annotated[
        list[Path] | None, typer.Option(help="a map without a load, for the noise; may be repeated", show_default=False)
    ] = None,
    edges: Annotated[bool, typer.Option("--edges", help="count points whose gauge reaches over the rim")] = False,
    program: Annotated[str, typer.Option(help="that wrote the maps, if they fit several", show_default=False)] = "",
    pixel: Annotated[str, typer.Option(help="size of a pixel, if the map does not tell it", show_default=False)] = "",
    subset: Annotated[int, typer.Option(min=0, max=501, help="px, if the map does not tell it")] = 0,
    step: Annotated[int, typer.Option(min=0, max=500, help="px, if the map does not tell it")] = 0,
    window: Annotated[int, typer.Option(min=0, max=101, help="points, another than the map's")] = 0,
    as_json: Json = False,
) -> None:
    """Compare maps with a computed field: bias, rms, share within noise, by region; pictures on one scale."""
    from microfem.cli.progress_board import showing
    from microfem.dic.series import Comparing
    from microfem.results.surfaces import stored_path

    stated = {name: value for name, value in (("subset", subset), ("step", step), ("window", window)) if value}
    files = _Files(program=program, pixel=pixel, stated=stated)
    how = Comparing(
        level=one_of("--level", level, LEVELS),
        fitted=() if register == "none" else tuple(name.strip() for name in register.split(",")),
        measure=one_of("--measure", measure, MEASURES) or None,
        matched=bool(one_of("--match", match, ("strain",))),
        edges=edges,
        static=tuple(files.read(static or [])),
        origin=_place(origin),
    )
    of, measured = OF[one_of("--axis", axis, OF)], files.read(maps)
    every = loads_of(loads, len(measured)) if loads else [one.load for one in measured]
    measured = [replace(one, load=load) for one, load in zip(measured, every, strict=True)]
    path = stored_path(folder, design, case)
    try:
        with showing(as_json, 0):
            told = _compare(measured, path, how, of, out, as_json)
    except KeyboardInterrupt:
        fail(f"stopped; the maps that were compared are in {out}", 130)
    if as_json:
        print(json.dumps(told, indent=1))


def one_of(option: str, value: str, known: Collection[str]) -> Any:
    """Return the word that an option states, refused if it is not known."""
    if value:
        chosen(option, value, known)
    return value


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise MicrofemError(f"--origin = '{text}' is impossible: write X,Y in um, such as 1500,-300") from None
    return x, y


@dataclass(frozen=True, kw_only=True)
class _Files:
    """How files of maps are read, and what they do not tell."""

    program: str
    pixel: str
    stated: Mapping[str, Any]

    def read(self, files: Sequence[Path]) -> list[DicMap]:
        """Return the maps of all files, each with a name of its own.

        Raises:
            MicrofemError: a file cannot be read, or two maps have one name.
        """
        from microfem.dic.read import MapReading, read_maps

        how = MapReading(program=self.program, pixel=pixel_of(self.pixel) if self.pixel else None)
        every = [
            replace(one, name=one.name or file.stem, settings=replace(one.settings, **self.stated))
            for file in files
            for one in read_maps(file, how)
        ]
        names = [one.name for one in every]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise MicrofemError(f"two maps are called '{twice}'; rename a file, since pictures are named after them")
        return every


def _compare(
    maps: Sequence[DicMap], path: SurfacePath, how: Comparing, of: str, out: Path, quiet: bool
) -> list[dict[str, Any]]:
    """Write the pictures of each map as it is compared, and all numbers; return these."""
    from microfem.dic.comparison_text import lines, summary
    from microfem.dic.series import compare_series
    from microfem.render.measured import draw_comparison
    from microfem.results.files import write_text

    told: list[dict[str, Any]] = []
    for one in compare_series(maps, path, how):
        told.append(summary(one) | {"error_between_states_um": _between(path, one)})
        write_text(out / NAME, json.dumps(told, indent=1))
        picture = out / f"{one.map.name}-{of}.png"
        draw_comparison(one, of, picture)
        if not quiet:
            print("\n".join([*lines(one), f"  picture    {picture}"]), flush=True)
    return told


def _between(path: SurfacePath, one: Comparison) -> float | None:
    """Return the error of a displacement by interpolation between stored states, um, None if it is not known."""
    error = 0.0 if path.stored(one.levelled.load) else path.error
    return error if error < float("inf") else None
