"""What a study states of a module: arrangement, collectors, odd cells."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from microfem.base.errors import MicrofemError, brief
from microfem.base.units import convert, quantity
from microfem.electrochemistry.electrodes import StartEntry
from microfem.electrochemistry.modules.arrangement import Connection, OddCell, Terminals
from microfem.electrochemistry.modules.sheets import CollectorSheet
from microfem.materials import Material, load_material

MOST_CELLS = 100
_ARRANGEMENT = re.compile(r"(\d{1,6})S(\d{1,6})P", re.IGNORECASE)


def read_arrangement(value: object) -> tuple[int, int]:
    """Read `5S3P` as the number of cells in series and in parallel.

    Raises:
        ValueError: the text is none, or the cells are none or too many.
    """
    if isinstance(value, tuple):
        return value
    match = _ARRANGEMENT.fullmatch(str(value).replace(" ", ""))
    if match is None:
        raise ValueError(f"expected cells in series and in parallel such as 5S3P, got {brief(repr(value))}")
    series, parallel = int(match[1]), int(match[2])
    if series * parallel == 0:
        raise ValueError(f"{value} has no cell; state one in series and one in parallel at least, such as 1S1P")
    if series * parallel > MOST_CELLS:
        raise ValueError(
            f"{value} has {series * parallel:,} cells, each with all unknowns of its mesh at every time step; at most "
            f"{MOST_CELLS} are followed: state a part of the module, such as 5S3P"
        )
    return series, parallel


ArrangementEntry = Annotated[
    tuple[int, int],
    PlainValidator(read_arrangement),
    PlainSerializer(lambda counts: f"{counts[0]}S{counts[1]}P"),
    WithJsonSchema({"type": "string", "examples": ["5S3P"]}),
]


def _resistance(value: object) -> float:
    """Read a resistance in Mohm; what is refused is told in ohm, as collectors have it."""
    return convert("ohm", "Mohm", quantity("ohm", 0.0, 1e12)(value))


Resistance = Annotated[float, PlainValidator(_resistance), WithJsonSchema({"type": "string", "examples": ["20 mohm"]})]
Length = Annotated[
    float, BeforeValidator(quantity("um", 1e-3, 1e9)), WithJsonSchema({"type": "string", "examples": ["10 mm"]})
]
Size = Annotated[float, BeforeValidator(quantity("1", 1e-3, 1e3)), WithJsonSchema({"type": ["string", "number"]})]


class CellEntry(BaseModel):
    """A cell that differs from the others.

    size: relative to the others, so that all currents are larger by it; start: its own state; connection: open (no
    current), short (a wire in its place), reversed (its poles exchanged).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Size = 1.0
    start: dict[str, StartEntry] = {}
    connection: Connection = "normal"

    @property
    def odd(self) -> OddCell:
        """What differs in the network."""
        return OddCell(size=self.size, connection=self.connection)


def _material(value: object) -> Material:
    """Read a material of the library by its name; that of a study stands here already.

    Raises:
        ValueError: there is no such material.
    """
    try:
        return value if isinstance(value, Material) else load_material(str(value))
    except MicrofemError as error:
        raise ValueError(str(error)) from None


class SheetEntry(BaseModel):
    """Collectors as sheets: material, thickness and width; pitch: between neighbours along a strip; tab: its length."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    material: Annotated[
        Material,
        PlainValidator(_material),
        PlainSerializer(lambda one: one.name),
        WithJsonSchema({"type": "string", "examples": ["copper"]}),
    ]
    thickness: Length
    width: Length
    pitch: Length
    tab: Annotated[float, BeforeValidator(quantity("um", 0.0, 1e9)), WithJsonSchema({"type": "string"})] = 0.0


class InterconnectEntry(BaseModel):
    """The collectors between cells.

    strip: resistance of a strip between neighbours along a column; tab: of each of the two tabs of a cell; sheet: from
    which both follow; terminals: where they are along the two outer strips.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    strip: Resistance = 0.0
    tab: Resistance = 0.0
    sheet: SheetEntry | None = None
    terminals: Terminals = "opposite_ends"

    @model_validator(mode="after")
    def _once(self) -> InterconnectEntry:
        if self.sheet is not None and (self.strip or self.tab):
            raise ValueError("state strip and tab, or the sheet from which they follow")
        return self

    @property
    def made_of(self) -> CollectorSheet | None:
        """The sheet from which the resistances follow, None where they are stated."""
        return None if self.sheet is None else CollectorSheet(**dict(self.sheet))
