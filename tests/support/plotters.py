"""Plotters of the viewer that are closed after a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from microfem.render.viewer.cameras import new_plotter


def small_plotter() -> Iterator[Any]:
    """Yield a plotter of 300 x 240 pixels; a fixture where it is wrapped as one."""
    made = new_plotter((300, 240))
    yield made
    made.close()
