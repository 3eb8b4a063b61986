"""What stands outside of microfem: a family, a physics, a metric, a curve and a technique, from a folder and a package.

The commands run in processes of their own, so that nothing is registered in this one; the results are read here, where
nobody knows the extension.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from microfem.physics import PHYSICS
from microfem.render.viewer.pieces import piece
from microfem.render.viewer.shown import Place
from microfem.render.viewer.state import first, open_run, quantities
from microfem.results.summary import Summary, open_summary
from microfem.study.catalogue import listing
from support.documentation import DOCS, blocks
from support.repository import ROOT

EXAMPLE = DOCS / "extension"
FARADAY = 96485.33212  # C/mol
CONDUCTION = """
  drop: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
"""


def microfem(*arguments: object, folders: str = "", path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with folders of extensions, and with packages from a place on the search path."""
    environment = {**os.environ, "MICROFEM_EXTENSIONS": folders, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{path}"}
    command = [sys.executable, "-m", "microfem", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the example of the documentation, with a case of conduction beside that of diffusion."""
    folder = tmp_path_factory.mktemp("outside") / "extension"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "study.yaml").read_text()
    text = text.replace("metrics:\n", CONDUCTION.strip("\n") + "\nmetrics:\n  drop: resistance(drop)\n")
    (folder / "study.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def results(extension: Path) -> Path:
    out = extension.parent / "results"
    ended = microfem("run", extension / "study.yaml", "-o", out, "--quiet", "-j", 2, folders=str(extension))
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    return out


@pytest.fixture(scope="module")
def summary(results: Path) -> Summary:
    return open_summary(results)


def test_nothing_inside_knows_them() -> None:
    assert "salt" not in PHYSICS.names()
    ended = microfem("check", EXAMPLE / "study.yaml")
    assert ended.returncode == 2
    assert "unknown family 'strips'" in ended.stderr
    assert "unknown physics 'salt'" in ended.stderr


def test_the_same_shape_conducts_and_diffuses(summary: Summary) -> None:
    """Both solve Laplace's equation: I = 2 F D dc S and R = 1 / (sigma S), so their product knows no shape S."""
    for one in summary.designs.values():
        gel = one.materials["electrolyte"]
        limit, drop = one.metrics["limit"], one.metrics["drop"]
        wanted = 2.0 * FARADAY * gel.value("diffusivity") * 2000.0 / gel.value("conductivity")
        assert limit.value is not None
        assert drop.value is not None
        assert limit.error is not None
        assert limit.value * drop.value == pytest.approx(wanted, rel=limit.error / limit.value + 0.01)
        assert (limit.unit, limit.failed, limit.refused) == ("A/m", "", "")
        assert limit.error < 0.01 * limit.value


def test_a_case_from_outside_is_refined(summary: Summary) -> None:
    cells = [line.x for one in summary.designs.values() for line in one.cases["supply"].curves["mesh"].lines]
    assert max(len(one) for one in cells) > 1
    assert all(np.diff(one).min() > 0 for one in cells if len(one) > 1)


def test_fields_and_curves_are_drawn(results: Path, summary: Summary) -> None:
    drawn = {path.name for path in (results / "pictures").glob("*.png")}
    assert {"01-supply-concentration.png", "supply-salt.png"} <= drawn
    assert all((results / "pictures" / name).stat().st_size > 5000 for name in drawn)
    assert summary.undrawn == ()


def test_the_curve_is_a_table_that_falls_from_one_electrode_to_the_other(results: Path, summary: Summary) -> None:
    [line] = summary.designs["near"].cases["supply"].curves["salt"].lines
    with (results / "designs/near/supply.salt.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == list(line.y)
    assert [float(row["x [um]"]) for row in rows] == list(line.x)
    assert (np.diff(line.y) < 10.0).all()  # of 2000: means over the cells of a slice
    assert 1.9e3 < line.y[0] < 2e3
    assert 0.0 < line.y[-1] < 100.0


def test_it_is_plotted_where_the_extension_is_not(results: Path, summary: Summary, tmp_path: Path) -> None:
    ended = microfem("plot", results, "--against", "salt", "--format", "svg", "-o", tmp_path / "salt")
    assert ended.returncode == 0, ended.stderr
    lines = [path.count("L ") for path in re.findall(r'<path d="([^"]*)"', (tmp_path / "salt.svg").read_text())]
    [line] = summary.designs["near"].cases["supply"].curves["salt"].lines
    assert max(lines) == len(line.y) - 1


def test_a_report_is_written_where_the_extension_is_not(results: Path, tmp_path: Path) -> None:
    ended = microfem("report", results, "-o", tmp_path / "report.html")
    assert ended.returncode == 0, ended.stderr
    assert "Salt across the cell" in (tmp_path / "report.html").read_text()


def test_the_viewer_shows_it(results: Path) -> None:
    run = open_run(results)
    shown = first(run, case="supply")
    assert quantities(run.read("near", "supply"))["concentration"] == "concentration (mol/m³)"
    span = piece(run, "near", shown).span
    assert span is not None
    assert (span.least, span.most) == pytest.approx((0.0, 2000.0), abs=1e-6)


@pytest.fixture(scope="module")
def again(extension: Path, results: Path) -> str:
    """What a run of the same study says first, then after a change of the extension."""
    command = ("run", extension / "study.yaml", "-o", results)
    same = microfem(*command, folders=str(extension))
    module = extension / "salt.py"
    text = module.read_text()
    module.write_text(text.replace("CHARGES = 2.0", "CHARGES = 1.0"))
    changed = microfem(*command, folders=str(extension))
    module.write_text(text)
    assert same.returncode == changed.returncode == 0
    return same.stderr + "then\n" + changed.stderr


@pytest.mark.slow
def test_other_code_computes_anew(summary: Summary, results: Path, again: str) -> None:
    before, after = again.split("then\n")
    assert "up to date" in before
    assert "up to date" not in after
    halved = open_summary(results).designs["near"].metrics["limit"].value
    assert halved == pytest.approx(0.5 * (summary.designs["near"].metrics["limit"].value or 0.0), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("broken.py", "import nowhere_at_all\n", "broken.py cannot be loaded: ModuleNotFoundError"),
        ("json.py", "", "json.py has the name of another module; rename it"),
        ("a-b.py", "", "a-b.py has a name that is no valid module name; rename it"),
        ("twice.py", "from microfem.families.family import FAMILIES\nFAMILIES.add('film', None)\n", "two definitions"),
    ],
)
def test_what_is_wrong_with_an_extension_is_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    ended = microfem("list", "families", folders=str(tmp_path))
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = microfem("list", "techniques", folders=str(tmp_path / "lost"))
    assert ended.returncode == 2
    assert re.search(r"MICROFEM_EXTENSIONS names .*lost, which is no folder; correct it or remove it", ended.stderr)


# ------------------------------------------------------------------------------------------------------ entry points

ENTRY_POINTS = """
[microfem.families]
strips = microfem_salt.strips
[microfem.physics]
salt = microfem_salt.salt
[microfem.metrics]
salt = microfem_salt.salt
[microfem.techniques]
masks = microfem_salt.techniques
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example as a package with entry points, by the files that an installer leaves."""
    place = tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, place / "microfem_salt", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "microfem_salt/__init__.py").write_text('"""An extension."""\n')
    (place / "microfem_salt/techniques/__init__.py").write_text('"""Techniques."""\n')
    told = place / "microfem_salt-1.2.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: microfem-salt\nVersion: 1.2\n")
    (told / "entry_points.txt").write_text(ENTRY_POINTS)
    return place


