"""The command line: how commands end, what goes to which stream, and that what they print is of use."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import pytest
from conftest import Command

from microfem.families import FAMILIES
from microfem.mesh import build_mesh
from microfem.results.comparison import notes, print_table
from microfem.run.study import run_study
from microfem.study.catalogue import KINDS, listing
from microfem.study.design import load_geometry
from microfem.study.reader import load_study

STUDY = """\
name: small
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 5 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field), size: footprint()}
expect:
  near:
    size: {min: 0.1 mm2, why: it has an area}
"""
GEOMETRY = "family: interdigital\nparams: {finger_pairs: 1, finger_length: 500 um}\n"
ALL = [(kind, name) for kind in KINDS for name, _ in listing(kind)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the study and two runs of it, which no test changes."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "study.yaml").write_text(STUDY)
    run_study(load_study(folder / "study.yaml"), folder / "first")
    run_study(load_study(folder / "study.yaml", ["designs.near.params.gap=100um"]), folder / "second")
    return folder


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


# how commands end


def test_check_holds_designs_against_their_technique(study: Path, microfem: Command) -> None:
    study.write_text("fabrication: screen_printing\n" + STUDY)
    picture = study.with_name("beyond.svg")
    fits = ["--set", "designs.near.params.anode_thickness=25um", "--set", "designs.near.params.cathode_thickness=25um"]
    ended = microfem("check", study, *fits)
    assert ended.status == 0, ended.out
    assert "near: not checked: " in ended.out
    ended = microfem("check", study, "--set", "designs.near.params.gap=150um", "--draw", picture)
    assert ended.status == 1
    assert "near: minimum_gap of " in ended.out
    assert "150 um, must be at least 200 um" in ended.out
    assert "1 violation of screen_printing" in ended.out
    assert picture.read_text().startswith("<?xml")


def test_a_run_names_what_its_technique_cannot_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("fabrication: stamping\n" + STUDY.replace("300 um", "200 um"))
    first = run_study(load_study(path), tmp_path / "out")
    assert [text.split(" at ")[0] for text in notes(first) if "minimum_gap" in text] == [
        "near: minimum_gap of anode", "far: minimum_gap of anode"]  # fmt: skip
    print_table(first)
    assert first["fabrication"][0] in capsys.readouterr().out
    path.write_text(STUDY.replace("300 um", "200 um"))
    second = run_study(load_study(path), tmp_path / "out")
    assert second["fabrication"] == []
    assert second["inputs"]["designs"] == first["inputs"]["designs"]  # nothing was solved again
    assert [one["seconds"] for one in second["designs"].values()] == [
        one["seconds"] for one in first["designs"].values()
    ]


def test_check_tells_what_a_study_would_do(study: Path, microfem: Command) -> None:
    ended = microfem("check", study)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "small: 2 designs x 1 cases, 2 metrics, 0 views, 1 expectations: all well\n"


def test_bad_input_ends_with_2_and_no_traceback(study: Path) -> None:
    """In a process of its own, as a user has it."""
    study.write_text(STUDY.replace("200 um", "200"))
    command = [sys.executable, "-c", "from microfem.cli.main import main; main()", "run", str(study)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=study.parent)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        f"{study}:3:58: designs.near.params.gap: '200' has no unit; write for example '200 um'\n"
        "      near: {family: interdigital, params: {finger_pairs: 1, gap: 200}}\n"
        f"{' ' * 61}^\n"
    )
    assert [path.name for path in study.parent.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "none.yaml"], "none.yaml: there is no such file"),
        (["run", "none.yaml"], "none.yaml: there is no such file"),
        (["mesh", "none.yaml"], "none.yaml: there is no such file"),
        (["view", "nowhere"], "nowhere holds no results; run a study into it with: microfem run STUDY -o nowhere"),
        (["compare", "nowhere"], "nowhere holds no results"),
        (["list", "metals"], "cannot list 'metals'; did you mean 'materials'?"),
        (["show", "famly", "interdigital"], "cannot show 'famly'; did you mean 'family'?"),
        (["show", "family", "interdigitl"], "unknown family 'interdigitl'; did you mean 'interdigital'?"),
        (["show", "material", "../gold"], "unknown material '../gold'; did you mean 'gold'?"),
        (["new", "concentrc"], "unknown family 'concentrc'; did you mean 'concentric'?"),
        (["run"], "Missing argument"),
        (["run", "x", "--jobs", "0"], "--jobs"),
        (["rn"], "No such command"),
    ],
)
def test_wrong_commands_end_with_2_and_say_what_is_wrong(
    microfem: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = microfem(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(microfem: Command) -> None:
    ended = microfem("--help")
    assert ended.status == 0
    for command in ("run", "check", "mesh", "view", "report", "plot", "compare", "list", "show", "new", "schema"):
        assert f" {command} " in ended.out


# run


def test_run_prints_a_table_and_where_the_page_is(runs: Path, microfem: Command) -> None:
    ended = microfem("run", runs / "study.yaml", "-o", runs / "first")
    assert ended.status == 0
    assert "resistance" in ended.out
    assert ended.out.endswith(f"\n{runs / 'first/index.html'}\n")
    assert ended.err == f"nothing to do: {runs / 'first'} is up to date\n"


def test_progress_goes_to_stderr(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out")
    assert ended.status == 0
    assert "near: field: mesh 1: solving, " in ended.err
    assert "meshing" not in ended.out


def test_results_go_to_a_folder_named_after_the_study(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.parent)
    assert microfem("run", "study.yaml", "-q").status == 0
    assert (study.parent / "results/small/summary.json").is_file()


def test_json_is_all_that_stdout_has(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out, parse_constant=_refuse) == json.loads((study.parent / "out/summary.json").read_text())


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def test_quiet_says_nothing(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out", "--quiet")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_an_unmet_expectation_ends_with_1(study: Path, microfem: Command) -> None:
    study.write_text(STUDY.replace("min: 0.1 mm2", "max: 0.1 mm2"))
    ended = microfem("run", study, "-o", study.parent / "out", "-q")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("near: size = ")
    assert ended.err.endswith(" must be at most 0.1: it has an area\n")
    assert microfem("run", study, "-o", study.parent / "out", "-q").status == 1


def test_a_failed_design_ends_with_1(study: Path, microfem: Command) -> None:
    study.write_text(STUDY.replace("0 V, cathode: 1 V", "0 V, electrolyte: 1 V"))
    ended = microfem("run", study, "-o", study.parent / "out", "--quiet")
    assert (ended.status, ended.out) == (1, "")
    assert "near failed: case field: terminals anode and electrolyte touch each other" in ended.err
    assert "far failed: " in ended.err


def test_set_changes_a_value(study: Path, microfem: Command) -> None:
    change = "designs.near.params.gap=300um"
    ended = microfem("run", study, "-o", study.parent / "out", "--set", change, "--set", "accuracy=0.2", "--json")
    told = json.loads(ended.out)
    assert set(told["accuracy"].values()) == {0.2}
    values = [one["metrics"]["resistance"]["value"] for one in told["designs"].values()]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    ended = microfem("check", study, "--set", "designs.near.params.gap=0um")
    assert (ended.status, ended.out) == (2, "")
    assert "0 um is below its bound" in ended.err


# results


def test_compare_puts_runs_side_by_side(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = microfem("compare", runs / "first", runs / "second")
    assert (ended.status, ended.err) == (0, "")
    for name in ("first/near", "first/far", "second/near", "second/far", "resistance"):
        assert name in ended.out
    told = json.loads(microfem("compare", runs / "first", runs / "second", "--json").out)
    assert list(told["designs"]) == ["first/near", "first/far", "second/near", "second/far"]
    one = json.loads(microfem("compare", runs / "first", "--json").out)
    assert list(one["designs"]) == ["near", "far"]
    assert one["designs"]["near"] == told["designs"]["first/near"]


def test_compare_marks_the_best_and_its_ties(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [row.split("│")[1:-1] for row in microfem("compare", runs / "first", runs / "second").out.splitlines()]
    first = next(k for k, row in enumerate(lines) if row and "resist" in row[0])
    metric, *cells = ("".join(pieces) for pieces in zip(*lines[first : first + 2], strict=True))  # a row of two lines
    assert "per unit depth" in " ".join(metric.split())
    stars = ["*" in cell for cell in cells]
    assert stars == [False, False, True, False]  # the narrowest gap alone


def test_view_without_a_display_says_what_to_do(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    ended = microfem("view", "--window", runs / "first")
    assert (ended.status, ended.out) == (2, "")
    assert "there is no display to open a window on; the pictures are in" in ended.err
    assert "ssh -X" in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--design", "nera"], "no result of design 'nera'"), (["--case", "feld"], "no case 'feld'")],
)
def test_view_of_what_is_not_there(runs: Path, microfem: Command, options: list[str], told: str) -> None:
    ended = microfem("view", runs / "first", *options)
    assert ended.status == 2
    assert told in ended.err


# meshes


@pytest.mark.parametrize("ending", [".msh", ".vtu", ".inp", ".bdf"])
@pytest.mark.parametrize("dimension", ["3d", "section"])
def test_meshes_are_read_by_meshio_with_their_regions(
    tmp_path: Path, microfem: Command, dimension: str, ending: str
) -> None:
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    out = tmp_path / f"sub/comb{ending}"
    ended = microfem("mesh", tmp_path / "comb.yaml", "--dimension", dimension, "--level", -1, "-o", out)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.endswith(f"{out}\n")
    wanted = build_mesh(load_geometry(tmp_path / "comb.yaml").layout(), dimension, -1)
    found = meshio.read(out)
    cells = found.cells_dict["tetra" if dimension == "3d" else "triangle"]
    counts = {name: len(wanted.cells_of(name)) for name in wanted.regions}
    assert len(cells) == len(wanted.cells)
    assert np.ptp(found.points, axis=0)[: wanted.dim] == pytest.approx(np.ptp(wanted.points, axis=0))
    corners = found.points[cells][:, :, : wanted.dim]
    sizes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / (6.0 if dimension == "3d" else 2.0)
    assert sizes.sum() == pytest.approx(wanted.volumes.sum(), rel=1e-6)  # .bdf has eleven digits
    assert region_counts(found, wanted.regions) == counts
    for name, count in counts.items():
        assert f"{name:20s} {count:9,d} cells" in ended.out


def test_gmsh_itself_opens_a_mesh_and_knows_its_regions(tmp_path: Path, microfem: Command) -> None:
    import gmsh

    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    assert microfem("mesh", tmp_path / "comb.yaml", "--level", -1, "-o", tmp_path / "comb.msh").status == 0
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(tmp_path / "comb.msh"))
        names = [gmsh.model.getPhysicalName(*group) for group in gmsh.model.getPhysicalGroups(3)]
    finally:
        gmsh.finalize()
    assert names == load_geometry(tmp_path / "comb.yaml").layout().names()


def test_a_nastran_file_names_its_properties(tmp_path: Path, microfem: Command) -> None:
    """COMSOL and others tell regions apart by the property of a cell; the names are comments."""
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    for dimension, entry in (("3d", "PSOLID"), ("section", "PSHELL")):
        out = tmp_path / "comb.bdf"
        microfem("mesh", tmp_path / "comb.yaml", "--dimension", dimension, "--level", -1, "-o", out)
        told = re.findall(rf"^\$ (\w+)\n{entry}  (\d+) +(\d+) *$", out.read_text(), re.MULTILINE)
        names = build_mesh(load_geometry(tmp_path / "comb.yaml").layout(), dimension, -1).regions
        assert told == [(name, str(k), str(k)) for k, name in enumerate(names, 1)]


def region_counts(found: Any, regions: list[str]) -> dict[str, int]:
    """Return how many cells of a mesh file each region has: by set, by named physical group, or by number."""
    if found.cell_sets and "gmsh:physical" not in found.cell_data:
        return {name: sum(len(part) for part in parts) for name, parts in found.cell_sets.items()}
    if "gmsh:physical" in found.cell_data:
        tags = np.concatenate(found.cell_data["gmsh:physical"])
        return {name: int((tags == tag).sum()) for name, (tag, _) in found.field_data.items()}
    tags = np.concatenate(found.cell_data["nastran:ref" if "nastran:ref" in found.cell_data else "region"])
    return {name: int((tags == number).sum()) for number, name in enumerate(regions, 1)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "comb.stl"], "'.stl' is no mesh format; use .msh, .vtu, .inp, .bdf"),
        (["--dimension", "4d"], "interdigital has no '4d' view; it has 3d, section, plan"),
        (["-o", "comb.yaml/comb.msh"], "cannot write comb.yaml/comb.msh: "),
        (["--level", "99"], "--level"),
    ],
)
def test_meshes_that_cannot_be_made(
    tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    ended = microfem("mesh", "comb.yaml", *(["--dimension", "plan"] if "4d" not in options else []), *options)
    assert ended.status == 2
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["comb.yaml"]


# the catalogue


@pytest.mark.parametrize("kind", KINDS)
def test_list_has_a_line_for_each(microfem: Command, kind: str) -> None:
    ended = microfem("list", kind)
    rows = ended.out.splitlines()
    assert ended.status == 0
    assert [row.split()[0] for row in rows] == [name for name, _ in listing(kind)]
    assert all(len(row.split()) > 1 for row in rows), "a summary for each"


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_show_tells_of_each(microfem: Command, kind: str, name: str) -> None:
    singular = {"families": "family", "materials": "material", "metrics": "metric", "physics": "physics",
                "techniques": "technique"}[kind]  # fmt: skip
    ended = microfem("show", singular, name)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(name)
    assert len(ended.out.splitlines()) >= 2


def test_show_family_has_every_parameter(microfem: Command) -> None:
    for name in FAMILIES.names():
        told = microfem("show", "family", name).out
        for key, (_, param, _) in FAMILIES.get(name).params.items():
            assert f"  {key} " in told
            assert param.doc in told


@pytest.mark.parametrize("name", FAMILIES.names())
def test_new_prints_a_geometry_file_of_the_defaults(tmp_path: Path, microfem: Command, name: str) -> None:
    ended = microfem("new", name)
    assert (ended.status, ended.err) == (0, "")
    (tmp_path / "one.yaml").write_text(ended.out)
    design = load_geometry(tmp_path / "one.yaml")
    defaults = {key: default for key, (_, _, default) in FAMILIES.get(name).params.items()}
    assert design.family == name
    assert design.params == pytest.approx(defaults) if _plain(defaults) else design.params == defaults
    assert set(design.materials) == set(FAMILIES.get(name).materials)


def _plain(values: dict[str, object]) -> bool:
    return all(isinstance(value, int | float) for value in values.values())


# the schema


def test_schema_describes_the_parts_of_a_study(microfem: Command) -> None:
    schema = json.loads(microfem("schema").out)
    assert schema["type"] == "object"
    assert schema["required"] == ["name", "designs"]
    assert schema["additionalProperties"] is False
    designs = schema["properties"]["designs"]["additionalProperties"]["anyOf"]
    families = {one["properties"]["family"]["const"] for one in designs if "properties" in one}
    assert families == set(FAMILIES.names())
    comb = next(one for one in designs if one.get("properties", {}).get("family", {}).get("const") == "interdigital")
    gap = comb["properties"]["params"]["properties"]["gap"]
    assert (gap["default"], gap["type"]) == ("300 um", ["string", "number"])
    assert all(name in schema["$defs"] for name in references(schema))


def references(node: Any) -> set[str]:
    """Return the names of the definitions that a schema refers to."""
    if isinstance(node, dict):
        own = {node["$ref"].removeprefix("#/$defs/")} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()
