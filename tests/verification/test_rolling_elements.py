"""Rolling up by finite elements against plane sections; cases, fields and metrics of the physics.

Units: um, MPa.
"""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad

from microfem.base.errors import LayoutError, MetricRefused, MicrofemError
from microfem.families import build_layout
from microfem.fem.rolling.rollup import Ply, roll_up
from microfem.fem.rolling.strip import curl_of, make_strip, roll_strip
from microfem.fem.rolling.winding import wind
from microfem.layout import Layout, Region, Spiral
from microfem.mesh import build_mesh
from microfem.metrics.rolling import (
    roll_core_radius,
    roll_diameter,
    roll_radius,
    roll_strain,
    roll_windings,
    wound_roll,
)
from microfem.physics.mechanics.rolling import RollingCase, solve
from support.materials import elastic

# --------------------------------------------------------------------------------------------------- finite elements


def strip(plies, core_radius, windings):
    """Return a wound layout of layers, from the inside out; the names stand for no more than the layers' order."""
    names = ("anode", "electrolyte", "cathode", "separator")[: len(plies)]
    spiral = Spiral(
        layers=tuple((n, p.thickness) for n, p in zip(names, plies, strict=True)),
        core_radius=core_radius,
        windings=windings,
    )
    regions = tuple(Region(name=n, role=n, footprint=outline, z=(-0.5, 0.5)) for n, outline in spiral.outlines())
    materials = {n: elastic(p.young, p.poisson) for n, p in zip(names, plies, strict=True)}
    return Layout(
        family="made",
        params={},
        regions=regions,
        terminals={},
        feature=1.0,
        gap=1.0,
        plane=0.0,
        spiral=spiral,
        materials=materials | {"core": elastic(1.0, 0.3)},
    )


def mismatch(plies):
    names = ("anode", "electrolyte", "cathode", "separator")
    return {n: p.strain for n, p in zip(names, plies, strict=False) if p.strain}


def rolled(plies, core_radius, windings, level=0):
    """Return the solid, the equilibrium and the arc of the strip of a wound layout."""
    mesh = build_mesh(strip(plies, core_radius, windings), "strip", level)
    solid, found = make_strip(mesh, mismatch(plies))
    assert [p.thickness for p in found] == pytest.approx([p.thickness for p in plies])
    assert [p.strain for p in found] == [p.strain for p in plies]
    done = roll_strip(solid, found)
    return solid, done, curl_of(solid.space, done.x[: solid.displacements].reshape(-1, 2))


STIFF_SOFT = [Ply(1.0, 500.0, 0.3), Ply(1.0, 100.0, 0.45, 0.15)]


def test_finite_elements_converge_to_plane_sections():
    section = roll_up(STIFF_SOFT)
    radius = float(section.radius(0.0))
    off = [abs(rolled(STIFF_SOFT, radius, 1.0, level)[2].curvature / section.curvature - 1.0) for level in (0, 1)]
    assert off[0] < 2e-4
    assert off[1] < off[0] / 2.0**2.5


def test_stresses_are_those_of_plane_sections_away_from_the_ends():
    section = roll_up(STIFF_SOFT)
    solid, done, curl = rolled(STIFF_SOFT, float(section.radius(0.0)), 1.0, 1)
    assert [curl.inner, curl.outer] == pytest.approx(section.radius(section.edges[[0, -1]]), rel=1e-4)
    mesh, stress = solid.space.mesh, solid.stresses(done.x, 1.0)
    gradient = solid.gradients(done.x, 1.0)
    t = gradient[..., :, 0] / np.linalg.norm(gradient[..., :, 0], axis=-1)[..., None]
    hoop = np.einsum("nqi,nqij,nqj->nq", t, stress, t).mean(axis=1)
    heights = mesh.points[mesh.cells][..., 1].mean(axis=1)
    inside = np.abs(mesh.points[mesh.cells][..., 0].mean(axis=1)) < 0.2 * np.ptp(mesh.points[:, 0])
    for layer in (0, 1):
        rows = np.flatnonzero(inside & (heights > section.edges[layer]) & (heights < section.edges[layer + 1]))
        exact = section.stresses(layer, heights[rows])[:, 0]
        assert np.abs(hoop[rows] - exact).max() < 0.02 * np.abs(exact).max()


def test_a_wrong_law_is_seen():
    """Negative control: with growth along the strip alone, the curl is off by what growth across adds."""
    mesh = build_mesh(strip(STIFF_SOFT, 16.0, 1.0), "strip")
    solid, plies = make_strip(mesh, mismatch(STIFF_SOFT))
    plain = [Ply(p.thickness, p.young, p.poisson, p.strain / (1.0 + p.poisson)) for p in plies]
    curl = curl_of(solid.space, roll_strip(solid, plies).x[: solid.displacements].reshape(-1, 2))
    assert abs(curl.curvature / roll_up(plain).curvature - 1.0) > 0.2


def test_nine_and_a_half_windings_in_a_few_iterations():
    """From the closed form at full growth; no path of loads leads there in less than hundreds of steps."""
    plies = [Ply(1.0, 1000.0, 0.49), Ply(1.0, 1000.0, 0.49, 0.0225)]
    section = roll_up(plies)
    _, done, curl = rolled(plies, float(section.radius(0.0)) - 10.0, 9.5)
    expected = section.windings(2.0 * np.pi * 9.5 * float(section.radius(0.0)))
    assert expected > 9.4
    assert curl.windings == pytest.approx(expected, rel=0.02)  # ends turn less, by a thickness or two
    assert curl.middle == pytest.approx(
        float(section.radius(section.edges[[0, -1]]).mean()), rel=2e-4
    )  # 96 steps a turn
    assert done.iterations <= 15


