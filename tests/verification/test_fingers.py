"""Where along its fingers current leaves an electrode, against a uniform cell and the transmission line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from microfem.families import build_layout
from microfem.layout import Region
from microfem.mesh import build_mesh
from microfem.metrics.curve import SolvedCase
from microfem.metrics.curves.fingers import PARTS, along_fingers
from support.cells import grid, make_layout, trimmed
from support.materials import medium
from support.solving import solve_conduction

LONG, THIN, APART = 40.0, 0.2, 1.0  # um: a finger along y, its width, its distance from the other
NAMES = ("electrolyte", "anode", "cathode", "anode_tab")


def finger_mesh(sigma, dim=2, tip=LONG):
    """Return a finger of conductivity sigma beside a cathode, 1 S/m between them, with a tab at y < 0."""
    boxes = {
        "electrolyte": shapely.box(THIN, 0.0, THIN + APART, LONG),
        "anode": shapely.box(0.0, 0.0, THIN, LONG),
        "cathode": shapely.box(THIN + APART, 0.0, THIN + APART + 1.0, LONG),
        "anode_tab": shapely.box(0.0, -1.0, THIN, 0.0),
    }
    regions = [Region(name=name, role=name, footprint=box, z=(0.0, 1.0)) for name, box in boxes.items()]
    laws = {name: medium(sigma if name == "anode" else 1.0) for name in NAMES}
    layout = replace(make_layout(regions, laws=laws), fingers={"anode": (LONG - tip, tip)})
    across = np.concatenate([[0.0, 0.1], np.linspace(THIN, THIN + APART, 5), [THIN + APART + 1.0]])
    ticks = [across, np.concatenate([[-1.0], np.linspace(0.0, LONG, 161 if dim == 2 else 81)])]
    points, cells = grid(*ticks, *([np.array([0.0, 1.0])] * (dim - 2)))
    x, y = points[cells].mean(axis=1)[:, :2].T
    owner = np.select([y < 0.0, x < THIN, x < THIN + APART], [3, 1, 0], 2)
    kept = (y > 0.0) | (x < THIN)
    return trimmed(points, cells[kept], layout, "plan" if dim == 2 else "3d", owner[kept], NAMES)


def shares(mesh, fed="anode", order=2, electrode="anode"):
    solution = solve_conduction(mesh, order, **{fed: "1 V", "cathode": "0 V"})
    line = finger_lines(solution)[electrode]
    return np.array([line.x, line.y])


def finger_lines(solution):
    """Return the curve of a solution, by the electrode that each line is of."""
    return {line.name: line for line in along_fingers(SolvedCase(solution=solution, meshes={}, states=()))}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("dim", [2, 3])
def test_a_uniform_current_leaves_evenly(dim, order):
    """Plates facing each other: the potential is linear, so the share is y / L to round-off."""
    distance, share = shares(finger_mesh(1.0, dim), order=order)
    assert distance[[0, -1]] == pytest.approx([0.0, LONG])
    assert share == pytest.approx(distance / LONG, abs=1e-9)


def test_more_leaves_where_more_is_conducted():
    """A separator of 3 S/m beside the outer half: a quarter of the current leaves along the inner half."""
    whole = finger_mesh(1.0)
    outer = (whole.region_of_cell == 0) & (whole.points[whole.cells].mean(axis=1)[:, 1] > 0.5 * LONG)
    box = Region(
        name="separator",
        role="separator",
        footprint=shapely.box(THIN, 0.5 * LONG, THIN + APART, LONG),
        z=(0.0, 1.0),
        priority=1,
    )
    layout = replace(whole.layout, regions=(*whole.layout.regions, box),
                     materials={**whole.layout.materials, "separator": medium(3.0)})  # fmt: skip
    owner = np.where(outer, len(NAMES), whole.region_of_cell)
    distance, share = shares(replace(whole, layout=layout, region_of_cell=owner, regions=(*NAMES, "separator")))
    wanted = np.interp(distance, [0.0, 0.5 * LONG, LONG], [0.0, 0.25, 1.0])
    assert share == pytest.approx(wanted, abs=1e-9)


def left(distance, length):
    """Return 1 - i(y) / i(0) of a finger fed at y = 0: dV/dy = -r i, di/dy = -g V, i(L) = 0.

    i(y) = i(0) sinh((L - y) / l) / sinh(L / l), l = 1 / sqrt(r g); the line with leakage, on electrodes C. W. Tobias
    and R. Wijsman, J. Electrochem. Soc. 100 (1953) 459. Here r = 1 / (sigma w) and g = 1 S/m / APART.
    """
    return 1.0 - np.sinh((LONG - distance) / length) / np.sinh(LONG / length)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("sigma", [1000.0, 4000.0])
def test_a_resistive_finger_is_a_transmission_line(dim, sigma):
    """The electrolyte's field bends by (APART / l)^2 / 3, at most 2e-3 here; a wrong line is off by far more."""
    distance, share = shares(finger_mesh(sigma, dim), fed="anode_tab")
    length = np.sqrt(sigma * THIN * APART)
    assert np.abs(share - left(distance, length)).max() < 2e-3
    for wrong in (1.1 * length, length / 1.1):
        assert np.abs(share - left(distance, wrong)).max() > 4e-3
    assert np.abs(share - distance / LONG).max() > 0.02


def test_distances_run_from_the_busbar_to_the_tip():
    """The same finger told from its other end."""
    distance, share = shares(finger_mesh(1000.0), fed="anode_tab")
    back, other = shares(finger_mesh(1000.0, tip=0.0), fed="anode_tab")
    assert back == pytest.approx(distance)
    assert other == pytest.approx(1.0 - share[::-1], abs=1e-9)


def test_all_that_passes_between_electrodes_is_told():
    """A comb's busbar has distances below 0; its mirror image has the same shares."""
    layout = build_layout("interdigital", {"finger_pairs": 1, "gap": 100.0})
    mesh = build_mesh(layout, "plan")
    distance, share = shares(mesh)
    assert distance[[0, -1]] == pytest.approx([-300.0, 3000.0])
    assert len(share) == PARTS + 2
    assert np.diff(share).min() > 0.0
    assert share[np.searchsorted(distance, 0.0)] < 0.2
    back, other = shares(mesh, electrode="cathode")
    assert back == pytest.approx(distance)
    assert other == pytest.approx(share, abs=5e-3)


def test_nothing_is_told_where_no_finger_is_seen():
    for family, dimension in (("interdigital", "section"), ("circular", "plan")):
        assert finger_lines(solve_conduction(build_mesh(build_layout(family, {}), dimension))) == {}
