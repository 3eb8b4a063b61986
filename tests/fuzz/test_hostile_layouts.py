"""Layouts of random and hostile parameters: built, or refused as impossible; small ones are meshed."""

from __future__ import annotations

import math
import random

import pytest
import shapely

from microfem.base.child import CallLimits, in_child
from microfem.base.errors import ChildError, MicrofemError
from microfem.families import FAMILIES, Family, build_layout
from microfem.layout import Layout
from microfem.mesh import build_mesh
from support.mutations import ODD, seeds

HOSTILE = (*ODD, math.nan, math.inf, -math.inf, 1e-300, 5e-324, 10**400, "1 mm", "POLYGON EMPTY", "POLYGON ((0 0))")
SMALL = 1000  # corners of a layout that is meshed


def drawn(kind: Family, chance: random.Random) -> dict[str, object]:
    """Return some parameters of a family within, at and beyond their bounds, or of another kind."""
    params: dict[str, object] = {}
    for name in chance.sample(sorted(kind.params), chance.randint(1, len(kind.params))):
        type_, param, default = kind.params[name]
        low, high = param.low, param.high
        if chance.random() < 0.1:
            params[name] = chance.choice(HOSTILE)
        elif low is not None and high is not None:
            at = low + (high - low) * chance.choice([0.0, 1.0, chance.random(), chance.random() ** 4])
            params[name] = int(at) if type_ is int else at
        elif isinstance(default, float | int) and not isinstance(default, bool):
            params[name] = default * chance.choice([0.5, 2.0, 1.0 + 1e-12, -1.0])
    return params


def corners(layout: Layout) -> int:
    """Return the number of corners of all outlines."""
    return sum(shapely.get_num_coordinates(region.footprint) for region in layout.regions)


@pytest.mark.parametrize("tried", seeds(40, 1000, 10))
def test_layouts_are_built_or_refused(tried: range) -> None:
    for seed in tried:
        chance = random.Random(seed)
        kind = FAMILIES.get(chance.choice(FAMILIES.names()))
        params = drawn(kind, chance)
        try:
            layout = build_layout(kind.name, params)
            assert math.isfinite(layout.footprint_area()), seed
            if len(tried) > 1 and "section" in kind.dimensions and corners(layout) < SMALL:
                in_child(build_mesh, layout, "section", -2, limits=CallLimits(seconds=10.0))
        except ChildError as error:
            assert error.kind == "time", f"seed {seed}: {kind.name} {params}: {error}"  # noqa: PT017
        except MicrofemError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {kind.name} {params}") from error
