"""The registry finds what a package's modules define, refuses two of one name, and names the nearest."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from microfem.base.errors import MicrofemError
from microfem.base.registry import Registry, UnknownName, did_you_mean
from microfem.families import FAMILIES
from microfem.metrics import METRICS
from microfem.metrics.curve import CURVES
from microfem.physics import PHYSICS

MODULE = "from {package} import THINGS\n\nTHINGS.add({name!r}, {value})\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a package with a registry of its own."""
    folder = tmp_path / "some_things"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from microfem.base.registry import Registry\n\nTHINGS: Registry[int] = Registry('thing', __name__)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_things"]:
        del sys.modules[name]


def things(folder: Path, **values: int) -> Registry[int]:
    for name, value in values.items():
        (folder / f"{name}.py").write_text(MODULE.format(package="some_things", name=name, value=value))
    importlib.invalidate_caches()
    registry: Registry[int] = importlib.import_module("some_things").THINGS
    return registry


def test_a_file_is_enough_to_be_found(package: Path) -> None:
    registry = things(package, pear=2, apple=1)
    assert registry.names() == ["apple", "pear"]
    assert registry.get("pear") == 2


def test_modules_are_imported_when_first_asked(package: Path) -> None:
    registry = things(package, apple=1)
    assert "some_things.apple" not in sys.modules
    registry.names()
    assert "some_things.apple" in sys.modules


def test_an_unknown_name_is_refused_with_the_nearest(package: Path) -> None:
    registry = things(package, apple=1, pear=2)
    with pytest.raises(UnknownName, match=r"unknown thing 'aple'; did you mean 'apple'\?"):
        registry.get("aple")
    with pytest.raises(MicrofemError, match="unknown thing 'xyz'; known: apple, pear"):
        registry.get("xyz")


def test_a_name_is_given_once(package: Path) -> None:
    registry = things(package, apple=1)
    registry.names()
    with pytest.raises(ValueError, match="two definitions of thing 'apple'"):
        registry.add("apple", 2)
    assert registry.get("apple") == 1


def test_another_package_brings_its_own(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point of the registry's name is loaded, and registers as a module of the package does."""
    registry = things(package, apple=1)
    plugin = SimpleNamespace(load=lambda: registry.add("brought", 3))
    groups = {registry._package: [plugin]}
    monkeypatch.setattr("microfem.base.extensions.entry_points", lambda group: groups.get(group, []))
    assert registry.names() == ["apple", "brought"]
    assert registry.get("brought") == 3


def test_a_module_that_fails_is_not_passed_over(package: Path) -> None:
    registry = things(package, apple=1)
    (package / "broken.py").write_text("raise RuntimeError('broken')\n")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            registry.names()


@pytest.mark.parametrize(
    "registries", [(FAMILIES,), (METRICS, CURVES), (PHYSICS,)], ids=["families", "metrics", "physics"]
)
def test_every_module_of_a_package_defines_something(registries: tuple[Registry[object], ...]) -> None:
    for registry in registries:
        names = registry.names()
        assert names == sorted(set(names))
        assert len(names) >= 3
    [package] = {importlib.import_module(registry._package) for registry in registries}
    frame = {
        "family",
        "metric",
        "physics",
        "stack",
        "bends",
        "strands",
        "quantity_of_interest",
        "statistics",
        "current",
        "curve",
        "frame",
        "at_frequency",
        "between_terminals",
        "coefficients",
        "collector_plan",
        "conductors",
        "electrostatics_case",
        "potential_case",
        "loads",
        "action",
        "load_actions",
        "misfits",
        "load_paths",
        "measured_curves",
        "parts",
        "small_strain",
        "time_path",
        "solution",
        "supplied",
        "conformal_solution",
    }  # frames and shared parts
    modules = {path.stem for folder in package.__path__ for path in Path(folder).rglob("*.py")} - {"__init__"} - frame
    homes = {_module(registry.get(name)).rpartition(".")[2] for registry in registries for name in registry.names()}
    assert homes == modules


def _module(thing: object) -> str:
    function = getattr(thing, "function", None) or getattr(thing, "solve", None)
    return str(function.__module__)


def test_did_you_mean() -> None:
    assert did_you_mean("resistence", ["conductance", "resistance"]) == "; did you mean 'resistance'?"
    assert did_you_mean("", ["a", "b"]) == "; known: a, b"
