"""Bending, islands and wrinkles of films on curved surfaces against closed forms, each cited where it is used."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.optimize import minimize_scalar

from microfem.fem.shells.conformal import compressed_width, wrinkling_free, wrinkling_on
from microfem.layout import Layout, Region
from microfem.mesh import build_mesh
from microfem.metrics import conformal, mechanical
from support.conformal_films import (
    FAR,
    LAYERS,
    NU,
    THICK,
    YOUNG,
    A,
    K,
    neutral,
    on_sphere,
    round_mesh,
    solve_conformal,
)
from support.materials import elastic

# ---------------------------------------------------------------------------------------- bending


def test_layers_on_a_cylinder_bend_about_their_neutral_plane():
    """Timoshenko, J. Opt. Soc. Am. 11 (1925) 233: e = (z - zn) / R, here with no strain across: s = E e / (1 - nu2)."""
    radius = 5e3
    done = solve_conformal(round_mesh(0, LAYERS), {"cylinder": {"radius": radius}})
    zn, low = neutral(LAYERS), np.cumsum([0.0, *(t for _, t in LAYERS)])
    for i, (young, _) in enumerate(LAYERS):
        top, bottom = (low[i + 1] - zn) / radius, (low[i] - zn) / radius
        largest = max(young / (1 - NU**2) * s * p for s in (top, bottom) for p in (1.0, NU))
        assert mechanical.max_stress(done, region=f"r{i}") == pytest.approx(largest, rel=1e-9)
        assert mechanical.max_strain(done, region=f"r{i}") == pytest.approx(
            max(top, bottom, *(-NU / (1 - NU) * s for s in (top, bottom))), rel=1e-6
        )
    stiff = sum(e / (1 - NU**2) * ((b - zn) ** 3 - (a - zn) ** 3) / 3
                for (e, _), a, b in zip(LAYERS, low[:-1], low[1:], strict=True))  # fmt: skip
    area = done.mesh.volumes.sum()
    assert done.totals["strain_energy"][0] == pytest.approx(0.5 * stiff * area / radius**2, rel=1e-9)
    assert np.abs(done.pressed.force).max() < 1e-9 * 100e3 * 5.0 * 70.0 / radius
    assert done.pressed.film.bending == pytest.approx(stiff, rel=1e-12)


def test_both_curvatures_of_a_sphere_bend():
    """The stress is E (z - zn) / R (1 - nu) on either face, over the membrane's, which is 1e-3 of it here."""
    radius = 1e6
    done = solve_conformal(round_mesh(), {"sphere": {"radius": radius}})
    bent = YOUNG * 0.5 * THICK / radius / (1.0 - NU)
    assert mechanical.max_stress(done) == pytest.approx(bent + YOUNG * A**2 / 16.0 / radius**2, rel=1e-4)


def test_a_saddle_compresses_the_top_along_x():
    """Its middle line along x is in a valley: s_x = -E z / R (1 + nu) on top, s_y the opposite.

    What is left is the membrane's stress, E a2 / 8 R2 at most.
    """
    done = solve_conformal(round_mesh(), {"saddle": {"radius": 1e6}})
    pressed = done.pressed
    top = pressed.faces(pressed.film.layers[0])[1][1].stress
    bent, left = YOUNG * 0.5 * THICK / 1e6 / (1 + NU), YOUNG * A**2 / 8.0 / 1e12
    assert top[..., 0, 0] == pytest.approx(-bent, abs=1.02 * left)
    assert top[..., 1, 1] == pytest.approx(bent, abs=1.02 * left)


