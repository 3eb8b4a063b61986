"""Guaranteed bounds: they hold the truth every time, and they are not wide."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest

from microfem.base.errors import SolveError
from microfem.families import build_layout
from microfem.fem.error_estimates.refinement import refined
from microfem.fem.potential.bounds import Bounds, enclose
from microfem.fem.potential.terminals import TerminalSolutions, solve_terminals
from microfem.layout import Layout
from microfem.layout.contacts import PartContact
from microfem.layout.frames import axes_of
from microfem.materials.anisotropy import FIBRES, FLAT, LAYERS, Anisotropy
from microfem.mesh import Mesh, build_mesh
from microfem.physics.potential.coefficients import of_cells, of_film
from support.materials import medium

WIDEST = 5.0  # width over the actual error of the potential's own value
TURNED = 20.0  # the same where the axes of a medium turn within a cell, which the flux does not know
QUICK = (7, 12, 23, 27, 28, 34, 35, 38)  # seeds of two dimensions, and one of three
SURER = 12.0  # how much narrower the interval must be that stands for the truth


@dataclass(frozen=True)
class Problem:
    """A layout with conductivities by region and sheet conductances, numbers or along axes, and what terminals do."""

    layout: Layout
    view: str
    sigma: Mapping[str, float | Anisotropy]
    terminals: Mapping[str, tuple[str, ...]]
    held: Mapping[str, float]
    fed: Mapping[str, float]
    contacts: tuple[PartContact, ...] = ()

    def solve(self, mesh: Mesh, order: int = 2) -> TerminalSolutions:
        laws = {name: medium(stated) for name, stated in self.sigma.items()}
        laid = replace(mesh, layout=replace(mesh.layout, materials=laws))
        sheets = {name: of_film(laid, name, "conductivity") for name in mesh.sheets}
        return solve_terminals(mesh, order, of_cells(laid, "conductivity"), sheets, self.terminals, self.contacts)

    def enclose(self, mesh: Mesh, order: int = 2) -> Bounds:
        bounds = enclose(self.solve(mesh, order), self.held, self.fed)
        assert bounds is not None
        return bounds


def draw(rng: np.random.Generator) -> Problem:
    """Draw a family, a view, lengths, conductivities over nine decades, terminals, how they are driven, and axes."""
    family, view, parts = FAMILIES[rng.integers(len(FAMILIES))]
    lengths = {name: float(rng.uniform(low, high)) for name, (low, high) in LENGTHS[family].items()}
    layout = build_layout(family, {**FIXED[family], **lengths})
    conductors = {name for part in parts for name in layout.terminal(part)}
    sigma: dict[str, float | Anisotropy] = {name: float(10.0 ** rng.uniform(-3.0, 6.0)) for name in layout.names()}
    for region in layout.with_role("substrate", "encapsulation"):
        if rng.random() < 0.5:
            sigma[region.name] = 0.0
    assert conductors
    names = list(parts)
    held = dict(zip(names, rng.uniform(-1.0, 1.0, 2).tolist(), strict=True))
    fed = {}
    if rng.random() < 0.3:
        fed = {names[1]: held.pop(names[1])}
    for name in layout.names() if rng.random() < 0.5 else ():
        sigma[name] = along_axes(rng, layout, sigma[name])
    return Problem(layout, view, sigma, {name: layout.terminal(name) for name in names}, held, fed)


def along_axes(rng: np.random.Generator, layout: Layout, sigma: float) -> float | Anisotropy:
    """Draw values along axes over three decades about a conductivity that is above 0."""
    axes = axes_of(layout)
    names = [axes, LAYERS, FIBRES][rng.integers(3)]
    values = {name: sigma * float(10.0 ** rng.uniform(-1.5, 1.5)) for name in names}
    turned = float(rng.uniform(0.0, 180.0)) if axes == FLAT else axes[rng.integers(3)]
    return Anisotropy(values, turned if names == FIBRES else "") if sigma > 0.0 else sigma


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
        mesh = refined(mesh, finest.of_cell, finest.anisotropy, 1.8)
        finest = problem.enclose(mesh)
        slack = 1e-10 * abs(finest.upper)
        assert coarse.lower <= finest.upper + slack
        assert coarse.upper >= finest.lower - slack
    middle, half = 0.5 * (finest.lower + finest.upper), 0.5 * (finest.upper - finest.lower)
    own = coarse.lower if coarse.fed else coarse.upper  # what the potential itself gives
    return float((coarse.upper - coarse.lower) / (abs(own - middle) + half))


def with_contacts(rng: np.random.Generator, problem: Problem) -> Problem:
    """Draw up to three contacts between parts that touch, of resistances over ten decades, some insulating.

    One that cuts a part off from all terminals is left out.
    """
    mesh = build_mesh(problem.layout, problem.view, -2)
    pairs = [pair for pair in combinations(mesh.regions, 2) if len(mesh.interface(*((name,) for name in pair))[0])]
    for film, facets in mesh.sheets.items():
        cells = mesh.beside(np.sort(facets, axis=1))
        pairs += [(film, mesh.regions[k]) for k in np.unique(mesh.region_of_cell[cells[cells >= 0]])]
    for number in rng.permutation(len(pairs))[:3]:
        insulating, resistance = bool(rng.random() < 0.15), float(10.0 ** rng.uniform(-11.0, -1.0))
        more = PartContact(between=pairs[number], insulating=insulating, resistance=resistance)
        tried = replace(problem, contacts=(*problem.contacts, more))
        with suppress(SolveError, AssertionError):  # the latter where nothing flows
            tried.enclose(mesh)
            problem = tried
    return problem


def widest(problem: Problem) -> float:
    """Return how wide the interval of a problem may be."""
    directed = any(isinstance(one, Anisotropy) for one in problem.sigma.values())
    return TURNED if directed and axes_of(problem.layout) != FLAT else WIDEST


@pytest.mark.parametrize("seed", QUICK)
def test_random_layouts(seed: int) -> None:
    problem = draw(np.random.default_rng(seed))
    assert check(problem) <= widest(problem)


@pytest.mark.slow
@pytest.mark.parametrize("seed", sorted(set(range(300)) - set(QUICK)))
def test_more_random_layouts(seed: int) -> None:
    problem = draw(np.random.default_rng(seed))
    assert check(problem) <= widest(problem)


@pytest.mark.parametrize("seed", [7, pytest.param(23, marks=pytest.mark.slow)])
def test_random_contacts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = with_contacts(rng, draw(rng))
    assert len(problem.contacts) > 1
    assert check(problem) <= widest(problem)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(100) if seed not in (7, 23)])
def test_more_random_contacts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = with_contacts(rng, draw(rng))
    assert check(problem) <= widest(problem)


def interdigital(view: str, **sigma: float) -> Problem:
    layout = build_layout("interdigital", {"finger_pairs": 1, "finger_length": 500.0, "margin": 100.0})
    every = {"electrolyte": 1.0, "substrate": 0.0, "anode": 1.0, "cathode": 1.0, **sigma}
    return Problem(layout, view, every, TERMINALS, {"anode": 0.0, "cathode": 1.0}, {})


TERMINALS = {"anode": ("anode",), "cathode": ("cathode",)}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("view", ["section", "3d"])
def test_bounds_close_from_both_sides(order: int, view: str) -> None:
    """Finer meshes lower the upper bound and raise the lower one: nothing is known only by chance."""
    problem = interdigital(view)
    mesh, before = build_mesh(problem.layout, view, -2), None
    for _ in range(3):
        bounds = problem.enclose(mesh, order)
        if before is not None:
            assert before.lower < bounds.lower < bounds.upper < before.upper
        before = bounds
        mesh = refined(mesh, bounds.of_cell, bounds.anisotropy, 2.0)


@pytest.mark.parametrize("radii", [(1500.0, 1800.0)])
def test_closed_form_between_circles(radii: tuple[float, float]) -> None:
    """G = 2 pi sigma / ln(r2 / r1); the chords enclose the circles' areas, which leaves 6e-5 at these sizes."""
    layout = build_layout("circular", {})
    sigma = {name: 1.0 for name in layout.names()}
    problem = Problem(layout, "plan", sigma, TERMINALS, {"anode": 0.0, "cathode": 2.0}, {})
    bounds = problem.enclose(build_mesh(layout, "plan", -1))
    exact = 4.0 * 2.0 * np.pi / np.log(radii[1] / radii[0])
    assert bounds.lower <= exact * (1.0 + 6e-5)
    assert bounds.upper >= exact * (1.0 - 6e-5)
    assert bounds.upper - bounds.lower < 1e-3 * exact


