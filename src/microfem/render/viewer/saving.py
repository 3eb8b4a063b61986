"""The files that the page saves: pictures, films, the values along a line."""

from __future__ import annotations

import asyncio
from typing import Any

from microfem.render.viewer.lines import line_table
from microfem.render.viewer.pictures import frames, png, saved


def save_on(server: Any, viewer: Any) -> None:
    """Answer the requests of the page for files."""

    def picture() -> Any:
        data = png(viewer.plotter, viewer.run, viewer.shown, int(server.state.times))
        return server.protocol.addAttachment(data)

    async def film(kind: str) -> Any:
        images, loads = [], server.state.loads
        for image in frames(viewer.plotter, viewer.run, viewer.shown, loads):
            images.append(image)
            with server.state as state:
                state.probe = f"{len(images)} pictures of {len(loads)} states"
            await asyncio.sleep(0)  # the page stays alive
        return server.protocol.addAttachment(saved(images, kind, float(server.state.speed)))

    server.trigger("png")(picture)
    server.trigger("gif")(lambda: film("gif"))
    server.trigger("mp4")(lambda: film("mp4"))
    server.trigger("csv")(lambda: server.protocol.addAttachment(line_table(viewer.run, viewer.shown).encode()))