@pytest.mark.parametrize(
    ("what", "name"),
    [("families", "strips"), ("physics", "salt"), ("metrics", "limiting_current"), ("techniques", "shadow_mask")],
)
def test_a_package_brings_its_own(package: Path, what: str, name: str) -> None:
    listed = microfem("list", what, path=str(package)).stdout
    assert name in {line.split()[0] for line in listed.splitlines()}
    assert name not in {one for one, _ in listing(what)}


@pytest.mark.slow
def test_a_study_runs_with_a_package(package: Path, results: Path, summary: Summary, tmp_path: Path) -> None:
    """The same numbers as from a folder; the versions name the package."""
    study = package / "microfem_salt/study.yaml"
    ended = microfem("run", study, "-o", tmp_path / "out", "--quiet", path=str(package))
    assert ended.returncode == 0, ended.stderr
    found = open_summary(tmp_path / "out")
    assert "microfem-salt 1.2" in found.versions["microfem"]
    assert found.designs["far"].metrics["limit"].value == summary.designs["far"].metrics["limit"].value
    assert (tmp_path / "out/pictures/supply-salt.png").is_file()


# ----------------------------------------------------------------------------------------------------- documentation


@pytest.mark.slow
def test_a_physics_in_time_is_stored_drawn_and_shown_by_its_times(extension: Path) -> None:
    out = extension.parent / "soaked"
    options = ("-o", out, "--quiet", "--set", "accuracy=10 %", "--set", "limits={unknowns: 3000}")
    ended = microfem("run", extension / "soak.yaml", *options, folders=str(extension))
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    with open(out / "designs/near/soak.path.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    times, values = ([float(row[name]) for row in rows] for name in ("time [s]", "value"))
    assert (times[0], times[-1]) == (0.0, 100.0)
    assert times == sorted(times)
    assert np.diff(values).min() > -1e-4 * max(values)  # nothing that is taken comes back
    run = open_run(out)
    case = run.read("near", "soak")
    assert [state.at for state in case.states] == times  # every step is stored
    assert not case.moves  # no displacement, no slider of it
    assert run.readings("near", "soak", None)[0] == "time 100 s"
    assert run.readings("near", "soak", Place(0, 0.0))[0] == "time 0 s"
    early = case.at(Place(0, 0.0)).at_nodes["taken"]
    assert float(np.nanmax(early)) == 0.0
    assert float(np.nanmax(case.stored.at_nodes["taken"])) > 0.5
    assert {path.name for path in (out / "pictures").iterdir()} >= {"01-soak-concentration.png", "soak-path.png"}
    drawn = microfem(
        "plot", out, "--against", "path", "-o", out.parent / "plot", "--format", "svg", folders=str(extension)
    )
    assert drawn.returncode == 0, drawn.stderr
    assert "time (s)" in (out.parent / "plot.svg").read_text()


def test_the_documentation_shows_these_files() -> None:
    files = [path.read_text() for path in EXAMPLE.glob("*.py")]
    shown = blocks(DOCS / "developing.md", "python")
    assert len(shown) >= 4
    assert [text for text in shown if not any(text.strip() in file for file in files)] == []
