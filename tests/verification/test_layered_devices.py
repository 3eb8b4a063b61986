"""Layers of one's own against a moment method of strips between layers, closed forms, and each other.

The reference (support/strips.py) knows no mesh and no layout. Its strips lie between layers without lateral end;
devices here are 20 times wider than their electrodes, which changes capacitances by less than 1e-3.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import epsilon_0

from microfem.results.summary import MetricResult
from support.strips import capacitance_matrix
from support.studies import results_of, summary_of

HEAD = """
name: layers
materials:
  film: {relative_permittivity: {value: 3.225, unit: "1", source: chosen}}
  coat: {relative_permittivity: {value: 5.02, unit: "1", source: chosen}}
  ten: {relative_permittivity: {value: 10, unit: "1", source: chosen}}
cases: {c: {physics: electrostatics, dimension: VIEW, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {C: capacitance(c)}
"""
BESIDE = 2e-3  # relative, of the layers' lateral ends and of the reference


def solved(folder: Path, designs: str, view: str = "section", accuracy: str = "0.5 %") -> dict[str, MetricResult]:
    """Return the capacitance of each design."""
    text = f"{HEAD.replace('VIEW', view)}accuracy: {accuracy}\ndesigns:{designs}"
    return {name: one.metrics["C"] for name, one in summary_of(results_of(folder, text)).designs.items()}


def holds(found: MetricResult, true: float, beside: float = BESIDE) -> bool:
    """Tell whether the proven interval, widened by what the reference leaves open, holds the true value."""
    assert found.lower is not None
    assert found.upper is not None
    return found.lower * (1.0 - beside) <= true <= found.upper * (1.0 + beside)


def test_strips_of_the_reference_are_those_of_the_closed_form() -> None:
    from mpmath import ellipk

    found = capacitance_matrix([(-1.0, 1.0), (1.0, 1.0)]) @ [0.0, 1.0]
    true = epsilon_0 * float(ellipk(1 - 1 / 9) / ellipk(1 / 9))
    assert found == pytest.approx([-true, true], rel=5e-4)


FINGERS = """
  five:
    params: {length: 40 mm, width: 10 mm}
    layers:
      - {material: film, thickness: 50 um}
      - - {name: a1, role: anode, material: silver, thickness: 0 um, outline: {rectangle: X-562.5}}
        - {name: c1, role: cathode, material: silver, thickness: 0 um, outline: {rectangle: X-312.5}}
        - {name: a2, role: anode, material: silver, thickness: 0 um, outline: {rectangle: X-62.5}}
        - {name: c2, role: cathode, material: silver, thickness: 0 um, outline: {rectangle: X187.5}}
        - {name: a3, role: anode, material: silver, thickness: 0 um, outline: {rectangle: X437.5}}
      - {material: coat, thickness: 22.5 um}
    surroundings: vacuum
"""
FINGERS = re.sub(r"X([-\d.]+)", lambda x: f"[{x[1]} um, -5 mm, {float(x[1]) + 125} um, 5 mm]", FINGERS)


@pytest.mark.slow
def test_five_fingers_between_film_and_coating_in_open_space(tmp_path: Path) -> None:
    strips = [(250.0 * k, 125.0) for k in range(-2, 3)]
    volts = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    charges = capacitance_matrix(strips, below=[(3.225, 50.0)], above=[(5.02, 22.5)]) @ volts
    true, found = float(charges @ volts), solved(tmp_path, FINGERS)["five"]
    assert holds(found, true)
    bare = capacitance_matrix(strips, below=[(3.225, 50.0)]) @ volts
    assert not holds(found, float(bare @ volts))  # the coating is there


MICROSTRIP = """
  strip:
    params: {length: 400 mm, width: 10 mm}
    layers:
      - {name: ground, role: anode, material: copper, thickness: 0 um}
      - {material: ten, thickness: 10 mm}
      - {role: cathode, material: copper, thickness: 0 um, outline: {rectangle: [-5 mm, -5 mm, 5 mm, 5 mm]}}
    surroundings: vacuum
"""


def test_a_strip_over_a_wide_ground_plane(tmp_path: Path) -> None:
    true = float(capacitance_matrix([(0.0, 10.0)], below=[(10.0, 10.0)], grounded=True)[0, 0])
    assert 176e-12 < true < 178e-12
    assert holds(solved(tmp_path, MICROSTRIP)["strip"], true)


WIRES = """
  wires:
    family: fiber
    params: {arrangement: parallel, anode_diameter: 1 mm, cathode_diameter: 1 mm, gap: 1 mm, margin: 1 mm}
    materials: {anode: copper, cathode: copper, electrolyte: vacuum}
    surroundings: vacuum
  walled:
    family: fiber
    params: {arrangement: parallel, anode_diameter: 1 mm, cathode_diameter: 1 mm, gap: 1 mm, margin: 10 mm}
    materials: {anode: copper, cathode: copper, electrolyte: vacuum}
"""


def test_two_bare_wires_in_open_space(tmp_path: Path) -> None:
    found, true = solved(tmp_path, WIRES, "plan", "0.1 %"), np.pi * epsilon_0 / np.arccosh(2.0)
    assert holds(found["wires"], true, 0.0)
    assert not holds(found["walled"], true, 0.0)  # ten millimetres are not open space


UPSIDE_DOWN = """
  upright:
    family: interdigital
    params: {finger_pairs: 2, anode_thickness: 0 um, cathode_thickness: 0 um, electrolyte_height: 1 mm}
    materials: {electrolyte: vacuum, anode: silver, cathode: silver}
    below: [{material: film, thickness: 140 um}, {material: vacuum, thickness: 1 mm}]
  reversed:
    family: interdigital
    params: {finger_pairs: 2, anode_thickness: 0 um, cathode_thickness: 0 um, electrolyte_height: 140 um}
    materials: {electrolyte: film, anode: silver, cathode: silver}
    below: [{material: vacuum, thickness: 1 mm}]
    above: [{material: vacuum, thickness: 1 mm}]
"""


def test_a_device_upside_down_has_the_same_capacitance(tmp_path: Path) -> None:
    found = solved(tmp_path, UPSIDE_DOWN)
    upright, turned = found["upright"], found["reversed"]
    assert upright.value == pytest.approx(turned.value, rel=5e-3)
    assert upright.lower is not None
    assert turned.upper is not None
    assert upright.lower <= turned.upper
    assert turned.lower is not None
    assert upright.upper is not None
    assert turned.lower <= upright.upper


ALONG_AXES = """
  plates:
    params: {length: 10 mm, width: 10 mm}
    layers:
      - {role: anode, material: copper, thickness: 0 um}
      - {material: drawn, thickness: 100 um}
      - {role: cathode, material: copper, thickness: 0 um}
"""


def test_a_dielectric_along_axes_between_plates(tmp_path: Path) -> None:
    drawn = "drawn: {relative_permittivity: {in_plane: 9, through: 3, unit: '1', source: chosen}}"
    text = HEAD.replace("materials:", f"materials:\n  {drawn}")
    text = f"{text.replace('VIEW', 'section')}designs:{ALONG_AXES}"
    found = summary_of(results_of(tmp_path, text)).designs["plates"].metrics["C"]
    assert found.value == pytest.approx(3.0 * epsilon_0 * 100.0, rel=1e-9)


DISCS = """
  discs:
    params: {length: 1.2 mm, width: 1.2 mm}
    layers:
      - {role: anode, material: copper, thickness: 0 um, outline: {circle: {diameter: 1 mm}}}
      - {material: vacuum, thickness: 250 um}
      - {role: cathode, material: copper, thickness: 0 um, outline: {circle: {diameter: 1 mm}}}
    surroundings: vacuum
"""


def love(ratio: float) -> float:
    """Return the capacitance of two equal discs over that of their area at the distance, ratio: distance over radius.

    E. R. Love, Quart. J. Mech. Appl. Math. 2 (1949) 428, for opposite charges: C = 2 eps0 a int f dx,
    f(x) = 1 + (k / pi) int f(y) / (k^2 + (x - y)^2) dy, both on [-1, 1].
    """
    at, weight = np.polynomial.legendre.leggauss(400)
    kernel = ratio / np.pi / (ratio**2 + (at[:, None] - at) ** 2)
    f = np.linalg.solve(np.eye(len(at)) - kernel * weight, np.ones(len(at)))
    return float(2.0 * (weight @ f) * ratio / np.pi)


@pytest.mark.slow
def test_two_discs_in_open_space_in_3d(tmp_path: Path) -> None:
    true = epsilon_0 * np.pi * 0.5e-3**2 / 0.25e-3 * love(0.5)
    assert holds(solved(tmp_path, DISCS, "3d", "5 %")["discs"], true, 0.0)


def drawn(seed: int) -> tuple[str, float]:
    """Return a random device of strips between random layers in open space, and its capacitance by moments, F/m."""
    chance = np.random.default_rng(seed)
    widths, gaps = chance.uniform(50.0, 200.0, 4).tolist(), chance.uniform(50.0, 200.0, 4).tolist()
    count = int(chance.integers(2, 5))
    left = [sum(widths[:k]) + sum(gaps[:k]) for k in range(count)]
    middle = 0.5 * (left[-1] + widths[count - 1])
    strips = [(x + 0.5 * w - middle, w) for x, w in zip(left, widths, strict=False)]
    below, above = (
        [(chance.uniform(1.5, 10.0), chance.uniform(30.0, 300.0)) for _ in range(chance.integers(1, 3))]
        for _ in range(2)
    )
    names = {f"m{side}{k}": one[0] for side, layers in ((0, below), (1, above)) for k, one in enumerate(layers)}
    materials = "".join(
        f'\n  {name}: {{relative_permittivity: {{value: {value!r}, unit: "1", source: drawn}}}}'
        for name, value in names.items()
    )
    lower = "".join(f"\n      - {{material: m0{k}, thickness: {below[k][1]!r} um}}" for k in range(len(below))[::-1])
    upper = "".join(f"\n      - {{material: m1{k}, thickness: {above[k][1]!r} um}}" for k in range(len(above)))
    electrodes = "".join(
        f"\n      {'- -' if k == 0 else '  -'} {{name: s{k}, role: {('anode', 'cathode')[k % 2]}, material: silver, "
        f"thickness: 0 um, outline: {{rectangle: [{x - 0.5 * w!r} um, -5 mm, {x + 0.5 * w!r} um, 5 mm]}}}}"
        for k, (x, w) in enumerate(strips)
    )
    text = HEAD.replace("materials:", f"materials:{materials}").replace("VIEW", "section")
    text += "accuracy: 1 %\ndesigns:\n  drawn:\n    params: {length: 40 mm, width: 10 mm}\n    layers:"
    text += f"{lower}{electrodes}{upper}"
    volts = np.arange(count) % 2.0
    return text + "\n    surroundings: vacuum\n", float(volts @ capacitance_matrix(strips, below, above) @ volts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_strips_between_random_layers(tmp_path: Path, seed: int) -> None:
    text, true = drawn(seed)
    assert holds(summary_of(results_of(tmp_path, text)).designs["drawn"].metrics["C"], true, 4e-3)
