"""Solvers of linear systems against a dense solve and against each other, with six decades of contrast."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.fem.compiled import HAS_NUMBA
from microfem.fem.linear_elasticity.bodies import lame, moduli
from microfem.fem.solvers.assembly import scalar_stiffness, vector_stiffness
from microfem.fem.solvers.direct import Cholmod, SuperLU
from microfem.fem.solvers.pardiso import Pardiso
from microfem.fem.solvers.settings import LinearSettings, SolverSettings
from microfem.fem.solvers.solve import System, solve_constrained
from microfem.fem.solvers.upper import plan
from microfem.fem.space import Space
from support.cells import grid, make_layout, record

KINDS = [(2, 1), (2, 2), (3, 1), (3, 2)]
DIRECT = [
    pytest.param(kind, marks=pytest.mark.skipif(not importlib.util.find_spec(needs), reason=f"{needs} is not there"))
    for kind, needs in ((Pardiso, "pypardiso"), (Cholmod, "cvxopt"), (SuperLU, "scipy"))
]


ITERATIVE = SolverSettings(linear=LinearSettings(iterative_from=0))


def by(kind):
    """Return the settings that ask for a direct solver."""
    return SolverSettings(linear=LinearSettings(direct=kind.name))


def system(dim=3, order=2, n=4):
    """Return a form with contrast 1e6 on a unit box, held at its bottom and top, with two states and loads."""
    points, cells = grid(*[np.linspace(0, 1, n + 1)] * dim)
    space = Space(record(points, cells, make_layout([]), "3d" if dim == 3 else "plan"), order)
    c = 10.0 ** np.random.default_rng(5).uniform(-3, 3, len(cells))
    at = space.locations
    given = np.flatnonzero((at[:, -1] == 0.0) | (at[:, -1] == 1.0))
    free = np.setdiff1d(np.arange(space.ndofs), given)
    values = np.stack([(at[given, -1] == 0.0).astype(float), np.sin(3.0 * at[given, 0])])
    loads = np.random.default_rng(6).normal(size=(2, space.ndofs))
    return scalar_stiffness(space, cells, c), given, values, free, loads


def dense(form):
    upper = plan(form, np.arange(form.size)).upper(form)
    return (upper + sp.triu(upper, 1).T).toarray()


@pytest.mark.parametrize("kind", DIRECT)
@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_solution_is_that_of_a_dense_solve(dim, order, kind):
    form, given, values, free, loads = system(dim, order)
    found = solve_constrained(form, given, values, free, loads, by(kind))
    a = dense(form)
    right = (loads - values @ a[given])[:, free]
    wanted = np.linalg.solve(a[np.ix_(free, free)], right.T).T
    assert np.abs(found.u[:, free] - wanted).max() < 1e-9 * np.abs(wanted).max()
    assert np.abs(found.reactions[:, given] - (found.u @ a - loads)[:, given]).max() < 1e-9 * np.abs(loads).max()
    assert np.array_equal(found.u[:, given], values)
    assert found.method == kind.name


@pytest.mark.parametrize("kind", DIRECT)
def test_factors_are_kept_and_renewed(kind):
    """More right-hand sides need no new factors; new coefficients need no new analysis; each solves its own form."""
    form, given, values, free, loads = system(2, 2)
    other = scalar_stiffness(form.space, form.space.mesh.cells, np.ones(len(form.space.mesh.cells)))
    with System(form, given, free, settings=by(kind)) as kept:
        first = kept.solve(values)
        second = kept.solve(0.0 * values, loads)
        kept.renew(other)
        third = kept.solve(values)
    assert np.abs((first.u + second.u) - solve_constrained(form, given, values, free, loads, by(kind)).u).max() < 1e-9
    assert np.abs(third.u - solve_constrained(other, given, values, free, settings=by(kind)).u).max() < 1e-12
    assert np.abs(third.u - first.u).max() > 1e-2  # negative control


@pytest.mark.parametrize("kind", DIRECT)
def test_a_singular_system_is_refused(kind):
    """Negative control of the residual test: nothing given, a load that does not balance, so no solution."""
    form, *_ = system(2, 1)
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(SolveError):
        solve_constrained(form, none, np.zeros((1, 0)), np.arange(form.size), np.ones((1, form.size)), by(kind))


def test_nothing_free_leaves_what_is_given():
    form, *_ = system(2, 1)
    every = np.arange(form.size)
    found = solve_constrained(form, every, np.ones((1, form.size)), np.zeros(0, dtype=np.int64))
    assert (found.u == 1.0).all()
    assert (found.reactions == 0.0).all()


# ------------------------------------------------------------------------------------------------------------ iterative

needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="multigrid is compiled by numba")


@needs_numba
@pytest.mark.parametrize("order", [1, 2])
def test_multigrid_equals_the_direct_solve(order):
    """Contrast 1e6 at random from cell to cell, the worst there is: u to 1e-6, energies to 1e-12, in few steps."""
    form, given, values, free, _ = system(3, order, 16)
    wanted = solve_constrained(form, given, values, free)
    assert "CG" not in wanted.method  # so few unknowns are solved directly
    settings = SolverSettings(linear=LinearSettings(iterative_from=0, direct_level=500, aggregated_level=100))
    found = solve_constrained(form, given, values, free, settings=settings)
    assert "multigrid CG" in found.method
    assert np.abs(found.u - wanted.u).max() < 1e-6 * np.abs(wanted.u).max()
    energies = np.diag(form.products(found.u)) / np.diag(form.products(wanted.u))
    assert energies == pytest.approx(1.0, abs=1e-12)
    assert not np.array_equal(found.u, wanted.u)  # negative control: it was another solver


@needs_numba
def test_a_guess_saves_steps():
    form, given, values, free, _ = system(3, 2, 6)
    with (
        System(form, given, free, settings=ITERATIVE) as cold,
        System(form, given, free, settings=ITERATIVE) as warm,
    ):
        first = cold.solve(values)
        second = warm.solve(values, guess=first.u * (1.0 + 1e-7))
    steps = [int(one.method.split()[-2]) for one in (first, second)]
    assert steps[1] < 0.6 * steps[0]


@needs_numba
def test_a_stalled_iteration_is_solved_directly():
    """The method then says so, with the history of residuals."""
    settings = SolverSettings(linear=LinearSettings(iterative_from=0, iterations=3))
    form, given, values, free, _ = system(3, 2)
    with System(form, given, free, settings=settings) as kept:
        found = kept.solve(values)
        again = kept.solve(values)
    assert "stalled after 3 steps" in found.method
    assert found.method == again.method
    assert found.residual < 1e-10
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(SolveError):  # neither way, if nothing holds the potential
        solve_constrained(form, none, np.zeros((1, 0)), np.arange(form.size), np.ones((1, form.size)), settings)


@needs_numba
@pytest.mark.parametrize("flat", [1.0, 0.1, 1.0 / 20.0])
def test_flat_cells_cost_few_steps(flat):
    """Cells 20 times as long as high and layers of contrast 1e6: no fallback to the direct solver."""
    points, cells = grid(*[np.linspace(0, 1, 13)] * 3)
    space = Space(record(points * [1.0, 1.0, flat], cells, make_layout([]), "3d"), 2)
    c = np.where(points[cells].mean(axis=1)[:, 2] < 0.25, 1e6, 1.0)
    at = space.locations
    given = np.flatnonzero((at[:, 0] == 0.0) | (at[:, 0] == 1.0))
    free = np.setdiff1d(np.arange(space.ndofs), given)
    form = scalar_stiffness(space, cells, c)
    found = solve_constrained(form, given, at[None, given, 0], free, settings=ITERATIVE)
    assert found.method.startswith("p-multigrid CG")
    assert np.abs(found.u[0] - at[:, 0]).max() < 1e-7


@needs_numba
def test_multigrid_of_an_elastic_body():
    """A clamped block of cells of random stiffness, contrast 1e3, nu 0.3, stretched: u to 1e-6 of the direct solve."""
    space = system(3, 2, 5)[0].space
    young = 10.0 ** np.random.default_rng(7).uniform(0, 3, len(space.mesh.cells))
    c = moduli(*lame(young, np.full_like(young, 0.3), 3, "strain"), np.eye(3)[None])
    form = vector_stiffness(space, space.mesh.cells, c)
    ends = np.flatnonzero((space.locations[:, 2] == 0.0) | (space.locations[:, 2] == 1.0))
    given = (3 * ends[:, None] + np.arange(3)).ravel()
    values = np.where(np.arange(len(given)) % 3 == 2, np.repeat(space.locations[ends, 2], 3), 0.0)[None]
    free = np.setdiff1d(np.arange(form.size), given)
    wanted = solve_constrained(form, given, values, free)
    found = solve_constrained(form, given, values, free, settings=ITERATIVE)
    assert found.method.startswith("p-multigrid CG")
    assert np.abs(found.u - wanted.u).max() < 1e-6
    assert not np.array_equal(found.u, wanted.u)  # negative control: it was another solver
    middles = np.flatnonzero(np.isin(given // 3, np.arange(len(space.mesh.points)), invert=True))
    loose = np.setdiff1d(np.arange(form.size), given[middles])
    # P1 functions are held by nothing
    held = solve_constrained(form, given[middles], values[:, middles], loose, settings=ITERATIVE)
    assert "no multigrid" in held.method
    assert held.residual < 1e-9


@needs_numba
def test_multigrid_of_bodies_that_slide_under_several_loads():
    """Held components leave the others of their node free; loads side by side, some zero, and other moduli later."""
    space = system(3, 2, 5)[0].space
    count = len(space.mesh.cells)

    def body(seed):
        young = 10.0 ** np.random.default_rng(seed).uniform(0, 5, count)
        return vector_stiffness(
            space, space.mesh.cells, moduli(*lame(young, np.full(count, 0.3), 3, "strain"), np.eye(3)[None])
        )

    given = np.unique(np.concatenate([3 * np.flatnonzero(space.locations[:, i] == 0.0) + i for i in range(3)]))
    form, other = body(8), body(9)
    free = np.setdiff1d(np.arange(form.size), given)
    values = np.zeros((3, len(given)))
    loads = np.random.default_rng(10).normal(size=(3, form.size))
    loads[1] = 0.0
    wanted = [solve_constrained(one, given, values, free, loads) for one in (form, other)]
    with System(form, given, free, settings=ITERATIVE) as kept:
        first = kept.solve(values, loads)
        kept.renew(other)
        second = kept.solve(values, loads)
    for found, exact in zip((first, second), wanted, strict=True):
        assert found.method.startswith("p-multigrid CG")
        assert (np.abs(found.u - exact.u).max(axis=1) <= 1e-6 * np.abs(exact.u).max(axis=1)).all()
        assert (found.u[1] == 0.0).all()
    assert np.abs(first.u - second.u).max() > 1e-2 * np.abs(first.u).max()  # negative control: other moduli
