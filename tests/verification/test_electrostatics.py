"""Electrostatics against closed forms: capacitances, capacitance matrix, floating conductors, energy.

Formulae and sources are in support/closed_forms.py; those of capacitance are those of conductance with eps for sigma
(J. D. Jackson, Classical Electrodynamics, 3rd ed., section 1.11). Tolerances: the discretisation error that the orders
asserted in test_conduction_interdigital.py imply, or round-off where the potential is piecewise linear.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.potential.flux import flux_rows
from microfem.fem.potential.terminals import solve_terminals
from microfem.layout import Region
from microfem.mesh import build_mesh
from microfem.metrics.electrical import capacitance, stored_energy
from support import closed_forms as exact
from support.cells import cell_mesh, disc, make_layout, plan_layout
from support.comparing import check
from support.materials import medium
from support.solving import DRIVE, solve_electrostatics


def charge(solution, name):
    return solution.totals[f"charge.{name}"][0]


def energy_integral(solution):
    """Return the integral of the energy density, J in 3D or J/m in 2D; quadrature of degree 2 is exact for P2."""
    density = solution.field("energy_density").values
    cubic = 1e-18 if solution.mesh.dim == 3 else 1e-12
    return np.nansum(density * solution.weights[:, None]) * cubic


# ------------------------------------------------------------------------------------------------------------- plates

LAYERS = ((1.0, 80.0), (0.5, 3.0))  # thickness um, relative permittivity
AREA = 2.0 * 3.0


def plates(core=LAYERS[1][1]):
    """Return plates of 2 x 3 um with two layers between; core: permittivity of the second, None for a conductor."""
    box = shapely.box(0, -1.5, 2, 1.5)
    heights = {"anode": (-1.0, 0.0), "electrolyte": (0.0, 1.0), "core": (1.0, 1.5), "cathode": (1.5, 2.5)}
    laws = {"electrolyte": medium(permittivity=LAYERS[0][1]), "core": medium(permittivity=core)}
    return make_layout([Region(name=name, role=name, footprint=box, z=z) for name, z in heights.items()], laws=laws)


def in_series(layers):
    return epsilon_0 * AREA * 1e-6 / sum(d / eps for d, eps in layers)


@pytest.mark.parametrize("order", [1, 2])
def test_plates_with_two_dielectrics_in_series(order):
    """C = eps0 A / (d1/eps1 + d2/eps2), no fringe; phi is piecewise linear: round-off. E is in the ratio 1/eps."""
    mesh = build_mesh(plates(), "3d")
    solution = solve_electrostatics(mesh, order)
    check(capacitance(solution), in_series(LAYERS), 1e-11)
    check(charge(solution, "anode") * 1e-6, in_series(LAYERS), 1e-11)
    e = solution.field("electric_field").values
    d = in_series(LAYERS) / (AREA * 1e-12)
    for name, (_, eps) in zip(("electrolyte", "core"), LAYERS, strict=True):
        assert e[mesh.cells_of(name), :, 2] == pytest.approx(d / (epsilon_0 * eps), rel=1e-9)
        density = solution.field("energy_density").values[mesh.cells_of(name)]
        assert density == pytest.approx(0.5 * d * d / (epsilon_0 * eps), rel=1e-9)
    assert np.isnan(e[mesh.cells_of("anode", "cathode")]).all()
    check(capacitance(solution), in_series(LAYERS[::-1]), 1e-11)  # their order does not matter
    (d1, e1), (d2, e2) = LAYERS
    with pytest.raises(AssertionError):  # negative control: permittivities exchanged
        check(capacitance(solution), in_series(((d1, e2), (d2, e1))), 1e-11)


def test_section_of_plates_is_per_unit_depth():
    """C per depth x depth = C; totals in C/m; round-off."""
    solution = solve_electrostatics(build_mesh(plates(), "section"))
    check(capacitance(solution) * 3.0e-6, in_series(LAYERS), 1e-11)
    assert solution.totals["charge.anode"][1] == "C/m"


def test_floating_plate():
    """A layer without permittivity is a conductor; not being a terminal it floats with no net charge.

    Between two gaps C = eps0 A / (d1/eps1 + d3/eps3), whatever its own thickness; round-off.
    """
    box = shapely.box(0, -1.5, 2, 1.5)
    heights = {"anode": (-1.0, 0.0), "electrolyte": (0.0, 1.0), "core": (1.0, 1.5), "separator": (1.5, 2.0),
               "cathode": (2.0, 3.0)}  # fmt: skip
    laws = {"electrolyte": medium(permittivity=80.0), "separator": medium(permittivity=3.0)}
    layout = make_layout([Region(name=name, role=name, footprint=box, z=z) for name, z in heights.items()], laws=laws)
    solution = solve_electrostatics(build_mesh(layout, "3d"))
    check(capacitance(solution), in_series(((1.0, 80.0), (0.5, 3.0))), 1e-11)
    drop = (1.0 / 80.0) / (1.0 / 80.0 + 0.5 / 3.0)
    inside = solution.space.cell_dofs[solution.mesh.cells_of("core")]
    assert solution.field("potential").values[inside] == pytest.approx(1.0 - drop, rel=1e-11)
    assert np.abs(net_flux(solution, "core", laws)) < 1e-11 * charge(solution, "anode")
    with pytest.raises(AssertionError):  # negative control: grounded, it is another capacitor
        check(capacitance(solution), in_series(((1.0, 80.0),)), 1e-11)


def net_flux(solution, name, laws):
    """Return the charge on a conductor by Gauss's law, from the field on its surface (uC, or C/m in 2D)."""
    mesh = solution.mesh
    others = tuple(n for n in mesh.regions if n in laws)
    facets, cells = mesh.interface(others, (name,))
    eps = np.array([laws[mesh.regions[k]].value("relative_permittivity") for k in mesh.region_of_cell[cells]])
    flux = flux_rows(solution.space, epsilon_0 * eps, facets, cells).flux(
        np.nan_to_num(solution.field("potential").values)
    )
    return (flux.values * flux.weights).sum()


