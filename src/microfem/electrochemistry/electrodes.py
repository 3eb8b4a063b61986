"""What a study states of the electrodes of a cell."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from microfem.base.units import quantity
from microfem.materials.schema import PropertyModel

Tab = Literal["inner", "outer", "xmin", "xmax", "ymin", "ymax", "zmin", "zmax"]
Kind = Literal["metal", "porous", "film", "capacitor", "ideal"]
HOSTS = ("porous", "film")


class ReactionModel(BaseModel):
    """One of several reactions of an electrode: the properties in which it differs from the electrode's material.

    ion: the cation of the salt, or none of its ions, such as H+.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    ion: Literal["cation", "none"] = "cation"
    properties: dict[str, PropertyModel] = {}


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _one_end(value: object) -> object:
    """Refuse several tabs of one electrode.

    Raises:
        ValueError: with an example.
    """
    if isinstance(value, list | dict):
        raise ValueError(f"an electrode has one tab, at one end, such as tab: inner, got {value}")
    return value


class ElectrodeModel(BaseModel):
    """An electrode of a cell.

    kind: metal (stripping and plating), porous (insertion into particles), film (insertion into a dense layer),
    capacitor (double layer, pseudo-capacity) or ideal (no overpotential).
    particles: their shape; kinetics: the law; ion: that reacts; reactions: several at the same sites, in place of one.
    tab: the end of its collector, without a collector of the electrode, that is its terminal, such as xmin or inner.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    particles: Literal["sphere", "cylinder", "slab"] = "sphere"
    kinetics: Literal["butler_volmer", "linear", "tafel"] = "butler_volmer"
    ion: Literal["cation", "none"] = "cation"
    reactions: Annotated[tuple[ReactionModel, ...], BeforeValidator(_listed)] = ()
    tab: Annotated[Tab | None, BeforeValidator(_one_end)] = None

    @model_validator(mode="after")
    def _apart(self) -> ElectrodeModel:
        names = [one.name for one in self.reactions]
        if len(set(names)) < len(names):
            raise ValueError(f"two reactions have one name: {', '.join(names)}; name each")
        if names and self.kind == "capacitor":
            raise ValueError("a capacitor has no reactions; a metal or a host may have several")
        return self


def _named(value: object) -> object:
    """Read `porous` as `{kind: porous}`."""
    return {"kind": value} if isinstance(value, str) else value


Electrode = Annotated[ElectrodeModel, BeforeValidator(_named)]


class Start(BaseModel):
    """The state of an electrode at the start.

    filling: of its particles; fillings: of each of several reactions, where they differ; potential: of a capacitor
    against the electrolyte, V.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    filling: float | None = None
    fillings: dict[str, float] = {}
    potential: float = 0.0

    def of(self, reaction: str) -> float:
        """Return the filling of a reaction."""
        return self.fillings.get(reaction, self.filling or 0.0)


def read_start(value: object) -> Start:
    """Read a filling, `3 %`, those of several reactions, `{proton: 3 %, zinc: 1 %}`, or a capacitor's potential, `0 V`.

    Raises:
        ValueError: the value is none of them.
    """
    share = quantity("1", 0.0, 1.0)
    if isinstance(value, Start):
        return value
    if isinstance(value, dict):
        return Start(fillings={str(name): share(one) for name, one in value.items()})
    if isinstance(value, str) and value.strip().endswith("V"):
        return Start(potential=quantity("V", -10.0, 10.0)(value))
    return Start(filling=share(value))


def _written(start: Start) -> object:
    """Return a state at the start as a study writes it."""
    if start.fillings:
        return start.fillings
    return f"{start.potential!r} V" if start.filling is None else start.filling


StartEntry = Annotated[
    Start,
    PlainValidator(read_start),
    PlainSerializer(_written),
    WithJsonSchema({"type": ["string", "number", "object"], "examples": ["3 %", "0 V"]}),
]
