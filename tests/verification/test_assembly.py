"""Kernels and solver of the finite-element core against scikit-fem's stock assembly and against a second solver.

The same weak forms, assembled with scikit-fem's own quadrature and loops, give the same matrices to round-off: both
integrate gradients of P1 and P2 on affine simplices exactly.
"""

from __future__ import annotations

import numpy as np
import pytest
import skfem
from cells import grid, make_layout, record
from skfem.helpers import ddot, dot, eye, grad, sym_grad, trace

from microfem.errors import SolveError
from microfem.fem import solve as solving
from microfem.fem.assembly import scalar_stiffness, vector_stiffness
from microfem.fem.flux import FacetFlux, facet_flux
from microfem.fem.solve import solve_given
from microfem.fem.space import Space, element, gradients, quadrature

KINDS = [(2, 1), (2, 2), (3, 1), (3, 2)]


def space_of(dim, order, n=3):
    """Return a space on a sheared grid of a unit box with its inner points moved at random."""
    rng = np.random.default_rng(dim)
    points, cells = grid(*[np.linspace(0, 1, n + 1)] * dim)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    points[inner] += rng.uniform(-0.2 / n, 0.2 / n, (inner.sum(), dim))
    shear = np.eye(dim) + 0.3 * np.eye(dim, k=1)
    return Space(record(points @ shear.T, cells, make_layout([]), "3d" if dim == 3 else "plan"), order)


def far(a, b):
    """Return the largest difference between two sparse matrices, relative to the largest entry."""
    return abs(a - b).max() / abs(b).max()


