"""The layouts that metamorphic tests transform: every family, of few cells, with what can be solved on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microfem.families import FAMILIES, build_layout
from microfem.layout import Layout

PARAMS: dict[str, dict[str, Any]] = {
    "concentric": {"ring_pairs": 1},
    "disc_array": {"columns": 1, "rows": 1},
    "double_spiral": {"turns": 1},
    "film": {"outline": "rectangle", "length": 6000.0, "electrodes": "stacked"},
    "interdigital": {"finger_pairs": 1, "finger_length": 900.0, "anode_width": 200.0, "collector_thickness": 0.5},
    "interleaved_plates": {"plates": 3, "plate_length": 800.0, "width": 600.0},
    "island_bridge": {"columns": 2},
    "joint": {"blocks": 2},
    "meander": {"legs": 2, "leg_length": 1500.0},
    "multicore_fiber": {"cores": 2, "length": 1000.0},
    "pillars": {"row_pairs": 1, "columns": 2},
    "radial_fingers": {"finger_pairs": 2, "hub_radius": 400.0, "finger_length": 600.0},
    "space_filling": {"order": 1},
    "swiss_roll": {"windings": 1.5},
}
VIEWS = [(family, view) for family in FAMILIES.names() for view in FAMILIES.get(family).dimensions]
BARE = [
    ("film", "plan"),
    ("island_bridge", "plan"),
    ("layers", "plan"),
]  # whose plane meets one electrode
ROUND = ["fiber", "multicore_fiber", "swiss_roll"]  # without a flat face that a load could grip along x
POTENTIAL = [view for view in VIEWS if view not in BARE]
ELASTIC = [view for view in VIEWS if view[0] not in ROUND]
# Small enough for every run of the tests; the others are slow.
QUICK = [("interdigital", "section"), ("film", "section"), ("circular", "plan"), ("fiber", "plan"), ("drawn", "3d")]

TERMINALS = {"anode": "0 V", "cathode": "1 V"}
CONDUCTION = {"physics": "conduction", "terminals": TERMINALS}
ELECTROSTATICS = {"physics": "electrostatics", "terminals": TERMINALS}


def layout_of(family: str, more: Mapping[str, Any] | None = None) -> Layout:
    """Return the small layout of a family; more: parameters that differ from it."""
    return build_layout(family, {**PARAMS.get(family, {}), **(more or {})})
