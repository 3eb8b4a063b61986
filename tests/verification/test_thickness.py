"""The best thickness of a collector: closed forms lie in its bounds, which close with the mesh."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from microfem.fem.thickness.least_loss import enclosed
from support.cells import grid, plan_layout, record
from support.collectors import (
    FEED,
    MEAN,
    SIGMA,
    best,
    collector,
    drained_square,
    quadrilateral,
    strip_with_bounds,
    unit_loss,
)
from support.materials import medium
from support.solving import total

LONG, WIDE = 20e3, 8e3  # um


def strip(count: int = 24):
    points, cells = grid(np.linspace(0.0, LONG, count + 1), np.linspace(0.0, WIDE, count // 3 + 1))
    return collector(points, cells, shapely.box(0.0, 0.0, LONG, WIDE))


def width(bounds: tuple[float, float]) -> float:
    return 1.0 - bounds[0] / bounds[1]


def test_a_strip_drained_along_an_edge_loses_three_quarters_of_the_even_one() -> None:
    """J = q (L - x): integral J^2 / (sigma t) is q^2 L^3 W / (3 sigma t), (integral J)^2 / (sigma V) three quarters."""
    scale = unit_loss(LONG * WIDE) * LONG**2
    for count, bound in ((12, 6e-3), (24, 1.5e-3)):  # a quarter: the second order
        found = best(strip(count))
        for name, exact in (("loss", 0.25 * scale), ("even_loss", scale / 3.0)):
            low, high = found.losses[name]
            assert low <= exact <= high
            assert width((low, high)) < bound
    thickness = found.field("thickness").values.mean(axis=1)
    assert np.average(thickness, weights=found.mesh.volumes) == pytest.approx(MEAN, rel=1e-9)
    x = found.mesh.points[found.mesh.cells].mean(axis=1)[:, 0]
    assert np.abs(thickness - 2.0 * MEAN * (1.0 - x / LONG)).max() < 0.06 * MEAN  # 1.5 cells of the grid


@pytest.mark.parametrize(("least", "cap"), [(0.5, 1.5), (0.0, 1.2), (0.2, 1.9)])
def test_a_strip_between_two_bounds_of_thickness(least: float, cap: float) -> None:
    bounds = {"least": f"{least * MEAN} um", "cap": f"{cap * MEAN} um"}
    low, high = best(strip(), **bounds).losses["loss"]
    assert low <= unit_loss(LONG * WIDE) * LONG**2 * strip_with_bounds(least, cap) <= high
    assert width((low, high)) < 2e-3


def test_a_ring_drained_at_its_hub() -> None:
    """J = q (R^2 - r^2) / (2 r), and the best loss is (integral |J|)^2 / V."""
    inner, outer, rounds = 2e3, 1e4, 72
    ratio = outer / inner

    def mapped(points):
        r = inner * ratio ** points[:, 0]
        return r[:, None] * np.column_stack([np.cos(points[:, 1]), np.sin(points[:, 1])])

    quarter = 0.5 * np.pi  # the quarter of a ring: its straight edges are lines of flow
    points, cells = grid(np.linspace(0.0, 1.0, 25), np.linspace(0.0, quarter, rounds // 2 + 1), mapped=mapped)
    tab = np.zeros(len(cells), dtype=bool)
    tab[np.hypot(*points[cells].mean(axis=1).T) < inner * ratio ** (1.0 / 24.0)] = True  # the first ring of cells
    inner *= ratio ** (1.0 / 24.0)
    found = best(collector(points, cells, shapely.box(0.0, 0.0, outer, outer), tab), drained="tab")
    area = 0.25 * np.pi * (outer**2 - inner**2)
    flow = 0.25 * np.pi * (outer**2 * (outer - inner) - (outer**3 - inner**3) / 3.0)
    exact = unit_loss(1.0) * flow**2 / area
    low, high = found.losses["loss"]
    chords = 2e-3  # 36 chords of a quarter circle change areas by 3.2e-4
    assert (1.0 - chords) * low <= exact <= (1.0 + chords) * high
    assert width((low, high)) < 1e-2


@pytest.mark.parametrize("seed", range(3))
def test_convex_plans_lose_what_the_ways_to_their_edge_tell(seed: int) -> None:
    """Without bounds the best flux is straight to the edge: (q integral of the distance)^2 / (sigma V)."""
    rng = np.random.default_rng(seed)
    corners = 1e4 * (np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) + rng.uniform(-0.2, 0.2, (4, 2)))
    corners[0, 0] = corners[3, 0] = 0.0
    points, cells = quadrilateral(corners, 12)
    mesh = collector(points, cells, shapely.Polygon(corners))
    found = best(mesh)
    fine, triangles = quadrilateral(corners, 160)
    middles = shapely.points(fine[triangles].mean(axis=1))
    sides = fine[triangles]
    areas = 0.5 * np.abs(np.linalg.det(sides[:, 1:] - sides[:, :1]))
    way = areas @ shapely.distance(middles, shapely.LineString(corners[[0, 3]]))
    low, high = found.losses["loss"]
    assert low <= unit_loss(1.0) * way**2 / areas.sum() <= high
    assert width((low, high)) < 0.03
    gaps = found.found.best
    assert (gaps.of_cell >= -1e-12 * gaps.upper).all()
    assert gaps.of_cell.sum() == pytest.approx(gaps.upper - gaps.lower, rel=1e-6)


def test_parts_without_a_feed_carry_what_others_feed_or_nothing() -> None:
    """Fed in the middle third alone: J = q L / 3 up to it, falls to 0 in it, and is 0 beyond, where no mass is."""
    points, cells = grid(np.linspace(0.0, 3e4, 31), np.linspace(0.0, WIDE, 9))
    third = np.floor(points[cells].mean(axis=1)[:, 0] / 1e4).astype(np.int64)
    names = ("near", "foil", "far")
    laws = {name: medium(SIGMA) for name in names}
    layout = plan_layout(dict.fromkeys(names, shapely.box(0.0, 0.0, 3e4, WIDE)), laws, feature=1e4)
    mesh = record(points, cells, layout, "plan", third, names)
    found = best(mesh, drained="near.xmin", feed={"near": "0 A/m2", "foil": f"{FEED} A/m2", "far": "0 A/m2"})
    exact = unit_loss(1.0) * (WIDE * (1e4 * 1e4 + 0.5 * 1e8)) ** 2 / (WIDE * 3e4)
    low, high = found.losses["loss"]
    assert low <= exact <= high
    assert width((low, high)) < 3e-3
    assert found.field("thickness").values[third == 2].max() < 1e-4 * MEAN


def test_losses_scale_with_feed_mass_conductivity_and_size() -> None:
    """P ~ q^2 L^4 / (sigma t), and the shape of the film depends on none of them."""
    one = best(strip(12), cap="15 um", least="2 um")
    points, cells = one.mesh.points, one.mesh.cells
    other = best(collector(3.0 * points, cells, shapely.box(0.0, 0.0, 3.0 * LONG, 3.0 * WIDE), sigma=1e7),
                 feed={"foil": "-200 A/m2"}, mean_thickness="20 um", cap="30 um", least="4 um")  # fmt: skip
    factor = 2.0**2 * 3.0**4 * 5.0 / 2.0
    assert total(other, "loss") == pytest.approx(factor * total(one, "loss"), rel=1e-6)
    shapes = [solved.field("thickness").values for solved in (one, other)]
    assert np.allclose(shapes[1], 2.0 * shapes[0], rtol=1e-3)


def test_the_even_film_and_a_wrong_potential_are_seen_to_be_far_from_the_best() -> None:
    """Negative control: optimality fails with the potential of the even film, and with one of a wrong multiplier."""
    found = best(strip())
    film, good, even = found.film, found.found.best, found.found.even
    assert good.of_cell.sum() < 2e-3 * good.upper
    start = enclosed(film, even.u, even.flux, film.least, film.cap)
    assert start.of_cell.sum() > 0.2 * start.upper
    bent = good.u * (1.0 + 0.1 * film.mesh.points[:, 0] / LONG)
    assert enclosed(film, bent, good.flux, film.least, film.cap).of_cell.sum() > 0.05 * good.upper


def test_a_film_in_steps_has_the_mass_and_loses_little_more() -> None:
    """Three equal steps of a strip: (sum sqrt(A B))^2 over the mass, with the groups of best cuts, a = 0.294, 0.632."""
    found = best(strip(48), steps="3")
    steps = found.field("stepped_thickness").values.mean(axis=1)
    assert len(np.unique(steps.round(9))) == 3
    assert np.average(steps, weights=found.mesh.volumes) == pytest.approx(MEAN, rel=1e-9)

    def loss(first: float, second: float) -> float:
        ends = np.array([0.0, first, second, 1.0])
        return float((np.sqrt(np.diff(ends) * np.diff(ends**3) / 3.0)).sum() ** 2)

    cuts = np.linspace(0.02, 0.98, 97)
    exact = min(loss(a, b) for a in cuts for b in cuts if a < b) * unit_loss(LONG * WIDE) * LONG**2
    low, high = found.losses["stepped_loss"]
    assert found.losses["loss"][1] < low
    assert (low, high) == pytest.approx((exact, exact), rel=0.01)  # outlines follow a grid of 1/48


@pytest.mark.slow
@pytest.mark.parametrize(("least", "cap"), [(0.2, 3.0), (0.0, 1.5)])
def test_a_square_drained_at_a_tab_against_finite_differences(least: float, cap: float) -> None:
    """Both lose errors of the first order at the ends of the tab; the finite differences are extrapolated."""
    coarse, fine = (np.array(drained_square(count, 0.2, least, cap, 400)) for count in (40, 80))
    expected = 2.0 * fine - coarse
    side = 1e4
    ticks = np.linspace(0.0, side, 81), np.linspace(0.0, side, 81)
    points, cells = grid(*ticks)
    beside = grid(np.linspace(-1e3, 0.0, 9), np.linspace(0.4 * side, 0.6 * side, 17))
    points, cells, tab = _joined((points, cells), beside)
    mesh = collector(points, cells, shapely.box(-1e3, 0.0, side, side), tab)
    found = best(mesh, drained="tab", least=f"{least * MEAN} um", cap=f"{cap * MEAN} um")
    scale = unit_loss(side**2) * side**2
    for name, value in zip(("loss", "even_loss"), expected, strict=True):
        low, high = found.losses[name]
        assert 0.995 * low <= value * scale <= 1.005 * high
        assert width((low, high)) < 0.05


def _joined(one, other):
    """Return points, cells and the owner of two grids that share points."""
    points = np.vstack([one[0], other[0]])
    unique, index = np.unique(points.round(6), axis=0, return_inverse=True)
    cells = np.vstack([one[1], other[1] + len(one[0])])
    return unique, index.reshape(-1)[cells], np.repeat([False, True], [len(one[1]), len(other[1])])