# ---------------------------------------------------------------------------------------------------------- cylinders

A, B, N = 1.0, 4.0, 240


def coaxial(eps=2.5, shell=None):
    """Return circles of radius A in B with a dielectric, and a conducting shell between two radii, all N-gons."""
    shapes = {"cathode": disc(B + 0.5, N), "separator": disc(B, N)}
    if shell:
        shapes |= {"core": disc(shell[1], N), "electrolyte": disc(shell[0], N)}
    laws = {"electrolyte": medium(permittivity=eps), "separator": medium(permittivity=eps)}
    return plan_layout(shapes | {"anode": disc(A, N)}, laws, 0.5)


def test_coaxial_capacitance():
    """C = 2 pi eps0 eps / ln(b/a); equal N-gons cancel to first order (test_conduction_curved.py), N = 240: 6e-5."""
    solution = solve_electrostatics(build_mesh(coaxial(), "plan"))
    wanted = 2.5 * epsilon_0 * exact.coaxial(A, B)
    check(capacitance(solution), wanted, 6e-5)
    for wrong in (wanted / 2.5, 2.0 * wanted, 2.5 * epsilon_0 * exact.coaxial(A, B + 0.5)):  # negative controls
        with pytest.raises(AssertionError):
            check(capacitance(solution), wrong, 6e-5)


