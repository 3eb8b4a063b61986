"""Kernels of the finite-element core against scikit-fem's stock assembly.

The same weak forms, assembled with scikit-fem's own quadrature and loops, give the same matrices to round-off: both
integrate gradients of P1 and P2 on affine simplices exactly.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import skfem
from skfem.helpers import ddot, dot, eye, grad, sym_grad, trace

from microfem.fem import edges
from microfem.fem.potential.flux import FacetFlux, flux_rows
from microfem.fem.solvers import assembly
from microfem.fem.solvers.assembly import scalar_stiffness, vector_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.upper import SortedPlan, plan, walked
from microfem.fem.space import Space, element, gradients, quadrature
from support.cells import grid, make_layout, record

KINDS = [(2, 1), (2, 2), (3, 1), (3, 2)]


def space_of(dim, order, n=3):
    """Return a space on a sheared grid of a unit box with its inner points moved at random."""
    rng = np.random.default_rng(dim)
    points, cells = grid(*[np.linspace(0, 1, n + 1)] * dim)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    points[inner] += rng.uniform(-0.2 / n, 0.2 / n, (inner.sum(), dim))
    shear = np.eye(dim) + 0.3 * np.eye(dim, k=1)
    return Space(record(points @ shear.T, cells, make_layout([]), "3d" if dim == 3 else "plan"), order)


def whole(form):
    """Return the matrix of a form with nothing held, from the triangle that is solved with."""
    upper = plan(form, np.arange(form.size)).upper(form)
    assert upper.has_canonical_format
    return upper + sp.triu(upper, 1).T


def far(form, b):
    """Return the largest difference between a form's matrix and another one, relative to the largest entry."""
    return abs(whole(form) - b).max() / abs(b).max()


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
    flux = flux_rows(space, np.ones(len(cells)), facets, cells).flux(u)
    total = 2.0 * np.trace(h) * space.mesh.volumes.sum()  # Gauss
    assert (flux.values * flux.weights).sum() == pytest.approx(total, abs=1e-12)
    assert flux.weights.sum() == pytest.approx(_surface(space.mesh.points[facets]), rel=1e-12)


def _surface(corners):
    sides = corners[:, 1:] - corners[:, :1]
    gram = np.einsum("nad,nbd->nab", sides, sides)
    return (np.sqrt(np.linalg.det(gram)) / (1.0 if sides.shape[1] == 1 else 2.0)).sum()


@pytest.mark.parametrize("level", [-0.2, 0.1, 0.45, 0.9, 1.2])
@pytest.mark.parametrize("dim", [2, 3])
def test_share_of_a_linear_flux(dim, level):
    """Flux f = x on a unit segment exceeds t on 1 - t of it, on the triangle (0,0), (1,0), (0,1) on (1 - t)^2 of it."""
    at = np.array(quadrature(dim - 1))[None, :, 0]
    flux = FacetFlux(at, np.full(at.shape, 0.3), np.zeros((1, dim), dtype=np.int64))
    t = np.clip(level, 0.0, 1.0)
    assert flux.share_above(level) == pytest.approx((1.0 - t) ** (dim - 1), abs=1e-12)
    other = FacetFlux(-at, np.full(at.shape, 0.3), flux.facets)
    assert other.share_above(-level) == pytest.approx(1.0 - (1.0 - t) ** (dim - 1), abs=1e-12)
    even = FacetFlux(np.ones((2, dim)), np.array([[1.0], [3.0]]) * np.ones(dim), flux.facets)
    assert even.share_above(level) == (1.0 if level < 1.0 else 0.0)


def test_share_of_a_general_linear_flux_on_triangles():
    """Against sampling: 4e5 points of the triangle, standard error below 1e-3."""
    rng = np.random.default_rng(4)
    corner = rng.normal(size=3)
    local = np.array(quadrature(2))
    values = corner[0] + local @ (corner[1:] - corner[0])
    flux = FacetFlux(values[None], np.ones((1, 3)), np.zeros((1, 3), dtype=np.int64))
    samples = rng.dirichlet(np.ones(3), 400_000) @ corner
    for level in np.linspace(corner.min(), corner.max(), 7)[1:-1]:
        assert flux.share_above(level) == pytest.approx((samples > level).mean(), abs=4e-3)


