"""What programs of image correlation write: one YAML file for each, with the names of its columns and what they mean.

Delimiter, decimal sign and the lines above the names of columns are not part of it: a file shows them itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from microfem.base.errors import MicrofemError
from microfem.base.extensions import library
from microfem.base.registry import did_you_mean
from microfem.materials.library import read_library

NEEDED = ("x", "y", "u", "v")
STRAIN_COLUMNS = ("exx", "eyy", "exy", "gxy")  # gxy: engineering shear, twice exy
STATED = "stated columns"  # the name of the preset that the user's own columns make
_HEAD = re.compile(r"(.*?)\s*(?:\[\s*([^\]]*?)\s*\].*)?")


def _several(value: object) -> object:
    """Read one pattern as a list of it."""
    return (value,) if isinstance(value, str) else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_several)]


class LostRule(BaseModel):
    """Points that a program could not correlate: those whose value in a column lies below a bound."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    below: float
    why: Annotated[str, Field(min_length=3)]


class Preset(BaseModel):
    """The files of one program.

    columns: what a column holds -> patterns of its name, without its unit, the first that is found counts; `x`, `y`,
    `u` and `v` are needed, and so are those in `needs`; `exx`, `eyy`, `exy` or `gxy` (engineering shear), `w` and
    `quality` are taken where they are there, others are for `lost`. without: names that no file of it has. unit: of
    lengths whose header states none. strain_units: where they differ between components. y: where it points. places:
    those of the undeformed or of the deformed device. settings: entry of `DicSettings` -> a pattern whose group is its
    value, or value -> pattern, searched in the lines down to the names of columns; listed: the same for lines that come
    several times.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    description: Annotated[str, Field(min_length=3)]
    format: Literal["text", "ncorr"] = "text"
    columns: dict[str, Patterns]
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    unit: Literal["", "px"] = ""
    strain_units: dict[str, str] = {}
    y: Literal["up", "down"]
    places: Literal["undeformed", "deformed"] = "undeformed"
    lost: tuple[LostRule, ...] = ()
    settings: dict[str, str | dict[str, str]] = {}
    listed: dict[str, str] = {}

    def found(self, names: Sequence[ColumnName]) -> dict[str, int]:
        """Return what is held -> number of its column."""
        places = {what: self._place(patterns, names) for what, patterns in self.columns.items()}
        return {what: place for what, place in places.items() if place is not None}

    def _place(self, patterns: Patterns, names: Sequence[ColumnName]) -> int | None:
        return next((k for one in patterns for k, name in enumerate(names) if name.fits(one)), None)

    def missing(self, names: Sequence[ColumnName]) -> list[str]:
        """Return what a file of this program has and these columns have not."""
        found = self.found(names)
        return [what for what in dict.fromkeys((*NEEDED, *self.needs)) if what not in found]

    def fits(self, names: Sequence[ColumnName]) -> bool:
        """Tell whether a file with these columns can be of this program."""
        strange = any(name.fits(one) for one in self.without for name in names)
        return not strange and not self.missing(names)


@dataclass(frozen=True)
class ColumnName:
    """The header of a column: its text, and the name and the unit in it, such as `U` and `mm` of `U [mm]`."""

    text: str
    name: str
    unit: str

    @classmethod
    def of(cls, text: str) -> ColumnName:
        """Return the parts of a header."""
        match = _HEAD.fullmatch(text.strip())
        return cls(text, match[1], match[2] or "") if match else cls(text, text, "")

    def fits(self, pattern: str) -> bool:
        """Tell whether a pattern fits the whole name, or the whole header."""
        return any(re.fullmatch(pattern, one) for one in (self.name, self.text))


def program_names() -> list[str]:
    """Return the names of all programs that have a preset."""
    return list(library("dic_programs"))


@cache
def load_preset(name: str) -> Preset:
    """Load the preset of a program.

    Raises:
        MicrofemError: there is none of this name, and the message suggests one; or its file is not valid.
    """
    known = library("dic_programs")
    if name not in known:
        raise MicrofemError(f"unknown program '{name}'{did_you_mean(name, known)}")
    preset = read_library("program", Preset, name, known[name].read_text(encoding="utf-8"))
    return preset.model_copy(update={"name": name})


def presets() -> list[Preset]:
    """Return the presets of all programs."""
    return [load_preset(name) for name in program_names()]


def stated_preset(columns: Mapping[str, str], y: Literal["up", "down"]) -> Preset:
    """Return the preset of columns that a user names: what a column holds -> its name or whole header.

    Raises:
        MicrofemError: a column is missing, or holds what no map has.
    """
    known = (*NEEDED, "w", *STRAIN_COLUMNS, "quality")
    for what in columns:
        if what not in known:
            raise MicrofemError(f"columns: a map has no '{what}'{did_you_mean(what, known)}")
    for what in NEEDED:
        if what not in columns:
            raise MicrofemError(f"columns: state the column of {what} too, such as {what}=NAME")
    patterns: dict[str, Patterns] = {what: (re.escape(name),) for what, name in columns.items()}
    return Preset(name=STATED, description="columns as stated", columns=patterns, needs=tuple(columns), y=y)
