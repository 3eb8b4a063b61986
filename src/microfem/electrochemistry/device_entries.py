"""What a study states of sources and loads."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from microfem.base.errors import MicrofemError, brief
from microfem.base.units import convert, quantity
from microfem.electrochemistry.amounts import Amount, read_amount
from microfem.electrochemistry.devices import PowerLoad, PowerSource
from microfem.electrochemistry.profiles import TimeProfile
from microfem.materials.dependence import UNITS, dependence
from microfem.materials.numbers import Finite, pairs
from microfem.materials.schema import SourcedModel

MOST_SOURCES = 10_000


def _period(value: object) -> float:
    return quantity("s", 1e-6, 1e10)(value)


Period = Annotated[float, PlainValidator(_period), WithJsonSchema({"type": "string", "examples": ["60 s"]})]


class TableEntry(SourcedModel):
    """A table `{table or file, of, of_unit, unit, source}` of two columns, as those of materials."""

    table: Annotated[tuple[tuple[Finite, Finite], ...], BeforeValidator(pairs)]
    of: Literal["voltage", "time"]
    of_unit: str = ""

    def states(self) -> list[float]:
        """Return the first column in the unit of its state.

        Raises:
            ValueError: the unit is another.
        """
        try:
            return [convert(self.of_unit or UNITS[self.of], UNITS[self.of], x) for x, _ in self.table]
        except MicrofemError as error:
            raise ValueError(f"of_unit: {error}") from None

    def amount(self, holds: str) -> Amount:
        """Return the unit of the second column as an amount.

        Raises:
            ValueError: it is no unit of what the table should hold.
        """
        found = read_amount(f"1 {self.unit}")
        if found.holds != holds:
            raise ValueError(f"unit: '{brief(self.unit)}' is no unit of a {holds}")
        return found


class ProfileEntry(TableEntry):
    """A table of time, s from the beginning of the line; two rows at one time are a jump; every: the period."""

    of: Literal["time"]
    unit: str = "1"
    every: Period | None = None

    def profile(self, factor: float) -> TimeProfile:
        """Return the profile; factor: of the unit.

        Raises:
            ValueError: the table is no function of time.
        """
        numbers = [factor * y for _, y in self.table]
        return TimeProfile(tuple(zip(self.states(), numbers, strict=True)), self.every)

    def share(self, most: float) -> TimeProfile:
        """Return a profile of a share from 0 to the most.

        Raises:
            ValueError: it is none.
        """
        try:
            found = self.profile(convert(self.unit, "1"))
        except MicrofemError as error:
            raise ValueError(f"unit: {error}") from None
        for t, y in found.points:
            if not 0.0 <= y <= most:
                remedy = " and 1 at most; state the current of full light" if y > most else ""
                raise ValueError(f"a share of the current is 0 or more{remedy}; it is {y:g} at {t:g} s")
        return found


class CurveEntry(TableEntry):
    """Current against voltage, which falls or stays where the voltage rises."""

    of: Literal["voltage"]

    @model_validator(mode="after")
    def _of_source(self) -> CurveEntry:
        """Refuse rows without an order, and currents that rise or do not feed.

        Raises:
            ValueError: with the rows.
        """
        voltages, rows = [v for v, _ in self.table], sorted(self.table)
        if voltages not in (sorted(voltages), sorted(voltages, reverse=True)):
            last, now = next(pair for pair in pairwise(voltages) if pair[1] < pair[0])
            raise ValueError(f"the voltages of a source rise from row to row; {now:g} follows {last:g}: sort the rows")
        if rows and rows[0][1] <= 0.0:
            at, current = rows[0]
            raise ValueError(
                f"a source feeds at its lowest voltage, and its current is {current:g} {self.unit} at {at:g}; "
                "state currents that it feeds as numbers above 0"
            )
        for (low, before), (high, after) in pairwise(rows):
            if low < high and after > before:
                raise ValueError(
                    f"the current of a source does not rise with its voltage; it rises from {before:g} to {after:g} "
                    f"{self.unit} between {low:g} and {high:g}: correct the rows"
                )
        return self


def _diode(value: object) -> object:
    return None if value in (None, "none") else quantity("V", 0.0, 10.0)(value)


class SourceEntry(BaseModel):
    """A source: its current against its voltage, of one; how many in series and in parallel; a diode behind them.

    light: share of the short-circuit current against time, whose rest is missing at each voltage, as of a solar cell;
    profile: factor of the current against time; diode: its drop of voltage, or none, which lets current flow back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    current: CurveEntry
    in_series: int = 1
    in_parallel: int = 1
    diode: Annotated[float | None, PlainValidator(_diode), WithJsonSchema({"type": "string"})] = 0.0
    light: ProfileEntry | None = None
    profile: ProfileEntry | None = None

    @model_validator(mode="after")
    def _sound(self) -> SourceEntry:
        for name in ("in_series", "in_parallel"):
            if not 1 <= getattr(self, name) <= MOST_SOURCES:
                raise ValueError(f"{name} must be from 1 to {MOST_SOURCES:,}, got {getattr(self, name)}")
        self.named("")
        return self

    def named(self, name: str) -> PowerSource:
        """Return the source.

        Raises:
            ValueError: a table is no function, or has no short-circuit current.
        """
        unit = self.current.amount("current")
        columns = zip(self.current.states(), self.current.table, strict=True)
        curve = dependence("voltage", [(x, unit.value * y) for x, (_, y) in columns])
        if self.light is not None and not curve.span[0] <= 0.0 <= curve.span[1]:
            raise ValueError("light is a share of the short-circuit current; let the table of the current begin at 0 V")
        if self.diode is not None and (last := curve.points[-1])[1] < 0.0:
            raise ValueError(
                f"current: a diode lets nothing flow back, and the current is {last[1] / unit.value:g} "
                f"{self.current.unit} at {last[0]:g} V; end the table at 0, or state diode: none"
            )
        return PowerSource(
            name=name,
            kind=unit.kind,
            curve=curve,
            in_series=self.in_series,
            in_parallel=self.in_parallel,
            diode=self.diode,
            light=self.light.share(1.0) if self.light else None,
            profile=self.profile.share(math.inf) if self.profile else None,
        )


