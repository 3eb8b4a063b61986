"""The interactive window: field, design and case pickers by key, clip plane, deformation slider."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from microfem.errors import MicrofemError
from microfem.render.panel import Stored, at_points, magnitude, read_case
from microfem.store import read_summary
from microfem.units import pretty_unit


def open_window(folder: Path, design: str = "", case: str = "") -> None:
    """Open a window on one design and case of a run.

    Raises:
        MicrofemError: no run there, no such design or case, or no display to open a window on.
    """
    stored = choose(folder, design, case)
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise MicrofemError(f"there is no display to open a window on; the pictures are in {folder / 'pictures'} and "
                            f"{folder / 'index.html'}; over ssh, log in with: ssh -X, or set DISPLAY")  # fmt: skip
    plotter = build_window(stored)
    plotter.show()


def choose(folder: Path, design: str, case: str) -> Stored:
    """Return the case asked for, the first ones where nothing is asked.

    Raises:
        MicrofemError: there is none.
    """
    summary = read_summary(folder)
    if not summary:
        raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
    good = {name: one for name, one in summary["designs"].items() if one["cases"]}
    if design and design not in good:
        raise MicrofemError(f"no result of design '{design}' in {folder}; there are {', '.join(good) or 'none'}")
    name = design or next(iter(good), "")
    cases = list(good[name]["cases"]) if name else []
    if not cases or (case and case not in cases):
        raise MicrofemError(f"no case '{case}' in {folder}; there are {', '.join(cases) or 'none'}")
    return read_case(folder / "designs" / name, case or cases[0])


class Scene:
    """What the window shows and what its keys and sliders change."""

    def __init__(self, plotter: Any, stored: Stored) -> None:
        self.plotter, self.stored = plotter, stored
        self.fields = list(stored.about["fields"])
        self.index, self.factor, self.clipped = 0, 0.0, False
        self.rest = np.asarray(stored.grid.points).copy()
        self.moves = "displacement" in stored.grid.point_data

    def redraw(self) -> None:
        """Draw the surface with the field, the deformation and the clip that are set."""
        grid = self.stored.grid.copy()
        name = self.fields[self.index]
        grid.point_data["shown"] = magnitude(at_points(grid, name))
        if self.moves:
            grid.points = self.rest + self.factor * np.nan_to_num(np.asarray(grid.point_data["displacement"]))
        if self.clipped:
            grid = grid.clip(normal="y", crinkle=False)
        label, unit = self.stored.field(name)
        self.plotter.clear_actors()
        self.plotter.scalar_bars.clear()
        bar = {"title": f"{label} ({pretty_unit(unit)})\n", "color": "black"}
        self.plotter.add_mesh(grid, scalars="shown", cmap="viridis", nan_color="lightgrey", scalar_bar_args=bar)
        self.plotter.add_text(
            "f: next field   c: clip   r: reset view   q: quit", font_size=9, color="black", name="help"
        )

    def next_field(self) -> None:
        """Show the next field."""
        self.index = (self.index + 1) % len(self.fields)
        self.redraw()

    def toggle_clip(self) -> None:
        """Cut the layout open, or close it."""
        self.clipped = not self.clipped
        self.redraw()

    def deform(self, factor: float) -> None:
        """Move the points by a factor of the displacement."""
        self.factor = factor
        self.redraw()


def build_window(stored: Stored, off_screen: bool = False) -> Any:
    """Return a plotter with the scene, its keys and, where there is a displacement, its slider."""
    import pyvista as pv

    plotter = pv.Plotter(off_screen=off_screen, title="microfem")
    plotter.set_background("white")
    scene = Scene(plotter, stored)
    scene.redraw()
    plotter.add_key_event("f", scene.next_field)
    plotter.add_key_event("c", scene.toggle_clip)
    if scene.moves:
        plotter.add_slider_widget(scene.deform, (0.0, 2.0), value=1.0, title="deformation", color="black")
    plotter.camera_position = "iso"
    return plotter
