"""Connected pieces of the layers of a drawing, chosen as electrodes and tabs by layer or by a point in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point, Polygon

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.drawings.record import SHOWN, Place
from microfem.layout import Outline

ROLES = ("anode", "cathode", "anode_tab", "cathode_tab")
POINT = re.compile(r"(?P<layer>.+)@\((?P<x>[^,()]+),(?P<y>[^,()]+)\)")
SMALL = 0.05  # share of the area of the largest piece, below which a piece may be a text or a mark


@dataclass(frozen=True)
class RoleChoice:
    """What becomes a part: all pieces of a layer, or the one around a point, um."""

    layer: str
    role: str
    point: Place | None = None


@dataclass(frozen=True)
class ConnectedPiece:
    """A connected piece of a layer."""

    layer: str
    outline: Polygon

    @property
    def place(self) -> Place:
        """A point inside the piece, um."""
        point = self.outline.point_on_surface()
        return float(point.x), float(point.y)

    def told(self) -> str:
        """Return where the piece is and its area, as --layers would name it."""
        x, y = self.place
        return f"{self.layer}@({x:.6g},{y:.6g}) of {self.outline.area:.6g} um2"


def read_choices(layers: Mapping[str, str]) -> tuple[RoleChoice, ...]:
    """Return the choices that are stated as layer -> role or 'layer@(x,y)' -> role.

    Raises:
        MicrofemError: a role is unknown, a coordinate is no number, or a layer is chosen both whole and by points.
    """
    choices = []
    for stated, role in layers.items():
        if role not in ROLES:
            raise MicrofemError(
                f"no role '{role}' for the layer '{stated}'{did_you_mean(role, ROLES)}; there are {', '.join(ROLES)}"
            )
        match = POINT.fullmatch(stated)
        try:
            point = (float(match["x"]), float(match["y"])) if match else None
        except ValueError:
            raise MicrofemError(f"'{stated}' is impossible: write LAYER@(X,Y) in um, such as 1/0@(50,-100)") from None
        choices.append(RoleChoice(match["layer"] if match else stated, role, point))
    whole = {choice.layer for choice in choices if choice.point is None}
    if both := next((choice.layer for choice in choices if choice.point and choice.layer in whole), ""):
        raise MicrofemError(f"the layer '{both}' is chosen whole and by a point; choose all of its pieces by points")
    return tuple(choices)


def pieces_of(outlines: Mapping[str, Outline], window: Polygon | None) -> list[ConnectedPiece]:
    """Return the connected pieces of all layers, the largest first; with a window, those inside.

    Raises:
        MicrofemError: a piece crosses the edge of the window.
    """
    found = [ConnectedPiece(layer, part) for layer, outline in outlines.items() for part in shapely.get_parts(outline)]
    if window is not None:
        shapely.prepare(window)
        found = [piece for piece in found if window.intersects(piece.outline)]
        if crossing := next((piece for piece in found if not window.covers(piece.outline)), None):
            raise MicrofemError(f"the edge of --window crosses {crossing.told()}; move it, or choose pieces by points")
    return sorted(found, key=lambda piece: -piece.outline.area)


def choose(
    pieces: Sequence[ConnectedPiece], choices: Sequence[RoleChoice], smallest: float | None
) -> dict[str, list[ConnectedPiece]]:
    """Return the pieces of each role.

    smallest: area below which pieces of a whole layer are dropped, um2; None refuses pieces that may be texts or marks.

    Raises:
        MicrofemError: a layer or a point has no piece, a piece has two roles, or an electrode has none.
    """
    of_layer: dict[str, list[ConnectedPiece]] = {}
    for piece in pieces:
        of_layer.setdefault(piece.layer, []).append(piece)
    of_role: dict[str, list[ConnectedPiece]] = {}
    for choice in choices:
        known = of_layer.get(choice.layer, [])
        if not known:
            raise MicrofemError(f"no outlines on a layer '{choice.layer}'; there are {', '.join(of_layer) or 'none'}")
        large = _large(known, smallest) if choice.point is None else [_around(choice.point, known)]
        of_role.setdefault(choice.role, []).extend(large)
    _refuse_two_roles(of_role)
    for role in ROLES[:2]:
        if not of_role.get(role):
            layers = ", ".join(of_layer) or "none"
            raise MicrofemError(f"no layer is the {role}; write --layers LAYER={role},... with the layers {layers}"
                                f"{proposal(pieces)}")  # fmt: skip
    return of_role


def _large(pieces: Sequence[ConnectedPiece], smallest: float | None) -> list[ConnectedPiece]:
    """Return the pieces of a layer that are large enough; pieces: the largest first.

    Raises:
        MicrofemError: no smallest area is stated, and some pieces may be texts or marks.
    """
    if smallest is not None:
        return [piece for piece in pieces if piece.outline.area >= smallest]
    limit = SMALL * pieces[0].outline.area
    if small := [piece for piece in pieces if piece.outline.area < limit]:
        raise MicrofemError(
            f"{len(small)} pieces are much smaller than {pieces[0].told()}, as texts and marks are: {listing(small)}; "
            f"drop them with --smallest {limit:.6g}um2 or --window X0,Y0,X1,Y1, choose pieces by points, "
            f"as in --layers '{pieces[0].layer}@({pieces[0].place[0]:.6g},{pieces[0].place[1]:.6g})=anode', "
            "or keep all with --smallest 0um2"
        )
    return list(pieces)


def _around(point: Place, pieces: Sequence[ConnectedPiece]) -> ConnectedPiece:
    """Return the piece around a point.

    Raises:
        MicrofemError: there is none.
    """
    away = shapely.distance(np.array([piece.outline for piece in pieces], dtype=object), Point(point))
    nearest = pieces[int(np.argmin(away))]
    if away.min() > 0.0:
        raise MicrofemError(
            f"the layer '{nearest.layer}' has nothing at ({point[0]:.6g}, {point[1]:.6g}) um; "
            f"{away.min():.4g} um away is {nearest.told()}"
        )
    return nearest


def _refuse_two_roles(of_role: Mapping[str, Sequence[ConnectedPiece]]) -> None:
    owner: dict[int, str] = {}
    for role, pieces in of_role.items():
        for piece in pieces:
            if owner.setdefault(id(piece), role) != role:
                raise MicrofemError(f"{piece.told()} is both {owner[id(piece)]} and {role}: one piece has one role")


def proposal(pieces: Sequence[ConnectedPiece]) -> str:
    """Return the pieces of a drawing and the two largest as electrodes; pieces: the largest first."""
    if not pieces:
        return ""
    told = f".\nIt has {len(pieces)} connected pieces: {listing(pieces)}"
    if len(pieces) > 1:
        names = ("{}@({:.6g},{:.6g})".format(piece.layer, *piece.place) for piece in pieces[:2])
        pairs = ",".join(f"{name}={role}" for name, role in zip(names, ROLES[:2], strict=True))
        told += f".\nThe two largest as electrodes: --layers '{pairs}'"
    return told


def listing(pieces: Iterable[ConnectedPiece]) -> str:
    """Return pieces with their places and areas; of many the first and the number of the others."""
    listed = list(pieces)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ", ".join(piece.told() for piece in listed[:SHOWN]) + more