@skfem.BilinearForm
def laplace(u, v, w):
    return w["c"] * dot(grad(u), grad(v))


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_numbering_is_that_of_scikit_fem(dim, order):
    space = space_of(dim, order)
    basis = space.basis()
    assert np.array_equal(space.cell_dofs, basis.element_dofs.T)
    assert space.ndofs == basis.N
    assert np.abs(space.locations - basis.doflocs.T).max() < 1e-14


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_scalar_stiffness(dim, order):
    """Assemble integral c grad u . grad v with c from 1e-6 to 1 by cell, 1e-12 of the largest entry."""
    space = space_of(dim, order)
    cells = space.mesh.cells
    c = 10.0 ** np.random.default_rng(0).uniform(-6, 0, len(cells))
    basis = space.basis(intorder=4)
    stock = laplace.assemble(basis, c=np.repeat(c[:, None], basis.X.shape[-1], axis=1))
    assert far(scalar_stiffness(space, cells, c), stock) < 1e-12
    assert far(scalar_stiffness(space, cells, np.roll(c, 1)), stock) > 1e-3  # negative control: c of another cell
    half = np.arange(0, len(cells), 2)
    only = laplace.assemble(basis, c=np.where(np.arange(len(cells)) % 2, 0.0, c)[:, None] * np.ones(basis.X.shape[-1]))
    assert far(scalar_stiffness(space, cells[half], c[half]), only) < 1e-12


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_vector_stiffness(dim, order):
    """Assemble integral sigma(u) : eps(v), isotropic, lambda and mu by cell, 1e-12 of the largest entry."""
    space = space_of(dim, order)
    cells = space.mesh.cells
    lam, mu = np.random.default_rng(1).uniform(0.5, 2.0, (2, len(cells)))
    d = np.eye(dim)
    volume, shear = np.einsum("ik,jl->ikjl", d, d), np.einsum("ij,kl->ikjl", d, d) + np.einsum("il,kj->ikjl", d, d)
    moduli = np.multiply.outer(lam, volume) + np.multiply.outer(mu, shear)
    basis = skfem.Basis(space.skfem_mesh, skfem.ElementVector(element(dim, order)), intorder=4)

    @skfem.BilinearForm
    def hooke(u, v, w):
        e = sym_grad(u)
        return ddot(w["lam"] * eye(trace(e), dim) + 2.0 * w["mu"] * e, sym_grad(v))

    spread = np.ones(basis.X.shape[-1])
    stock = hooke.assemble(basis, lam=np.outer(lam, spread), mu=np.outer(mu, spread)).tocsr()
    ours = vector_stiffness(space, cells, moduli)
    slots = np.empty(dim * space.ndofs, dtype=np.int64)  # ours is dim x dof + component; scikit-fem's its own
    scalar = skfem.Basis(space.skfem_mesh, element(dim, order), intorder=4).element_dofs
    for i in range(dim):
        slots[dim * scalar + i] = basis.element_dofs[i::dim]
    assert far(ours, stock[slots][:, slots]) < 1e-12
    swapped = vector_stiffness(space, cells, moduli[::-1])
    assert far(swapped, stock[slots][:, slots]) > 1e-3  # negative control: moduli of another cell


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_sheet_stiffness(dim, order):
    """Assemble integral grad_s u . grad_s v on outer facets, grad_s = grad - n (n . grad), as a facet form does."""
    space = space_of(dim, order)
    basis = skfem.FacetBasis(space.skfem_mesh, element(dim, order), intorder=4)
    c = np.random.default_rng(2).uniform(0.5, 2.0, len(basis.find))

    @skfem.BilinearForm
    def surface(u, v, w):
        return w["c"] * (dot(grad(u), grad(v)) - dot(grad(u), w.n) * dot(grad(v), w.n))

    @skfem.BilinearForm
    def whole(u, v, w):
        return w["c"] * dot(grad(u), grad(v))

    spread = np.outer(c, np.ones(basis.X.shape[-1]))
    facets = space.skfem_mesh.facets[:, basis.find].T.astype(np.int64)
    ours = scalar_stiffness(space, facets, c)
    assert far(ours, surface.assemble(basis, c=spread)) < 1e-12
    assert far(ours, whole.assemble(basis, c=spread)) > 1e-2  # negative control: the gradient across the sheet kept


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_gradients_and_fluxes_of_a_polynomial(dim, order):
    """A polynomial of the space's own degree has exact gradients at the quadrature points and exact facet fluxes."""
    space = space_of(dim, order)
    rng = np.random.default_rng(3)
    g, h = rng.normal(size=dim), rng.normal(size=(dim, dim)) * (order - 1)
    at = space.locations
    u = at @ g + np.einsum("ni,ij,nj->n", at, h, at)
    points = space.mesh.points[space.mesh.cells]
    local = np.array(quadrature(dim))
    weights = np.column_stack([1.0 - local.sum(axis=1), local])
    x = np.einsum("qa,nad->nqd", weights, points)
    assert np.abs(gradients(space, u) - (g + x @ (h + h.T))).max() < 1e-12
    facets, cells, outside = space.mesh.facets
    facets, cells = facets[outside < 0], cells[outside < 0]
    flux = facet_flux(space, u, np.ones(len(cells)), facets, cells)
    total = 2.0 * np.trace(h) * space.mesh.volumes.sum()  # Gauss
    assert (flux.values * flux.weights[:, None]).sum() == pytest.approx(total, abs=1e-12)
    assert flux.weights.sum() * flux.values.shape[1] == pytest.approx(_surface(space.mesh.points[facets]), rel=1e-12)


def _surface(corners):
    sides = corners[:, 1:] - corners[:, :1]
    gram = np.einsum("nad,nbd->nab", sides, sides)
    return (np.sqrt(np.linalg.det(gram)) / (1.0 if sides.shape[1] == 1 else 2.0)).sum()


@pytest.mark.parametrize("level", [-0.2, 0.1, 0.45, 0.9, 1.2])
@pytest.mark.parametrize("dim", [2, 3])
def test_share_of_a_linear_flux(dim, level):
    """Flux f = x on a unit segment exceeds t on 1 - t of it, on the triangle (0,0), (1,0), (0,1) on (1 - t)^2 of it."""
    at = np.array(quadrature(dim - 1))[None, :, 0]
    flux = FacetFlux(at, np.array([0.3]), np.zeros((1, dim), dtype=np.int64))
    t = np.clip(level, 0.0, 1.0)
    assert flux.share_above(level) == pytest.approx((1.0 - t) ** (dim - 1), abs=1e-12)
    other = FacetFlux(-at, np.array([0.3]), flux.facets)
    assert other.share_above(-level) == pytest.approx(1.0 - (1.0 - t) ** (dim - 1), abs=1e-12)
    even = FacetFlux(np.ones((2, dim)), np.array([1.0, 3.0]), flux.facets)
    assert even.share_above(level) == (1.0 if level < 1.0 else 0.0)


