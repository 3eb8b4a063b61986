"""The keys of the viewer's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _flip(name: str) -> Callable[[Any], None]:
    """Return the action that turns a switch of the page over."""

    def flip(viewer: Any) -> None:
        viewer.server.state[name] = not viewer.server.state[name]

    return flip


def _turn(side: str) -> Callable[[Any], None]:
    return lambda viewer: viewer.from_side(side)


def _next(name: str, choices: str, by: int = 1) -> Callable[[Any], None]:
    """Return the action that goes on in a list of choices, around its end."""

    def advance(viewer: Any) -> None:
        state = viewer.server.state
        values = [one["value"] if isinstance(one, dict) else one for one in state[choices]]
        state[name] = values[(values.index(state[name]) + by) % len(values)] if values else state[name]

    return advance


def _step(by: int) -> Callable[[Any], None]:
    def step(viewer: Any) -> None:
        viewer.go(by)

    return step


KEYS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "?": ("these keys", _flip("help")),
    " ": ("play or stop", _flip("playing")),
    "ArrowLeft": ("state before", _step(-1)),
    "ArrowRight": ("next state", _step(1)),
    "f": ("next field", _next("quantity", "quantities")),
    "F": ("field before", _next("quantity", "quantities", -1)),
    "c": ("next clip plane", _next("normal", "cuts")),
    "l": ("logarithmic colours", _flip("log")),
    "x": ("colours to the extremes", _flip("extremes")),
    "o": ("outlines", _flip("outlines")),
    "m": ("mesh", _flip("mesh")),
    "i": ("isolines", _flip("isolines")),
    "s": ("flux lines", _flip("streams")),
    "g": ("clear electrolyte", _flip("glass")),
    "1": ("from iso", _turn("iso")),
    "2": ("from the top", _turn("top")),
    "3": ("from the front", _turn("front")),
    "4": ("from the side", _turn("side")),
    "r": ("fit", _turn("usual")),
}
