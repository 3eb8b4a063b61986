"""What the command line tells of what there is: lists, descriptions, new files and the schema of a study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microfem.base.series import Look, Series
from microfem.families import FAMILIES
from microfem.metrics.curve import CURVES, SolvedCase, curve
from microfem.study.catalogue import KINDS, THINGS, details, listing
from microfem.study.design import load_geometry
from support.commands import Command

ALL = [(kind, name) for kind in KINDS for name, _ in listing(kind)]


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
    ended = microfem("show", THINGS[KINDS.index(kind)], name)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(name)
    assert len(ended.out.splitlines()) >= 2


def test_show_curve_tells_whose_it_is_and_its_options(microfem: Command) -> None:
    assert set(CURVES.names()) == {
        "admittance", "bode", "cell_currents", "cell_voltages", "charge", "current_along", "discharges",
        "filling_along", "finger", "losses", "mesh", "nyquist", "overpotential_along", "path", "ragone", "rates",
        "resistances", "time", "voltammogram",
    }  # fmt: skip
    assert microfem("show", "curve", "finger").out.startswith("finger, of conduction, stored for every such case\n")
    assert microfem("show", "curve", "mesh").out.startswith("mesh, of every physics, stored for every such case\n")
    for name in CURVES.names():
        assert CURVES.get(name).summary in microfem("show", "curve", name).out
    ended = microfem("show", "curve", "fingers")
    assert (ended.status, ended.out) == (2, "")
    assert "unknown curve 'fingers'; did you mean 'finger'?" in ended.err


def test_show_curve_has_the_options_of_one_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def middle(case: SolvedCase, *, slices: int = 20, field: str) -> list[Series]:
        """Values in slices."""
        return []

    monkeypatch.setattr(CURVES, "_things", dict(CURVES._things))
    curve("middle", Look(title="Slices"), on=("conduction", "electrostatics"))(middle)
    assert details("curve", "middle").splitlines() == [
        "middle, of conduction or electrostatics, stored where a study lists it", "Values in slices.", "  slices = 20",
        "  field"]  # fmt: skip


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
    assert set(design.materials) == {*FAMILIES.get(name).materials, *FAMILIES.get(name).layers.materials}
    assert design.layers == FAMILIES.get(name).layers


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
