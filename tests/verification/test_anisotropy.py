"""Materials that differ along axes: closed forms by stretching, on surfaces, around fibres and along rolls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0
from scipy.integrate import dblquad

from microfem.base.errors import MetricRefused
from microfem.families import build_layout
from microfem.fem.error_estimates.refinement import refined
from microfem.layout import Cylinder, Layout, Placement, Region, Sheet, SphericalCap
from microfem.materials.anisotropy import Anisotropy
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.deformed import deform
from microfem.mesh.exact import exact_shape
from microfem.mesh.frames import frames_of
from microfem.metrics.current import edge_powers, electrode_flux
from microfem.physics.potential.solution import PotentialSolution
from support.cells import cell_layout, make_layout, plan_layout
from support.closed_forms import interdigital
from support.materials import medium
from support.relations import moved_layout, turned
from support.solving import solve, solve_conduction, solve_electrostatics, value


def bounded(mesh: Mesh, levels: int = 0) -> tuple[float, float, PotentialSolution]:
    """Return the proven bounds of the conductance at 1 V, and the solution, on a mesh refined a few times."""
    solution = solve_conduction(mesh)
    assert isinstance(solution, PotentialSolution)
    bounds = solution.bounds
    assert bounds is not None
    if levels:
        return bounded(refined(mesh, bounds.of_cell, bounds.anisotropy, 2.0), levels - 1)
    return bounds.lower, bounds.upper, solution


def holds(low: float, exact: float, high: float, width: float) -> None:
    """Check that bounds hold a value and are narrow."""
    assert low <= exact * (1.0 + 1e-9)
    assert high >= exact * (1.0 - 1e-9)
    assert high - low < width * exact


def flat(x: float, z: float) -> Anisotropy:
    return Anisotropy({"x": x, "y": 1.0, "z": z})


@pytest.mark.parametrize(
    ("x", "z", "levels", "width"), [(10.0, 1.0, 5, 3e-3), (1.0, 10.0, 5, 2e-3), (1e4, 1.0, 7, 1e-2)]
)
def test_a_comb_is_one_of_a_number_that_is_stretched(x: float, z: float, levels: int, width: float) -> None:
    """With z' = z sqrt(sx / sz) the field is that of the number sqrt(sx sz), in a cell that much higher."""
    wa, wc, g, height = 1.0, 1.5, 0.7, 0.6
    exact, swapped = (
        math.sqrt(x * z) * interdigital(wa, wc, g, height * r) for r in (math.sqrt(x / z), math.sqrt(z / x))
    )
    layout = cell_layout(wa, wc, g, height, {"electrolyte": medium(flat(x, z))})
    low, high, _ = bounded(build_mesh(layout, "section", -1), levels)
    holds(low, exact, high, width)
    assert not low <= swapped <= high  # negative control: the axes in the other order


def comb(thickness: float, height: float, law: float | Anisotropy) -> Mesh:
    """Return the first mesh in 3D of a comb with electrolyte that high."""
    params = {"finger_pairs": 1, "finger_length": 500.0, "margin": 100.0, "electrolyte_height": height}
    layout = build_layout("interdigital", {**params, "anode_thickness": thickness, "cathode_thickness": thickness})
    return build_mesh(with_laws(layout, electrolyte=law), "3d", -2)


@pytest.mark.slow
def test_a_comb_of_3d_is_one_of_a_number_that_is_stretched() -> None:
    """With z' = z sqrt(s_in_plane / s_through): G is sqrt(s_in_plane s_through) times that of the number 1 there."""
    low, high, _ = bounded(comb(20.0, 100.0, Anisotropy({"in_plane": 10.0, "through": 1.0})), 4)
    stretch = math.sqrt(10.0)
    least, most, _ = bounded(comb(20.0 * stretch, 100.0 * stretch, 1.0), 4)
    assert low <= stretch * most
    assert high >= stretch * least
    assert max(high, stretch * most) - min(low, stretch * least) < 1e-2 * high


