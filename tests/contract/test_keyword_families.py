"""Families as functions of keyword arguments: what Tab, `?` and type checkers see, and the layouts they return."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import microfem
from microfem.api.stub import stub
from microfem.families import FAMILIES, build_layout
from microfem.layout import Cylinder
from microfem.layout.layers import Layers
from microfem.materials import load_material


@pytest.mark.parametrize("name", FAMILIES.names())
def test_every_family_is_a_function_with_its_own_parameters(name: str) -> None:
    function, params = getattr(microfem, name), FAMILIES.get(name).params
    seen = inspect.signature(function).parameters
    assert list(seen) == [*params, "materials", "placement", "layers"]
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in seen.values())
    assert all(f"{key}: {param.doc}" in function.__doc__ for key, (_, param, _) in params.items())
    assert f"def {name}(" in stub()
    defaults = {key: seen[key].default for key in params}
    assert function(**defaults) == function() == build_layout(name, {})


def test_a_length_is_a_quantity_or_a_number_of_um() -> None:
    assert microfem.interdigital(gap="0.05 mm") == microfem.interdigital(gap=50.0) == microfem.interdigital(gap="50 um")
    assert microfem.interdigital(gap="50 um") != microfem.interdigital(gap="51 um")


def test_materials_placement_and_layers_go_to_every_family() -> None:
    salt = load_material("znso4_2m")
    by_name = microfem.circular(materials={"electrolyte": "znso4_2m"}, placement=Cylinder(50_000.0), layers=Layers())
    assert by_name.material("electrolyte") == salt
    assert by_name == microfem.circular(materials={"electrolyte": salt}, placement=Cylinder(50_000.0))


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"gap": "50 V"}, "'V' is not a unit of the same kind as 'um'"),
        ({"gap": "0 um"}, "below its bound"),
        ({"gpa": "50 um"}, "did you mean 'gap'"),
        ({"finger_pairs": 1.3}, "finger_pairs"),
        ({"materials": {"electrolyte": "znso4_2n"}}, "did you mean 'znso4_2m'"),
    ],
)
def test_what_is_impossible_is_refused_by_its_name(stated: dict[str, object], told: str) -> None:
    with pytest.raises(microfem.MicrofemError, match=told):
        microfem.interdigital(**stated)


def test_unknown_names_and_the_tab_key() -> None:
    with pytest.raises(AttributeError, match="no attribute 'interdigitl'; did you mean 'interdigital'"):
        _ = microfem.interdigitl
    with pytest.raises(AttributeError, match=r"'__wrapped__'$"):  # asked by machinery: no registry is loaded for it
        _ = microfem.__wrapped__
    assert {*FAMILIES.names(), *microfem.__all__, "__version__"} <= set(dir(microfem))


def test_the_stub_is_current() -> None:
    path = Path(microfem.__file__).with_suffix(".pyi")
    assert path.read_text(encoding="utf-8") == stub(), f"run: python -m microfem.api.stub > {path}"
