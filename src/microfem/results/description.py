"""The description of a case beside its saved fields: their labels and units, its regions and its view."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from microfem.results.files import read_json


class FieldModel(BaseModel):
    """A field: label, unit, and the displacement that moves it in drawings."""

    label: str
    unit: str
    moved: str = "displacement"


class DescriptionModel(BaseModel):
    """What readers of saved fields use."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    fields: dict[str, FieldModel] = Field(min_length=1)
    regions: dict[str, str] = Field(min_length=1)
    dimension: Literal["3d", "plan", "section", "axisymmetric"]
    physics: str
    plane: float
    drawn_where: str
    limits_known: list[str] = []


def read_description(path: Path) -> dict[str, Any]:
    """Read the description of a case; a missing or damaged file gives an empty one."""
    try:
        return DescriptionModel.model_validate(read_json(path)).model_dump()
    except ValidationError:
        return {}