def test_a_stiff_island_pulls_where_the_neutral_plane_steps():
    """Forces of a film with an island on a cylinder balance: no net force across any cut x = const.

    A strip of constant stack along y: N_xx is the same at all x, and so 0, with N_xx = 0 at its ends.
    """
    sheet, island = shapely.box(-1000, -300, 1000, 300), shapely.box(-400, -300, 400, 300)
    regions = (
        Region(name="r0", role="substrate", footprint=sheet, z=(0.0, 10.0)),
        Region(name="r1", role="anode", footprint=island, z=(10.0, 20.0)),
    )
    layout = Layout(
        family="test",
        params={},
        regions=regions,
        terminals={},
        feature=150.0,
        gap=1.0,
        plane=5.0,
        materials={"r0": elastic(YOUNG, 0.0), "r1": elastic(1e5, 0.0)},
    )
    done = solve_conformal(build_mesh(layout, "layers"), {"cylinder": {"radius": 2e4}})
    assert np.abs(done.pressed.force[..., 0, 0]).max() < 1e-9 * 1e5 * 10.0 * 10.0 / 2e4
    stack = ((YOUNG, 10.0), (1e5, 10.0))
    assert mechanical.max_stress(done, region="anode") == pytest.approx(1e5 * (20.0 - neutral(stack)) / 2e4, rel=1e-9)


def test_what_is_printed_in_place_has_no_stress():
    done = on_sphere(2.0 * A, made="printed", bending=True)
    assert mechanical.max_von_mises(done) == 0.0
    assert conformal.conformal_energy(done) == 0.0
    assert conformal.wrinkled_share(done) == 0.0
    assert conformal.wrinkling(done) == 0.0
    assert mechanical.max_von_mises(on_sphere(2.0 * A)) > 100.0


# ---------------------------------------------------------------------------------------- wrinkles


def one_film(layers):
    mesh = round_mesh(0, layers)
    return solve_conformal(mesh, {"sphere": {"radius": FAR}}, bending=False).pressed.film


def test_wrinkling_threshold_of_one_layer():
    """e_c = (3 Es' / Ef')^(2/3) / 4: Chen and Hutchinson, J. Appl. Mech. 71 (2004) 597."""
    film, soft = one_film(((YOUNG, THICK),)), 2.0
    plate = YOUNG / (1 - NU**2)
    assert wrinkling_on(film, soft) == pytest.approx(0.25 * (3 * soft / plate) ** (2 / 3) * plate * THICK, rel=1e-12)


def test_wrinkling_threshold_of_layers_is_the_least_over_wavelengths():
    """Least of D k2 + Es' / 2k over k."""
    film, soft = one_film(LAYERS), 2.0
    d = film.bending[0]
    least = minimize_scalar(lambda k: d * k**2 + soft / (2 * k), bounds=(1e-6, 1.0), method="bounded",
                            options={"xatol": 1e-12})  # fmt: skip
    assert wrinkling_on(film, soft)[0] == pytest.approx(least.fun, rel=1e-6)


def test_compressed_rim_of_a_disc():
    """sigma_t < 0 for r > a / sqrt(3): a share of 2 / 3, a ring of width (1 - 1 / sqrt(3)) a."""
    done = on_sphere(level=1)
    film, width = done.pressed.film, (1 - 3**-0.5) * A
    least = np.linalg.eigvalsh(done.pressed.force)[..., 0]
    assert compressed_width(film, least) == pytest.approx(width, rel=2e-3)
    assert compressed_width(film, least + 1.0) == 0.0
    buckling = np.pi**2 * YOUNG * THICK**3 / 12 / (1 - NU**2) / width**2
    assert wrinkling_free(film, width) == pytest.approx(buckling)
    ratio = conformal.wrinkling(on_sphere(level=1), percent=99.9)
    assert ratio == pytest.approx(YOUNG * K * A**2 / 8 * THICK / buckling, rel=0.015)


def test_share_that_wrinkles_on_a_foundation():
    """Where E K (3 r2 - a2) / 16 is above e_c Ef', beyond a radius r: 1 - (r / a)2."""
    radius, soft = 50.0 * A, 1e-3
    plate = YOUNG / (1 - NU**2)
    onset = 0.25 * (3 * soft / plate) ** (2 / 3) * plate
    share = 1.0 - (16.0 * onset * radius**2 / YOUNG / A**2 + 1.0) / 3.0
    assert 0.2 < share < 0.6
    done = on_sphere(radius, level=1,
                     foundation={"youngs_modulus": f"{soft * (1 - 0.49**2)} MPa", "poisson_ratio": 0.49})  # fmt: skip
    assert conformal.wrinkled_share(done) == pytest.approx(share, abs=0.003)
    assert conformal.wrinkled_share(on_sphere(radius, level=1)) == 0.0  # Euler's stress is ten times that of the rim
