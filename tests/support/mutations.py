"""Random damage to data and files, repeatable by its seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 3, 10**30, 0.5, -1e300, 1e308, "", "x", "nan", "\0", "\u202e", "../..", "é" * 300,
    [], [None], [[]], ["a", 1], {}, {"": ""}, {"a": {"b": []}},
)  # fmt: skip


def seeds(few: int, many: int, together: int = 50) -> list[Any]:
    """Return the seeds of a test: the first few one by one, the others together and slow."""
    each = [pytest.param(range(seed, seed + 1), id=f"seed {seed}") for seed in range(few)]
    return each + [
        pytest.param(range(seed, min(seed + together, many)), id=f"seeds from {seed}", marks=pytest.mark.slow)
        for seed in range(few, many, together)
    ]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each entry of nested mappings and lists as its container and its key or index."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in list(entries):
        yield data, key
        yield from places(inner)


def damage_data(data: Any, chance: random.Random) -> None:
    """Drop, rename, retype, swap or repeat one to three entries of nested mappings and lists."""
    for _ in range(chance.randint(1, 3)):
        found = list(places(data))
        if not found:
            return
        inside, key = chance.choice(found)
        other, elsewhere = chance.choice(found)
        kind = chance.randrange(5)
        if kind == 0:
            del inside[key]
        elif kind == 1 and isinstance(inside, dict):
            inside[chance.choice([f"{key}x", f" {key}", "name", "a/b", "..", "", elsewhere])] = inside.pop(key)
        elif kind == 2 and isinstance(inside[key], list | dict):
            inside[key] = list(inside[key])[: chance.randint(0, 2)]
        elif kind == 3 and other not in (inside, inside[key]) and not isinstance(other[elsewhere], list | dict):
            inside[key] = other[elsewhere]
        else:
            inside[key] = chance.choice(ODD)


def damage_bytes(data: bytes, chance: random.Random) -> bytes:
    """Truncate a file, overwrite some of its bytes, drop or double a piece."""
    if not data:
        return b"\0"
    kind, at = chance.randrange(4), chance.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        changed = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(changed)
    piece = chance.randint(1, max(1, len(data) // 4))
    return data[:at] + data[at + piece :] if kind == 2 else data[: at + piece] + data[at:]
