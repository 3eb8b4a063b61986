"""Few of many equal fingers for all of them: against a closed form, whole devices, and combs that are not equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from microfem.families import build_layout
from microfem.fem.potential.strip import share_between
from microfem.fem.space import Space
from microfem.layout.repetition import find_strips, shortened
from microfem.layout.shapes import rectangle
from microfem.mesh import build_mesh
from microfem.run.solve_case import solve_case
from microfem.solve.first_mesh import shortened_for
from support.cells import make_layout
from support.closed_forms import interdigital
from support.materials import matter
from support.solving import read_case

GEL = matter(conductivity=2.0, relative_permittivity=5.0)
IDEAL = {"anode_thickness": 0.0, "cathode_thickness": 0.0, "substrate_thickness": 0.0}
BOTH = ("conductivity", "relative_permittivity")


def comb(pairs, **params):
    """Return a comb in a gel; lengths in um."""
    chosen = {"finger_pairs": pairs, "finger_length": 1000.0, "substrate_thickness": 0.0} | params
    return build_layout("interdigital", chosen, {"electrolyte": GEL})


def solved(layout, dimension, physics="conduction", symmetry="auto", accuracy=0.01, metric=None):
    """Return a case between 0 V and 1 V: its metric, and how much of the device is in the mesh."""
    metric = metric or {"conduction": "conductance", "electrostatics": "capacitance"}[physics]
    stated = {"physics": physics, "dimension": dimension, "symmetry": symmetry}
    case = stated | {"terminals": {"anode": "0 V", "cathode": "1 V"}}
    found = solve_case(layout, case, [metric], accuracy=accuracy)
    return found, found.values.get(metric)


def test_a_strip_is_that_of_an_endless_comb():
    """What 60 strips more add to a comb of thin fingers, 40 pairs against 10, is 60 times the closed form."""
    sizes = {"anode_width": 200.0, "cathode_width": 120.0, "gap": 80.0, "electrolyte_height": 150.0} | IDEAL
    (many, more), (few, less) = (solved(comb(pairs, **sizes), "section", accuracy=3e-3) for pairs in (40, 10))
    exact = 2.0 * interdigital(200.0, 120.0, 80.0, 150.0)
    low, high = (more.lower - less.upper) / 60.0, (more.upper - less.lower) / 60.0
    assert low < exact < high
    assert high - low < 0.01 * exact
    assert few.mesh.volumes.sum() == pytest.approx(many.mesh.volumes.sum(), rel=1e-9)
    assert "3 of the 79 equal strips" in many.solution.remarks[0]


@pytest.mark.parametrize(
    ("dimension", "physics", "pairs", "params"),
    [
        ("section", "conduction", 8, {}),
        ("section", "electrostatics", 7.5, {"anode_width": 100.0}),
        ("section", "conduction", 20, {"electrolyte_height": 3000.0}),  # the ends are felt far inside
        pytest.param("plan", "conduction", 12, {"finger_taper": 0.5}, marks=pytest.mark.slow),
        pytest.param("3d", "electrostatics", 8, {"tab_length": 400.0}, marks=pytest.mark.slow),
        pytest.param("3d", "conduction", 12.5, {"collector_thickness": 5.0}, marks=pytest.mark.slow),
    ],
)
def test_intervals_are_those_of_the_whole_device(dimension, physics, pairs, params):
    """Proven intervals of few fingers and of all hold one value; few fingers alone, times their number, are outside."""
    layout = comb(pairs, **params)
    accuracy = 0.05 if dimension == "3d" else 5e-3
    (few, ours), (_, theirs) = (solved(layout, dimension, physics, one, accuracy) for one in ("auto", "off"))
    assert max(ours.lower, theirs.lower) <= min(ours.upper, theirs.upper)
    assert ours.error <= accuracy * ours.value
    assert few.mesh.volumes.sum() < 0.5 * layout.cell_area * (1.0 if dimension == "plan" else 1e9)
    assert few.solution.terminals.energy == pytest.approx(ours.value * (1e6 if dimension == "3d" else 1.0), rel=1e-9)


def test_energy_of_a_strip():
    """Shares of integral |grad u|2 of u = x2 between planes that cut cells, in triangles and in tetrahedra."""
    block = make_layout("electrolyte", (0.0, 4.0, 0.0, 1.0), height=1.0) if False else comb(1)
    for dimension in ("plan", "section", "3d"):
        mesh = build_mesh(block, dimension, -2)
        space = Space(mesh, 2)
        x = space.locations[:, 0]
        x0, x1 = 0.31 * x.max(), 0.77 * x.max()
        coefficient = np.full(len(mesh.cells), 3.0)
        share = share_between(space, coefficient, x**2, x0, x1)
        assert 0.0 < share < 1.0
