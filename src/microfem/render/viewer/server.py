"""The viewer in the browser: trame shows controls, and pictures that this process draws."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.render.viewer.guard import HOST, PORT, address, free_port, new_token, protect, redirecting
from microfem.render.viewer.lines import Point, line_picture
from microfem.render.viewer.maps import offered, remarks_on
from microfem.render.viewer.scene import USUAL, draw, new_plotter, read_click
from microfem.render.viewer.state import (
    MOST_SHOWN,
    OpenRun,
    Place,
    Shown,
    chosen,
    first,
    open_run,
    place_of,
    quantities,
    sweep,
)

NEEDS = "the viewer in the browser needs trame; install it with: pip install 'microfem[view]', or use --window"
STILL = 4  # pixels: largest motion of a click, and tolerated difference of window sizes
# s after which a picture is sent again, in case it was not encoded yet; trame alone waits half a second
SOON = (0.04, 0.1, 0.2)


def serve(folder: Path, design: str = "", case: str = "", browser: bool = True, port: int = PORT) -> None:
    """Show a run in the browser until Ctrl-C.

    Raises:
        MicrofemError: the folder holds no run, the design or case is unknown, or trame is missing.
    """
    run = open_run(folder)
    shown = first(run, design, case)
    try:
        from trame.app import get_server
        from trame.widgets import vtk, vuetify3  # noqa: F401
    except ImportError:
        raise MicrofemError(NEEDS) from None
    token, place = new_token(), free_port(port)
    app = Viewer(get_server("microfem", client_type="vue3"), run, shown)
    os.environ["WSLINK_READY_MSG"] = ""  # suppress lines of wslink
    os.environ["TRAME_ARGS"] = "--server"  # our command line is not trame's
    url, on = address(place, token), app.server.controller
    protect(on, token, place)
    with redirecting(url) if browser else nullcontext() as page:
        on.on_server_ready.add(lambda **_: announce(url, page))
        on.on_server_ready.add(app.begin)
        app.server.start(
            port=place, host=HOST, open_browser=False, show_connection_info=False, timeout=0, disable_logging=True
        )
    print("stopped", file=sys.stderr)


def announce(url: str, page: Path | None) -> None:
    """Print the address of the viewer, and open a page that leads to it in a browser."""
    print(f"{url}\nCtrl-C stops the viewer", flush=True)
    if page is not None:
        import webbrowser

        webbrowser.open(page.as_uri())


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

    def __init__(self, server: Any, run: OpenRun, shown: Shown) -> None:
        self.server, self.run, self.shown, self.sweep = server, run, shown, sweep(run)
        self.plotter = new_plotter()
        self.panels: list[Any] = []
        self.turn, self.side, self.usual, self.drawing = "", "usual", "iso", False
        self.at, self.scale = 0, 0.0  # position in the sweep; camera scale of the last picture
        self.pressed: tuple[int, int] | None = None
        self.ends: list[Point] = []
        self.offer()
        from microfem.render.viewer.page import build_page

        self.view = build_page(self)
        server.state.change(*CONTROLS)(self.changed)
        server.state.change("designs", "case_name")(self.opened)
        server.state.change("at")(self.swept)
        server.trigger("png")(self.png)
        interactor = self.plotter.iren.interactor
        interactor.Enable()
        interactor.AddObserver("LeftButtonPressEvent", self.press)
        self.plotter.render_window.AddObserver("WindowResizeEvent", lambda *_: self.redraw(self.side))

    def begin(self, **_: Any) -> None:
        """Draw the first picture while the browser starts."""
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
        shown, run, state = self.shown, self.run, self.server.state
        cases = [run.read(name, shown.case) for name in shown.designs if run.has(name, shown.case)]
        about = cases[0].stored.about
        longest = max(cases, key=lambda case: len(case.states))
        loads = [state.at for state in longest.states]
        step = longest.number(shown.state) % max(len(loads), 1)
        self.at = next((k for k, (name, _) in enumerate(self.sweep) if (name,) == shown.designs), self.at)
        state.update(
            {
                "sweep": [text for _, text in self.sweep],
                "at": self.at,
                "all_designs": list(run.designs),
                "designs": list(shown.designs),
                "most": MOST_SHOWN,
                "cases": list(run.cases(shown.designs)),
                "case_name": shown.case,
                "quantities": [{"title": text, "value": key} for key, text in quantities(cases[0]).items()],
                "quantity": shown.quantity,
                "moves": any(case.moves for case in cases),
                "factor": shown.factor,
                "loads": loads,
                "places": [place_of(state) for state in longest.states],
                "step": step,
                "ghost": shown.ghost,
                "outlines": shown.outlines,
                "shared": shown.shared,
                "log": shown.log,
                "normal": shown.normal or "none",
                "place": shown.place,
                "axes": list(cases[0].axes),
                "regions": list(about["regions"]),
                "visible": [name for name in about["regions"] if name not in shown.hidden],
                "flat": about["dimension"] != "3d",
                "click": "probe",
                "probe": "",
                "picture": "",
                "readings": [],
                "maps": offered(run, shown),
                "measured": shown.measured,
            }
        )
        self.usual = USUAL[about["dimension"]]
        state.readings = self.readings()
        (self.plotter.enable_2d_style if state.flat else self.plotter.enable_trackball_style)()
        self.plotter.iren.interactor.GetInteractorStyle().AddObserver("EndInteractionEvent", self.release)

    def readings(self) -> list[dict[str, Any]]:
        """Return the numbers of the shown state, by design."""
        run, one = self.run, self.shown
        lines = {name: [*run.readings(name, one.case, one.state), *remarks_on(run, name, one)] for name in one.designs}
        return [{"design": name, "lines": each} for name, each in lines.items() if each]

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
        self.shown, self.ends = replace(fresh, among=among), []
        self.offer()

    def changed(self, **state: Any) -> None:
        """Apply the controls to the scene."""
        hidden = frozenset(state["regions"]) - frozenset(state["visible"])
        loads, step = state["loads"], int(state["step"])
        normal = "" if state["normal"] in (None, "none") else state["normal"]
        self.shown = replace(
            self.shown,
            quantity=state["quantity"],
            factor=float(state["factor"]),
            ghost=bool(state["ghost"]),
            outlines=bool(state["outlines"]),
            shared=bool(state["shared"]),
            log=bool(state["log"]),
            measured=state["measured"],
            normal=normal,
            place=float(state["place"]),
            hidden=hidden if len(hidden) < len(state["regions"]) else self.shown.hidden,
            state=None if step >= len(loads) - 1 else Place(step, loads[step]),
        )
        self.server.state.readings = self.readings()
        self.redraw()

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
        self.scale = self.plotter.camera.parallel_scale
        self.send()

    def sized(self, width: float, height: float) -> None:
        """Draw at the size of the tab under the mouse: tabs may differ in size."""
        wide, high = self.plotter.window_size
        # smaller differences are rounding, and a redraw would reset the camera
        if max(abs(width - wide), abs(height - high)) > STILL:
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
        """Pick a value after a click without dragging; redraw after a zoom."""
        (x, y), pressed, self.pressed = style.GetInteractor().GetEventPosition(), self.pressed, None
        if self.plotter.camera.parallel_scale != self.scale:
            self.redraw()  # the opacity of outlines depends on the zoom
        if pressed and abs(x - pressed[0]) + abs(y - pressed[1]) <= STILL:
            self.clicked(x, y)

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
                self.ends = [*self.ends, one.place][-2:] if len(self.ends) < 2 else [one.place]
                if len(self.ends) == 2:
                    picture = line_picture(self.run, self.shown, *self.ends)
                    state.picture = "data:image/svg+xml;base64," + base64.b64encode(picture).decode()

    def png(self) -> Any:
        """Return the current picture as a PNG attachment."""
        import io

        from PIL import Image

        image = self.plotter.screenshot(None, return_img=True)
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "png")
        return self.server.protocol.addAttachment(buffer.getvalue())


CONTROLS = (
    "quantity",
    "factor",
    "step",
    "ghost",
    "outlines",
    "shared",
    "log",
    "normal",
    "place",
    "visible",
    "measured",
)