def rectangle(width: float, length: float, law: Anisotropy, turn: float = 0.0) -> Layout:
    """Return a rectangle of electrolyte between two electrodes at its ends, turned by an angle, degrees."""
    outlines = {
        "anode": shapely.box(0.0, -0.1, width, 0.0),
        "electrolyte": shapely.box(0.0, 0.0, width, length),
        "cathode": shapely.box(0.0, length, width, length + 0.1),
    }
    laws = {"electrolyte": medium(law, law), "anode": medium(1e7), "cathode": medium(1e7)}
    layout = plan_layout(outlines, laws, feature=0.1)
    return moved_layout(layout, turned(turn)) if turn else layout


def test_a_tensor_in_a_rectangle_makes_a_rhombus() -> None:
    """Stretched until it is isotropic, the rectangle is a rhombus, whose conductance is that of a square.

    A mirror line of a rhombus swaps its two pairs of sides, so G = G' for the flow across, and G G' = det sigma always
    (J. B. Keller, J. Math. Phys. 5 (1964) 548).
    """
    along, across, turn = 4.0, 1.0, math.radians(30.0)
    resistivity = [along**-1 * math.cos(a) ** 2 + across**-1 * math.sin(a) ** 2 for a in (turn, math.pi / 2 - turn)]
    law = Anisotropy({"along": along, "across": across}, 30.0)
    layout = rectangle(1.0, math.sqrt(resistivity[0] / resistivity[1]), law)
    low, high, solution = bounded(build_mesh(layout, "plan", -1), 2)
    holds(low, math.sqrt(along * across), high, 2e-3)
    weights = solution.mesh.volumes[:, None] * 1e-12 / solution.field("energy_density").values.shape[1]
    assert np.nansum(weights * solution.field("energy_density").values) == pytest.approx(solution.energy, rel=1e-9)
    e, j = (np.nan_to_num(solution.field(name).values) for name in ("electric_field", "current_density"))
    flux = electrode_flux(solution, "anode")
    assert (flux.values * flux.weights).sum() == pytest.approx(2.0, rel=2e-2)
    c, s = math.cos(turn), math.sin(turn)
    tensor = np.array([[c, -s], [s, c]]) @ np.diag([along, across]) @ np.array([[c, s], [-s, c]])
    np.testing.assert_allclose(j, e @ tensor, rtol=1e-9, atol=1e-9 * np.abs(j).max())


@pytest.mark.parametrize("view", ["section", "3d"])
def test_a_film_conducts_by_the_values_in_its_plane(view: str) -> None:
    """G = s_x t w / l of a film on an insulator, whatever its other values are."""
    outlines = {"anode": (-1.0, 0.0), "base": (0.0, 4.0), "cathode": (4.0, 5.0)}
    regions = [Region(name=name, role=name, footprint=shapely.box(low, -1.0, high, 1.0), z=(0.0, 1.0))
               for name, (low, high) in outlines.items()]  # fmt: skip
    film = Sheet(name="film", role="bridge", footprint=shapely.box(0.0, -1.0, 4.0, 1.0), z=1.0, thickness=0.01)
    metal, law = medium(1e7), Anisotropy({"x": 50.0, "y": 2.0, "z": 1.0})
    laws = {"anode": metal, "cathode": metal, "base": medium(0.0), "film": medium(law)}
    low, high, _ = bounded(build_mesh(make_layout(regions, [film], laws), view, -1))
    holds(low, 50.0 * 0.01 / 4.0 * (2.0 if view == "3d" else 1.0), high, 1e-8)


def test_turning_medium_and_layout_together_changes_nothing() -> None:
    def found(direction: float, turn: float) -> tuple[float, float]:
        law = Anisotropy({"along": 9.0, "across": 1.0}, direction)
        return bounded(build_mesh(rectangle(1.0, 0.7, law, turn), "plan"))[:2]

    still, together, alone = found(20.0, 0.0), found(50.0, 30.0), found(20.0, 30.0)
    assert max(still[0], together[0]) <= min(still[1], together[1])
    assert max(still[1], together[1]) - min(still[0], together[0]) < 5e-3 * still[0]
    assert alone[0] > still[1] or alone[1] < still[0]  # negative control: the layout turned without its medium


