"""The impedance of cells in one dimension against closed forms: circuits, pores, diffusion in films and in the salt.

J. E. B. Randles, Discuss. Faraday Soc. 1 (1947) 11; R. de Levie, Electrochim. Acta 8 (1963) 751; J. Newman and
C. W. Tobias, J. Electrochem. Soc. 109 (1962) 1183; J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed.
"""

from __future__ import annotations

import cmath

import numpy as np
import pytest

from microfem.base.errors import SolveError
from microfem.fem.cell.impedance import SmallSignal
from microfem.fem.solvers.settings import LinearSettings, SolverSettings
from support.electrochemical_cells import (
    BLOCK,
    CARBON,
    VOLTS,
    F,
    against_ideal,
    alternating,
    even,
    half_cell,
    orders,
    paste,
    plates,
    salt,
    strip,
    tabled,
    zinc,
)
from support.materials import matter

METALS = {"electrodes": {"anode": "metal", "cathode": "metal"}}
GAP, KAPPA, EXCHANGE = 100e-6, 2.0, 10.0  # m, S/m, A/m2
TRANSFER = VOLTS / (2.0 * EXCHANGE)  # ohm m2 of one plate, two electrons
DECADES = np.geomspace(1e-2, 1e6, 9)  # Hz


def found(impedance, frequencies, part=None):
    """Return an impedance, or a part of it, at frequencies, ohm m2."""
    spectrum = impedance.spectrum(list(frequencies))
    return 1e-4 * (spectrum.total if part is None else spectrum.parts[part])


def off(value, exact):
    """Return the largest distance of impedances, relative."""
    return float((np.abs(np.asarray(value) - exact) / np.abs(exact)).max())


def randles(frequency, capacitance):
    """Return the impedance of two plates, their double layers beside their kinetics, and the ohm between them."""
    return GAP / KAPPA + 2.0 * TRANSFER / (1.0 + 2j * np.pi * frequency * TRANSFER * capacitance)


def test_randles_cell():
    cell = alternating(
        plates(1e6 * GAP, 3, salt(), zinc(double_layer_capacitance=0.2)), METALS | {"transport": "fixed"}
    )
    assert off(found(cell, DECADES), randles(DECADES, 0.2)) < 1e-8
    assert cell.series_resistance == pytest.approx(1e4 * GAP / KAPPA, rel=1e-6)
    assert off(found(cell, DECADES), randles(DECADES, 0.2 * (1.0 + 1e-5))) > 1e-6  # the comparison tells such errors


def test_without_double_layer_the_limit_contains_the_kinetics():
    cell = alternating(plates(1e6 * GAP, 3, salt(), zinc()), METALS)
    assert cell.series_resistance == pytest.approx(1e4 * (GAP / KAPPA + 2.0 * TRANSFER), rel=1e-6)


def pore(frequency, sigma, deep=100e-6, kappa=1.0, per_volume=0.9e6 * 0.1):
    """Return the impedance of a porous electrode whose walls are double layers, current in front, tab at the back."""
    nu = cmath.sqrt(2j * np.pi * frequency * per_volume * deep**2 * (1.0 / kappa + 1.0 / sigma))
    ratio = sigma / kappa + kappa / sigma
    return deep / (kappa + sigma) * (1.0 + (2.0 / cmath.sinh(nu) + ratio / cmath.tanh(nu)) / nu)


def de_levie(frequency, deep=100e-6, kappa=1.0, per_volume=0.9e6 * 0.1):
    """Return sqrt(R Z) coth sqrt(R / Z): ions alone have a resistance."""
    ions, walls = deep / kappa, 1.0 / (2j * np.pi * frequency * per_volume * deep)
    return cmath.sqrt(ions * walls) / cmath.tanh(cmath.sqrt(ions / walls))


def porous_cell(sigma, ticks):
    """Return an ideal anode, 20 um of electrolyte and carbon."""
    carbon, cell = matter(**CARBON | {"conductivity": sigma}), against_ideal("capacitor", None)
    return alternating(half_cell(carbon, ticks), cell | {"transport": "fixed"})