def test_share_of_a_general_linear_flux_on_triangles():
    """Against sampling: 4e5 points of the triangle, standard error below 1e-3."""
    rng = np.random.default_rng(4)
    corner = rng.normal(size=3)
    local = np.array(quadrature(2))
    values = corner[0] + local @ (corner[1:] - corner[0])
    flux = FacetFlux(values[None], np.array([1.0]), np.zeros((1, 3), dtype=np.int64))
    samples = rng.dirichlet(np.ones(3), 400_000) @ corner
    for level in np.linspace(corner.min(), corner.max(), 7)[1:-1]:
        assert flux.share_above(level) == pytest.approx((samples > level).mean(), abs=4e-3)


# -------------------------------------------------------------------------------------------------------------- solver


def system(dim=3, order=2):
    space = space_of(dim, order, 4)
    c = 10.0 ** np.random.default_rng(5).uniform(-3, 3, len(space.mesh.cells))
    at = space.locations
    given = np.flatnonzero((at[:, -1] == 0.0) | (at[:, -1] == 1.0))
    free = np.setdiff1d(np.arange(space.ndofs), given)
    values = np.stack([(at[given, -1] == 0.0).astype(float), np.sin(3.0 * at[given, 0])])
    loads = np.random.default_rng(6).normal(size=(2, space.ndofs))
    return scalar_stiffness(space, space.mesh.cells, c), given, values, free, loads


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_superlu_equals_pardiso(dim, order, monkeypatch):
    """The fallback gives the same u and reactions to 1e-10 of the largest, with six decades of contrast."""
    pytest.importorskip("pypardiso")
    a, given, values, free, loads = system(dim, order)
    first = solve_given(a, given, values, free, loads)
    monkeypatch.setattr(solving, "solve_positive", solving.solve_superlu)
    second = solve_given(a, given, values, free, loads)
    assert np.abs(first.u - second.u).max() < 1e-10 * np.abs(first.u).max()
    assert np.abs(first.reactions - second.reactions).max() < 1e-10 * np.abs(first.reactions).max()
    assert np.array_equal(first.u[:, given], values)


@pytest.mark.parametrize("which", ["solve_positive", "solve_superlu"])
def test_solution_is_that_of_a_dense_solve(which, monkeypatch):
    a, given, values, free, loads = system(2, 2)
    monkeypatch.setattr(solving, "solve_positive", getattr(solving, which))
    found = solve_given(a, given, values, free, loads)
    dense = a.toarray()
    right = (loads - values @ dense[:, given].T)[:, free]
    wanted = np.linalg.solve(dense[np.ix_(free, free)], right.T).T
    assert np.abs(found.u[:, free] - wanted).max() < 1e-9 * np.abs(wanted).max()
    assert np.abs(found.reactions[:, given] - (found.u @ dense.T - loads)[:, given]).max() < 1e-9 * np.abs(loads).max()


@pytest.mark.parametrize("which", ["solve_positive", "solve_superlu"])
def test_a_singular_system_is_refused(which, monkeypatch):
    """Negative control of the residual test: nothing given, a load that does not balance, so no solution."""
    a, *_ = system(2, 1)
    monkeypatch.setattr(solving, "solve_positive", getattr(solving, which))
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(SolveError):
        solve_given(a, none, np.zeros((1, 0)), np.arange(a.shape[0]), np.ones((1, a.shape[0])))


def test_nothing_free_leaves_what_is_given():
    a, *_ = system(2, 1)
    every = np.arange(a.shape[0])
    found = solve_given(a, every, np.ones((1, a.shape[0])), np.zeros(0, dtype=np.int64))
    assert (found.u == 1.0).all()
    assert np.abs(found.reactions).max() < 1e-9 * abs(a).max()


@pytest.mark.parametrize(("dim", "order"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_compiled_pattern_equals_the_sorted_one(dim: int, order: int) -> None:
    """The compiled walk and the sort of all pairs are two ways to the same arrays."""
    from microfem.fem.pattern import find_slots, sort_slots

    mesh = skfem.MeshTri().refined(3) if dim == 2 else skfem.MeshTet().refined(2)
    dofs = skfem.Basis(mesh, element(dim, order)).element_dofs.T.astype(np.int64)
    walked, sorted_ = (find(dofs, int(dofs.max()) + 1) for find in (find_slots, sort_slots))
    for one, other in zip(walked, sorted_, strict=True):
        assert np.array_equal(one, other)
