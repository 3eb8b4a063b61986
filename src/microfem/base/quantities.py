"""Types of a schema for quantities: read with their unit, stored in microfem's unit."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from microfem.base.units import quantity


def _megabytes(value: object) -> float:
    """Read `4 GB` or `500 MB` as MB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB)", str(value).strip())
    if match is None or not 100.0 <= (size := float(match[1]) * {"MB": 1.0, "GB": 1e3}[match[2]]) <= 1e7:
        raise ValueError(f"expected 100 MB or more, such as '4 GB', got {value!r}")
    return size


Share = Annotated[float, BeforeValidator(quantity("1", 1e-6, 1.0)), WithJsonSchema({"type": ["string", "number"]})]
Duration = Annotated[float, BeforeValidator(quantity("s", 1.0, 1e7)), WithJsonSchema({"type": "string"})]
Memory = Annotated[float, BeforeValidator(_megabytes), WithJsonSchema({"type": "string", "examples": ["4 GB"]})]
Radius = Annotated[float, BeforeValidator(quantity("um", 1.0, 1e9)), WithJsonSchema({"type": "string"})]
Area = Annotated[float, BeforeValidator(quantity("um2", 1e-4, 1e14)), WithJsonSchema({"type": "string"})]