def test_de_levie_over_six_decades():
    at = np.geomspace(1e-2, 1e4, 13)  # the depth goes from 133 thicknesses to 0.13
    ticks = 100.0 * np.linspace(0.0, 1.0, 81) ** 1.5
    exact = np.array([20e-6 / KAPPA + de_levie(f) for f in at])
    assert off(found(porous_cell(1e7, ticks), at), exact) < 1e-3
    assert off(exact, [20e-6 / KAPPA + de_levie(f, per_volume=0.9e6 * 0.1 * 1.01) for f in at]) > 3e-3


@pytest.mark.parametrize("sigma", [0.3, 1.0, 30.0])
def test_a_pore_in_a_poor_conductor(sigma):
    at, errors = np.geomspace(1e-1, 1e3, 5), []
    exact = np.array([20e-6 / KAPPA + pore(f, sigma) for f in at])
    for count in (20, 40, 80):
        errors.append(off(found(porous_cell(sigma, even(100.0, count)), at), exact))
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.1)
    assert errors[-1] < 2e-3


def store(shape, frequency, radius, diffusivity):
    """Return x / (j / (F c)) at the surface of a particle or a film: by closed forms in q = R sqrt(i omega / D)."""
    from scipy.special import iv

    q = radius * cmath.sqrt(2j * np.pi * frequency / diffusivity)
    form = {
        "sphere": lambda: cmath.tanh(q) / (q - cmath.tanh(q)),
        "cylinder": lambda: iv(0, q) / (q * iv(1, q)),
        "slab": lambda: 1.0 / (q * cmath.tanh(q)),
    }
    return radius / diffusivity * form[shape]()


OPEN = ((0.0, 1.5), (1.0, 1.1))  # V: the slope is -0.4 V
CAPACITY = F * 50000.0  # C/m3


def test_warburg_of_a_film():
    dense = tabled(matter(conductivity=10.0, max_concentration=50000.0, solid_diffusivity=1e-15,
                          exchange_current_density=1.0), "open_circuit_potential", "filling", OPEN)  # fmt: skip
    cell = alternating(half_cell(dense, even(1.0, 2)), against_ideal("film", "50 %"))
    at = np.geomspace(1e-5, 1e4, 10)
    ohm = 20e-6 / KAPPA + 1e-6 / 10.0 + VOLTS + 1e-10  # liquid, film, kinetics at 1 A/m2, ideal anode
    exact = np.array([ohm + 0.4 * store("slab", f, 1e-6, 1e-15) / CAPACITY for f in at])
    assert off(found(cell, at) - found(cell, at, "concentration"), exact) < 1e-6
    wrong = np.array([ohm + 0.4 * store("sphere", f, 1e-6, 1e-15) / CAPACITY for f in at])
    assert off(found(cell, at), wrong) > 0.1


@pytest.mark.parametrize("shape", ["sphere", "cylinder", "slab"])
def test_particles_of_a_thin_electrode(shape):
    thin = paste(OPEN, conductivity=1e6, particle_radius=1.0)
    cell = alternating(half_cell(thin, even(1.0, 1), conductivity=1e6),
                       against_ideal({"kind": "porous", "particles": shape}) | {"transport": "fixed"})  # fmt: skip
    walls = {"sphere": 3.0, "cylinder": 2.0, "slab": 1.0}[shape] * 0.45 / 1e-6 * 1e-6  # area per footprint
    at = np.geomspace(1e-6, 1e2, 9)
    exact = np.array([0.4 * store(shape, f, 1e-6, 1e-15) / CAPACITY / walls for f in at])
    assert off(found(cell, at, "particles"), exact) < 1e-6


def diffusion(frequency, gap=GAP, diffusivity=3e-10, transference=0.4):
    """Return what the gradient of a 2:2 salt between two metal plates costs, ohm m2."""
    k = cmath.sqrt(2j * np.pi * frequency / diffusivity)
    change = (1.0 - transference) / (2.0 * F) * cmath.tanh(0.5 * k * gap) / (diffusivity * k)  # mol/m3 of 1 A/m2
    return 2.0 * (1.0 - transference) * VOLTS * change / 1000.0


