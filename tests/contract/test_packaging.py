"""What the package, conda's recipe, the container file and the citation say of each other, and what the wheel holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from support.repository import ROOT, SOURCE, name_of

PACKAGE: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = PACKAGE["project"]
OF_CONDA = {"gmsh": "python-gmsh", "matplotlib": "matplotlib-base"}  # the same programs, as conda-forge names them
APART = {"cluster", "postgresql", "gp", "bench"}  # extras of no use in a container, or of gigabytes
X86_64 = {"platform_machine": "x86_64"}
OTHER = {"platform_machine": "aarch64"}


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def asked_of_pip(machine: dict[str, str]) -> dict[str, str]:
    """Return what the package requires on a machine: the name of each in conda, and its versions."""
    asked = [Requirement(line) for line in PROJECT["dependencies"]]
    there = [one for one in asked if one.marker is None or one.marker.evaluate(machine)]
    versions = {OF_CONDA.get(one.name, one.name.lower()): str(one.specifier) for one in there}
    return {"python": PROJECT["requires-python"], **versions}


def asked_of_conda(recipe: dict[str, Any], machine: dict[str, str]) -> dict[str, str]:
    """Return what a recipe requires to run on a machine: names and versions."""
    lines = recipe["requirements"]["run"]
    chosen = [one["then"] if isinstance(one, dict) else one for one in lines
              if not isinstance(one, dict) or one["if"] == machine["platform_machine"]]  # fmt: skip
    asked = [Requirement(line) for line in chosen]
    return {one.name: str(one.specifier) for one in asked}


def not_packed(files: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return the data files that no pattern of the package's data matches."""
    held = {path for pattern in patterns for path in SOURCE.glob(pattern)}
    return [name for name in files if SOURCE / name not in held]


DATA = sorted(
    path.relative_to(SOURCE).as_posix()
    for path in SOURCE.rglob("*")
    if path.is_file() and path.suffix not in {".py", ".pyc", ".nbi", ".nbc"}
)


def test_all_data_files_are_in_the_wheel() -> None:
    patterns = PACKAGE["tool"]["setuptools"]["package-data"]["microfem"]
    assert len(DATA) > 50
    assert not_packed(DATA, patterns) == []


def test_a_data_file_that_is_forgotten_is_seen() -> None:
    assert not_packed(["materials/data/gold.yaml", "report/scene.js"], ["report/*.js"]) == ["materials/data/gold.yaml"]


@pytest.mark.parametrize("machine", [X86_64, OTHER], ids=["x86_64", "other"])
def test_conda_asks_for_what_pip_asks_for(machine: dict[str, str]) -> None:
    recipe = read("packaging/conda/recipe.yaml")
    assert asked_of_conda(recipe, machine) == asked_of_pip(machine)
    assert ("pypardiso" in asked_of_pip(machine)) == (machine is X86_64)
    [tools] = PACKAGE["build-system"]["requires"]
    assert tools.replace(">=", " >=") in recipe["requirements"]["host"]


def test_versions_and_licences_are_one() -> None:
    recipe, citation = read("packaging/conda/recipe.yaml"), read("CITATION.cff")
    assert recipe["context"]["version"] == citation["version"] == PROJECT["version"]
    assert recipe["about"]["license"] == citation["license"] == PROJECT["license"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_citation_has_what_its_format_requires() -> None:
    citation = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert [one["name"] for one in citation["authors"]] == [one["name"] for one in PROJECT["authors"]]


def test_the_container_installs_extras_that_exist() -> None:
    [extras] = re.findall(r"'/source\[(.+?)\]'", (ROOT / "packaging" / "Containerfile").read_text())
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys() - APART


@pytest.mark.parametrize("template", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")), ids=name_of)
def test_a_template_of_issues_has_a_name_and_a_purpose(template: Path) -> None:
    _, head, body = template.read_text().split("---\n", 2)
    assert {"name", "about"} <= yaml.safe_load(head).keys()
    assert "**" in body
