"""The desktop window: keys for fields and the clip plane, a slider for the deformation."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.render.colours import scale_of, volume_span
from microfem.render.panel import numbered
from microfem.render.scene import add_surface, surface_of
from microfem.render.viewer.annotations import add_bar
from microfem.results.opened import design_folder, read_folder, without_fields
from microfem.results.stored import Stored, moving, read_case


def open_window(folder: Path, design: str = "", case: str = "") -> None:
    """Open a window on one design and case of a run.

    Raises:
        MicrofemError: the folder holds no run, the design or case is unknown, or there is no display.
    """
    stored = choose(folder, design, case)
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise MicrofemError(
            f"there is no display to open a window on; the pictures are in {folder / 'pictures'} and "
            f"{folder / 'index.html'}; over ssh, log in with: ssh -X, or set DISPLAY"
        )
    plotter = build_window(stored)
    plotter.show()


def choose(folder: Path, design: str, case: str) -> Stored:
    """Return the stated case of the stated design; by default the first ones.

    Raises:
        MicrofemError: the design or the case is unknown.
    """
    good = {name: one for name, one in read_folder(folder).designs.items() if one.cases}
    if design and design not in good:
        raise MicrofemError(without_fields(folder, design, list(good)))
    name = design or next(iter(good), "")
    cases = list(good[name].cases) if name else []
    if not cases or (case and case not in cases):
        raise MicrofemError(f"no case '{case}' in {folder}; there are {', '.join(cases) or 'none'}")
    return read_case(design_folder(folder, name), case or cases[0])


class WindowScene:
    """The content of the window, and the actions of its keys and slider."""

    def __init__(self, plotter: Any, stored: Stored) -> None:
        self.plotter, self.stored = plotter, stored
        self.fields = list(stored.about["fields"])
        self.index, self.factor, self.clipped = 0, 0.0, False
        self.moves = "displacement" in stored.at_nodes

    def redraw(self) -> None:
        """Draw the surface with the current field, deformation and clip plane."""
        stored, name = self.stored, self.fields[self.index]
        keep = moving(stored)
        scale = scale_of([span for span in [volume_span(stored, keep, name, False)] if span], name, False)
        grid = numbered(stored, keep)
        grid = grid.clip(normal="y") if self.clipped else grid
        surface = surface_of(stored, grid, name, scale, self.factor if self.moves else 0.0)
        self.plotter.clear_actors()
        self.plotter.scalar_bars.clear()
        add_surface(self.plotter, surface, scale)
        add_bar(self.plotter, scale, stored.label(name))
        self.plotter.add_text(
            "f: next field   c: clip   r: reset view   q: quit", font_size=9, color="black", name="help"
        )

    def next_field(self) -> None:
        """Show the next field."""
        self.index = (self.index + 1) % len(self.fields)
        self.redraw()

    def toggle_clip(self) -> None:
        """Switch the clip plane on or off."""
        self.clipped = not self.clipped
        self.redraw()

    def deform(self, factor: float) -> None:
        """Set the magnification of the displacement."""
        self.factor = factor
        self.redraw()


def build_window(stored: Stored, off_screen: bool = False) -> Any:
    """Return a plotter with the scene, its keys and, where there is a displacement, its slider."""
    import pyvista as pv

    plotter = pv.Plotter(off_screen=off_screen, title="microfem")
    plotter.set_background("white")
    scene = WindowScene(plotter, stored)
    scene.redraw()
    plotter.add_key_event("f", scene.next_field)
    plotter.add_key_event("c", scene.toggle_clip)
    if scene.moves:
        plotter.add_slider_widget(scene.deform, (0.0, 2.0), value=1.0, title="deformation", color="black")
    plotter.camera_position = "iso"
    return plotter