def mixed_form(dim, order, components):
    """Return a form of cells and of sheets on the outer facets, with any moduli that are symmetric."""
    space = space_of(dim, order)
    vertices, _, outside = space.mesh.facets
    form = None
    for simplices in (space.mesh.cells, vertices[outside < 0]):
        if components == 1:
            one = scalar_stiffness(space, simplices, np.random.default_rng(3).uniform(0.5, 2.0, len(simplices)))
        else:
            root = np.random.default_rng(4).normal(size=(len(simplices), dim * dim, dim * dim))
            moduli = root @ root.swapaxes(1, 2)
            one = vector_stiffness(space, simplices, moduli.reshape(-1, dim, dim, dim, dim))
        form = one if form is None else form + one
    return form


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_free_unknowns_make_the_same_rows(dim, order, vector):
    """With any unknowns held, walked and sorted triangles are those of the whole matrix, to 1e-13."""
    form = mixed_form(dim, order, dim if vector else 1)
    rng = np.random.default_rng(5)
    free = np.flatnonzero(rng.random(form.size) < 0.7)
    wanted = sp.triu(whole(form)[free][:, free], format="csr")
    number = np.full(form.size, -1, dtype=np.int32)
    number[free] = np.arange(len(free))
    unknown = number.reshape(-1, form.components)
    for made in (walked(form, unknown), SortedPlan(unknown)):
        upper = made.upper(form)
        assert upper.has_canonical_format
        assert abs(upper - wanted).max() < 1e-13 * abs(wanted).max()
    assert abs(upper[:-1, :-1] - wanted[1:, 1:]).max() > 1e-3 * abs(wanted).max()  # negative control: rows shifted


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_products_without_a_matrix(dim, order, vector):
    """A u and u . A v from the simplices are those of the matrix."""
    form = mixed_form(dim, order, dim if vector else 1)
    u, a = np.random.default_rng(6).normal(size=(3, form.size)), whole(form)
    assert np.abs(form.apply(u)[0] - u @ a).max() < 1e-12 * abs(a).max()
    assert form.apply(u)[1] == pytest.approx(np.diag(form.products(u)), rel=1e-12)
    assert np.abs(form.products(u) - u @ (a @ u.T)).max() < 1e-12 * np.abs(u @ (a @ u.T)).max()
    assert np.abs(form.apply(u[::-1])[0] - u @ a).max() > 1e-2  # negative control


def test_metal_at_one_potential_adds_no_round_off():
    """Fluxes of 1e-6 beside metal of 1e12 are exact to 1e-9 of themselves; by the matrix nothing is left of them."""
    space = space_of(3, 2)
    height = space.locations[:, 2]
    metal = space.mesh.points[space.mesh.cells][:, :, 2].max(axis=1) < 0.7
    form = scalar_stiffness(space, space.mesh.cells, np.where(metal, 1e12, 1e-6))
    alone = scalar_stiffness(space, space.mesh.cells[~metal], np.full((~metal).sum(), 1e-6))
    u = (1.0 / 3.0 + np.where(np.isin(np.arange(space.ndofs), space.cell_dofs[metal]), 0.0, height - 0.2))[None]
    wanted = alone.apply(u)[0]
    assert np.abs(form.apply(u)[0] - wanted).max() < 1e-9 * np.abs(wanted).max()
    assert np.abs(u @ whole(form) - wanted).max() > np.abs(wanted).max()  # negative control


@pytest.mark.parametrize("dim", [2, 3])
def test_edges_without_numba(dim, monkeypatch):
    """The sort of all pairs numbers edges as the compiled bins do."""
    cells = space_of(dim, 2).mesh.cells
    count = int(cells.max()) + 1
    first = edges.find_edges(cells, count)
    found = first.of(cells)
    monkeypatch.setattr(edges, "HAS_NUMBA", False)
    second = edges.find_edges(cells, count)
    assert np.array_equal(first.pairs, second.pairs)
    assert np.array_equal(first.start, second.start)
    assert np.array_equal(found, second.of(cells))


@pytest.mark.parametrize(("dim", "order"), KINDS)
def test_residuals_and_energies_are_those_of_the_matrix(dim, order, monkeypatch):
    """Without the matrix A u and a(u, u) come out the same, compiled or not, for scalars and vectors."""
    space = space_of(dim, order)
    cells = space.mesh.cells
    m = np.random.default_rng(3).normal(size=(len(cells), dim * dim, dim * dim))
    symmetric = (m @ m.swapaxes(1, 2)).reshape(-1, *(dim,) * 4)
    for form in (scalar_stiffness(space, cells, np.arange(1.0, len(cells) + 1)),
                 vector_stiffness(space, cells, symmetric)):  # fmt: skip
        u = np.random.default_rng(4).normal(size=(2, form.size))
        forces = u @ whole(form)
        for numba in {False, assembly.HAS_NUMBA}:
            monkeypatch.setattr(assembly, "HAS_NUMBA", numba)
            found, energy = form.apply(u)
            assert np.abs(found - forces).max() < 1e-12 * np.abs(forces).max()
            assert energy == pytest.approx((u * forces).sum(axis=1), rel=1e-12)


def test_pieces_hang_together_by_simplices():
    """Two triangles with a common corner and a line are one piece each; other vertices stand alone."""
    label = find_pieces([np.array([[5, 1, 3], [3, 2, 0]]), np.array([[6, 8]])], 10)
    assert label.tolist() == [0, 0, 0, 0, 4, 0, 6, 7, 6, 9]