def test_soft_between_stiff_layers_and_a_thin_collector():
    plies = [Ply(1.5, 100.0, 0.3), Ply(1.5, 5.0, 0.49), Ply(0.1, 70000.0, 0.43), Ply(3.0, 20.0, 0.49, 0.2)]
    section = roll_up(plies)
    curl = rolled(plies, 60.0, 1.5)[2]
    assert curl.curvature == pytest.approx(section.curvature, rel=3e-3)


# ------------------------------------------------------------------------------------------------ physics and metrics


def case(**strains):
    return RollingCase(physics="rolling", dimension="plan", mismatch=strains)


@pytest.fixture(scope="module")
def solution():
    layout = strip(STIFF_SOFT, float(roll_up(STIFF_SOFT).radius(0.0)), 2.5)
    return solve(build_mesh(layout, case(electrolyte=0.15).mesh), case(electrolyte=0.15))


def test_metrics_are_those_of_the_closed_form(solution):
    section = roll_up(STIFF_SOFT)
    faces = section.radius(section.edges[[0, -1]])
    length = float(np.ptp(solution.mesh.points[:, 0]))
    exact = wind(1.0 / faces.mean(), section.thickness, section.curvature * faces.mean() * length)
    assert roll_radius(solution) == pytest.approx(faces.mean(), rel=5e-4)
    assert roll_core_radius(solution) == pytest.approx(exact.core_radius, rel=2e-3)
    assert roll_windings(solution) == pytest.approx(exact.windings, rel=2e-3)
    assert roll_diameter(solution) == pytest.approx(exact.diameter, rel=1e-3)
    assert wound_roll(solution, "stick").core_radius > roll_core_radius(solution)
    along = STIFF_SOFT[1].natural_stretch("strain") / 1.15**0.5
    mean = quad(lambda z: float(section.stretch(z)) / along - 1.0, 0.0, 1.0)[0]
    assert roll_strain(solution, region="electrolyte") == pytest.approx(mean, rel=2e-3)


def test_fields_of_the_wound_roll_are_there_where_it_is(solution):
    assert solution.field("wound_strain").moved == "wound_displacement"
    assert np.isfinite(solution.field("wound_strain").values).all()
    places = solution.space.locations + solution.field("wound_displacement").values
    r = np.linalg.norm(places, axis=1)
    roll = wound_roll(solution)
    assert r.min() == pytest.approx(
        roll.core_radius, abs=0.05 * roll.pitch
    )  # the middle line leaves half the thickness
    assert 2.0 * r.max() == pytest.approx(roll_diameter(solution), rel=0.1)  # the step at the end is a thickness high
    short = solve(build_mesh(solution.mesh.layout, "strip"), case(electrolyte=0.01))
    assert np.isnan(short.field("wound_strain").values).all()


def test_length_times_thickness_is_kept(solution):
    flat = STIFF_SOFT[0].thickness + STIFF_SOFT[1].thickness
    area = solution.totals["length"][0] * solution.totals["thickness"][0]
    assert area == pytest.approx(flat * np.ptp(solution.mesh.points[:, 0]), rel=1e-4)


def test_wound_and_flat_layouts_roll_up_alike(solution):
    layout = solution.mesh.layout
    assert layout.spiral.rolled is False
    again = solve(build_mesh(layout, "strip"), case(electrolyte=0.15))
    assert again.totals["curvature"] == solution.totals["curvature"]


def test_a_shrinking_outer_layer_rolls_the_other_way(solution):
    other = solve(build_mesh(solution.mesh.layout, "strip"), case(electrolyte=-0.05))
    assert other.totals["curvature"][0] < 0.0
    assert roll_radius(other) > 0.0
    with pytest.raises(MetricRefused, match="last layer inside"):
        roll_diameter(other)


def test_too_short_a_strip_has_no_diameter(solution):
    other = solve(build_mesh(solution.mesh.layout, "strip"), case(electrolyte=0.02))
    assert other.totals["windings.free"][0] < 1.0
    with pytest.raises(MetricRefused, match="of a turn"):
        roll_diameter(other)


def test_bad_cases_are_refused_with_the_reason(solution):
    layout = solution.mesh.layout
    with pytest.raises(ValidationError, match="dimension: plan"):
        RollingCase(physics="rolling", mismatch={"anode": "5 %"})
    with pytest.raises(ValidationError, match="order: 2"):
        RollingCase(physics="rolling", dimension="plan", order=1, mismatch={"anode": "5 %"})
    with pytest.raises(ValidationError, match="-90 %"):
        case(anode=-0.95)
    with pytest.raises(MicrofemError, match="no region or role 'anodes'"):
        solve(build_mesh(layout, "strip"), case(anodes=0.1))
    with pytest.raises(MicrofemError, match="does not curl"):
        solve(build_mesh(strip([Ply(1.0, 5.0, 0.3)] * 2, 16.0, 1.0), "strip"), case(anode=0.1, electrolyte=0.1))
    with pytest.raises(MicrofemError, match="no layer 'gel'"):
        roll_strain(solution, region="gel")
    with pytest.raises(LayoutError, match="wound multilayer"):
        build_layout("stacked", {}).unrolled()
