"""The viewer's program: connects the controls in the browser with the scene."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.render.viewer.cameras import (
    SAMPLES,
    USUAL,
    camera_of,
    new_plotter,
    ratio_of,
    set_camera,
    set_ratio,
    set_samples,
)
from microfem.render.viewer.keys import KEYS
from microfem.render.viewer.lines import line_picture, point_of
from microfem.render.viewer.link import Linked, linked, query_of
from microfem.render.viewer.offers import SPEEDS, applied, line_ends, offered, readings
from microfem.render.viewer.pictures import has_films
from microfem.render.viewer.saving import save_on
from microfem.render.viewer.scene import draw, read_click
from microfem.render.viewer.shown import SWITCHES, Point
from microfem.render.viewer.state import MOST_SHOWN, OpenRun, chosen, quantities, sweep

STILL = 4  # pixels: largest motion of a click, and tolerated difference of window sizes
SOON = (
    0.04,
    0.1,
    0.2,
)  # s after which a picture is sent again, in case it was not encoded; trame waits 0.5 s
CONTROLS = (*SWITCHES, "quantity", "factor", "step", "normal", "place", "visible", "measured")


def tried(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method of the viewer: show its error in the page and restore the earlier scene."""

    @wraps(method)
    def trying(viewer: Viewer, *arguments: Any, **named: Any) -> None:
        before = viewer.shown
        try:
            method(viewer, *arguments, **named)
        except MicrofemError as error:
            viewer.shown = before
            viewer.offer()
            viewer.server.state.probe = str(error)

    return trying


