"""The documentation says what the registries say: pages, tables, keys, links, examples, commands."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from microfem.base.series import Look, Series
from microfem.cli.main import app
from microfem.families import FAMILIES, build_layout
from microfem.layout import Flat
from microfem.materials import Property, material_names
from microfem.metrics import METRICS
from microfem.physics import PHYSICS, Report
from microfem.results.summary import (
    CaseResult,
    CurveResult,
    DesignResult,
    ExpectedResult,
    Inputs,
    MetricResult,
    RangeEffect,
    StoredState,
    Summary,
)
from microfem.solve.ending import Ended, Reason
from microfem.study.catalogue import KINDS
from microfem.study.design import load_geometry
from microfem.study.file_schema import (
    BudgetModel,
    ConstraintModel,
    ExpectModel,
    LimitsModel,
    ScreenModel,
    StudyModel,
    ViewModel,
)
from microfem.study.geometry_schema import GeometryModel, LayerModel, OutlineModel, PlacementModel
from support.documentation import DOCS, FENCE, PAGES, blocks, load_script
from support.repository import name_of
from support.studies import study_of

ALONE = {"--version", "--install-completion"}  # options that are commands
PROGRAMS = ("microfem", ".venv/bin/microfem", "make", "python", "pip", "git")


SETTING = re.compile(r"^\s*(?:[A-Z_]+=\S+\s+)+")  # of the environment, before a command
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------- pages and tables


@pytest.mark.parametrize(("folder", "known"), [("families", FAMILIES.names()), ("physics", PHYSICS.names())])
def test_every_family_and_physics_has_a_page(folder: str, known: list[str]) -> None:
    assert sorted(path.stem for path in (DOCS / folder).glob("*.md")) == known
    assert all(f"({folder}/{name}.md)" in read("index.md") for name in known)


def first_cells(text: str) -> set[str]:
    """Return the names in backticks that begin a table's row."""
    return set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))


def test_every_metric_has_a_row() -> None:
    assert first_cells(read("metrics.md")) == set(METRICS.names())