Taken = Annotated[
    Annotated[str, Tag("[number]")] | Annotated[ProfileEntry, Tag("[table]")],
    Discriminator(lambda stated: "[table]" if isinstance(stated, dict | ProfileEntry) else "[number]"),
]


class LoadEntry(BaseModel):
    """A load: one of power, current and resistance, a number with its unit or a table of time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    power: Taken | None = None
    current: Taken | None = None
    resistance: Taken | None = None

    @model_validator(mode="after")
    def _sound(self) -> LoadEntry:
        if sum(getattr(self, name) is not None for name in ("power", "current", "resistance")) != 1:
            raise ValueError("state one of power, current and resistance, such as {power: 3 mW}")
        self.named("")
        return self

    def named(self, name: str) -> PowerLoad:
        """Return the load.

        Raises:
            ValueError: its unit is another, its table no function, or a number is below 0, of a resistance also 0.
        """
        what, stated = next((key, one) for key, one in self if one is not None)
        holds = "load" if what == "resistance" else what
        if isinstance(stated, str):
            amount = read_amount(stated)
            profile = TimeProfile(((0.0, amount.value),))
        else:
            amount = stated.amount(holds)
            profile = stated.profile(amount.value)
        if amount.holds != holds or amount.kind == "rate":
            raise ValueError(f"{what}: '{brief(str(stated))}' is no {what}")
        least = min(y for _, y in profile.points)
        if least < 0.0 or (holds == "load" and least == 0.0):
            bound = "above 0" if holds == "load" else "0 or more"
            raise ValueError(f"{what}: a load takes from the cell, so it must be {bound}")
        return PowerLoad(name=name, kind=amount.kind, profile=profile)