def test_linear_fields_have_no_width() -> None:
    """Parallel plates at a contrast of 1e6 in series: P1 is exact, so the bounds meet to round-off."""
    layout = build_layout("stacked", {"margin": 0.0})
    sigma = {region.name: 1.0 for region in layout.regions} | {sheet.name: 0.0 for sheet in layout.sheets}
    sigma |= {"separator": 1e-6} if "separator" in sigma else {}
    problem = Problem(layout, "section", sigma, TERMINALS, {"anode": 0.0, "cathode": 1.0}, {})
    bounds = problem.enclose(build_mesh(layout, "section", -1), 1)
    assert bounds.lower == pytest.approx(bounds.upper, rel=1e-9)


def test_given_currents_bound_the_same_resistance() -> None:
    """R from held potentials and R from a given current are one number, bounded in both ways."""
    held = interdigital("section")
    fed = replace(held, held={"anode": 0.3}, fed={"cathode": 2.0})
    mesh = build_mesh(held.layout, "section", -1)
    volts, amps = held.enclose(mesh), fed.enclose(mesh)
    assert amps.fed
    assert not volts.fed
    # G = P / V^2 of held potentials; P / I^2 = R of a given current
    assert amps.lower / 4.0 == pytest.approx(1.0 / volts.upper, rel=1e-9)
    assert amps.upper / 4.0 == pytest.approx(1.0 / volts.lower, rel=1e-3)


