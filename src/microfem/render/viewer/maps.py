"""Measured maps as a layer over the computed field: a cell for each point, in the colours of the field."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from microfem.dic.computed import load_of
from microfem.render.colours import GREY, Scale
from microfem.render.measured import squares
from microfem.render.viewer.pieces import MOTION, VALUE, Piece, moved
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import OpenRun
from microfem.results.measured_maps import MapPoints, MapResult, read_points
from microfem.results.opened import design_folder
from microfem.results.stored import Floats, Ints

SEEN = {"nominal_strain_x": "exx", "nominal_strain_y": "eyy", "displacement:0": "u", "displacement:1": "v"}
KEPT = 8  # maps held in memory
ALIKE = 1e-6  # relative difference below which two loads are equal
ABOVE = 1e-3  # of its size, by which a layer lies above a device
JOINED = 1e-2  # of a cell's side: corners of neighbours that are nearer are one


def maps_offered(run: OpenRun, shown: Shown) -> list[dict[str, str]]:
    """Return the choices of a map: none, and the measurements beside the shown case, each once."""
    every = (one.measurement for design in shown.designs for one in _maps(run, design, shown))
    return [{"title": name or "none", "value": name} for name in dict.fromkeys(["", *every])]


def remarks_on(run: OpenRun, design: str, shown: Shown) -> tuple[str, ...]:
    """Return why the chosen map is not drawn over a design; () where it is, or none is chosen."""
    one = _chosen(run, design, shown)
    if one is None:
        return (f"no map of {shown.measured}",) if shown.measured else ()
    if shown.quantity not in SEEN:
        return (f"{shown.measured} shows nominal strain along x or y, and displacement, x or y, not this field",)
    if not _at_load(run, design, shown, one):
        return (f"{shown.measured} was measured at a load of {one.load:.4g}, not here",)
    return ()


def add_map(plotter: Any, run: OpenRun, design: str, shown: Shown, piece: Piece, scale: Scale) -> None:
    """Draw the chosen map of a design into the current panel, unless remarks tell why not."""
    one = _chosen(run, design, shown)
    if one is None or remarks_on(run, design, shown):
        return
    points = _read(run, design, one.file)
    factor = 1.0 if SEEN[shown.quantity] in ("u", "v") else 100.0
    layer = layer_of(one, points, factor * points.measured[SEEN[shown.quantity]], _height(piece, shown))
    look = {"cmap": scale.colours, "clim": (scale.low, scale.high), "log_scale": scale.log, "nan_color": [GREY] * 3}
    quiet = {"reset_camera": False, "render": False, "show_scalar_bar": False, "pickable": False}
    actor = plotter.add_mesh(moved(layer, shown.factor), scalars=VALUE, lighting=False, **look, **quiet)
    actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    actor.mapper.SetRelativeCoincidentTopologyPolygonOffsetParameters(-1.0, -1.0)  # nearer than the device's surface


def layer_of(one: MapResult, points: MapPoints, values: Floats, height: float) -> Any:
    """Return a cell for each point on the device, nan where it has no value; corners move as the points there do."""
    import pyvista as pv

    on_device = np.array([region != "" for region in points.regions])
    corners = squares(one, points, 1.0)[on_device]
    side, flat = float(np.linalg.norm(corners[0, 1] - corners[0, 0])), corners.reshape(-1, 2)
    _, first, number = np.unique(np.rint(flat / (JOINED * side)), axis=0, return_index=True, return_inverse=True)
    places, number = flat[first], number.ravel()
    mesh = pv.PolyData.from_regular_faces(
        np.column_stack([places, np.full(len(places), height)]), number.reshape(-1, 4)
    )
    moved_by = np.column_stack([points.measured[of][on_device] for of in "uv"])
    motion = _at_corners(places, number, np.repeat(moved_by, 4, axis=0))
    mesh.point_data[MOTION] = np.column_stack([motion, np.zeros(len(motion))])
    mesh.cell_data[VALUE] = values[on_device]
    return mesh


def _at_corners(places: Floats, number: Ints, motion: Floats) -> Floats:
    """Return the motion (n, 2) of corners at places (n, 2): the mean of the known ones there, else the nearest one's.

    number (m,): of the corner to which each row of motion (m, 2) belongs.
    """
    from scipy.spatial import cKDTree

    known = np.isfinite(motion[:, 0])
    sums = np.zeros_like(places)
    np.add.at(sums, number[known], motion[known])
    times = np.bincount(number[known], minlength=len(places))
    told = np.flatnonzero(times)
    mean = sums[told] / times[told, None]
    return np.asarray(mean[cKDTree(places[told]).query(places)[1]])


def _maps(run: OpenRun, design: str, shown: Shown) -> tuple[MapResult, ...]:
    return run.summary.designs[design].cases[shown.case].maps if run.has(design, shown.case) else ()


def _chosen(run: OpenRun, design: str, shown: Shown) -> MapResult | None:
    return next((one for one in _maps(run, design, shown) if one.measurement == shown.measured), None)


@lru_cache(maxsize=KEPT)
def _read(run: OpenRun, design: str, file: str) -> MapPoints:
    return read_points(design_folder(run.folder, design) / file)


def _at_load(run: OpenRun, design: str, shown: Shown, one: MapResult) -> bool:
    """Tell whether a map has the load of the shown state; that of a case without states is the only one."""
    case = run.read(design, shown.case)
    if not case.states:
        return True
    state = case.states[case.number(shown.state)]
    return bool(np.isclose(load_of(state.numbers, state.at), one.load, rtol=ALIKE))


def _height(piece: Piece, shown: Shown) -> float:
    """Return the height of a layer, um: in the plane of a plan, above what is drawn of a body."""
    box = np.reshape(moved(piece.surface, shown.factor).bounds, (3, 2))
    rise = float(box[2, 1] - box[2, 0])
    return float(box[2, 1]) + (ABOVE * float(np.ptp(box, axis=1).max()) if rise > 0.0 else 0.0)