def with_laws(layout: Layout, **laws: float | Anisotropy) -> Layout:
    """Return a layout with other conductivities of some regions."""
    stated = {name: medium(law) for name, law in laws.items()}
    return replace(layout, materials={**layout.materials, **stated})


@pytest.mark.parametrize(("around", "width"), [(0.02, 2e-2), (50.0, 5e-3)])
def test_a_coaxial_fibre_conducts_by_its_radial_value(around: float, width: float) -> None:
    """G = 2 pi s_radial / ln(r2 / r1) per length, whatever the value around is."""
    law = Anisotropy({"radial": 2.0, "around": around, "axial": 7.0})
    layout = with_laws(build_layout("fiber", {"anode_diameter": 200.0, "gap": 100.0}), electrolyte=law)
    low, high, _ = bounded(build_mesh(layout, "plan", -1), 2)
    holds(low, 4.0 * math.pi / math.log(2.0), high, width)


def test_layers_of_a_roll_conduct_through_them() -> None:
    """More conduction along the winding can only help, and less only harm (Rayleigh), and does so at the ends alone."""
    layout = build_layout("swiss_roll", {"windings": 2.0})
    laws = [
        1.0,
        Anisotropy({"in_plane": 100.0, "through": 1.0}),
        Anisotropy({"radial": 1.0, "around": 0.01, "axial": 1.0}),
    ]
    plain, helped, harmed = (
        bounded(build_mesh(with_laws(layout, electrolyte=law, separator=law), "plan", -1))[:2] for law in laws
    )
    assert plain[0] < helped[1]
    assert helped[0] < 1.03 * plain[1]
    assert harmed[0] < plain[1]
    assert harmed[1] > 0.97 * plain[0]


def plates(placement: Placement, law: Anisotropy) -> Mesh:
    """Return an electrolyte of 400 um x 300 um between plates, from z = 0 to z = 60 um, on a surface."""
    outline, laws = shapely.box(-200.0, -150.0, 200.0, 150.0), {"electrolyte": medium(law, law)}
    heights = {"anode": (-10.0, 0.0), "electrolyte": (0.0, 60.0), "cathode": (60.0, 70.0)}
    regions = [Region(name=name, role=name, footprint=outline, z=z) for name, z in heights.items()]
    metal = {"anode": medium(1e7), "cathode": medium(1e7)}
    layout = make_layout(regions, laws={**laws, **metal}, feature=60.0, gap=60.0)
    return build_mesh(layout.placed(placement), "3d", -1)


def test_plates_on_a_cylinder_conduct_through_their_layers() -> None:
    """G = s_through angle length / ln(r2 / r1)."""
    low, high, _ = bounded(plates(Cylinder(400.0), Anisotropy({"in_plane": 5.0, "through": 1.0})), 1)
    holds(low, 300.0 / math.log(460.0 / 400.0), high, 1e-2)


@pytest.mark.slow
def test_plates_on_a_sphere_conduct_through_their_layers() -> None:
    """G = s_through W / (1 / r1 - 1 / r2), the solid angle W being the integral of sin(s / R) / (s R) over the plan."""
    radius = 400.0
    within = dblquad(lambda y, x: np.sinc(math.hypot(x, y) / radius / math.pi), 0.0, 200.0, 0.0, 150.0)[0]
    low, high, _ = bounded(plates(SphericalCap(radius), Anisotropy({"in_plane": 5.0, "through": 1.0})), 3)
    holds(low, 4.0 * within / radius**2 / (1.0 / radius - 1.0 / (radius + 60.0)), high, 1e-2)


