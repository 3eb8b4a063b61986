"""Every study that ships runs, and everything it expects of its numbers holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.render.curves import curves_of
from microfem.run.study import run_study
from microfem.study.reader import load_study

STUDIES = sorted((Path(__file__).parent.parent / "studies").glob("*.yaml"))
QUICK = {"swiss_roll_fields"}  # the others take longer, most of them minutes of three-dimensional solves


@pytest.mark.parametrize(
    "path", [pytest.param(one, id=one.stem, marks=[] if one.stem in QUICK else pytest.mark.slow) for one in STUDIES]
)
def test_study_meets_its_expectations(path: Path, tmp_path: Path) -> None:
    study = load_study(path)
    assert study.expect, "a study that ships says what its numbers must be, and why"
    summary = run_study(study, tmp_path / "out")
    assert {name: one.message for name, one in summary.designs.items() if one.status != "ok"} == {}
    assert [one for one in summary.expect if not one.met] == []
    for design in summary.designs.values():
        for case in design.cases.values():
            assert case.report.residual < 1e-8
            assert case.report.balance_error < 1e-6
    pictures = [one.name for one in (tmp_path / "out" / "pictures").glob("*.png")]
    curves = {f"{case}-{name}.png" for case in summary.cases for name in curves_of(summary, case)}
    views = [name for name in pictures if name not in curves]
    assert len(views) == len(study.views) + (len(study.views) > 1)


def test_a_wrong_expectation_is_seen(tmp_path: Path) -> None:
    """Negative control: twice the closed form must not pass."""
    path = next(one for one in STUDIES if one.stem == "swiss_roll_fields")
    study = load_study(path, ["expect.ribbon.cell_constant.value=0.002233"])
    summary = run_study(study, tmp_path / "out")
    assert [(one.design, one.metric) for one in summary.expect if not one.met] == [("ribbon", "cell_constant")]