def test_potentials_and_currents_together() -> None:
    """Three terminals, two held apart and one fed: the sum of the two parts holds the energy of finer meshes."""
    layout = build_layout("interdigital", {"finger_pairs": 1, "margin": 100.0, "encapsulation_thickness": 50.0})
    terminals = {**TERMINALS, "lid": ("encapsulation",)}
    problem = Problem(layout, "section", dict.fromkeys(layout.names(), 1.0), terminals,
                      {"anode": 0.0, "cathode": 1.0}, {"lid": 0.7})  # fmt: skip
    mesh = build_mesh(layout, "section", -1)
    coarse = problem.enclose(mesh)
    for _ in range(4):
        mesh = refined(mesh, (now := problem.enclose(mesh)).of_cell, now.anisotropy, 2.0)
    fine = problem.enclose(mesh)
    assert coarse.lower <= fine.lower <= fine.upper <= coarse.upper
    unit = problem.solve(mesh)
    volts = unit.drive(problem.held, problem.fed)
    assert fine.lower <= volts @ unit.matrix @ volts <= fine.upper


def test_a_flux_out_of_balance_is_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a flux that only looks right, smoothed but not balanced, bounds nothing."""
    from microfem.fem.potential import equilibrate

    problem = interdigital("section")
    mesh = build_mesh(problem.layout, "section", -1)
    right, fine = problem.enclose(mesh, 1), mesh
    for _ in range(4):
        fine = refined(fine, (now := problem.enclose(fine)).of_cell, now.anisotropy, 2.5)
    truth = problem.enclose(fine)
    assert right.lower <= truth.lower
    monkeypatch.setattr(equilibrate, "_balance", lambda *given: np.concatenate([one.ravel() for one in given[-1]]))
    monkeypatch.setattr(equilibrate, "_unbalanced", lambda body, film, flux: 0.0)
    assert problem.enclose(mesh, 1).lower > truth.upper