def test_every_physics_has_a_row_of_limits() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(physics/(\w+)\.md#(?:assumptions|limits)\) \|", read("limits.md"), re.MULTILINE)
    assert sorted(rows) == [(name, name) for name in PHYSICS.names()]


def test_every_material_has_a_row() -> None:
    library = read("materials.md").split("## The library")[1]
    assert first_cells(library) == set(material_names())


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_generated_tables_are_those_of_the_registries(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert load_script("tables").filled(text) == text, "run: python docs/tables.py"


def test_generated_tables_are_where_they_belong() -> None:
    def asks(page: str, table: str) -> bool:
        return f"<!-- table: {table} -->" in read(page)

    assert all(asks(f"families/{name}.md", f"{kind} {name}") for name in FAMILIES.names()
               for kind in ("parameters", "roles"))  # fmt: skip
    assert all(asks(f"physics/{name}.md", f"fields {name}") for name in PHYSICS.names())
    assert all(asks("metrics.md", table) for table in ["metrics", *(f"metrics {name}" for name in PHYSICS.names())])
    assert asks("index.md", "families")
    assert asks("reported.md", "reported")


def test_a_stale_table_is_seen() -> None:
    tables, text = load_script("tables"), read("families/fiber.md")
    assert tables.filled(text.replace("outer diameter of the anode", "diameter")) == text
    assert tables.filled(text.replace("| 200 | um |", "| 100 | um |")) == text


# --------------------------------------------------------------------------------------------------------- drawings


@pytest.mark.parametrize("family", FAMILIES.names())
def test_drawings_show_parameters_and_regions(family: str) -> None:
    page = read(f"families/{family}.md")
    drawing = load_script("draw_families").FAMILIES[family]()
    lengths = {one.name for panel in drawing.panels for one in panel.lengths}
    assert lengths <= set(FAMILIES.get(family).params)
    image = DOCS / "images" / f"family_{family}.svg"
    assert f"../images/{image.name}" in page
    assert 1_000 < image.stat().st_size < 150_000
    for layout in (build_layout(family, {}), drawing.layout):
        for part in layout.parts():
            named = re.sub(r"_\d+$", "_1", part.name)
            assert f"| `{named}` | `{part.role}` |" in page


def test_every_family_is_drawn() -> None:
    assert sorted(load_script("draw_families").FAMILIES) == FAMILIES.names()


# ------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    "model",
    [
        StudyModel,
        GeometryModel,
        LimitsModel,
        ViewModel,
        ExpectModel,
        BudgetModel,
        ConstraintModel,
        ScreenModel,
    ],
)
def test_every_key_of_a_study_has_a_row(model: type) -> None:
    page = read("study_file.md")
    rows = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert set(model.model_fields) <= rows  # type: ignore[attr-defined]


def test_every_placement_and_load_is_named() -> None:
    assert all(f"* `{name}`" in read("study_file.md") for name in PlacementModel.model_fields)
    load = PHYSICS.get("elasticity").case.model_fields["load"].annotation
    assert load is not None
    for name, field in load.model_fields.items():
        row = next(line for line in read("physics/elasticity.md").splitlines() if line.startswith(f"| `{name}` |"))
        chosen = next(one for one in field.annotation.__args__ if hasattr(one, "model_fields"))
        assert all(f"`{key}`" in row for key in chosen.model_fields)


def test_every_reason_of_an_end_is_explained() -> None:
    assert [one.value for one in Reason if f"`{one.value}`" not in read("results.md")] == []


@pytest.mark.parametrize("model", [LayerModel, OutlineModel])
def test_every_key_of_a_layer_has_a_row(model: type) -> None:
    assert set(model.model_fields) <= first_cells(read("families/layers.md"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [Summary, Inputs, ExpectedResult, DesignResult, MetricResult, CaseResult, Report,
                                  Ended, StoredState, CurveResult, Look, Series, Property, RangeEffect])  # fmt: skip
def test_every_key_of_a_summary_is_named(kind: type) -> None:
    page = read("results.md")
    assert [one.name for one in fields(kind) if f"`{one.name}`" not in page] == []


# --------------------------------------------------------------------------------------------------- links, examples


def anchors(path: Path) -> set[str]:
    """Return the anchors that headings of a page make."""
    heads = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def broken(path: Path, text: str) -> list[str]:
    """Return the relative links and images of a page's text that lead nowhere."""
    lost = []
    for target in LINK.findall(FENCE.sub("", text)):
        file, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    return lost


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    assert broken(path, path.read_text(encoding="utf-8")) == []


def test_broken_links_are_seen() -> None:
    text = "[a](nowhere.md) [b](results.md#not-there) ![c](images/none.svg) [d](https://example.org) [e](metrics.md)"
    assert broken(DOCS / "index.md", text) == ["nowhere.md", "results.md#not-there", "images/none.svg"]


STUDIES = [
    (path, text) for path in PAGES for text in blocks(path, "yaml") if re.search(r"^designs:", text, re.MULTILINE)
]
GEOMETRIES = [(path, text) for path in PAGES for text in blocks(path, "yaml") if text.startswith("family:")]
CASES = [(path, text) for path in PAGES for text in blocks(path, "yaml") if text.startswith("cases:")]


@pytest.mark.parametrize("text", [text for _, text in STUDIES], ids=[name_of(path) for path, _ in STUDIES])
def test_studies_of_the_pages_load(text: str, tmp_path: Path) -> None:
    assert study_of(tmp_path, text).designs


@pytest.mark.parametrize("text", [text for _, text in GEOMETRIES], ids=[name_of(path) for path, _ in GEOMETRIES])
def test_geometries_of_the_pages_load(text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    design = load_geometry(path)
    assert (design.layout().placement != Flat()) == ("placement" in text or "twisted" in text)


@pytest.mark.parametrize("text", [text for _, text in CASES], ids=[name_of(path) for path, _ in CASES])
def test_cases_of_the_pages_load(text: str, tmp_path: Path) -> None:
    comb = "name: example\ndesigns: {comb: {family: interdigital, params: {encapsulation_thickness: 100 um}}}\n"
    assert study_of(tmp_path, comb + text).cases


def test_there_are_examples() -> None:
    assert len(STUDIES) >= 2
    assert len(GEOMETRIES) > len(FAMILIES.names())
    assert {path.stem for path, _ in CASES if path.parent.name == "physics"} == set(PHYSICS.names())


def command_names() -> set[str]:
    """Return the names of all commands, those of a group as `GROUP NAME`."""
    groups = [("", app), *((f"{one.name} ", one.typer_instance) for one in app.registered_groups)]
    return {f"{group}{command.name or command.callback.__name__}" for group, each in groups if each is not None
            for command in each.registered_commands if command.callback}  # fmt: skip


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_of_the_pages_exist(path: Path) -> None:
    lines = [line for body in blocks(path, "bash", "sh") for line in body.splitlines()]
    lines += [line[2:] for body in blocks(path, "console") for line in body.splitlines() if line.startswith("$ ")]
    known = command_names()
    for words in (SETTING.sub("", line).split() for line in lines if line.strip()):
        assert words[0] in PROGRAMS, words
        if words[0].endswith("microfem"):
            assert words[1] in known | ALONE or " ".join(words[1:3]) in known, words


def test_every_command_and_kind_is_on_the_index() -> None:
    page = read("index.md")
    assert {
        name for name in command_names() if f"`microfem {name} " not in page and f"`microfem {name}`" not in page
    } == set()
    assert all(kind in page for kind in KINDS)
