"""The examples of the folder `examples`: each runs in a process of its own, and its numbers are the right ones."""

from __future__ import annotations

import ast
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from microfem.materials import load_material
from support.documentation import load_script
from support.repository import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SHORTEST, LONGEST = 20, 40  # lines
PRINTED = re.compile(r"([A-Za-z][\w ]*) = ([-+.\de]+)")
GEL = load_material("pva_zncl2_gel").value("conductivity")  # S/m, of the electrolyte of most families
SALT = load_material("znso4_2m").value("conductivity")


def printed(name: str, folder: Path) -> dict[str, list[float]]:
    """Run an example in a folder and return its printed numbers by their names."""
    ended = subprocess.run([sys.executable, ROOT / "examples" / f"{name}.py"], cwd=folder, capture_output=True,
                           text=True, check=False, env={**os.environ, "MPLBACKEND": "Agg"})  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    numbers: dict[str, list[float]] = {}
    for key, value in PRINTED.findall(ended.stdout):
        numbers.setdefault(key, []).append(float(value))
    return numbers


@pytest.mark.slow
def test_one_layout(tmp_path: Path) -> None:
    """Ohm's law within the proven bounds; four fingers, three gaps and two busbars cover the footprint."""
    told = printed("one_layout", tmp_path)
    (resistance,), (lower,), (upper,) = told["resistance"], told["lower"], told["upper"]
    assert lower <= resistance <= upper
    assert upper - lower <= 2 * 0.02 * resistance
    assert lower <= 1.0 / told["current at 1 V"][0] * (1.0 + 1e-5)
    assert 1.0 / told["current at 1 V"][0] <= upper * (1.0 + 1e-5)
    assert told["footprint"] == [pytest.approx((4 * 0.3 + 3 * 0.15) * (3.0 + 0.15 + 2 * 0.3), rel=1e-4)]
    assert 0.0 < told["share with little current"][0] < 1.0


@pytest.mark.slow
def test_sweep_to_dataframe(tmp_path: Path) -> None:
    """Plates without a margin: R = gap / (sigma length) per depth."""
    told = printed("sweep_to_dataframe", tmp_path)
    assert told["gap"] == [50.0, 100.0, 200.0]
    assert told["resistance"] == pytest.approx([gap * 1e-6 / (GEL * 2e-3) for gap in told["gap"]], rel=1e-5)
    assert (tmp_path / "gaps.csv").read_text().count("\n") == 4


@pytest.mark.slow
def test_fields(tmp_path: Path) -> None:
    """The power density integrates to voltage times current."""
    told = printed("fields", tmp_path)
    assert told["heat by numpy"] == told["heat by pyvista"] == told["heat by the current"]
    assert told["potential"] == [0.0]


@pytest.mark.slow
def test_own_family(tmp_path: Path) -> None:
    """R = length / (sigma depth) per depth of the section."""
    assert printed("own_family", tmp_path)["resistance"] == [pytest.approx(500.0 / (SALT * 100.0), rel=1e-5)]


@pytest.mark.slow
def test_own_metric(tmp_path: Path) -> None:
    """U = I gap / (sigma length)."""
    told = printed("own_metric", tmp_path)
    drops = [current * 100e-6 / (GEL * 1000e-6) for current in (0.1, 5.0)]
    assert told["at_rest"] + told["charging"] == pytest.approx(drops, rel=1e-5)


@pytest.mark.slow
def test_own_physics(tmp_path: Path) -> None:
    """Darcy's law: k dp length / gap."""
    assert printed("own_physics", tmp_path)["flow"] == [pytest.approx(1e-9 * 100.0 * 1000.0 / 100.0, rel=1e-5)]


@pytest.mark.slow
def test_optimise_in_a_loop(tmp_path: Path) -> None:
    """The density sigma U / (a ln(b / a)) is least at a = b / e."""
    told = printed("optimise_in_a_loop", tmp_path)
    best, least = 1000.0 / math.e, GEL * math.e / 1e-3
    assert told["best radius"] == [pytest.approx(best, abs=5.0)]
    assert told["density"] == [pytest.approx(least, rel=1e-3)]
    assert told["at half that radius"] == [pytest.approx(least * 2.0 / (1.0 + math.log(2.0)), rel=1e-2)]


@pytest.mark.slow
def test_closed_form(tmp_path: Path) -> None:
    """R = ln(b / a) / (2 pi sigma) lies in each proven interval, and the intervals shrink."""
    told = printed("closed_form", tmp_path)
    exact = math.log(1000.0 / 400.0) / (2.0 * math.pi * SALT)
    assert told["exact"] == [pytest.approx(exact, rel=1e-8)]
    assert told["found"] == pytest.approx([exact] * 3, rel=1e-4)
    assert all(abs(found - exact) <= 1.05 * error for found, error in zip(told["found"], told["error"], strict=True))
    assert told["error"][-1] < 1e-6 * exact


@pytest.mark.slow
def test_discharge_at_rates(tmp_path: Path) -> None:
    """A straight line from 1.5 V to 0.7 V is at 0.9 V where three quarters are full; faster gives less of F c eps h."""
    told = printed("discharge_at_rates", tmp_path)
    slow, usual, fast = told["utilisation"]
    assert slow == pytest.approx(0.75 - 0.03, rel=5e-3)
    assert 0.0 < fast < usual < slow
    whole = 96485.33 * 57860.0 * 0.45 * 50e-6 / 36000.0  # mAh/cm2 of a cathode of 50 um
    assert told["capacity"] == pytest.approx([whole * one for one in told["utilisation"]], rel=1e-3)


def test_mesh_for_another_program(tmp_path: Path) -> None:
    """Each layer has its thickness times its plan, as another program reads it."""
    told, plan = printed("mesh_for_another_program", tmp_path), 400.0 * 300.0
    layers = {"substrate": 100.0, "anode": 50.0, "electrolyte": 50.0, "cathode": 50.0, "encapsulation": 100.0}
    assert told == {name: [pytest.approx(plan * thickness, rel=1e-6)] for name, thickness in layers.items()}
    assert "electrolyte" in (tmp_path / "cell.inp").read_text()


@pytest.mark.slow
def test_run_and_read_back(tmp_path: Path) -> None:
    """An incompressible neo-Hookean strip: width W / sqrt(l), force mu (l - 1 / l2) on the undeformed section."""
    told = printed("run_and_read_back", tmp_path)
    stretches = [1.0, 1.2, 1.4, 1.6]
    assert told["length"] == pytest.approx([4000.0 * one for one in stretches], rel=1e-4)
    assert told["width"] == pytest.approx([2000.0 / math.sqrt(one) for one in stretches], rel=1e-4)
    mu, section = load_material("ecoflex").value("youngs_modulus") / 3.0, 2.0 * 0.025  # MPa, mm2
    assert told["force at the end"] == [pytest.approx(mu * section * (1.6 - 1.6**-2), rel=1e-4)]


def test_every_example_is_tested_short_and_on_the_site() -> None:
    assert [path.stem for path in EXAMPLES if f"test_{path.stem}" not in globals()] == []
    page = load_script("pages").examples()
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(text))
        assert SHORTEST <= len(text.splitlines()) <= LONGEST, path.name
        assert docstring is not None
        assert "You learn" in docstring
        assert docstring in page
        assert text.split('"""\n', 2)[-1].strip() in page