def test_floating_shell():
    """A floating shell c1..c2 takes ln(c2/c1) away: C = 2 pi eps / (ln(c1/a) + ln(b/c2)); and holds no net charge.

    Its charge by Gauss's law is an integral of element fluxes: P2 at 240 corners holds to 1 % of the anode's charge;
    by the residual of the solve it is what keeps anode and cathode equal and opposite, to round-off.
    """
    shell = (2.0, 3.0)
    solution = solve_electrostatics(build_mesh(coaxial(shell=shell), "plan"))
    log = np.log(shell[0] / A) + np.log(B / shell[1])
    check(capacitance(solution), 2.5 * epsilon_0 * 2.0 * np.pi / log, 2e-4)
    q = charge(solution, "anode")
    check(charge(solution, "cathode"), -q, 1e-11)
    laws = {"electrolyte": medium(permittivity=2.5), "separator": medium(permittivity=2.5)}
    assert abs(net_flux(solution, "core", laws)) < 0.01 * q
    check(net_flux(solution, "anode", laws), q, 0.01)
    with pytest.raises(AssertionError):  # negative control: a shell that is not there
        check(capacitance(solution), 2.5 * epsilon_0 * exact.coaxial(A, B), 2e-4)


# ------------------------------------------------------------------------------------------------------- interdigital


@pytest.mark.parametrize(
    ("wa", "wc", "g", "height"), [(1.0, 1.0, 1.0, None), (200.0, 100.0, 50.0, None), (1.0, 1.0, 1.0, 0.5)]
)
def test_interdigital_capacitance(wa, wc, g, height):
    """C = eps0 eps K(m) / K(1-m) per gap and length (Olthuis 1995, Igreja 2004); w = g gives eps0 eps / 2.

    One layer above an insulator without permittivity of its own. Tolerance: as in test_conduction.py.
    """
    tall = 4.0 * (wa / 2 + g + wc / 2)
    laws = {"electrolyte": medium(permittivity=78.0), "anode": medium(), "cathode": medium()}
    solution = solve_electrostatics(cell_mesh(wa, wc, g, height or tall, ticks=18, laws=laws))
    check(capacitance(solution), 78.0 * epsilon_0 * exact.interdigital(wa, wc, g, height), 2e-4)
    if height:
        with pytest.raises(AssertionError):  # negative control: without the lid
            check(capacitance(solution), 78.0 * epsilon_0 * exact.interdigital(wa, wc, g), 2e-4)


# ------------------------------------------------------------------------------------------------- matrix and energy

SHAPES = {"electrolyte": shapely.box(0, 0, 8, 4), "anode": shapely.box(1, 1, 2, 3),
          "cathode": shapely.box(4, 2, 5, 3), "core": shapely.box(6, 0, 8, 1)}  # fmt: skip


def three_conductors(sigma=2.0):
    return plan_layout(SHAPES, {"electrolyte": medium(permittivity=sigma)}, 1.0)


def test_capacitance_matrix():
    """Three conductors in an insulated box: C_ij = C_ji (Green), rows sum to zero (no field at one potential), and the
    matrix of the linear solve is that of three separate solves; round-off."""
    mesh = build_mesh(three_conductors(), "plan")
    names = ("anode", "cathode", "core")
    eps = np.where(mesh.region_of_cell == mesh.regions.index("electrolyte"), 2.0 * epsilon_0, 0.0)
    c = solve_terminals(mesh, 2, eps, {}, {name: (name,) for name in names}).matrix
    assert np.abs(c - c.T).max() < 1e-12 * c.max()
    assert np.abs(c.sum(axis=1)).max() < 1e-12 * c.max()
    for j, name in enumerate(names):
        solution = solve_electrostatics(mesh, **{n: f"{float(n == name)} V" for n in names})
        assert [charge(solution, n) for n in names] == pytest.approx(c[:, j], rel=1e-10)
    found = charge(solve_electrostatics(build_mesh(three_conductors(3.0), "plan"), **DRIVE, core="0 V"), "anode")
    with pytest.raises(AssertionError):  # negative control: other permittivity
        check(found, c[0, 0], 1e-6)


