"""A cell follows its protocol: line by line, in implicit time steps, to its events."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.progress import tell
from microfem.base.units import format_quantity
from microfem.electrochemistry.devices import attached
from microfem.electrochemistry.events import Event, known_fillings
from microfem.electrochemistry.kept import Keeper, Moment, Stand
from microfem.electrochemistry.profiles import merged
from microfem.electrochemistry.protocol import ProtocolLine
from microfem.electrochemistry.records import Done
from microfem.electrochemistry.shortfall import shortfall
from microfem.fem.cell.conserved import charge_layers
from microfem.fem.cell.control import Control, HeldValue, held
from microfem.fem.cell.equations import CellEquations
from microfem.fem.solvers.backward_differences import TimeState
from microfem.fem.solvers.settings import TimeSettings
from microfem.fem.solvers.time_steps import Counts, TimeStepper

if TYPE_CHECKING:
    from microfem.electrochemistry.electrodes import Start
    from microfem.electrochemistry.modules.problems import ModuleProblems
    from microfem.electrochemistry.problems import Problems
    from microfem.fem.cell.sites import Reaction

Floats = NDArray[np.float64]

LONGEST = 1e7  # s: of a line without a time, where no capacity bounds it
FULLEST = 1.1  # of the capacity: charge after which a line has passed its end
NEWTON = 1e-5  # of the tolerance: the balance of energy follows it
CONTRACTION = 0.1  # that a first correction is judged by: near depletion the equations bend from one step to the next
TOLD_EVERY = 1.0  # s
SETTINGS = TimeSettings(newton=NEWTON, contraction=CONTRACTION)


@dataclass(kw_only=True)
class Followed:
    """Where a cell has been."""

    steps: list[Moment] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)


class ProtocolFollower:
    """Follows a protocol with the problems in time of a cell or of a module.

    goals: events that end the whole path; last: time, s, at which it ends at the latest.
    """

    def __init__(self, problems: Problems | ModuleProblems, goals: Sequence[Event] = (), last: float = np.inf) -> None:
        self.problems, self.equations, self.goals, self.last = problems, problems.equations, goals, last
        self.path = Followed()
        self.conserved: Any = None
        self.present: Control = held("current", 0.0)
        self.told = time.perf_counter()
        self.keeper = Keeper("")
        self.counts = Counts()  # of the steps of all lines

    def follow(self, lines: Sequence[ProtocolLine], y: Floats, key: str = "") -> Followed:
        """Follow the lines from the unknowns `y` on, or from the last stand that was kept under a key.

        Raises:
            SolveError: a step could not be taken; the message tells the line, the last state and a remedy.
        """
        self.conserved = self.problems.conserved(y)
        self.keeper, t, state = Keeper(key), 0.0, None
        if stand := self.keeper.read():
            self.path, state = Followed(steps=list(stand.steps), done=list(stand.done)), stand.state
            if state is None:
                return self.path
            first = len(self.path.done)
            t = self.path.done[-1].end if first else 0.0
            y = next((one.y for one in reversed(self.path.steps) if one.line < first), y)
        for number, line in list(enumerate(lines))[len(self.path.done) :]:
            self._tell(f"line {number + 1} of {len(lines)}: {line.text}")
            try:
                t, y, goes_on = self._line(number, line, t, y, state)
            except SolveError as error:
                why = self._short(line, t, y)
                if not self.path.steps or not why:
                    why = why or f"{error}{self._last(number)}"
                    raise SolveError(f"line {number + 1}, '{line.text}': {why}") from error
                last = self.path.steps[-1].t
                self.path.done.append(Done(text=line.text, start=t, end=last, why=why, reached=False))
                break
            state = None
            if not goes_on or t >= self.last:
                break
        self.keeper.keep(Stand(steps=self.path.steps, done=self.path.done, state=None), now=True)
        return self.path

    def _short(self, line: ProtocolLine, t: float, y: Floats) -> str:
        """Return that a line that failed asks for more power than there is, "" where that is not why."""
        if not (line.devices or (line.amount and line.amount.holds == "power")):
            return ""
        (t, y) = (self.path.steps[-1].t, self.path.steps[-1].y) if self.path.steps else (t, y)
        return shortfall(self.problems, self.present, t, y)

    def _last(self, number: int) -> str:
        """Return the last state of a line that failed, as text with a remedy; nothing if it had not begun."""
        last = self.path.steps[-1] if self.path.steps else None
        if last is None or last.line != number:
            return ""
        voltage = format_quantity(self.equations.state(last.y).voltage, "V")
        return (
            f"; the last state is at {format_quantity(last.t, 's')} and {voltage}: what the line holds may be more "
            "than the cell can give; state less, or an end before, such as 'until 0.5 V'"
        )

    def _tell(self, text: str) -> None:
        """Report the progress, about once a second."""
        if time.perf_counter() - self.told > TOLD_EVERY:
            tell(text)
            self.told = time.perf_counter()

    def _line(
        self, number: int, line: ProtocolLine, t: float, y: Floats, state: TimeState | None
    ) -> tuple[float, Floats, bool]:
        """Follow one line; return the time and the unknowns at its end, and whether the next line may begin.

        t, y: where it begins; state: where it goes on, if an earlier run was killed in it.
        """
        events = [*self.problems.events(line), *self.goals]
        began, event = t, None
        for control, until in self.pieces(line, t, y):
            until = min(until, self.last)
            if state is not None and state.t >= until:  # an earlier run was killed at its end, or in a later piece
                (t, y), state = (self.path.steps[-1].t, self.path.steps[-1].y), None if state.t <= until else state
                continue
            self.present, problem = control, self.problems.problem(control, events, self.conserved)
            stepper = TimeStepper(problem=problem, settings=SETTINGS, counts=self.counts)
            if state is None:
                state = stepper.begin(t, y, until)
                self.path.steps.append(Moment(t=t, line=number, y=state.y.copy()))
                past = next((event for event in events if event.ends(self.equations.state(state.y))), None)
                if past is not None:
                    return self._end(line, began, t, state.y, past, at_once=t == began)
            event = self._steps(number, line, stepper, events, state, until)
            (t, y), state = (self.path.steps[-1].t, self.path.steps[-1].y), None
            if event is not None or t >= self.last:
                break
        return self._end(line, began, t, y, event)

    def _steps(
        self,
        number: int,
        line: ProtocolLine,
        stepper: TimeStepper,
        events: Sequence[Event],
        state: TimeState,
        until: float,
    ) -> Event | None:
        """Follow a line under one control; return the event that ended it, None at its time."""
        event = None
        for taken in stepper.steps(state, until):
            self._tell(f"line {number + 1}, {line.text}: time {format_quantity(taken.state.t, 's')}")
            event = None if taken.event is None else events[taken.event]
            y = taken.state.y.copy() if event is None else stepper.problem.consistent(taken.state.t, taken.state.y)
            self.path.steps.append(Moment(t=taken.state.t, line=number, y=y))
            if event is None:
                self.keeper.keep(Stand(steps=self.path.steps, done=self.path.done, state=taken.state))
        return event

    def _end(
        self, line: ProtocolLine, start: float, end: float, y: Floats, event: Event | None, at_once: bool = False
    ) -> tuple[float, Floats, bool]:
        """Note why a line ended."""
        wanted = line.until is not None and line.duration is None and line.verb != "sweep"
        why, reached, goes_on = "its time was over", not wanted, True
        if event is not None:
            why, reached = event.why(self.equations.state(y), end), event.wanted
            goes_on = event.wanted
        elif wanted:
            assert line.until is not None
            why = f"{format_quantity(line.until.value, 'V' if line.until.kind == 'voltage' else '1')} was never reached"
        if at_once:
            why, reached = f"at its start already {why}", False
        self.path.done.append(
            Done(
                text=line.text,
                start=start,
                end=end,
                why=why,
                reached=reached,
                plain=line.verb == "sweep" and event is None,
            )
        )
        return end, y, goes_on

    def pieces(self, line: ProtocolLine, t: float, y: Floats) -> Iterator[tuple[Control, float]]:
        """Yield the controls of a line and the times at which each ends at the latest: one more after each jump."""
        if not line.devices:
            yield self.control(line, t, y)
            return
        assert line.duration is not None
        before, profiles = 0.0, [profile for one in line.devices for profile in one.profiles]
        for end in merged(profiles, line.duration):
            yield attached(line.devices, self.problems.amount, t, t + 0.5 * (before + end)), t + end
            before = end

    def control(self, line: ProtocolLine, t: float, y: Floats) -> tuple[Control, float]:
        """Return the control of a line, and the time at which it ends at the latest."""
        if line.verb == "rest":
            return held("current", 0.0), t + (line.duration or 0.0)
        if line.verb == "sweep":
            assert line.pace is not None
            assert line.until is not None
            start = line.start if line.start is not None else self.equations.state(y).voltage
            span = line.until.value - start
            pace = line.pace * np.sign(span)
            return HeldValue(kind="voltage", value=lambda at: start + pace * (at - t)), t + abs(span) / line.pace
        assert line.amount is not None
        value = self.problems.amount(line.amount)
        kind = line.amount.holds
        value = line.signed * value if kind in ("current", "power") else value
        longest = line.duration
        if longest is None:
            capacity = self.problems.whole_capacity
            longest = FULLEST * capacity / abs(value) if kind == "current" and np.isfinite(capacity) else LONGEST
        return held(kind, value), t + longest


def started(equations: CellEquations, start: Mapping[str, Start]) -> Floats:
    """Return the unknowns of a cell at rest: even fillings, no current, equilibrium potentials where one can be.

    Raises:
        SolveError: a filling is at an end of its open-circuit potential or beyond.
    """
    y = np.zeros(equations.size)
    state, level = equations.state(y), dict[str, float]()
    state.salt[:] = equations.electrolyte.salt.initial
    for one, modes in zip(equations.reactions, state.modes, strict=True):
        filling = start[one.electrode].of(one.name.rpartition(": ")[2]) if one.host else 0.0
        if one.host:
            _refuse_ends(one, filling)
        modes[:] = one.store.filled(np.full(len(one.sites.area), filling))
        if not one.leak:
            level.setdefault(one.electrode, float(np.mean(one.potential.value(one.store.surface(modes)))))
    for layer in equations.layers:
        level.setdefault(layer.electrode, start[layer.electrode].potential if layer.electrode in start else 0.0)
    state.ionic[:] = -level["anode"]
    y[equations.cathode] = level["cathode"] - level["anode"]
    charge_layers(equations, y)
    return y


def _refuse_ends(one: Reaction, filling: float) -> None:
    least, most = known_fillings(one)
    if not least < filling < most:
        raise SolveError(
            f"the {one.electrode} starts at a filling of {filling:.6g}, where its open-circuit potential ends or is "
            f"not known; start it between {least:.4g} and {most:.4g}"
        )