class Viewer:
    """Connects the controls in the browser with the scene; redraws run one after the other."""

    def __init__(self, server: Any, run: OpenRun, scene: Linked) -> None:
        self.server, self.run, self.sweep = server, run, sweep(run)
        self.shown, self.camera = scene  # the camera of a link, until it is drawn
        self.plotter, self.films = new_plotter(), has_films()
        self.panels: list[Any] = []
        self.turn, self.side, self.usual, self.drawing = "", "usual", "iso", False
        self.at, self.scale = 0, 0.0  # position in the sweep; camera scale of the last picture
        self.pressed: tuple[int, int] | None = None
        server.state.update({"click": "line" if self.shown.line else "probe", "times": 2, "speed": 2, "link": ""})
        server.state.update({"speeds": [{"title": f"{one} / s", "value": one} for one in SPEEDS]})
        server.state.update({"playing": False, "help": False})
        self.offer()
        from microfem.render.viewer.page import build_page

        self.view = build_page(self)
        self._listen()

    def _listen(self) -> None:
        """Connect controls, keys, files to save, the mouse and the size of the window with what they do."""
        state, server = self.server.state, self.server
        state.change(*CONTROLS)(self.changed)
        state.change("designs", "case_name")(self.opened)
        state.change("at")(self.swept)
        state.change("start", "stop")(self.typed)
        state.change("playing")(self.played)
        server.trigger("size")(self.sized)
        server.trigger("key")(lambda key: KEYS[key][1](self) if key in KEYS else None)
        save_on(server, self)
        interactor = self.plotter.iren.interactor
        interactor.Enable()
        interactor.EnableRenderOff()  # a motion of the mouse only moves the camera: the server draws at its own rate
        interactor.AddObserver("LeftButtonPressEvent", self.press)
        self.plotter.render_window.AddObserver("WindowResizeEvent", lambda *_: self.redraw(self.side))

    def begin(self, **_: Any) -> None:
        """Draw the first picture while the browser starts."""
        self.redraw("usual")

    @tried
    def opened_page(self, query: str) -> None:
        """Restore the scene of the page's address, if it has one."""
        if len(query) > 1 and query[1:] != self.server.state.link:
            self.shown, self.camera = linked(self.run, query)
            self.offer()
            self.server.state.click = "line" if self.shown.line else "probe"
            self.redraw("usual")

    def send(self) -> None:
        """Send the picture several times, because it is encoded in the background without a signal at the end."""
        self.view.update()
        loop = asyncio.get_event_loop()
        for one, view in self.streams():
            for wait in SOON:
                loop.call_later(wait, one.push_render, view)

    def streams(self) -> list[tuple[Any, str]]:
        """Return the protocols that send pictures, with the name of the view that each sends."""
        protocols = self.server.protocol.getLinkProtocols()
        return [(one, view) for one in protocols for view in getattr(one, "tracking_views", ())]

    def offer(self) -> None:
        """Set the state of the browser: the current scene and the choices."""
        state = self.server.state
        self.at = next((k for k, (name, _) in enumerate(self.sweep) if (name,) == self.shown.designs), self.at)
        state.update({**offered(self.run, self.shown), "sweep": [text for _, text in self.sweep], "at": self.at})
        state.update({"probe": "", "picture": ""})
        name = self.run.having(self.shown.designs, self.shown.case)[0]
        self.usual = USUAL[self.run.read(name, self.shown.case).stored.about["dimension"]]
        (self.plotter.enable_2d_style if state.flat else self.plotter.enable_trackball_style)()
        style = self.plotter.iren.interactor.GetInteractorStyle()
        style.AddObserver("InteractionEvent", lambda *_: set_samples(self.plotter, 0))
        style.AddObserver("EndInteractionEvent", self.release)

    @tried
    def opened(self, designs: list[str], case_name: str, **_: Any) -> None:
        """Open the chosen designs and case."""
        names = tuple(name for name in self.run.designs if name in designs)[:MOST_SHOWN] or self.shown.designs
        if (names, case_name) != (self.shown.designs, self.shown.case):
            self.open(names, case_name)
            self.from_side("usual")

    @tried
    def swept(self, at: int, **_: Any) -> None:
        """Show one design of a sweep alone; the colour range is that of the whole sweep."""
        if int(at) != self.at:
            names, before = tuple(name for name, _ in self.sweep), self.shown
            self.open((names[int(at)],), before.case, names)
            self.redraw("" if (self.shown.among, self.shown.case) == (before.among, before.case) else "usual")

    def open(self, names: tuple[str, ...], case: str, among: tuple[str, ...] = ()) -> None:
        """Open designs and keep the current settings where possible."""
        cases = self.run.cases(names)
        fresh = chosen(self.run, names, case if case in cases else cases[0])
        if fresh.case == self.shown.case:
            fresh = replace(self.shown, designs=names, state=self.shown.state if among else None)
        self.shown = replace(fresh, among=among, line=())
        self.offer()

    def changed(self, **state: Any) -> None:
        """Apply the controls to the scene."""
        before, self.shown = self.shown, applied(self.shown, state)
        self.server.state.readings = readings(self.run, self.shown)
        self.redraw(self.side if before.shared != self.shown.shared else "")
        self.draw_line()

    def go(self, by: int) -> None:
        """Go on by some states, around the end of the path."""
        state = self.server.state
        if state.loads:
            state.step = (int(state.step) + by) % len(state.loads)

    def played(self, playing: bool, **_: Any) -> None:
        """Play the states of the path until it is stopped."""
        if playing:
            asyncio.get_event_loop().create_task(self.play())

    async def play(self) -> None:
        """Show a state after the other."""
        state = self.server.state
        while state.playing and len(state.loads) > 1:
            with state:
                self.go(1)
            await asyncio.sleep(1.0 / max(float(state.speed), 0.1))

    def redraw(self, turn: str = "") -> None:
        """Request a new picture; requests during a redraw are merged into one."""
        self.turn = turn or self.turn
        if not self.drawing:
            self.drawing = True
            asyncio.get_event_loop().call_soon(self._redraw)

    def _redraw(self) -> None:
        self.drawing, turn, self.turn = False, self.turn, ""
        try:
            self.panels = draw(self.plotter, self.run, self.shown, self.usual if turn == "usual" else turn)
        except MicrofemError as error:
            with self.server.state as state:
                state.probe = str(error)
        if self.camera:
            set_camera(self.plotter, self.camera)
            self.camera = ()
            self.plotter.renderers[0].ResetCameraClippingRange()
        self.scale = self.plotter.camera.parallel_scale
        self.link()
        self.send()

    def link(self) -> None:
        """Put the scene into the address of the page."""
        with self.server.state as state:
            state.link = query_of(self.shown, camera_of(self.plotter))

    def sized(self, width: float, height: float, ratio: float) -> None:
        """Draw at the size of the tab under the mouse: tabs may differ in size.

        width, height: in pixels of the page; ratio: pixels of the screen per pixel of the page.
        """
        wide, high = (side / ratio for side in self.plotter.window_size)
        set_ratio(self.plotter, ratio)
        if (
            max(abs(width - wide), abs(height - high)) > STILL
        ):  # smaller differences are rounding, and a redraw would reset the camera
            for one, view in self.streams():
                one.set_view_size(view, round(width), round(height))
                one.push_render(view)

    def from_side(self, direction: str) -> None:
        """Turn the camera."""
        self.side = direction
        self.redraw(direction)

    def press(self, interactor: Any, _: str) -> None:
        """Remember the position of a pressed button."""
        self.pressed = interactor.GetEventPosition()

    def release(self, style: Any, _: str) -> None:
        """Pick a value after a click without dragging; redraw after a zoom; draw smooth edges again."""
        set_samples(self.plotter, SAMPLES)
        (x, y), pressed, self.pressed = style.GetInteractor().GetEventPosition(), self.pressed, None
        if self.plotter.camera.parallel_scale != self.scale:
            self.redraw()  # the opacity of outlines and the scale bar depend on the zoom
        if pressed and abs(x - pressed[0]) + abs(y - pressed[1]) <= STILL * ratio_of(self.plotter):
            self.clicked(x, y)
        else:
            self.link()

    def clicked(self, x: int, y: int) -> None:
        """Show the value at a pixel, or use it as an end of a line."""
        picked = read_click(self.plotter, self.run, self.shown, self.panels, x, y)
        with self.server.state as state:
            if picked is None:
                state.probe = "no layout at this place"
                return
            design, one = picked
            place = ", ".join(f"{c:.4g}" for c in one.place)
            label = quantities(self.run.read(design, self.shown.case))[self.shown.quantity].partition(" (")[0]
            state.probe = f"{design}, {one.region}: {label} {one.text} at ({place}) µm"
            if state.click == "line":
                self.set_line((*self.shown.line, one.place) if len(self.shown.line) < 2 else (one.place,))

    @tried
    def typed(self, start: str, stop: str, **_: Any) -> None:
        """Take the ends of the line from the page."""
        if start and stop and line_ends(self.shown) != {"start": start, "stop": stop}:
            self.set_line((point_of(start), point_of(stop)))

    def set_line(self, ends: tuple[Point, ...]) -> None:
        """Set the line, in the page and in the picture."""
        self.shown = replace(self.shown, line=ends)
        self.server.state.update({**line_ends(self.shown), "probe": ""})
        self.draw_line()
        self.redraw()

    def draw_line(self) -> None:
        """Draw the curve along the line into the page, if there is one."""
        if len(self.shown.line) == 2:
            picture = line_picture(self.run, self.shown)
            self.server.state.picture = "data:image/svg+xml;base64," + base64.b64encode(picture).decode()
