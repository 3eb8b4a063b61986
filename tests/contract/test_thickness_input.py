"""Collectors of variable thickness as a study states them: what is refused with its remedy, and masks of steps."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import shapely

from microfem.base.errors import InputError, SolveError
from support.cad_files import svg
from support.cells import grid
from support.collectors import best, collector
from support.commands import Command
from support.studies import results_of, study_of

STUDY = """\
name: foil
designs:
  foil:
    params: {length: 12 mm, width: 4 mm}
    layers:
      - - {name: foil, material: metal, thickness: 10 um, role: electrode, outline: {rectangle: [-6 mm, -2 mm, 2 mm, 2 mm]}}
        - {name: island, material: metal, thickness: 10 um, role: electrode, outline: {rectangle: [4 mm, -2 mm, 6 mm, 2 mm]}}
materials:
  metal: {conductivity: {value: 5e7, unit: S/m, source: chosen}}
accuracy: 10 %
cases:
  f: {physics: thickness, feed: {foil: 10 mA/cm2}, drained_at: [foil.xmin], mean_thickness: 10 um, cap: 15 um, least: 2 um, steps: 3}
metrics: {loss: collector_loss(f), stepped: stepped_loss(f)}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("key", "stated", "told"),
    [
        (
            "mean_thickness",
            "20 um",
            "mean_thickness: 20 um is not below its cap, 15 um; state a higher cap or less mass",
        ),
        ("mean_thickness", "1 um", "is not above the least thickness, 2 um; state a lower least"),
        ("feed", "{foil: 0 A/m2}", "feed: no part is fed, so nothing flows; state a current per area"),
        ("feed", "{foil: 1 mA/cm2, island: 1 mA/cm2}", "nothing drains the piece of the collector at (5000, 0) um"),
        ("feed", "{foyl: 1 mA/cm2}", "no region 'foyl' in this layers layout; did you mean 'foil'?"),
        ("drained_at", "[]", "nothing drains the collector; name a tab, or a face such as foil.xmin"),
        ("drained_at", "[foil]", "'foil' is part of the collector; name a tab, or a face of the collector"),
        ("drained_at", "[island]", "drained_at: 'island' does not touch the collector in the plan; name what does"),
        ("drained_at", "[foil.zmin]", "drained_at: 'foil.zmin' does not touch the collector in the plan"),
        ("steps", "1", "should be greater than or equal to 2"),
    ],
)
def test_what_cannot_be_solved_is_told_before_it_is_meshed(key: str, stated: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, STUDY, f"cases.f.{key}={stated}")
    assert told in str(caught.value)
    assert "cases.f" in str(caught.value)


def test_a_good_study_is_not_refused(tmp_path: Path) -> None:
    """Negative control of the refusals."""
    assert list(study_of(tmp_path, STUDY).cases) == ["f"]


def test_a_mesh_without_a_drain_is_refused_by_the_solve_too() -> None:
    points, cells = grid([0.0, 1.0, 2.0], [0.0, 1.0])
    with pytest.raises(SolveError, match="nothing drains the piece of the collector at"):
        best(collector(points, cells, shapely.box(0.0, 0.0, 2.0, 1.0)), drained="foil.zmin")


@pytest.mark.slow
def test_masks_of_steps_are_nested_and_hold_the_mass_and_wrong_orders_end(tmp_path: Path, microfem: Command) -> None:
    folder = results_of(tmp_path, STUDY)
    ended = microfem("steps", folder, "f", "-o", tmp_path / "mask.svg")
    assert (ended.status, ended.err) == (0, "")
    layers = json.loads((tmp_path / "mask.svg.json").read_text())["layers"]
    outlines = svg(tmp_path / "mask.svg")
    shapes = [outlines[layer["name"]] for layer in layers]
    assert len(shapes) == 3
    for outer, inner in pairwise(shapes):
        assert shapely.area(inner - outer) < 1e-6 * outer.area
    volume = sum(
        shape.area * (layer["z_um"][1] - layer["z_um"][0]) for shape, layer in zip(shapes, layers, strict=True)
    )
    assert volume == pytest.approx(10.0 * 8e3 * 4e3, rel=1e-6)
    assert shapes[0].area == pytest.approx(8e3 * 4e3, rel=1e-6)
    wrong = [("f", "mask.stl", "'.stl' is no format for masks; use .gds"), ("g", "mask.gds", "has a case 'g'")]
    for case, file, told in wrong:
        ended = microfem("steps", folder, case, "-o", tmp_path / file)
        assert (ended.status, (tmp_path / file).exists()) == (2, False)
        assert told in ended.err
