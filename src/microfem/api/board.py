"""Progress below a notebook's cell: one bar for the study, one line for each design that runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from microfem.base.progress import Stage, listening
from microfem.base.shown import in_notebook

OFTEN = 0.2  # seconds between two updates, each of which is a message to the browser
BAR = "<progress value='{done}' max='{total}' style='width:16em'></progress> {done} of {total}, {seconds:.0f} s"


@contextmanager
def progress_in_notebook(total: int) -> Iterator[None]:
    """Show the progress of a number of designs in a notebook; elsewhere nothing, since programs print their own."""
    if not in_notebook():
        yield
        return
    board = NotebookBoard(total)
    with listening(board):
        yield
    board.close()


class NotebookBoard:
    """Stages of the work, drawn in the same place again and again."""

    def __init__(self, total: int) -> None:
        from IPython.display import HTML, display

        self.total, self.done, self.begun, self.drawn = max(total, 1), 0, time.monotonic(), 0.0
        self.now: dict[str, str] = {}
        self.html: Any = HTML
        self.handle = display(HTML(self.text()), display_id=True)

    def __call__(self, stage: Stage) -> None:
        """Take a stage of the work, and draw if the last drawing is old enough."""
        if stage.ended:
            self.now.pop(stage.design, None)
            self.done += 1
        else:
            self.now[stage.design] = str(stage)
        if time.monotonic() - self.drawn > OFTEN:
            self.draw()

    def text(self) -> str:
        """Return the bar and the lines as HTML."""
        done = min(self.done, self.total)
        bar = BAR.format(done=done, total=self.total, seconds=time.monotonic() - self.begun)
        lines = "".join(f"<br><small>{escape(line)}</small>" for line in self.now.values())
        return f"<div style='font-family:sans-serif'>{bar}{lines}</div>"

    def draw(self) -> None:
        """Draw the present state."""
        self.drawn = time.monotonic()
        self.handle.update(self.html(self.text()))

    def close(self) -> None:
        """Draw the last state: the bar alone."""
        self.now, self.done = {}, self.total
        self.draw()
