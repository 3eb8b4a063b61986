"""Films in several pieces in a section, against references that share nothing with them: a series, and a limit.

The series: in a box of width W, insulated all round, strips on the plane z = 0 carry a flux q(x). By separation of
variables the potential there is sum over n of (2/W) q_n cos(k_n x) / Y(k_n), k_n = n pi / W, with q_n the cosine
integrals of q and Y = c tanh(k h), summed over what lies above and below, times k. On a strip q is a sum of
T_m(s) / sqrt(1 - s^2), whose cosine integral is a Bessel function (I. S. Gradshteyn, I. M. Ryzhik, 7.355); that the
potential of each strip is constant gives the coefficients (Galerkin).
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0
from scipy.special import jv

from microfem.base.errors import MeshError
from microfem.families import build_layout
from microfem.layout import Region, Sheet
from microfem.mesh import build_mesh
from microfem.metrics import Call
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.records import Limits
from support.cells import make_layout
from support.materials import matter
from support.solving import read_case, solve_elasticity

FUNCTIONS, TERMS = 8, 20_000  # of a strip's flux; of the series
PAIRS, FINGER, GAP, MARGIN = 2, 300.0, 300.0, 300.0  # the comb below, um
ABOVE, BELOW = 300.0, 100.0
WIDTH = PAIRS * (2 * FINGER + 2 * GAP) - GAP + 2 * MARGIN
STRIPS = [(MARGIN + k * (FINGER + GAP), MARGIN + k * (FINGER + GAP) + FINGER) for k in range(2 * PAIRS)]
COMB = {"finger_pairs": PAIRS, "collector_thickness": 0.1, "anode_thickness": 10.0, "cathode_thickness": 10.0}


def between_strips(strips, width, layers):
    """Return the flux between even and odd strips at a difference of potential of 1, per unit depth.

    layers: (coefficient, height) of what lies above and below the strips.
    """
    k = np.pi * np.arange(1, TERMS + 1) / width
    admittance = k * sum(c * np.tanh(k * h) for c, h in layers)
    columns, given, total = [], [], []
    for number, (left, right) in enumerate(strips):
        half, middle = 0.5 * (right - left), 0.5 * (right + left)
        for m in range(FUNCTIONS):
            columns.append(np.pi * half * jv(m, k * half) * np.cos(k * middle + 0.5 * np.pi * m))
            total.append(np.pi * half if m == 0 else 0.0)
            given.append(total[-1] * (number % 2))
    q, total = np.array(columns), np.array(total)
    system = np.block([[(q / admittance) @ q.T * 2.0 / width, total[:, None]], [total[None], np.zeros((1, 1))]])
    found = np.linalg.solve(system, np.append(given, 0.0))[:-1]
    return float(found @ given)


def comb(electrodes, electrolyte, substrate, film):
    materials = {"anode": electrodes, "cathode": electrodes, "electrolyte": electrolyte, "substrate": substrate}
    return build_layout("interdigital", COMB, {**materials, "anode_collector": film, "cathode_collector": film})


def test_the_series_gives_the_unit_cell_of_a_comb():
    """Many pairs in a box that ends at mid-finger are unit cells in parallel: Igreja's closed form."""
    from support import closed_forms as exact

    cell = between_strips([(0.0, 150.0), (450.0, 600.0)], 600.0, [(1.0, 300.0)])
    assert cell == pytest.approx(float(exact.interdigital(300.0, 300.0, 300.0, 300.0)), rel=1e-3)


TERMINALS = {"anode_collector": "0 V", "cathode_collector": "1 V"}


def measured(layout, physics, metric):
    """Return a metric of the section, refined to 0.5 %, with its interval."""
    case = read_case({"physics": physics, "dimension": "section", "terminals": TERMINALS})
    calls = {"it": Call(metric, "case", {})}
    mesh = first_mesh(layout, case, Limits())
    return solve_to_accuracy(mesh, case, calls, {"it": 5e-3}, Limits())[1].values["it"]


def test_resistance_of_a_comb_on_films():
    """Electrodes of the electrolyte's own conductivity: films alone are the terminals."""
    gel, metal, plastic = (matter(conductivity=c) for c in (1.5, 1e7, 0.0))
    found = measured(comb(gel, gel, plastic, metal), "conduction", "resistance")
    truth = 1.0 / between_strips(STRIPS, WIDTH, [(1.5, ABOVE)])
    assert truth == pytest.approx(0.46122, rel=1e-4)
    assert found.lower < truth < found.upper
    assert found.value == pytest.approx(truth, rel=6e-3)


def test_capacitance_of_a_comb_on_films():
    stuff, metal = matter(relative_permittivity=4.0), matter(conductivity=1e7)
    layout = comb(stuff, stuff, matter(relative_permittivity=2.0), metal)
    found = measured(layout, "electrostatics", "capacitance")
    truth = between_strips(STRIPS, WIDTH, [(4.0 * epsilon_0, ABOVE), (2.0 * epsilon_0, BELOW)])
    assert found.lower < truth < found.upper
    assert found.value == pytest.approx(truth, rel=6e-3)


def filmed(pieces, below=1.0):
    """Return a strip 20 um long and 4 um high whose surface, or a plane inside, carries pieces of one film."""
    film = shapely.union_all([shapely.box(x0, -1, x1, 1) for x0, x1 in pieces])
    strip = Region(name="substrate", role="substrate", footprint=shapely.box(0.0, -1.0, 20.0, 1.0), z=(0.0, 4.0))
    laws = {"substrate": matter(youngs_modulus=1e3, poisson_ratio=0.3)}
    laws["film"] = matter(youngs_modulus=1e4, poisson_ratio=0.3)
    return make_layout(
        [strip], [Sheet(name="film", role="anode_collector", footprint=film, z=4.0 * below, thickness=1e-4)], laws
    )


def test_stiffness_of_a_section_with_two_pieces_of_film():
    """A weak film takes the strain e of its strip: it adds E t l e^2 / (1 - nu^2) to the energy, whatever its pieces.

    What it adds beyond that is of the order of E t / (E_s l) = 3e-4 of it.
    """
    mesh = build_mesh(filmed([(2.0, 5.0), (11.0, 18.0)]), "section", 1)
    solved = solve_elasticity(mesh, {"stretch": {"strain": "1 %"}})
    modulus, strain = 1e3 / (1.0 - 0.3**2), 0.01
    added = solved.totals["axial_force"][0] - modulus * 4.0 * strain
    assert added == pytest.approx(10.0 * modulus * 1e-4 * (3.0 + 7.0) / 20.0 * strain, rel=3e-3)


def test_a_film_that_no_edge_of_the_section_follows_is_refused():
    with pytest.raises(MeshError, match="film"):
        build_mesh(filmed([(2.0, 5.0)], below=0.3), "section", 1)
