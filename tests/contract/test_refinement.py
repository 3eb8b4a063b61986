"""Refinement and its error estimates: honest against a finer reference, and nothing lost on the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.batch import run_study
from microfem.families import FAMILIES, build_layout
from microfem.fem.flux import FacetFlux
from microfem.load import load_study
from microfem.materials import load_material
from microfem.mesh import build_mesh
from microfem.metrics import current, distribution
from microfem.metrics.metric import MetricCall, Value
from microfem.physics import PHYSICS
from microfem.run import Grid, Measured, with_errors

STUDY = """
name: comb
designs: {comb: {family: interdigital, params: {finger_pairs: 2, gap: GAP}}}
accuracy: 1 %
cases: {cut: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {resistance: resistance(cut)}
"""


def run(tmp_path: Path, gap: str, *changes: str) -> dict:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("GAP", gap))
    return run_study(load_study(path, changes), tmp_path / "out")["designs"]["comb"]


@pytest.mark.parametrize(("gap", "finest"), [("300 um", 5), ("50 um", 3), ("1 mm", 5)])
def test_error_covers_the_distance_to_a_finer_reference(tmp_path: Path, gap: str, finest: int) -> None:
    """The reference is Richardson's, of first order as the edges leave it, from the two finest meshes that fit."""
    coarse = run(tmp_path, gap)["metrics"]["resistance"]
    layout = build_layout("interdigital", load_study(tmp_path / "study.yaml").designs["comb"].params)
    case = PHYSICS.get("conduction").case.model_validate(
        {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
    )
    meshes = [build_mesh(layout, "section", level) for level in (finest - 1, finest)]
    one, two = (1.0 / PHYSICS.get("conduction").solve(mesh, case).totals["current.cathode"][0] for mesh in meshes)
    truth = two + (two - one)
    assert coarse["error"] <= 0.01 * coarse["value"]
    assert abs(coarse["value"] - truth) <= coarse["error"]


def grids(values: list[float], fineness: list[float]) -> list[Grid]:
    return [Grid(f, Measured({"x": Value(v, "ohm", None)}, {})) for v, f in zip(values, fineness, strict=True)]


def test_errors_are_the_rest_of_a_geometric_series() -> None:
    """Roache's index by hand: halving first-order changes of 2 and 1 leave 1, times 1.25; two meshes leave 3 x 1."""
    calls = {"x": MetricCall("resistance", "c", {})}
    found = with_errors(grids([10.0, 12.0, 13.0], [1.0, 2.0, 4.0]), calls)
    assert found.values["x"].error == pytest.approx(1.25)
    assert with_errors(grids([12.0, 13.0], [2.0, 4.0]), calls).values["x"].error == pytest.approx(3.0)
    slow = with_errors(grids([10.0, 12.0, 13.6], [1.0, 2.0, 4.0]), calls)
    assert slow.values["x"].error == pytest.approx(1.25 * 1.6 * 0.8 / 0.2)
    hardly = with_errors(grids([12.9, 12.95, 13.0], [1.0, 2.0, 2.2]), calls)
    assert hardly.values["x"].error >= 1.25 * 0.05 / 0.1 * 0.999
    assert with_errors(grids([13.0], [1.0]), calls).values["x"].error is None


def test_a_mesh_that_grows_too_large_ends_refinement_and_keeps_the_numbers(tmp_path: Path) -> None:
    told = run(tmp_path, "300 um", "accuracy=0.0001%", "limits.unknowns=5000000")
    assert told["status"] == "ok"
    assert told["metrics"]["resistance"]["value"] > 0.0


def test_a_first_mesh_beyond_the_limit_is_refused_by_number(tmp_path: Path) -> None:
    told = run(tmp_path, "300 um", "limits.unknowns=1000", "designs.comb.params.finger_pairs=60")
    assert told["status"] == "failed"
    assert "unknowns" in told["message"]
    assert "limits.unknowns" in told["message"]


def test_terminals_at_one_potential_have_no_resistance(tmp_path: Path) -> None:
    told = run(tmp_path, "300 um", "cases.cut.terminals.anode=1 V")["metrics"]["resistance"]
    assert told["value"] is None
    assert "one potential" in told["refused"]


@pytest.mark.parametrize("name", FAMILIES.names())
def test_every_family_meshes_at_the_coarsest_level_of_a_run(name: str) -> None:
    from microfem.run import FIRST_LEVEL

    for dimension in FAMILIES.get(name).dimensions:
        assert len(build_mesh(build_layout(name, {}), dimension, FIRST_LEVEL[dimension]).cells) > 0


def test_outer_share_does_not_depend_on_the_order_of_facets(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = build_layout("interdigital", {"finger_pairs": 1, "finger_length": 900.0})
    case = PHYSICS.get("conduction").case.model_validate(
        {"physics": "conduction", "dimension": "3d", "order": 1, "terminals": {"anode": "0 V", "cathode": "1 V"}}
    )
    solution = PHYSICS.get("conduction").solve(build_mesh(layout, "3d", -1), case)
    plain = distribution.electrode_flux

    def shuffled(solution: object, electrode: str) -> FacetFlux:
        flux = plain(solution, electrode)
        p = np.random.default_rng(0).permutation(len(flux.facets))
        return replace(flux, values=flux.values[p], weights=flux.weights[p], facets=flux.facets[p])

    before = distribution.outer_share(solution)
    monkeypatch.setattr(distribution, "electrode_flux", shuffled)
    monkeypatch.setattr(current, "electrode_flux", shuffled)
    assert distribution.outer_share(solution) == pytest.approx(before, rel=1e-9)
    assert 0.2 < before < 1.0  # edges carry more than their share of the area


def test_a_changed_library_material_makes_a_result_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("GAP", "300 um"))
    study = load_study(path)
    design = study.designs["comb"]
    before = study.fingerprint(design, "1")
    assert study.fingerprint(design, "1") == before
    gel = load_material("pva_zncl2_gel")
    other = replace(gel.properties["conductivity"], value=2.0 * gel.value("conductivity"))
    changed = replace(gel, properties={**gel.properties, "conductivity": other})
    monkeypatch.setattr(
        sys.modules[build_layout.__module__],
        "load_material",
        lambda name: changed if name == gel.name else load_material(name),
    )
    assert study.fingerprint(design, "1") != before
