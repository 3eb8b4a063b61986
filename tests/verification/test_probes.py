"""Potentials of floating conductors and at points, couplings of terminals, and four-point measurements.

Coaxial conductors: phi = V ln(r / b) / ln(a / b). An insulated rectangle: a current into a point is a double series of
images. Any sheet with point contacts on its rim: exp(-pi R1 t sigma) + exp(-pi R2 t sigma) = 1 (L. J. van der Pauw,
Philips Res. Rep. 13 (1958) 1).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.constants import epsilon_0

from microfem.base.errors import MicrofemError
from microfem.families import build_layout
from microfem.layout import Circle, Layout, Region
from microfem.layout.layers import Layers
from microfem.materials import load_material
from microfem.run.solve_case import solve_case
from support.cells import disc, make_layout, plan_layout
from support.comparing import check
from support.materials import medium

A, C1, C2, B, EPSILON = 1.0, 2.0, 2.4, 4.0, 3.0
SIGMA = 100.0


def coaxial() -> Layout:
    """Return a wire, a floating shell around it, and an outer conductor, drawn with chords of true circles."""
    shapes = {
        "shield": disc(4.4, 64),
        "outside": disc(B, 64),
        "shell": disc(C2, 48),
        "inside": disc(C1, 48),
        "wire": disc(A, 32),
    }
    laws = {name: medium(permittivity=EPSILON) for name in ("inside", "outside")}
    layout = plan_layout(shapes, laws, 1.0)
    return replace(layout, family="", circles=tuple(Circle((0.0, 0.0, r)) for r in (A, C1, C2, B, 4.4)))


def solved(layout: Layout, physics: str, terminals, metrics, accuracy: float = 0.01, dimension: str = "plan"):
    """Return metrics of a case."""
    return solve_case(layout, {"physics": physics, "dimension": dimension, "terminals": terminals}, metrics, accuracy)


def test_a_floating_shell_and_the_potential_between() -> None:
    """The shell floats at V ln(b/c2) / (ln(b/c2) + ln(c1/a)); bounds hold it, and the errors at points cover theirs."""
    metrics = {
        "shell": "potential_of(case, part=shell)",
        "wire": "potential_of(case, part=wire)",
        "near": "potential_at(case, x=1.1 um, y=0.9 um)",
        "metal": "potential_at(case, x=0 um, y=2.2 um)",
    }
    found = solved(coaxial(), "electrostatics", {"wire": "2 V", "shield": "1 V"}, metrics).values
    inner, outer = np.log(C1 / A), np.log(B / C2)
    shell = 1.0 + outer / (inner + outer)
    assert found["shell"].lower <= shell <= found["shell"].upper
    assert found["shell"].error < 0.01
    assert (found["wire"].value, found["wire"].error) == (2.0, 0.0)
    near = shell + (2.0 - shell) * np.log(C1 / np.hypot(1.1, 0.9)) / inner
    for name, exact in (("near", near), ("metal", shell)):
        assert abs(found[name].value - exact) <= found[name].error < 0.01
    assert not found["shell"].lower <= 1.0 + inner / (inner + outer) <= found["shell"].upper  # negative control


@pytest.mark.slow
def test_points_in_the_medium_near_two_bare_wires() -> None:
    """Phi = 1/2 + ln(r1 / r2) / (2 arcosh(d / 2a)) with the distances from the poles; farther than pictures none is."""
    wires = {"arrangement": "parallel", "anode_diameter": 1e3, "cathode_diameter": 1e3, "gap": 1e3, "margin": 1e3}
    layout = build_layout(
        "fiber", wires, {"electrolyte": load_material("vacuum")}, layers=Layers(surroundings="vacuum")
    )
    terminals, metrics = {"anode": "0 V", "cathode": "1 V"}, {"p": "potential_at(case, x=3.4 mm, y=1 mm)"}
    found = solved(layout, "electrostatics", terminals, metrics).values["p"]
    poles = [np.hypot(3.4 + side * np.sqrt(0.75), 1.0) for side in (1.0, -1.0)]
    exact = 0.5 + np.log(poles[0] / poles[1]) / (2.0 * np.arccosh(2.0))
    assert abs(found.value - exact) <= found.error < 0.01
    assert abs(found.value - (1.0 - exact)) > found.error  # negative control: the wires the other way round
    with pytest.raises(MicrofemError, match="outside"):
        solved(layout, "electrostatics", terminals, {"p": "potential_at(case, x=9 mm, y=0 mm)"})


def test_couplings_of_three_conductors() -> None:
    """C of the wire and the shell is 2 pi eps / ln(c1/a), of the shielded wire 0; C_ii is the sum of both."""
    pairs = (("wire", "shell"), ("wire", "shield"), ("shell", "shell"))
    metrics = {f"{a}_{b}": f"capacitance_between(case, first={a}, second={b})" for a, b in pairs}
    found = solved(coaxial(), "electrostatics", {"wire": "1 V", "shell": "0 V", "shield": "0 V"}, metrics).values
    inner, outer = (2.0 * np.pi * EPSILON * epsilon_0 / np.log(ratio) for ratio in (C1 / A, B / C2))
    for one, exact in zip(found.values(), (inner, 0.0, inner + outer), strict=True):
        assert one.lower <= exact <= one.upper
        assert one.error < 0.02 * inner


def bar() -> Layout:
    """Return a strip with two probes across it, which touch its sides."""
    shapes = {"strip": shapely.box(0, -1, 10, 1)}
    shapes |= {name: shapely.box(x, 1, x + 0.2, 1.2) for name, x in (("near", 2.0), ("far", 6.0))}
    return replace(plan_layout(shapes, {"strip": medium(SIGMA)}, 0.2), family="")


def test_four_points_on_a_bar() -> None:
    """Away from the ends the field is uniform, and both probes disturb it alike: R = distance / (sigma w).

    Source and sink exchanged with the probes give the same R (Lorentz's reciprocity).
    """
    drive = {"strip.xmin": "0 V", "strip.xmax": "1 A/m", "near": "0 A/m", "far": "0 A/m"}
    metrics = {
        "four": "transfer_resistance(case, source=strip.xmax, sink=strip.xmin, plus=far, minus=near)",
        "turned": "transfer_resistance(case, source=far, sink=near, plus=strip.xmax, minus=strip.xmin)",
        "two": "transfer_resistance(case, source=strip.xmax, sink=strip.xmin, plus=strip.xmax, minus=strip.xmin)",
        "far": "potential_of(case, part=far)",
        "near": "potential_of(case, part=near)",
    }
    found = solved(bar(), "conduction", drive, metrics).values
    exact = 4.0 / (SIGMA * 2.0)
    for name in ("four", "turned"):
        assert found[name].lower <= exact <= found[name].upper, name
        assert found[name].error < 0.01 * exact
    assert found["far"].lower - found["near"].upper <= exact <= found["far"].upper - found["near"].lower
    assert found["two"].upper < 10.0 / (SIGMA * 2.0)  # the probes shorten the way a little
    check(found["two"].value, 10.0 / (SIGMA * 2.0), 5e-3)


# ----------------------------------------------------------------------------------------------------------- in a plane


def voltage(at: np.ndarray, source: np.ndarray, size: tuple[float, float], terms: int = 600) -> float:
    """Return sigma x thickness x potential at a point of an insulated rectangle for a unit current into another point.

    Modes along x of the rectangle 0..a, 0..b, each summed along y in closed form. A constant is left out; currents that
    sum to zero do not need it.
    """
    a, b = size
    k = np.pi * np.arange(1, terms + 1) / a
    low, high = min(at[1], source[1]), max(at[1], source[1])
    along = np.exp(-k * (high - low)) * (1 + np.exp(-2 * k * low)) * (1 + np.exp(-2 * k * (b - high)))
    modes = 2.0 * np.cos(k * at[0]) * np.cos(k * source[0]) * along / (2.0 * k * a * (1 - np.exp(-2 * k * b)))
    flat = (low**2 + (b - high) ** 2) / (2.0 * b * a)
    return float(modes.sum() + flat)


def four_points(layout_size: tuple[float, float], centre: tuple[float, float], pitch: float, terms: int) -> float:
    """Return sigma x thickness x R of four points in line along y."""
    places = [np.array([centre[0], centre[1] + (k - 1.5) * pitch]) for k in range(4)]
    total = 0.0
    for probe, sign in ((places[1], 1.0), (places[2], -1.0)):
        total += sign * (voltage(probe, places[0], layout_size, terms) - voltage(probe, places[3], layout_size, terms))
    return total


def row(size: tuple[float, float], centre: tuple[float, float], pitch: float, radius: float) -> Layout:
    """Return four discs in line along y on a rectangular film."""
    shapes = {"film": shapely.box(0, 0, *size)}
    shapes |= {f"p{k}": disc(radius, 32, (centre[0], centre[1] + (k - 1.5) * pitch)) for k in range(4)}
    return replace(plan_layout(shapes, {"film": medium(SIGMA)}, 2.0 * radius), family="")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60.0, 63.0), (4.0, 6.0)])
def test_four_probes_in_line(size: tuple[float, float]) -> None:
    """R = ln 2 / (pi sigma t) on a wide film, more on a small one; discs of 25/1000 of the pitch add (a/s)2, 6e-4."""
    centre = (0.5 * size[0], 0.5 * size[1])
    exact = four_points(size, centre, 1.0, 40_000) / SIGMA
    check(four_points((1e3, 1e3), (500.0, 500.0), 1.0, 400_000), np.log(2.0) / np.pi, 1e-5)  # the series itself
    drive = {"p0": "0 V", "p1": "0 A/m", "p2": "0 A/m", "p3": "100 A/m"}
    text = "transfer_resistance(case, source=p3, sink=p0, plus=p2, minus=p1)"
    found = solved(row(size, centre, 1.0, 0.025), "conduction", drive, {"it": text}, 2e-3).values["it"]
    assert abs(found.value - exact) <= found.error + 1e-3 * exact
    assert found.error < 2e-3 * exact


@pytest.mark.slow
def test_van_der_pauw() -> None:
    """The sum of exponentials is 1 for points on the rim, with contacts of width w it is off by a multiple of w2."""
    film, places = shapely.box(0, 0, 10, 10), {"a": (3, 0), "b": (10, 2), "c": (7, 10), "d": (0, 8.5)}
    sums = []
    for width in (0.8, 0.4):
        contacts = {n: shapely.box(x - width / 2, y - width / 2, x + width / 2, y + width / 2) - film
                    for n, (x, y) in places.items()}  # fmt: skip
        layout = replace(plan_layout({"film": film, **contacts}, {"film": medium(SIGMA)}, width / 2), family="")
        metrics = {
            "one": "transfer_resistance(case, source=a, sink=b, plus=d, minus=c)",
            "other": "transfer_resistance(case, source=b, sink=c, plus=a, minus=d)",
        }
        drive = {"a": "0 V", "b": "0 A/m", "c": "0 A/m", "d": "1 A/m"}
        found = solved(layout, "conduction", drive, metrics, 2e-3).values
        sums.append(sum(np.exp(-np.pi * found[name].value * SIGMA) for name in metrics))
    assert abs(sums[0] - 1.0) > 5e-4
    assert sums[0] - 1.0 == pytest.approx(4.0 * (sums[1] - 1.0), rel=0.1)
    check((4.0 * sums[1] - sums[0]) / 3.0, 1.0, 2e-5)


def test_a_point_between_plates_in_3d() -> None:
    """The potential is linear between faces, so the value is exact and the error is round-off."""
    box = shapely.box(0, 0, 4, 3)
    layout = make_layout([Region(name="strip", role="electrolyte", footprint=box, z=(0.0, 2.0))],
                         laws={"strip": medium(SIGMA)})  # fmt: skip
    found = solved(replace(layout, family=""), "conduction", {"strip.zmin": "0 V", "strip.zmax": "1 V"},
                   {"it": "potential_at(case, x=1.7 um, y=0.3 um, z=0.6 um)"}, dimension="3d").values["it"]  # fmt: skip
    assert found.value == pytest.approx(0.3, abs=1e-9)
    assert abs(found.value - 0.3) <= found.error < 1e-8
