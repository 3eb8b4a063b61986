"""Tables for papers: numbers rounded to their errors, names, symbols and units, in LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from microfem.base.rounding import rounded
from microfem.base.symbols import SYMBOLS, WORDS, symbol_html, symbol_text, words
from microfem.base.units import parse_unit, tex_unit
from microfem.families import FAMILIES
from microfem.materials.material import PROPERTIES
from microfem.metrics import METRICS
from microfem.physics import PHYSICS
from microfem.results.paper_tables import paper_table, tex_text
from microfem.results.summary import Summary
from support.commands import Command
from support.records import design, metric, summary, write_run


@pytest.fixture
def run() -> Summary:
    """Return a run of two designs: an estimate, proven bounds, an exact value, and values that are missing."""
    near = {
        "ratio_at_40": metric(0.7274, error=0.012),
        "cell": metric(1.6871493, "ohm m", 7e-6, lower=1.6871423, upper=1.6871563),
        "size": metric(2.25, "mm2", 0.0),
        "peak": metric(None, refused="it grows at the edges of a_b & 100 % of it"),
    }
    far = {**near, "ratio_at_40": metric(0.7, error=None), "size": metric(2.5, "mm2", 0.0)}
    calls = {"ratio_at_40": "resistance_ratio", "cell": "resistance", "size": "footprint"}
    stated = {"calls": calls, "measures": {"cell": "per unit depth"}}
    return summary({"near_1": design(metrics=near), "far": design(metrics=far)}, **stated)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.827, 0.119, "0.83(12)"),  # the examples of the Particle Data Group's Review, introduction, 5.3
        (0.827, 0.367, "0.8(4)"),
        (0.7274, 0.012, "0.727(12)"),
        (1.0, 0.00996, "1.000(10)"),
        (-3.2e-7, 4e-9, "-3.20(4)e-7"),
        (123400.0, 5600.0, "1.23(6)e5"),
        (0.0, 2e-4, "0.00000(20)"),
        (0.66114, None, "0.6611"),
    ],
)
def test_numbers_are_rounded_to_their_errors(value: float, error: float | None, text: str) -> None:
    assert rounded(value, error).text("e{}") == text


@pytest.mark.parametrize("value", [0.7274, 1.68714933, 12.3456, 4.0006e-7])
@pytest.mark.parametrize("relative", [1.4e-2, 3.1e-3, 9.6e-5])
def test_proven_errors_still_hold_after_rounding(value: float, relative: float) -> None:
    error = relative * value
    number = rounded(value, error, outward=True)
    places = len(number.value.partition(".")[2])
    shown, off = (float(part) * 10.0**number.exponent for part in (number.value, int(number.error) / 10**places))
    assert shown - off <= value - error + 1e-15
    assert value + error <= shown + off + 1e-15
    assert off < 2.0 * error + 1e-15


def test_every_name_that_has_a_symbol_or_words_exists() -> None:
    known = {*METRICS.names(), *PROPERTIES, "frequency", "time"}
    known |= {field for name in PHYSICS.names() for field in PHYSICS.get(name).fields}
    known |= {parameter for name in FAMILIES.names() for parameter in FAMILIES.get(name).params}
    assert not {*SYMBOLS, *WORDS} - known
    assert (symbol_text("resistance_ratio"), symbol_text("double_layer_capacitance")) == ("R/R₀", "")
    assert symbol_html("double_layer_capacitance") == "<i>C</i><sub>dl</sub>"
    assert (words("youngs_modulus"), words("ratio_at_40")) == ("Young's modulus", "ratio at 40")


def test_latex_has_symbols_units_and_rounded_numbers(run: Summary) -> None:
    from matplotlib.mathtext import MathTextParser

    table = paper_table(run, "latex")
    assert r" & near\_1 & far \\" in table
    assert r"ratio at 40 $R/R_0$ & $0.727(12)$ & $0.7$\textsuperscript{a} \\" in table
    assert r"cell $R$ ($\Omega$\,m, per unit depth) & $1.687149(8)$" in table
    assert r"size $A$ (mm$^{2}$)" in table
    assert r"\textsuperscript{b} it grows at the edges of a\_b \& 100 \% of it" in table
    columns = [line.replace(r"\&", "").count("&") for line in table.splitlines() if line.endswith(r"\\")]
    assert set(columns) == {2}
    for formula in re.findall(r"\$[^$]+\$", table):
        MathTextParser("path").parse(formula)  # raises where a formula is none
    assert table.count("{") == table.count("}")


def test_markdown_and_csv_have_the_same_numbers(run: Summary, tmp_path: Path, microfem: Command) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    write_run(folder, run)
    markdown = microfem("compare", folder, "--markdown").out
    assert "| ratio at 40 <i>R/R</i><sub>0</sub> | 0.727(12) | 0.7<sup>a</sup> |" in markdown
    assert "| peak | –<sup>b</sup> | –<sup>b</sup> |" in markdown
    rows = list(csv.DictReader(io.StringIO(microfem("compare", folder, "--csv").out)))
    assert [row["unit"] for row in rows] == ["", "Ω m", "mm²", ""]
    assert (float(rows[0]["near_1"]), float(rows[0]["near_1 error"])) == (0.727, 0.012)
    assert rows[3]["far"] == ""
    assert rows[3]["far note"].startswith("it grows")
    assert microfem("compare", folder, "--latex").out.strip() == paper_table(run, "latex")
    ended = microfem("compare", folder, "--latex", "--json")
    assert (ended.status, ended.err.strip()) == (
        2,
        "error: --json and --latex do not go together: state one of them",
    )


def test_units_keep_their_meaning_in_tex() -> None:
    for unit in ("mAh/cm2", "ohm m", "1/mm", "W/m3", "A/m2", "um", "N mm2", "ohm cm2", "deg/mm"):
        back = re.sub(r"\$\^\{(-?\d+)\}\$", r"\1", tex_unit(unit).replace(r"$^{\circ}$", "deg"))
        back = back.replace(r"$\mu$", "u").replace(r"$\Omega$", "ohm").replace(r"\,", " ")
        assert parse_unit(back) == parse_unit(unit)
    assert tex_text(r"a_b & 5 % \x {y} ~ 3 µm") == r"a\_b \& 5 \% \textbackslash{}x \{y\} \textasciitilde{} 3 $\mu$m"


def test_another_value_gives_another_table(run: Summary) -> None:
    near = run.designs["near_1"]
    other = replace(near, metrics={**near.metrics, "ratio_at_40": metric(0.7284, error=0.012)})
    assert paper_table(replace(run, designs={**run.designs, "near_1": other}), "latex") != paper_table(run, "latex")
