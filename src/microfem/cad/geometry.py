"""A drawing as a self-contained geometry file of the family `drawn`, which includes the drawing's outlines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import shapely
import yaml
from shapely.affinity import translate

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import MOST_BYTES, parse_source
from microfem.cad.read import pick, read_dxf, read_gds
from microfem.study.design import read_design

ROLES = ("anode", "cathode", "anode_tab", "cathode_tab")
READ = (".gds", ".oas", ".dxf")
DIGITS = 9  # of a coordinate in um: a millionth of a nanometre


def import_drawing(
    path: Path,
    layers: Mapping[str, str],
    params: Sequence[str] = (),
    cell: str = "",
    tolerance: float = 1.0,
    unit: float | None = None,
) -> str:
    """Return the text of a geometry file with a drawing's outlines, their middle moved to the origin.

    layers: layer of the drawing -> role. params: 'NAME=VALUE' of other parameters of `drawn`, as in a geometry file.
    cell, tolerance, unit: see read_gds and read_dxf.

    Raises:
        MicrofemError: as in read_gds, read_dxf and pick, or the outlines are no valid layout.
    """
    suffix = path.suffix.lower()
    if suffix not in READ:
        raise MicrofemError(f"'{path.suffix}' is no supported format of drawings; use {', '.join(READ)}")
    outlines = read_dxf(path, tolerance, unit) if suffix == ".dxf" else read_gds(path, cell)
    of_roles = pick(outlines, layers, ROLES, str(path))
    x0, y0, x1, y1 = shapely.total_bounds(list(of_roles.values())).tolist()
    x, y = round(0.5 * (x0 + x1), DIGITS), round(0.5 * (y0 + y1), DIGITS)
    stated = {role: shapely.to_wkt(translate(one, -x, -y), rounding_precision=DIGITS) for role, one in of_roles.items()}
    other_params = dict(_pair(one) for one in params)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assignment = ", ".join(f"{layer} = {role}" for layer, role in layers.items())
    about = f"{path.name}, sha256 {digest}..., {assignment}; its origin at ({-x + 0.0:g}, {-y + 0.0:g}) um"
    data = {"family": "drawn", "params": {**stated, **other_params}, "source": about}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    if len(text.encode()) > MOST_BYTES:
        raise MicrofemError(
            f"{path} gives a geometry file of {len(text)} bytes, more than {MOST_BYTES}; "
            "use one device, or a coarser --tolerance"
        )
    source = parse_source(text, str(path), Path())
    problems: list[InputProblem] = []
    read_design(source, (), source.data, path.stem, {}, problems)
    if problems:
        raise MicrofemError("\n".join(f"{path}: {one.path}: {one.message}" for one in problems))
    return text


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name in ROLES:
        raise MicrofemError(f"'{text}' is impossible: write --set PARAMETER=VALUE, such as anode_thickness=20um")
    return name.strip(), value.strip()