def test_the_axis_of_a_twisted_strand_is_a_helix() -> None:
    """At the radius r the axial direction climbs by pitch / 2 pi per r of arc."""
    mesh = build_mesh(build_layout("fiber", {"arrangement": "twisted", "pitch": 3000.0, "length": 500.0}), "3d", -2)
    frames = exact_shape(mesh).frames(mesh.cells, np.full((1, 4), 0.25))[:, 0]
    middle = mesh.layout.placement(mesh.flat[mesh.cells].mean(axis=1))
    helix = np.column_stack([-middle[:, 1], middle[:, 0], np.full(len(middle), 3000.0 / (2.0 * math.pi))])
    helix /= np.linalg.norm(helix, axis=1)[:, None]
    assert np.abs(frames[:, :, 2] - helix).max() < 1e-3
    assert np.abs(frames_of(mesh, mesh.cells) - frames)[..., 2].mean() < 0.02  # of straight cells, 48 in a turn
    np.testing.assert_allclose(frames @ frames.swapaxes(1, 2), np.broadcast_to(np.eye(3), frames.shape), atol=1e-12)


def test_a_deformed_mesh_carries_its_medium_along() -> None:
    """A rigid rotation of a section by 90 degrees changes nothing; negative control: that of the points alone."""
    layout = cell_layout(1.0, 1.5, 0.7, 0.6, {"electrolyte": medium(flat(10.0, 1.0))})
    mesh = build_mesh(layout, "section", -1)
    after = mesh.points @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    turned_by_load = deform(mesh, np.ones(1), after[None], np.ones((1, len(mesh.cells))))
    before, carried, left = (
        solve_conduction(one).totals["current.anode"][0]
        for one in (mesh, turned_by_load, replace(mesh, points=after, flat=after))
    )
    assert carried == pytest.approx(before, rel=1e-9)
    assert left != pytest.approx(before, rel=1e-2)


def test_a_tensor_changes_what_is_singular_at_corners() -> None:
    """Stretched along 45 degrees by 1/2, corners of a square of 90 degrees have 2 atan(2) and 2 atan(1/2) instead.

    The flux at the sharper ones grows as r^(180 / w - 1) in the angle w outside them.
    """
    law = medium(Anisotropy({"along": 4.0, "across": 1.0}, 45.0))
    outlines = {
        "cathode": shapely.box(0, 0, 9, 9),
        "electrolyte": shapely.box(1, 1, 8, 8),
        "anode": shapely.box(4, 4, 5, 5),
    }
    solution = solve_conduction(build_mesh(plan_layout(outlines, {"electrolyte": law}, feature=1.0), "plan", -1))
    sharp = 360.0 - 2.0 * math.degrees(math.atan(0.5))
    assert edge_powers(solution, "anode").min() == pytest.approx(180.0 / sharp - 1.0, rel=1e-9)
    with pytest.raises(MetricRefused, match="conductivity of 'made' differs along axes"):
        value(solution, "energy_fraction")
    with pytest.raises(MetricRefused, match="conductivity of 'made' differs along axes"):
        value(solution, "cell_constant")


def test_fields_that_alternate_know_both_tensors() -> None:
    """Where eps and sigma have one shape, Y = G (1 + i omega eps / sigma); G of the rhombus in closed form."""
    law = Anisotropy({"along": 4.0, "across": 1.0}, 30.0)
    terminals = {"anode": "1 V", "cathode": "0 V"}
    mesh = build_mesh(rectangle(1.0, math.sqrt(1.75 / 3.25), law), "plan", 1)
    solution = solve(mesh, {"physics": "electrostatics", "frequency": "1 kHz", "terminals": terminals})
    assert solution.totals["conductance.anode.anode"][0] == pytest.approx(2.0, rel=1e-2)
    assert solution.totals["capacitance.anode.anode"][0] == pytest.approx(2.0 * epsilon_0, rel=1e-2)
    static = solve_electrostatics(mesh)
    assert static.totals["capacitance.anode.anode"][0] == pytest.approx(2.0 * epsilon_0, rel=1e-2)
