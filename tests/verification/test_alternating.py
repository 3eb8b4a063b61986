"""Electrostatics at a frequency against closed forms of layers, shells and combs, and against its two limits.

J. C. Maxwell, A Treatise on Electricity and Magnetism, vol. 1, ch. 10; K. W. Wagner, Arch. Elektrotech. 2 (1914) 371:
two layers in series relax with one time constant. Potentials that are linear in each cell are exact to round-off.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0

from microfem.layout import Region, Sheet
from microfem.mesh import build_mesh
from support import closed_forms as exact
from support.cells import cell_mesh, disc, grid, make_layout, plan_layout, record
from support.comparing import check, rates
from support.materials import medium
from support.solving import DRIVE, solve, total, value

SIX_DECADES = np.geomspace(1e1, 1e7, 13)


def alternate(mesh, frequency="1 kHz", **more):
    """Solve at a frequency, at 1 V between anode and cathode where nothing else is stated."""
    return solve(mesh, {"physics": "electrostatics", "terminals": DRIVE, "frequency": frequency, **more})


def measured(solution, frequency):
    """Return capacitance and conductance at a frequency, Hz."""
    at = f"{frequency:.17g} Hz"
    return (value(solution, f"parallel_{name}", frequency=at) for name in ("capacitance", "conductance"))


# ------------------------------------------------------------------------------------------------------------- layers

LAYERS = ((1.0, 80.0, 1e-4), (0.5, 3.0, 1e-9))  # thickness um, relative permittivity, conductivity S/m
AREA = 2.0  # um2 per um of depth


def layers(stated=LAYERS):
    """Return plates 2 um wide with two layers between."""
    box = shapely.box(0, -1.5, 2, 1.5)
    heights = {"anode": (-1.0, 0.0), "electrolyte": (0.0, 1.0), "core": (1.0, 1.5), "cathode": (1.5, 2.5)}
    laws = {name: medium(sigma, eps) for name, (_, eps, sigma) in zip(("electrolyte", "core"), stated, strict=True)}
    return make_layout([Region(name=name, role=name, footprint=box, z=z) for name, z in heights.items()], laws=laws)


def in_series(stated, frequency):
    """Return capacitance and conductance of two layers in series, F/m and S/m, as one relaxation."""
    c1, c2 = (epsilon_0 * eps * AREA / d for d, eps, _ in stated)
    g1, g2 = (sigma * AREA / d for d, _, sigma in stated)
    square = (2.0 * np.pi * frequency * (c1 + c2) / (g1 + g2)) ** 2
    fast, slow = c1 * c2 / (c1 + c2), (c1 * g2**2 + c2 * g1**2) / (g1 + g2) ** 2
    first, last = g1 * g2 / (g1 + g2), (g1 * c2**2 + g2 * c1**2) / (c1 + c2) ** 2
    return fast + (slow - fast) / (1.0 + square), first + (last - first) * square / (1.0 + square)


@pytest.mark.parametrize("order", [1, 2])
def test_two_layers_in_series_over_six_decades(order):
    solution = alternate(build_mesh(layers(), "section"), order=order)
    for frequency in SIX_DECADES:
        for found, wanted in zip(measured(solution, frequency), in_series(LAYERS, frequency), strict=True):
            check(found, wanted, 1e-8)
    span = [in_series(LAYERS, one) for one in SIX_DECADES[[0, -1]]]
    assert span[1][1] > 100.0 * span[0][1]  # the relaxation is within the decades
    wrong = (LAYERS[0], (*LAYERS[1][:2], 2.0 * LAYERS[1][2]))
    with pytest.raises(AssertionError):  # negative control: another conductivity of the second layer
        check(list(measured(solution, 10.0))[1], in_series(wrong, 10.0)[1], 1e-2)


def test_power_and_energy_of_the_fields_are_those_of_the_terminals():
    """|V|2 Re Y / 2 is lost, |V|2 Im Y / (4 omega) stored in the mean; quadrature of degree 2 is exact for P2."""
    solution = alternate(build_mesh(layers(), "section"), terminals={"anode": "3 V", "cathode": "1 V"})
    c, g = measured(solution, 1e3)
    lost, stored = (
        1e-12 * np.nansum(solution.field(name).values * solution.weights[:, None])
        for name in ("loss_density", "energy_density")
    )
    check(lost, 0.5 * 2.0**2 * g, 1e-9)
    check(stored, 0.25 * 2.0**2 * c, 1e-9)
    with pytest.raises(AssertionError):  # negative control: as if the amplitude were an effective value
        check(lost, 2.0**2 * g, 1e-9)


def test_two_materials_side_by_side():
    """The field is uniform: capacitances and conductances add up; 3D."""
    left, right = shapely.box(0, -1.5, 2, 1.5), shapely.box(2, -1.5, 3, 1.5)
    both = shapely.box(0, -1.5, 3, 1.5)
    layout = make_layout(
        [
            Region(name="anode", role="anode", footprint=both, z=(-1.0, 0.0)),
            Region(name="electrolyte", role="electrolyte", footprint=left, z=(0.0, 0.5)),
            Region(name="core", role="core", footprint=right, z=(0.0, 0.5)),
            Region(name="cathode", role="cathode", footprint=both, z=(0.5, 1.5)),
        ],
        laws={"electrolyte": medium(1e-3, 80.0), "core": medium(1e-8, 3.0)},
    )
    solution = alternate(build_mesh(layout, "3d"), order=1)
    for frequency in (1e2, 1e6):
        c, g = measured(solution, frequency)
        check(c, epsilon_0 * (80.0 * 6.0 + 3.0 * 3.0) / 0.5 * 1e-6, 1e-8)
        check(g, (1e-3 * 6.0 + 1e-8 * 3.0) / 0.5 * 1e-6, 1e-8)


# ------------------------------------------------------------------------------------------------- shells and combs

SHELLS = ((1.0, 2.0, 5.0, 1e-5), (2.0, 3.0, 40.0, 1e-3))  # radii um, relative permittivity, conductivity S/m


def quarter(n):
    """Return a quarter of two shells between cylinders, with n cells across each shell, all chords of equal angle."""
    radii = np.concatenate([[0.8], np.linspace(1.0, 2.0, n + 1), np.linspace(2.0, 3.0, n + 1)[1:], [3.2]])
    points, cells = grid(radii, np.linspace(0.0, 0.5 * np.pi, 3 * n + 1))
    owner = np.digitize(points[cells, 0].mean(axis=1), [1.0, 2.0, 3.0])
    names = ("anode", "electrolyte", "separator", "cathode")
    outlines = {name: disc(r, 64) for name, r in zip(names[::-1], (3.2, 3.0, 2.0, 1.0), strict=True)}
    laws = {name: medium(sigma, eps) for name, (*_, eps, sigma) in zip(names[1:3], SHELLS, strict=True)}
    r, angle = points.T
    layout = plan_layout(outlines, laws, 1.0)
    return record(np.column_stack([r * np.cos(angle), r * np.sin(angle)]), cells, layout, "plan", owner, names)


def shells(frequency):
    """Return the admittance of the quarter, 1 / sum of ln(b/a) / (pi/2 (sigma + i omega eps)), S/m."""
    omega = 2.0 * np.pi * frequency
    return 0.5 * np.pi / sum(np.log(b / a) / (s + 1j * omega * epsilon_0 * e) for a, b, e, s in SHELLS)


def test_shells_between_cylinders_converge_with_the_square_of_the_cells():
    """P1 on chords: both the energy of the error and the area of the chords fall with h2."""
    for frequency in (1e4, 3e5, 1e8):
        wanted = shells(frequency)
        errors = []
        for n in (4, 8, 16):
            solution = alternate(quarter(n), f"{frequency} Hz", order=1)
            c, g = measured(solution, frequency)
            found = complex(g, 2.0 * np.pi * frequency * c)
            errors.append([abs(found.real / wanted.real - 1.0), abs(found.imag / wanted.imag - 1.0)])
        assert rates(errors) == pytest.approx(2.0, abs=0.15)
        assert max(errors[-1]) < 3e-3
        with pytest.raises(AssertionError):  # negative control: shells exchanged
            check(found.real, (0.5 * np.pi / sum(np.log(b / a) / (s + 2j * np.pi * frequency * epsilon_0 * e)
                  for (a, b, *_), (*_, e, s) in zip(SHELLS, SHELLS[::-1], strict=True))).real, 0.1)  # fmt: skip


def test_estimated_errors_of_a_comb_are_those_against_the_closed_form():
    """A comb in one medium has Y = (sigma + i omega eps) times a number; at edges the error is that of the corners."""
    mesh = cell_mesh(2.0, 2.0, 1.0, 2.0, n=12, laws={"electrolyte": medium(1e-3, 80.0), "anode": medium(1e7),
                                                     "cathode": medium(1e7)})  # fmt: skip
    solution = alternate(mesh, "200 kHz")
    y = 1e-3 + 2j * np.pi * 2e5 * 80.0 * epsilon_0
    wanted = y * exact.interdigital(2.0, 2.0, 1.0, 2.0)
    found, better = (one.admittance(2e5) for one in (solution, solution.better))
    assert 1e-4 < abs(found - wanted) / abs(wanted) < 5e-2
    assert 0.3 < abs(better - found) / abs(wanted - found) < 3.0
    assert value(solution, "loss_tangent") == pytest.approx(y.real / y.imag, rel=1e-9)
    assert value(solution, "terminal_impedance", part="phase") == pytest.approx(-np.degrees(np.angle(y)), rel=1e-9)
    assert solution.indicator.of_cell.sum() > 0.0


# ------------------------------------------------------------------------------------------------------------- limits


def mixed(film=None):
    """Return a comb below a coated electrolyte, with a floating plate or a film that conducts."""
    laws = {"electrolyte": medium(1e-3, 80.0), "separator": medium(1e-4, 4.0), "core": medium(2e-8, 3.0)}
    regions = [
        Region(name="core", role="core", footprint=shapely.box(0, -1, 4, 1), z=(-1.0, 0.0)),
        Region(name="anode", role="anode", footprint=shapely.box(0, -1, 1, 1), z=(0.0, 0.2)),
        Region(name="cathode", role="cathode", footprint=shapely.box(3, -1, 4, 1), z=(0.0, 0.2)),
        Region(name="separator", role="separator", footprint=shapely.box(0, -1, 4, 1), z=(0.0, 0.5), priority=-1),
        Region(name="electrolyte", role="electrolyte", footprint=shapely.box(0, -1, 4, 1), z=(0.5, 1.5)),
    ]
    sheet = Sheet(name="plate", role="plate", footprint=shapely.box(1, -1, 3, 1), z=0.5, thickness=0.01)
    if film is not None:
        laws["plate"] = film
    return make_layout(regions, [sheet], laws=laws, feature=0.2)


def test_the_limit_of_high_frequencies_is_electrostatics():
    """With the floating plate, on the same mesh; the square of sigma / (omega eps) is 1e-13."""
    mesh = build_mesh(mixed(), "section")
    constant = solve(mesh, {"physics": "electrostatics", "terminals": DRIVE})
    check(next(measured(alternate(mesh), 1e12)), value(constant, "capacitance"), 1e-9)
    with pytest.raises(AssertionError):  # negative control: at 1 kHz the electrolyte conducts
        check(next(measured(alternate(mesh), 1e3)), value(constant, "capacitance"), 1e-2)


def test_the_limit_of_low_frequencies_is_conduction():
    """With a film that conducts along itself, on the same mesh; the square of omega eps / sigma is 1e-26."""
    mesh = build_mesh(mixed(film=medium(10.0, 5.0)), "section")
    solution = alternate(mesh)
    steady = solve(mesh, {"physics": "conduction", "terminals": DRIVE})
    check(list(measured(solution, 1e-8))[1], value(steady, "conductance"), 1e-9)
    bare = solve(build_mesh(mixed(film=medium(1e-9, 5.0)), "section"), {"physics": "conduction", "terminals": DRIVE})
    with pytest.raises(AssertionError):  # negative control: a film that hardly conducts
        check(list(measured(solution, 1e-8))[1], value(bare, "conductance"), 1e-3)


def test_admittances_of_three_terminals_are_reciprocal():
    mesh = build_mesh(mixed(), "section")
    solution = alternate(mesh, terminals={**DRIVE, "plate": "0.5 V"})
    names = ("anode", "cathode", "plate")
    for kind in ("conductance", "capacitance"):
        matrix = np.array([[total(solution, f"{kind}.{a}.{b}") for b in names] for a in names])
        assert matrix == pytest.approx(matrix.T, rel=1e-12)
        assert np.abs(matrix.sum(axis=1)).max() < 1e-9 * np.abs(matrix).max()
    two = alternate(mesh)  # the plate floats: its row is eliminated from admittances, not from their parts
    omega = 2e3 * np.pi
    y = np.array([[total(solution, f"conductance.{a}.{b}") + 1j * omega * total(solution, f"capacitance.{a}.{b}")
                   for b in names] for a in names])  # fmt: skip
    wanted = y[0, 0] - y[0, 2] * y[2, 0] / y[2, 2]
    check(total(two, "conductance.anode.anode"), wanted.real, 1e-9)
    check(total(two, "capacitance.anode.anode"), wanted.imag / omega, 1e-9)


def test_scales_of_length_and_of_time():
    """With all lengths larger, admittances per depth stay; with conductivities and frequency larger, phasors do."""
    faster = tuple((d, eps, 10.0 * sigma) for d, eps, sigma in LAYERS)
    slow, fast = (alternate(build_mesh(layers(one), "section")) for one in (LAYERS, faster))
    (c1, g1), (c2, g2) = measured(slow, 1e3), measured(fast, 1e4)
    check(c2, c1, 1e-12)
    check(g2, 10.0 * g1, 1e-12)
    mesh = build_mesh(layers(), "section")
    larger = alternate(replace(mesh, points=7.0 * mesh.points, flat=7.0 * mesh.flat))
    for one, other in zip(measured(larger, 1e3), (c1, g1), strict=True):
        check(one, other, 1e-12)