def test_floating_conductor_is_the_schur_complement():
    """Left out of the terminals, the third floats: V3 = -(C31 V1 + C32 V2) / C33, Q1 = C11 V1 + C12 V2 + C13 V3."""
    mesh = build_mesh(three_conductors(), "plan")
    names = ("anode", "cathode", "core")
    columns = [solve_electrostatics(mesh, **{n: f"{float(n == name)} V" for n in names}) for name in names]
    c = np.array([[charge(one, n) for one in columns] for n in names])
    volts = np.array([1.5, -0.5])
    third = -(c[2, :2] @ volts) / c[2, 2]
    solution = solve_electrostatics(mesh, anode="1.5 V", cathode="-0.5 V")
    found = solution.field("potential").values[solution.space.cell_dofs[mesh.cells_of("core")]]
    assert found == pytest.approx(third, rel=1e-10)
    check(charge(solution, "anode"), c[0, :2] @ volts + c[0, 2] * third, 1e-10)
    assert not any("core" in name for name in solution.totals)


def test_floating_conductors_that_touch_are_one():
    """Two halves of the third conductor, each a region of its own, float as the whole does.

    Tolerance: the line between the halves changes the mesh, whose own error is a few per mille.
    """
    whole = solve_electrostatics(build_mesh(three_conductors(), "plan"))
    halves = {"core": shapely.box(6, 0, 7, 1), "substrate": shapely.box(7, 0, 8, 1)}
    for names in (("core", "substrate"), ("substrate", "core")):
        shapes = {n: o for n, o in SHAPES.items() if n != "core"} | {n: halves[n] for n in names}
        layout = plan_layout(shapes, {"electrolyte": medium(permittivity=2.0)}, 1.0)
        solution = solve_electrostatics(build_mesh(layout, "plan"))
        check(capacitance(solution), capacitance(whole), 5e-3)
        inside = solution.space.cell_dofs[solution.mesh.cells_of("core", "substrate")]
        assert np.ptp(solution.field("potential").values[inside]) == 0.0


def test_no_voltage_no_charge():
    """Conductors at one potential: no charge, no energy, and a balance error that stays at round-off."""
    solution = solve_electrostatics(build_mesh(three_conductors(), "plan"), anode="2 V", cathode="2 V")
    assert abs(charge(solution, "anode")) < 1e-12 * 2.0 * epsilon_0
    assert solution.report.balance_error < 1e-12


@pytest.mark.parametrize("order", [1, 2])
def test_energy_is_half_the_charge_times_the_voltage(order):
    """W = integral of eps E^2 / 2 = sum V Q / 2 = C V^2 / 2: Green's identity holds for the discrete field too, so
    round-off, with and without a floating conductor, in 2D and in 3D."""
    mesh = build_mesh(three_conductors(), "plan")
    for drive in ({"anode": "3 V", "cathode": "0 V"}, {"anode": "3 V", "cathode": "1 V", "core": "-2 V"}):
        solution = solve_electrostatics(mesh, order, **drive)
        check(energy_integral(solution), stored_energy(solution), 1e-10)
        if len(drive) == 2:
            check(stored_energy(solution), 0.5 * capacitance(solution) * 9.0, 1e-10)
    solid = solve_electrostatics(build_mesh(plates(), "3d"), order, anode="2 V", cathode="0 V")
    check(energy_integral(solid), 0.5 * in_series(LAYERS) * 4.0, 1e-10)
    with pytest.raises(AssertionError):  # negative control: the half forgotten
        check(energy_integral(solid), in_series(LAYERS) * 4.0, 1e-10)


# -------------------------------------------------------------------------------------------------------------- errors


def test_conductors_that_touch_are_refused():
    shapes = SHAPES | {"core": shapely.box(2, 1, 3, 2)}
    mesh = build_mesh(plan_layout(shapes, {"electrolyte": medium(permittivity=2.0)}, 1.0), "plan")
    with pytest.raises(SolveError, match="touch"):
        solve_electrostatics(mesh, **DRIVE, core="0.5 V")


def test_a_terminal_that_is_not_there_is_named():
    with pytest.raises(MicrofemError, match="no terminal 'cathod'"):
        solve_electrostatics(build_mesh(three_conductors(), "plan"), anode="1 V", cathod="0 V")
