"""Progress on the terminal while a study runs: each design, its current stage, the estimated time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from microfem.base.progress import Stage, duration, listening

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, Task, TaskID


@contextmanager
def showing(quiet: bool, designs: int) -> Iterator[None]:
    """Show progress: live lines on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        yield
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        with listening(lambda stage: print(stage, file=sys.stderr, flush=True)):
            yield
        return
    with _progress(console) as live, listening(Board(live, designs)):
        yield


class Board:
    """Rows of a live display: one for the study, one for each design that runs."""

    def __init__(self, live: Progress, designs: int) -> None:
        self.live = live
        self.rows: dict[str, TaskID] = {}
        self.begun, self.run = time.monotonic(), 0
        self.study = live.add_task("study", total=designs, about="", until=None)

    def __call__(self, stage: Stage) -> None:
        """Show a stage of the work."""
        if stage.ended:
            self._end(stage)
        elif stage.design:
            self._work(stage)
        else:
            self.live.update(self.study, about=stage.doing, completed=stage.done or None)

    def _work(self, stage: Stage) -> None:
        if stage.design not in self.rows:
            self.rows[stage.design] = self.live.add_task(stage.design, total=None, about="", until=None)
        row = self.rows[stage.design]
        self.live.update(row, about=str(stage).removeprefix(f"{stage.design}: "))
        if stage.left is not None:
            self.live.update(row, until=time.monotonic() + stage.left)

    def _end(self, stage: Stage) -> None:
        """Close the row of a design; the mean time of finished designs gives the estimate for the others."""
        self.live.console.print(str(stage))
        if stage.design in self.rows:
            self.live.remove_task(self.rows.pop(stage.design))
            self.run += 1
        self.live.advance(self.study)
        [study] = [task for task in self.live.tasks if task.id == self.study]
        if self.run and study.remaining:
            mean = (time.monotonic() - self.begun) / self.run
            self.live.update(self.study, until=time.monotonic() + mean * study.remaining)


def _progress(console: Console) -> Progress:
    """Return a display that disappears when it ends, so that only the table of results stays."""
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column
    from rich.text import Text

    class Left(ProgressColumn):
        """The estimated time left, counted down."""

        def render(self, task: Task) -> Text:
            until = task.fields["until"]
            left = until - time.monotonic() if until is not None else 0.0
            return Text(f"about {duration(left)} left" if left > 0.5 else "", style="dim")

    columns = [
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=16),
        TimeElapsedColumn(),
        Left(table_column=Column(no_wrap=True)),
        TextColumn(
            "{task.fields[about]}", style="dim", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
        ),
    ]
    return Progress(*columns, console=console, transient=True)
