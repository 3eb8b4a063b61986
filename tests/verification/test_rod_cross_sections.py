"""Cross-sections of rods, and fibres as rods, against closed forms.

Torsion: rectangle, S. P. Timoshenko and J. N. Goodier, Theory of Elasticity, 3rd ed., art. 109; ellipse
J = pi a3 b3 / (a2 + b2), art. 107; tubes in one another G J = sum G_i pi (b4 - a4) / 2. Layers: EI = sum E_i (I_i + A_i
d2).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from shapely.affinity import scale

from microfem.base.errors import MicrofemError
from microfem.families import build_layout
from microfem.fem.rods.cross_section import rectangle, torsion_of_rectangle
from microfem.fem.rods.profile import Profile, solve_profile
from microfem.fem.space import Space
from microfem.layout import Layout, Region
from microfem.layout.shapes import disc
from microfem.layout.shapes import rectangle as box
from microfem.mesh import build_mesh
from microfem.metrics.metric import Call
from microfem.metrics.sections import flexural_rigidity, layer_strain, layer_stress, neutral_place, torsional_rigidity
from microfem.physics.mechanics.rod_cross_section import RodCase
from microfem.physics.mechanics.rod_cross_section import solve as solve_rod
from microfem.solve.dual_estimates import qoi_error
from support.comparing import rates
from support.materials import elastic, matter
from support.rods import POISSON, YOUNG, device

# ---------------------------------------------------------------------------------------------------- cross-sections


def profile(regions: list[tuple[str, object]], moduli: dict[str, tuple[float, float]], level: int) -> Profile:
    parts = tuple(Region(name=name, role="anode", footprint=outline, z=(0.0, 1.0)) for name, outline in regions)
    mesh = build_mesh(
        Layout(family="test", params={}, regions=parts, terminals={}, feature=10.0, gap=10.0, plane=0.5), "plan", level
    )
    laws = np.array([moduli[name] for name in mesh.regions])[mesh.region_of_cell]
    return solve_profile(Space(mesh, 2), np.arange(len(mesh.cells)), *laws.T)


def test_rectangle_in_torsion() -> None:
    exact = 0.5 * YOUNG / (1.0 + POISSON) * torsion_of_rectangle(120.0, 40.0)
    found = [profile([("a", box(-60, -20, 60, 20))], {"a": (YOUNG, POISSON)}, level) for level in (-1, 0, 1)]
    errors = [abs(one.torsion / exact - 1.0) for one in found]
    assert errors[-1] < 2e-5
    order = np.log(errors[0] / errors[-1]) / np.log(np.sqrt(len(found[-1].cells) / len(found[0].cells)))
    assert order > 2.5  # r3 log r at the corners leaves less than the 4 of a smooth warping


def test_series_of_a_square_and_of_a_thin_strip() -> None:
    assert torsion_of_rectangle(1.0, 1.0) == pytest.approx(0.1405770, rel=1e-6)  # the book's table: 0.1406
    assert torsion_of_rectangle(1e4, 1.0) == pytest.approx(1e4 / 3.0 * (1.0 - 0.630249e-4), rel=1e-9)
    assert torsion_of_rectangle(2.0, 7.0) == torsion_of_rectangle(7.0, 2.0)


def test_shear_on_a_rectangle_is_that_of_the_mesh() -> None:
    found = profile([("a", box(-60, -20, 60, 20))], {"a": (YOUNG, POISSON)}, 1)
    largest = rectangle(120.0, 40.0, YOUNG, POISSON).shears.max()
    inside = np.linalg.norm(found.shears, axis=2).max()
    assert 0.9 * largest < inside < largest  # quadrature points lie inside


def test_ellipse_in_torsion_up_to_its_chords() -> None:
    a, b = 60.0, 30.0
    exact = np.pi * a**3 * b**3 / (a**2 + b**2)
    errors = []
    for count in (24, 48, 96):
        outline = scale(disc(1.0, count), a, b, origin=(0.0, 0.0))
        found = profile([("a", outline)], {"a": (2.0, 0.0)}, 0)
        errors.append(1.0 - found.torsion / exact)
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.1)
    assert errors[-1] < 4.0 * np.pi**2 / 3.0 / 96**2 * 1.1  # the polygon's area is short by 2 pi2 / 3 n2, J by twice


def test_concentric_tubes_add_up() -> None:
    count, radii = 96, (20.0, 35.0, 50.0)
    discs = [disc(r, count) for r in radii]
    regions = [("a", discs[0]), ("b", discs[1] - discs[0]), ("c", discs[2] - discs[1])]
    moduli = {"a": (2000.0, 0.25), "b": (3.0, 0.25), "c": (100.0, 0.25)}
    found = profile(regions, moduli, 0)
    inner = (0.0, *radii[:-1])
    polar = [np.pi * (b**4 - a**4) / 2.0 for a, b in zip(inner, radii, strict=True)]
    exact = sum(moduli[name][0] / 2.5 * one for name, one in zip("abc", polar, strict=True))
    assert found.torsion == pytest.approx(exact, rel=4.0 * np.pi**2 / 3.0 / count**2 * 1.2)
    assert np.allclose(found.bending, np.eye(2) * exact * 1.25, rtol=2e-3, atol=1e-6 * exact)  # EI = GJ (1 + nu)


def test_layers_bend_about_their_neutral_axis() -> None:
    layers = {"a": (-30.0, 0.0, 200.0), "b": (0.0, 10.0, 5000.0), "c": (10.0, 40.0, 3.0)}
    width = 80.0
    found = profile([(name, box(0.0, low, width, high)) for name, (low, high, _) in layers.items()],
                    {name: (young, 0.3) for name, (_, _, young) in layers.items()}, -1)  # fmt: skip
    areas = {name: young * width * (high - low) for name, (low, high, young) in layers.items()}
    axial = sum(areas.values())
    axis = sum(areas[n] * 0.5 * (low + high) for n, (low, high, _) in layers.items()) / axial
    bending = sum(areas[n] * ((high - low) ** 2 / 12.0 + (0.5 * (low + high) - axis) ** 2)
                  for n, (low, high, _) in layers.items())  # fmt: skip
    assert found.axial == pytest.approx(axial, rel=1e-12)
    assert found.centre == pytest.approx([0.5 * width, axis], rel=1e-10)
    assert np.diag(found.bending) == pytest.approx([axial * width**2 / 12.0, bending], rel=1e-10)
    assert abs(found.bending[0, 1]) < 1e-9 * bending
    strain = found.strain(np.array([0.0, 1e-3]))
    assert strain == pytest.approx(-1e-3 * (found.places[..., 1] - axis), abs=1e-15)
    force = (found.young[:, None] * found.areas[:, None] * strain).sum()
    assert abs(force) < 1e-12 * axial


# -------------------------------------------------------------------------------------------------------------- physics


def fibre(young: dict[str, float], **params: object) -> Layout:
    """A fibre whose regions have these moduli; others carry no load."""
    layout = build_layout("fiber", dict(params))
    metals = {name: elastic(value, POISSON) for name, value in young.items()}
    return replace(layout, materials={part.name: metals.get(part.name, matter()) for part in layout.parts()})


def test_a_coaxial_fibre_strains_with_its_radius() -> None:
    radius, rate = 5000.0, 1e-4
    young = {"anode_collector": 500.0, "anode": 2000.0, "electrolyte": 0.1, "cathode": 300.0}
    layout = fibre(young, collector_diameter=80.0)  # anode to 100, electrolyte to 150, cathode to 200 um
    mesh = build_mesh(layout, "plan", -1)
    outer = {"anode": 100.0, "electrolyte": 150.0, "cathode": 200.0}
    bent = solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "5 mm"}}))
    for region, r in outer.items():
        assert layer_strain(bent, region=region) == pytest.approx(r / radius, rel=2e-3)  # corners are 0.12 % outside
        assert layer_stress(bent, region=region) == pytest.approx(young[region] * r / radius, rel=2e-3)
    assert neutral_place(bent) == pytest.approx(0.0, abs=1e-9)
    inner = {"anode": 40.0, "electrolyte": 100.0, "cathode": 150.0}
    fourth = {"anode_collector": 40.0**4} | {name: outer[name] ** 4 - inner[name] ** 4 for name in outer}
    bending = sum(young[name] * np.pi / 4.0 * one for name, one in fourth.items())
    assert flexural_rigidity(bent) == pytest.approx(1e-12 * bending, rel=5e-3)
    assert torsional_rigidity(bent) == pytest.approx(1e-12 * bending / (1.0 + POISSON), rel=5e-3)
    both = solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "5 mm"}, "twist": {"rate": "100 rad/m"}}))
    polar = {"anode_collector": 40.0**2} | {name: outer[name] ** 2 - inner[name] ** 2 for name in outer}
    mean = sum(young[name] * np.pi / 2.0 * one for name, one in fourth.items()) / sum(
        young[name] * np.pi * one for name, one in polar.items())  # fmt: skip
    along, shear = 200.0 / radius + 0.5 * rate**2 * (200.0**2 - mean), rate * 200.0
    exact = 0.5 * (1.0 - POISSON) * along + np.hypot(0.5 * (1.0 + POISSON) * along, 0.5 * shear)
    assert layer_strain(both, region="cathode") == pytest.approx(exact, rel=2e-3)
    assert both.totals["torque"][0] == pytest.approx(rate * both.totals["torsional_stiffness"][0], rel=1e-12)


def test_strands_share_a_neutral_axis() -> None:
    layout = fibre({"anode": 4000.0, "cathode": 1000.0, "electrolyte": 1e-3}, arrangement="parallel")
    solution = solve_rod(build_mesh(layout, "plan", -1), RodCase(physics="rod", load={"twist": {"rate": "10 deg/mm"}}))
    strands = {name: layout.part(name).footprint for name in ("anode", "cathode", "electrolyte")}
    young = {"anode": 4000.0, "cathode": 1000.0}
    weights = {name: young[name] * strands[name].area for name in young}
    exact = sum(w * strands[name].centroid.x for name, w in weights.items()) / sum(weights.values())
    assert neutral_place(solution) == pytest.approx(exact, rel=1e-4)  # the gel weighs 1e-6
    # Strands that only gel joins: each resists alone, less than if they were one solid.
    alone = sum(young[name] / 2.0 / (1.0 + POISSON) * np.pi * 100.0**4 / 2.0 for name in young)
    found = torsional_rigidity(solution) * 1e12
    assert found == pytest.approx(alone, rel=5e-3)
    error = qoi_error(solution, Call("torsional_rigidity", "", {}))
    assert error is not None
    assert 0.0 <= error < 1e-2 * torsional_rigidity(solution)


def test_what_is_no_rod_is_refused() -> None:
    case = RodCase(physics="rod", load={"bend": {"radius": "5 mm"}})
    with pytest.raises(MicrofemError, match="no cross-section"):
        solve_rod(build_mesh(device(), "plan", -1), case)
    mesh = build_mesh(fibre({"anode": 1.0, "cathode": 1.0}), "plan", -1)
    with pytest.raises(MicrofemError, match="above the thickness"):
        solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "0.3 mm"}}))
    twisted = build_mesh(fibre({"anode": 1.0, "cathode": 1.0}, arrangement="twisted"), "plan", -1)
    with pytest.raises(MicrofemError, match="straight"):
        solve_rod(twisted, case)
    for load in ({}, {"twist": {"angle": "90 deg"}}):
        with pytest.raises(ValidationError, match="state a"):
            RodCase(physics="rod", load=load)
