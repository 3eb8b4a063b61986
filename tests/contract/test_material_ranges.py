"""A material value with a range: the run says what both ends do to every metric."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.optimise.trial import evaluate
from microfem.report.runs import gather
from microfem.report.sections import ranges as section
from microfem.results.comparison import ranges
from microfem.run.ranges import costs
from microfem.run.study import run_study
from support.studies import study_of

RANGE = "range: [4.3, 5.7]"
STUDY = f"""\
name: ranges
designs:
  cell:
    family: stacked
    params: {{length: 1 mm, gap: 100 um, collector_thickness: 0 um}}
    materials: {{electrolyte: znso4_2m}}
materials: {{znso4_2m: {{conductivity: {{{RANGE}, unit: S/m, source: two batches}}}}}}
cases: {{flat: {{physics: conduction, dimension: section, terminals: {{anode: 0 V, cathode: 1 V}}}}}}
metrics: {{resistance: resistance(flat), constant: cell_constant(flat), area: footprint()}}
"""
CAPACITY = """\
name: capacity
designs: {cell: {family: stacked, params: {anode_thickness: 20 um, cathode_thickness: 20 um}}}
materials: {pani: {density: {range: [0.5, 1.5], value: 0.8, unit: g/cm3, source: two batches}}}
metrics: {capacity: areal_capacity(), area: footprint()}
"""


def test_both_ends_of_a_range_against_a_product(tmp_path: Path) -> None:
    """Polyaniline limits: density x 147.90 mAh/g x 20 um, per area; the footprint has no density and no line."""
    summary = run_study(study_of(tmp_path, CAPACITY), tmp_path / "out")
    (effect,) = summary.designs["cell"].ranges
    per_density = 147.90 * 20e-4
    assert summary.designs["cell"].metrics["capacity"].value == pytest.approx(0.8 * per_density)
    assert effect.at_low["capacity"].value == pytest.approx(0.5 * per_density)
    assert effect.at_high["capacity"].value == pytest.approx(1.5 * per_density)
    told = "density of pani from 0.5 to 1.5 g/cm³: 0.1479 mAh/cm² to 0.4437 mAh/cm²"
    assert ranges(summary) == [("cell", "capacity", told)]
    assert told in section(gather([tmp_path / "out"]))


@pytest.mark.slow
def test_a_resistance_at_both_ends_is_that_of_a_slab(tmp_path: Path) -> None:
    """100 um over sigma x 1 mm, per unit depth; the cell constant does not change beyond its error."""
    summary = run_study(study_of(tmp_path, STUDY), tmp_path / "out")
    (effect,) = summary.designs["cell"].ranges
    for sigma, metrics in ((4.3, effect.at_low), (5.0, summary.designs["cell"].metrics), (5.7, effect.at_high)):
        assert metrics["resistance"].value == pytest.approx(0.1 / sigma, rel=1e-5)
    lines = {metric: text for _, metric, text in ranges(summary)}
    assert "area" not in lines
    assert lines.get("constant", "no change beyond the errors").endswith("no change beyond the errors")


def test_check_tells_the_cost_and_searches_do_not_pay_it(tmp_path: Path) -> None:
    study = study_of(tmp_path, CAPACITY)
    assert costs(study) == ["cell: range of a material value: every case is solved 2 more times"]
    outcome = evaluate(study, study.designs["cell"], tmp_path / "trial")
    assert outcome.status == "ok"
    assert "ranges" not in (tmp_path / "trial" / "result.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("range: [5.7, 4.3]", "a range rises from its lowest to its highest value, got 5.7 to 4.3"),
        ("range: [4.3]", "expected the lowest and the highest value, such as"),
        ("range: [-1, 2]", "conductivity = -1 S/m is impossible"),
        ("range: [4.3, 5.7], value: 6", "the value 6 lies outside its range, 4.3 to 5.7"),
    ],
)
def test_wrong_ranges_are_refused_with_their_place(tmp_path: Path, stated: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        study_of(tmp_path, STUDY.replace(RANGE, stated))
    assert told in str(refused.value)
    assert "study.yaml:7:" in str(refused.value)


def test_a_value_without_a_range_costs_nothing(tmp_path: Path) -> None:
    """Negative control."""
    study = study_of(tmp_path, CAPACITY.replace("range: [0.5, 1.5], ", ""))
    assert costs(study) == []
    summary = run_study(study, tmp_path / "out")
    assert summary.designs["cell"].ranges == ()
    assert ranges(summary) == []
