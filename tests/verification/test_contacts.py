"""Contacts that resist a current, against closed forms and limits; proven bounds hold and are narrow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import shapely

from microfem.base.errors import SolveError
from microfem.families import build_layout
from microfem.fem.error_estimates.refinement import refined
from microfem.fem.solvers import assembly
from microfem.fem.solvers.settings import LinearSettings, SolverSettings
from microfem.fem.solvers.upper import SortedPlan, plan
from microfem.layout import Layout, Region
from microfem.layout.contacts import PartContact
from microfem.mesh import build_mesh
from support.contacts import WIDE, Joined, bar, film_under_pads

UM = 1e-6


def between(one: str, other: str, resistance: float) -> PartContact:
    return PartContact(between=(one, other), resistance=resistance)


LAYERS = Joined(
    bar((-10.0, 0.0, 50.0, 150.0, 160.0), ("low", "first", "second", "high")),
    "section",
    {"first": 2.0, "second": 0.5},
    (between("first", "second", 1e-4), between("low", "first", 3e-5), between("high", "second", 2e-5)),
)
IN_SERIES = 50 * UM / 2.0 + 100 * UM / 0.5 + 1e-4 + 3e-5 + 2e-5  # ohm m2


@pytest.mark.parametrize("view", ["section", "3d"])
@pytest.mark.parametrize("order", [1, 2])
def test_layers_and_contacts_in_series(view: str, order: int) -> None:
    """R A = sum t / sigma + sum rho; the potential is linear in each layer, so the bounds meet."""
    bounds = replace(LAYERS, view=view).enclose(order=order)
    exact = WIDE * (WIDE if view == "3d" else 1.0) * UM / IN_SERIES
    assert (bounds.lower, bounds.upper) == pytest.approx((exact, exact), rel=1e-9)


def test_another_resistance_is_outside_the_bounds() -> None:
    """The negative control: the bounds tell a contact from one that resists 1 % more."""
    more = replace(LAYERS, contacts=(between("first", "second", 1.01e-4), *LAYERS.contacts[1:])).enclose()
    assert more.upper < (1.0 - 1e-3) * WIDE * UM / IN_SERIES


@pytest.mark.parametrize(
    ("resistance", "view", "width"),
    [(1e-7, "section", 2e-6), (1e-8, "section", 1e-4), pytest.param(1e-7, "3d", 2e-6, marks=pytest.mark.slow)],
)
def test_transfer_length(resistance: float, view: str, width: float) -> None:
    """A film under a pad: R = Rs L / w + (Rs Lt / w) coth(l / Lt), Lt = sqrt(rho / Rs) (transmission line).

    H. H. Berger, Solid-State Electron. 15 (1972) 145.
    """
    sheet, pad, distance = 10.0, 100.0, 200.0
    problem = Joined(
        film_under_pads(pad, distance), view, {"film": 1.0 / (sheet * 0.1 * UM)}, (between("pad", "film", resistance),)
    )
    length = np.sqrt(resistance / sheet) / UM
    exact = (WIDE if view == "3d" else 1.0) / (sheet * (distance + length / np.tanh(pad / length))) / UM
    bounds = problem.enclose(problem.mesh(-1))
    assert bounds.lower <= exact * (1.0 + 1e-11)
    assert bounds.upper >= exact * (1.0 - 1e-11)
    assert bounds.upper - bounds.lower < width * exact


def test_a_film_between_a_pad_and_a_conductor() -> None:
    """Current enters the film through the contact alone, not the conductor below it: all bounds hold one value."""
    contacts = (between("pad", "film", 1e-8), between("film", "base", 1e-7))
    problem = Joined(film_under_pads(100.0, 200.0), "section", {"film": 1e6, "base": 5e3}, contacts)
    mesh, bounds = problem.mesh(-1), []
    for _ in range(4):
        bounds.append(problem.enclose(mesh))
        mesh = refined(mesh, bounds[-1].of_cell, bounds[-1].anisotropy, 2.0)
    assert all(one.lower <= bounds[-1].lower < bounds[-1].upper <= one.upper for one in bounds)
    assert bounds[-1].upper - bounds[-1].lower < 1e-4 * bounds[-1].upper


def test_contacts_at_circles() -> None:
    """R = ln(r2 / r1) / (2 pi sigma) + rho / (2 pi r1) + rho / (2 pi r2) per depth, with true circles."""
    layout = build_layout("circular", {})
    radii = (1500.0 * UM, 1800.0 * UM)
    problem = Joined(
        replace(layout, terminals={"a": layout.terminal("anode"), "b": layout.terminal("cathode")}),
        "plan",
        {"electrolyte": 1.0},
        (between("anode", "electrolyte", 2e-4), between("electrolyte", "cathode", 1e-4)),
    )
    exact = 2.0 * np.pi / (np.log(radii[1] / radii[0]) + 2e-4 / radii[0] + 1e-4 / radii[1])
    for order in (1, 2):
        bounds = problem.enclose(problem.mesh(-1), order)
        assert bounds.lower <= exact * (1.0 + 6e-5)
        assert bounds.upper >= exact * (1.0 - 6e-5)
        assert bounds.upper - bounds.lower < 1e-2 * exact


def comb(resistance: float) -> Joined:
    layout = build_layout("interdigital", {"finger_pairs": 1})
    ends = {"a": layout.terminal("anode"), "b": layout.terminal("cathode")}
    contacts = tuple(between(name, "electrolyte", resistance) for name in ("anode", "cathode"))
    return Joined(replace(layout, terminals=ends), "section", {"electrolyte": 1.0}, contacts if resistance else ())


def test_limits_of_a_comb() -> None:
    """A small resistance is a perfect contact; a large one is all: R -> rho / A + rho / A, plus a constant.

    By Rayleigh's principle R - rho sum 1 / A never exceeds the R of uniform current, and never is below the perfect R.
    """
    problem = comb(1.0)
    mesh = build_mesh(problem.layout, "section", -2)
    perfect, tiny = comb(0.0).enclose(mesh), comb(1e-13).enclose(mesh)
    assert tiny.lower == pytest.approx(perfect.lower, rel=1e-6)
    assert tiny.upper == pytest.approx(perfect.upper, rel=1e-6)
    facets = [mesh.interface(("electrolyte",), (name,))[0] for name in ("anode", "cathode")]
    areas = [np.linalg.norm(np.diff(mesh.points[one], axis=1), axis=2).sum() * UM for one in facets]
    more = []
    for resistance in (0.1, 10.0):
        bounds, alone = comb(resistance).enclose(mesh), resistance * sum(1.0 / area for area in areas)
        assert bounds.upper * alone < 1.0
        more.append(1.0 / bounds.upper - alone)
        assert bounds.upper - bounds.lower < 1e-4 * bounds.upper
    assert 1.0 / perfect.upper < more[0] < more[1] * (1.0 + 1e-3)
    assert more[0] == pytest.approx(more[1], rel=1e-2)


def gapped(gap: float) -> Layout:
    """Return halves side by side on a bar: between them an insulating part of a width, or a shared wall."""
    box = shapely.box
    parts = {
        "left": (box(0, 0, 50 - gap / 2, WIDE), (20.0, 60.0)),
        "right": (box(50 + gap / 2, 0, 100, WIDE), (20.0, 60.0)),
        "under": (box(0, 0, 100, WIDE), (0.0, 20.0)),
        "a_end": (box(-20, 0, 0, WIDE), (0.0, 60.0)),
        "b_end": (box(100, 0, 120, WIDE), (0.0, 60.0)),
    }
    if gap:
        parts["slit"] = (box(50 - gap / 2, 0, 50 + gap / 2, WIDE), (20.0, 60.0))
    regions = tuple(Region(name=name, role="layer", footprint=one, z=z) for name, (one, z) in parts.items())
    return Layout(regions=regions, terminals={"a": ("a_end",), "b": ("b_end",)}, feature=10.0, gap=40.0, plane=0.0)


@pytest.mark.slow
def test_an_insulating_contact_is_a_slit() -> None:
    """A slit of a width that tends to zero, extrapolated, has the conductance of the contact; the rim stays joined."""
    sigma = {"left": 1.0, "right": 1.0, "under": 1.0}
    contact = Joined(gapped(0.0), "section", sigma, (PartContact(between=("left", "right"), insulating=True),))
    mesh = contact.mesh()
    bounds = contact.enclose(mesh)
    while bounds.upper - bounds.lower > 2e-4 * bounds.upper:
        mesh = refined(mesh, bounds.of_cell, bounds.anisotropy, 2.0)
        bounds = contact.enclose(mesh)
    slits = [Joined(gapped(gap), "section", sigma) for gap in (0.4, 0.2)]
    wide, narrow = (0.5 * (one.lower + one.upper) for one in (slit.enclose(slit.mesh(0)) for slit in slits))
    assert wide < narrow < bounds.upper
    assert 2.0 * narrow - wide == pytest.approx(bounds.lower, rel=3e-3)
    assert Joined(gapped(0.0), "section", sigma).enclose().lower > 1.05 * bounds.upper  # without the contact


def test_what_is_refused() -> None:
    """Parts without a way to a terminal, terminals that touch by a contact, a face as terminal on a contact."""
    cut_off = (
        PartContact(between=("first", "second"), insulating=True),
        PartContact(between=("first", "low"), insulating=True),
    )
    with pytest.raises(SolveError, match="no terminal reaches a part of 'first'"):
        replace(LAYERS, contacts=cut_off).enclose()
    touching = Joined(bar((0.0, 10.0, 20.0), ("low", "high")), "section", {}, (between("low", "high", 1.0),))
    with pytest.raises(SolveError, match="a short circuit"):
        touching.enclose()
    face = replace(LAYERS.layout, terminals={"a": ("first.zmax",), "b": ("high",)})
    with pytest.raises(SolveError, match=r"terminal 'first.zmax' is a face on a contact"):
        replace(LAYERS, layout=face).enclose()


def test_scaling() -> None:
    """With lengths times s and resistances times s, R in 3D is divided by s: both sides of each contact scale alike."""
    conductance = []
    for scale in (1.0, 7.0):
        heights = tuple(scale * z for z in (-10.0, 0.0, 40.0, 70.0, 80.0))
        layout = bar(heights, ("low", "first", "second", "high"), scale * WIDE)
        contacts = (between("first", "second", 3e-5 * scale), between("low", "first", 1e-5 * scale))
        conductance.append(Joined(layout, "3d", {"first": 2.0, "second": 0.5}, contacts).enclose().upper / scale)
    assert conductance[0] == pytest.approx(conductance[1], rel=1e-9)


@pytest.mark.parametrize(("view", "order"), [("section", 1), ("section", 2), ("3d", 2)])
def test_jumps_in_all_forms_of_the_matrix(view: str, order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A u, a(u, u) and the assembled matrix agree, compiled or not."""
    problem = replace(LAYERS, view=view)
    mesh = problem.mesh()
    form = problem.solve(mesh, order).system.form
    unknown = np.arange(form.size, dtype=np.int32)[:, None]
    upper = [made.upper(form) for made in (plan(form, unknown.ravel()), SortedPlan(unknown))]
    assert abs(upper[0] - upper[1]).max() < 1e-12 * abs(upper[1]).max()
    u = np.random.default_rng(4).normal(size=(2, form.size))
    forces = np.asarray((upper[1] + sp.triu(upper[1], 1).T) @ u.T).T
    for numba in {False, assembly.HAS_NUMBA}:
        monkeypatch.setattr(assembly, "HAS_NUMBA", numba)
        found, energy = form.apply(u)
        assert np.abs(found - forces).max() < 1e-11 * np.abs(forces).max()
        assert energy == pytest.approx((u * forces).sum(axis=1), rel=1e-11)
    assert np.diag(form.products(u)) == pytest.approx((u * forces).sum(axis=1), rel=1e-11)


def test_multigrid() -> None:
    """Conjugate gradients with multigrid find what factors find, also at a stiff contact."""
    linear = LinearSettings(iterative_from=10, repeated_from=10, direct_level=50, aggregated_level=50)
    problem = replace(LAYERS, view="3d")
    mesh = problem.mesh(-1)
    for resistance in (1e-4, 1e-12):
        contacts = (between("first", "second", resistance),)
        either = replace(problem, contacts=contacts)
        direct, iterated = either.solve(mesh), either.solve(mesh, settings=SolverSettings(linear=linear))
        assert "CG" in iterated.method
        assert iterated.matrix == pytest.approx(direct.matrix, rel=1e-8)
