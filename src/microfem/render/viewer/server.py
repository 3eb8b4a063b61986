"""The viewer in the browser: trame shows controls, and pictures that this process draws."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.render.viewer.app import Viewer
from microfem.render.viewer.guard import HOST, PORT, address, free_port, new_token, protect, redirecting
from microfem.render.viewer.link import Linked, linked
from microfem.render.viewer.state import first, open_run

NEEDS = "the viewer in the browser needs trame; install it with: pip install 'microfem[view]', or use --window"


def serve(
    folder: Path, design: str = "", case: str = "", browser: bool = True, port: int = PORT, link: str = ""
) -> None:
    """Show a run in the browser until Ctrl-C; link: a scene that the page of an earlier viewer had in its address.

    Raises:
        MicrofemError: the folder holds no run, the design or case is unknown, the link is of another run, or trame is
            missing.
    """
    run = open_run(folder)
    scene = linked(run, link) if link else Linked(first(run, design, case), ())
    try:
        from trame.app import get_server
        from trame.widgets import vtk, vuetify3  # noqa: F401
    except ImportError:
        raise MicrofemError(NEEDS) from None
    token, place = new_token(), free_port(port)
    app = Viewer(get_server("microfem", client_type="vue3"), run, scene)
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
