"""The answer of a report: the best design, its distance with errors, ties as ties; names in words; steps of a path."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from microfem.report import write_report
from microfem.report.wording import told
from microfem.results.answer import answers, distance
from microfem.results.notes import Weight, weighed
from microfem.results.summary import MetricResult, Summary
from support.records import case, curve, design, line, metric, summary, write_run

CALLS = {"ohms": "resistance", "ratio": "resistance_ratio", "charge": "areal_capacity"}


def run_of(**values: dict[str, MetricResult]) -> Summary:
    """Return a run of designs with these metrics."""
    return summary({name: design(metrics=metrics) for name, metrics in values.items()}, calls=CALLS)


def page_of(run: Summary, folder: Path) -> str:
    """Return the text of the report on a run, a line for each paragraph, cell or item."""
    write_report([write_run(folder / "run", run)], folder / "page.html")
    body = re.sub(r"<style>.*?</style>", "", (folder / "page.html").read_text(), flags=re.DOTALL)
    ended = re.sub(r"</(?:td|th|tr|p|li|h\d|title)>", "\n", body)
    return unescape(re.sub(r"<[^>]+>", "", ended))


def test_the_best_design_is_named_with_its_distance_over_the_errors(tmp_path: Path) -> None:
    """By hand: (11.9 - 10.1) / 10.1 = 17.8 % and (12.1 - 9.9) / 9.9 = 22.2 %; 3 lies below 4 by 25 % exactly."""
    run = run_of(
        comb={"ohms": metric(10.0, "ohm", 0.1), "charge": metric(3.0, "mAh/cm2", 0.0)},
        spiral={"ohms": metric(12.0, "ohm", 0.1), "charge": metric(4.0, "mAh/cm2", 0.0)},
    )
    text = page_of(run, tmp_path)
    assert (
        "Ohms R (resistance), lower is better: comb is the best (10 ± 0.1 Ω). The next, spiral, is 17.8 to 22.2 % "
        "higher (12 ± 0.1 Ω). The errors are estimates.\n"
    ) in text
    assert "spiral is the best (4 mAh/cm²). The next, comb, is 25 % lower (3 mAh/cm²). Both values are exact.\n" in text
    assert "No design is the best in every metric.\n" in text


def test_a_difference_within_the_errors_is_a_tie(tmp_path: Path) -> None:
    """The negative control: the same values with errors of 1.1, which overlap, and of 0.9, which do not."""
    run = run_of(comb={"ohms": metric(10.0, "ohm", 1.1)}, spiral={"ohms": metric(12.0, "ohm", 1.1)})
    text = page_of(run, tmp_path)
    assert "a tie: the designs differ by less than their errors (comb 10 ± 1 Ω; spiral 12 ± 1 Ω).\n" in text
    assert "is the best" not in text
    apart = run_of(comb={"ohms": metric(10.0, "ohm", 0.9)}, spiral={"ohms": metric(12.0, "ohm", 0.9)})
    (found,) = answers(apart)
    assert (found.best, found.next) == (("comb",), "spiral")


def test_values_without_an_error_decide_nothing(tmp_path: Path) -> None:
    text = page_of(run_of(comb={"ohms": metric(10.0, "ohm")}, spiral={"ohms": metric(99.0, "ohm", 0.1)}), tmp_path)
    assert "a tie" in text
    assert "Without an error, and so counted as tied: comb.\n" in text


@pytest.mark.parametrize(
    ("first", "other", "low", "high", "relative"),
    [
        (metric(10.0, error=0.1), metric(12.0, error=0.1), 1.8 / 10.1, 2.2 / 9.9, True),
        (metric(-10.0, error=0.1), metric(-12.0, error=0.1), 1.8 / 10.1, 2.2 / 9.9, True),
        (metric(10.0, error=0.3, lower=9.9, upper=10.1), metric(12.0, error=0.1), 1.8 / 10.1, 2.2 / 9.9, True),
        (metric(0.0, error=0.1), metric(2.0, error=0.1), 1.8, 2.2, False),
        (metric(10.0, error=1.0), metric(10.5, error=1.0), 0.0, 2.5 / 9.0, True),
    ],
)
def test_a_distance_is_the_interval_over_both_errors(
    first: MetricResult, other: MetricResult, low: float, high: float, relative: bool
) -> None:
    found = distance(first, other)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.relative == relative


def test_what_makes_numbers_doubtful_stands_before_what_is_cosmetic() -> None:
    run = summary(
        {"comb": design(metrics={"ohms": metric(10.0, "ohm", 1.0), "peak": metric(None, refused="it grows")})},
        accuracy={"ohms": 0.01},
        undrawn=("a view is empty",),
        fabrication=("comb: kerf of anode",),
        differs=("gap",),
    )
    assert [note.weight for note in weighed(run)] == [
        Weight.DOUBTFUL, Weight.MISSING, Weight.UNEQUAL, Weight.FABRICATION, Weight.PICTURES,
    ]  # fmt: skip


def test_numbers_at_each_step_have_their_errors_and_their_strain(tmp_path: Path) -> None:
    """R/R0 of two designs that reach different strains, and a force whose table shares a power of ten."""

    def stretched(*ends: float) -> dict[str, object]:
        ratio = line("ratio", *((e, (1.0 + e) ** 2, 0.01) for e in ends), x_name="strain")
        force = line("axial_force", *((e, 4e5 * e, None) for e in ends), x_name="strain", unit="uN")
        return {"pulled": case(curves={"path": curve(ratio, force)})}

    designs = {"bare": design(cases=stretched(0.1, 0.2)), "encapsulated": design(cases=stretched(0.1))}
    text = page_of(summary(designs, calls=CALLS), tmp_path)
    assert "At each step of pulled\nratio R/R0 (resistance ratio)\nstrain (%)\nbare\nencapsulated\n" in text
    assert "\n10\n1.21 ± 0.01\n1.21 ± 0.01\n\n20\n1.44 ± 0.01\n–\n" in text
    assert "axial force F (10³ µN)\nstrain (%)\nbare\nencapsulated\n\n10\n40\n40\n\n20\n80\n–\n" in text
    assert "Values without ± have no error estimate.\n" in text


def test_no_name_has_an_underscore(tmp_path: Path) -> None:
    run = run_of(
        thin_film={"max_strain": metric(0.1, error=0.01), "series_ohms": metric(None, refused="series_ohms is refused")}
    )
    text = page_of(replace(run, study="my_first_study"), tmp_path)
    assert "_" not in text
    assert "largest strain" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the von_mises of anode_posts", "the von mises of anode posts"),
        ("3e-10 m²/s and 1.69e+07", "3 × 10⁻¹⁰ m²/s and 1.69 × 10⁷"),
        ("doi.org/10.1/a_b and x_y.pdf", "doi.org/10.1/a_b and x_y.pdf"),  # addresses stay
        ("<b> 2e5f", "&lt;b&gt; 2e5f"),  # a hash is no number
    ],
)
def test_text_is_shown_in_words_and_powers(text: str, shown: str) -> None:
    assert told(text) == shown


@pytest.mark.parametrize(("share", "error", "told_short"), [(0.0, 2e-4, False), (0.0, 2e-2, True), (0.5, 1e-2, True)])
def test_the_error_of_a_share_of_0_is_absolute_as_in_the_refinement(
    share: float, error: float, told_short: bool
) -> None:
    run = replace(run_of(comb={"underused": metric(share, "1", error)}), accuracy={"underused": 0.01})
    assert any("accuracy not reached: underused" in note.text for note in weighed(run)) == told_short