def test_diffusion_between_plates():
    at, errors = np.geomspace(1e-4, 1.0, 9), []
    exact = np.array([diffusion(f) for f in at])
    for count in (10, 20, 40):
        cell = alternating(plates(1e6 * GAP, count, salt(), zinc()), METALS)
        errors.append(off(found(cell, at, "concentration"), exact))
        others = found(cell, at) - found(cell, at, "concentration")
        assert off(others, GAP / KAPPA + 2.0 * TRANSFER) < 1e-3  # the kinetics know the concentration beside the ohm
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.2)
    assert off(found(cell, at), GAP / KAPPA + 2.0 * TRANSFER + exact) < 3e-5


def biased():
    """Return a porous electrode with double layers and particles, in the middle of a discharge."""
    mesh = half_cell(paste(OPEN, double_layer_capacitance=0.2), even(30.0, 10))
    return alternating(
        mesh, against_ideal("porous", "20 %") | {"protocol": ["discharge at 2C until 0.6 V"]}, at="filling 40 %"
    )


def test_parts_sum_to_the_impedance():
    cell = biased()
    for frequency in DECADES:
        _, x, _ = cell.signal.answer(2.0 * np.pi * frequency)
        whole = -x[cell.model.equations.cathode]
        parts = cell.signal.at(2.0 * np.pi * frequency)
        assert abs(sum(parts.values()) - whole) < 1e-10 * abs(whole)
        assert all(one.real >= -1e-6 * abs(whole) for name, one in parts.items() if name != "concentration")
        assert abs(sum(parts.values()) - parts["particles"] - whole) > 1e-6 * abs(whole) or frequency > 1e3


@pytest.mark.parametrize("solver", ["PARDISO", "SuperLU"])
def test_solvers_agree(solver):
    cell = biased()
    settings = SolverSettings(linear=LinearSettings(direct=solver))
    try:
        other = SmallSignal(cell.model.equations, cell.point.y, settings)
        values = [sum(other.at(2.0 * np.pi * f).values()) for f in DECADES]
    except SolveError as error:  # MKL may be absent
        pytest.skip(str(error))
    assert off(np.array(values) * cell.model.area, found(cell, DECADES)) < 1e-9


def test_twice_as_long_with_four_times_the_diffusivity():
    small = alternating(plates(100.0, 8, salt(), zinc(double_layer_capacitance=0.2)), METALS)
    large = alternating(plates(200.0, 8, salt(diffusivity=1.2e-9), zinc(double_layer_capacitance=0.2)), METALS)
    at = np.geomspace(1e-3, 1e4, 8)
    assert off(found(large, at, "electrolyte"), 2.0 * found(small, at, "electrolyte")) < 1e-3
    slow = at[:3]
    assert off(found(large, slow, "concentration"), 0.5 * found(small, slow, "concentration")) < 1e-3
    assert off(found(large, slow, "concentration"), found(small, slow, "concentration")) > 0.4


@pytest.mark.parametrize("least", [1.0, 1e-3])
def test_the_series_resistance_does_not_depend_on_the_smallest_cell(least):
    """In the limit double layers are short-circuits: ohm of the gap, and of pores and solid side by side.

    An ideal anode adds 1e-10 ohm m2, 8e-6 of it.
    """
    carbon = paste(double_layer_capacitance=0.2)
    cathode = np.concatenate([[0.0], np.geomspace(least, 30.0, 40)])
    layers = ("anode", zinc(), BLOCK), ("electrolyte", salt(), even(20.0, 2)), ("cathode", carbon, cathode)
    mesh = strip(*layers, wide=3.0)
    pores = carbon.value("porosity") ** 1.5 * salt().value("conductivity")
    exact = 20e-6 / salt().value("conductivity") + 30e-6 / (pores + carbon.value("conductivity"))
    assert alternating(mesh, against_ideal("porous")).series_resistance == pytest.approx(1e4 * exact, rel=1e-5)
