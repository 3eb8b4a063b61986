"""Guaranteed bounds: they hold the truth every time, and they are not wide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.fem.bounds import Bounds, enclose
from microfem.fem.refine import refined
from microfem.fem.terminals import TerminalSolutions, solve_terminals
from microfem.layout import Layout
from microfem.mesh import Mesh, build_mesh

WIDEST = 5.0  # width over the actual error of the potential's own value
SURER = 12.0  # how much narrower the interval must be that stands for the truth


@dataclass(frozen=True)
class Problem:
    """A layout with conductivities by region and sheet conductances, and what its terminals do."""

    layout: Layout
    view: str
    sigma: Mapping[str, float]
    terminals: Mapping[str, tuple[str, ...]]
    held: Mapping[str, float]
    fed: Mapping[str, float]

    def solve(self, mesh: Mesh, order: int = 2) -> TerminalSolutions:
        sigma = np.array([self.sigma[name] for name in mesh.regions])[mesh.region_of_cell]
        sheets = {name: self.sigma[name] for name in mesh.sheets}
        return solve_terminals(mesh, order, sigma, sheets, self.terminals)

    def enclose(self, mesh: Mesh, order: int = 2) -> Bounds:
        bounds = enclose(self.solve(mesh, order), self.held, self.fed)
        assert bounds is not None
        return bounds


def draw(rng: np.random.Generator) -> Problem:
    """Draw a family, a view, lengths, conductivities over nine decades, terminals and how they are driven."""
    family, view, parts = FAMILIES[rng.integers(len(FAMILIES))]
    lengths = {name: float(rng.uniform(low, high)) for name, (low, high) in LENGTHS[family].items()}
    layout = build_layout(family, {**FIXED[family], **lengths})
    conductors = {name for part in parts for name in layout.terminal(part)}
    sigma = {name: float(10.0 ** rng.uniform(-3.0, 6.0)) for name in layout.names()}
    for region in layout.with_role("substrate", "encapsulation"):
        if rng.random() < 0.5:
            sigma[region.name] = 0.0
    assert conductors
    names = list(parts)
    held = dict(zip(names, rng.uniform(-1.0, 1.0, 2).tolist(), strict=True))
    fed = {}
    if rng.random() < 0.3:
        fed = {names[1]: held.pop(names[1])}
    return Problem(layout, view, sigma, {name: layout.terminal(name) for name in names}, held, fed)


# Family, view, and the parts between which current flows; others conduct with what is drawn.
FAMILIES = [
    ("interdigital", "section", ("anode", "cathode")),
    ("interdigital", "3d", ("anode", "cathode")),
    ("interdigital", "section", ("anode", "cathode_collector")),
    ("interdigital", "3d", ("anode_tab", "cathode_tab")),
    ("stacked", "section", ("anode", "cathode")),
    ("stacked", "3d", ("anode_collector", "cathode_collector")),
    ("concentric", "plan", ("anode", "cathode")),
    ("circular", "3d", ("anode", "cathode")),
    ("fiber", "plan", ("anode", "cathode")),
    ("pillars", "plan", ("anode", "cathode")),
]
FIXED: dict[str, dict[str, object]] = {
    "interdigital": {"finger_pairs": 1, "finger_length": 500.0, "margin": 100.0, "tab_length": 100.0},
    "stacked": {},
    "concentric": {"ring_pairs": 2},
    "circular": {},
    "fiber": {},
    "pillars": {},
}
LENGTHS: dict[str, dict[str, tuple[float, float]]] = {
    "interdigital": {
        "gap": (60.0, 300.0), "anode_width": (60.0, 300.0), "cathode_width": (60.0, 300.0),
        "anode_thickness": (10.0, 60.0), "collector_thickness": (0.05, 3.0), "electrolyte_height": (80.0, 300.0),
    },
    "stacked": {"collector_thickness": (0.05, 5.0)},
    "concentric": {"gap": (100.0, 300.0)},
    "circular": {"gap": (100.0, 400.0)},
    "fiber": {},
    "pillars": {},
}  # fmt: skip


def check(problem: Problem) -> float:
    """Hold a coarse interval against one that is much narrower; return width over actual error."""
    mesh = build_mesh(problem.layout, problem.view, -2)
    coarse = finest = problem.enclose(mesh)
    most = 25_000 if mesh.dim == 3 else 20_000
    while finest.upper - finest.lower > (coarse.upper - coarse.lower) / SURER and len(mesh.cells) < most:
        mesh = refined(mesh, finest.of_cell, finest.spread, 1.8)
        finest = problem.enclose(mesh)
        slack = 1e-10 * abs(finest.upper)
        assert coarse.lower <= finest.upper + slack
        assert coarse.upper >= finest.lower - slack
    middle, half = 0.5 * (finest.lower + finest.upper), 0.5 * (finest.upper - finest.lower)
    own = coarse.lower if coarse.fed else coarse.upper  # what the potential itself gives
    return float((coarse.upper - coarse.lower) / (abs(own - middle) + half))


@pytest.mark.parametrize("seed", range(2))
def test_random_layouts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = draw(rng)
    assert check(problem) <= WIDEST
