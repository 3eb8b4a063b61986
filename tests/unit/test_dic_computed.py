"""What a camera sees of computed fields: the upper facets of bodies, displacements at pixels, states between states."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.computed import computed_path, path_of, surface_of
from microfem.dic.raster import gradients, raster
from microfem.dic.virtual import straight
from microfem.fem.space import Space
from support.large_strain_bodies import brick
from support.solving import solve_hyperelasticity
from support.virtual_devices import device


def bent(x, y):
    """Return a quadratic displacement, which P2 has exactly."""
    return 1e-4 * x**2 + 0.02 * y, 0.01 * x - 2e-4 * x * y


def test_a_quadratic_field_is_exact_at_every_pixel():
    """Also through a camera that is turned; off the device there is nothing."""
    surface = device(np.linspace(-300.0, 300.0, 5), np.linspace(-200.0, 200.0, 4), bent).surface
    camera = Camera(pixel=7.0, size=(110, 90), rotation=0.3, centre=(11.0, -4.0))
    found = raster(surface, camera)
    columns, rows = np.meshgrid(np.arange(110), np.arange(90))
    places = camera.places(np.stack([columns, rows], axis=-1).reshape(-1, 2).astype(float))
    inside = (np.abs(places) < [300.0, 200.0]).all(axis=1)
    assert (found.inside.ravel() == inside).all()
    off = found.displacement.reshape(-1, 2)[inside] - np.stack(bent(*places[inside].T), axis=1)
    assert np.abs(off).max() < 1e-11
    slopes = gradients(surface, found.triangle.ravel()[inside], places[inside])
    assert np.abs(slopes[:, 0, 0] - 2e-4 * places[inside, 0]).max() < 1e-12
    flat = found.displacement.reshape(-1, 2)[inside, 0] - 0.02 * places[inside, 1]
    assert np.abs(flat).max() > 1.0  # negative control: the quadratic part is seen


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_of_a_body_the_upper_facets_are_seen(order):
    """Once, with the displacement of the top, and nothing of the walls and the bottom."""
    mesh = brick("3d", 3, 2, 2)
    space = Space(mesh, order)
    x, y, z = space.locations.T
    moved = np.stack([0.1 * z, 0.2 * z + 0.01 * x, 0.0 * y], axis=1)
    surface = surface_of(space.locations, space.cell_dofs, mesh.region_of_cell, mesh.regions, moved)
    corners = surface.points[surface.nodes[:, :3]]
    sides = corners[:, 1:] - corners[:, :1]
    areas = 0.5 * np.abs(np.linalg.det(sides))
    low, high = space.locations.min(axis=0), space.locations.max(axis=0)
    assert areas.sum() == pytest.approx(np.prod((high - low)[:2]), rel=1e-12)
    seen = np.unique(surface.nodes)
    assert (surface.height[seen] == high[2]).all()
    assert np.abs(surface.displacement[seen, 0] - 0.1 * high[2]).max() < 1e-12
    assert surface.nodes.shape[1] == {1: 3, 2: 6}[order]


@pytest.mark.parametrize("quantity", ["strain", "curvature"])
def test_states_between_states_are_off_by_less_than_is_told(quantity):
    """A sheet that narrows as it stretches, (1 + load)^-1/2, from five states; and not much less."""
    surface = device([-100.0, 100.0], [-50.0, 50.0], bent).surface
    x, y = surface.points.T

    def moved(load):
        return np.stack([load * x, ((1.0 + load) ** -0.5 - 1.0) * y], axis=1)

    path = path_of(surface, [(load, moved(load)) for load in (0.5, 1.0, 1.5, 2.0)], quantity)
    off = max(np.abs(path.at(load).displacement[:, :2] - moved(load)).max() for load in np.linspace(0.0, 2.0, 41))
    assert off <= path.error < 5.0 * off
    assert np.abs(path.at(1.0).displacement[:, :2] - moved(1.0)).max() < 1e-12
    assert (path.stored(1.5), path.stored(1.4)) == (True, False)
    with pytest.raises(MicrofemError, match="outside of the computed path from 0 to 2"):
        path.at(2.1)


def test_a_path_that_comes_back_is_taken_as_far_as_it_goes_one_way():
    """A load on the way back has another state than on the way there."""
    surface = device([-100.0, 100.0], [-50.0, 50.0], bent).surface
    there, back = surface.displacement, 0.5 * surface.displacement
    path = path_of(surface, [(0.5, 0.6 * there), (1.0, there), (0.5, back)], "strain")
    assert path.loads.tolist() == [0.0, 0.5, 1.0]
    assert np.abs(path.at(0.5).displacement - 0.6 * there).max() < 1e-12


def test_curved_sides_are_drawn_straight_within_a_chord():
    """The pieces follow the quadratic field; one piece a side would not."""
    surface = device([-300.0, 300.0], [-200.0, 200.0], bent).surface
    chord = 0.05
    flat, moved, triangles = straight(surface, chord)
    middle = flat[triangles].mean(axis=1)
    off = moved[triangles][..., :2].mean(axis=1) - middle - np.stack(bent(*middle.T), axis=1)
    assert np.abs(off).max() < 2.0 * chord
    assert len(triangles) > 16 * len(surface.nodes)


@pytest.mark.slow
def test_a_solution_is_seen_along_its_path():
    """A free sheet of one material: u = load x along the stretch, (1 + load)^-1/2 across, at each of its steps."""
    solution = solve_hyperelasticity(brick("plan", 4, 3), {"stretch": {"strain": 1.0, "axis": "x"}})
    path = computed_path(solution)
    assert path.loads[-1] == pytest.approx(1.0)
    assert path.quantity == "strain"
    for load in path.loads:
        moved = path.at(float(load)).moved
        sizes = np.ptp(moved, axis=0)
        assert sizes == pytest.approx([1.0 + load, (1.0 + load) ** -0.5], rel=1e-6)
