"""Hashes of what results depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from pydantic import BaseModel


def digest(value: object) -> str:
    """Return a hash of records, mappings, lists, text and numbers; numbers enter as text of 12 digits."""
    return hashlib.sha256(json.dumps(_normal(value), sort_keys=True).encode()).hexdigest()[:16]


def _normal(value: object) -> object:
    """Turn records into JSON data in which numbers are text of 12 digits."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, BaseModel):
        return _normal(dict(value))
    if is_dataclass(value) and not isinstance(value, type):
        known = {one.name: getattr(value, one.name) for one in fields(value) if one.compare}
        return _normal({"type": type(value).__name__, **known})
    if isinstance(value, Mapping):
        return {str(key): _normal(one) for key, one in value.items()}
    return [_normal(one) for one in value] if isinstance(value, list | tuple) else str(value)
