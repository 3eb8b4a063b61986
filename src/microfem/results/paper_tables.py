"""Tables for papers: metrics of designs with symbols and units, rounded to their errors, in LaTeX, Markdown or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from microfem.base.rounding import power_of_ten, rounded
from microfem.base.symbols import SYMBOLS, symbol_html, symbol_tex, symbol_text, words
from microfem.base.units import EXACT, pretty_unit, tex_unit
from microfem.results.comparison import best, direction, units
from microfem.results.summary import MetricResult, Summary
from microfem.solve.error_series import ROUND_OFF

TableFormat = Literal["latex", "markdown", "csv"]
MARKS = "abcdefghijklmnopqrstuvwxyz"
NO_ESTIMATE = "no error estimate"
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX |= {one: f"\\{one}" for one in "&%$#_{}"} | {"µ": r"$\mu$", "Ω": r"$\Omega$", "²": "$^2$", "³": "$^3$"}
_TEX |= {"–": "--", "≈": r"$\approx$", "σ": r"$\sigma$", "±": r"$\pm$", "°": r"$^{\circ}$", "×": r"$\times$"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A metric of all designs: name in words, name of its symbol, unit, remark beside it, and its cells by design.

    best: the designs that win, ties included.
    """

    name: str
    symbol: str
    unit: str
    beside: str
    cells: Mapping[str, MetricResult]
    best: tuple[str, ...]


def paper_table(summary: Summary, kind: TableFormat) -> str:
    """Return the metrics of all designs as a table, with a row for each metric and a column for each design.

    A value is rounded to its error, which stands in brackets in units of the last digit; proven errors are rounded up.
    The best value and those tied with it are bold. What has no value, and why, follows as notes.
    """
    rows = _rows(summary)
    if kind == "csv":
        return _csv(rows, [*summary.designs])
    return _latex(rows, [*summary.designs]) if kind == "latex" else _markdown(rows, [*summary.designs])


def _rows(summary: Summary) -> list[Row]:
    """Return a row for each metric; where designs have several units, as in 3D and in a plan, one for each."""
    rows = []
    for name in summary.metrics:
        every = summary.row(name)
        call = summary.calls.get(name, "")
        for unit in units(every) or [next(iter(every.values())).unit]:
            row = {design: one for design, one in every.items() if one.unit == unit}
            won = best(row, direction(name, summary.calls))
            rows.append(
                Row(
                    name=words(name),
                    symbol=call if call in SYMBOLS else name,
                    unit=unit,
                    beside=summary.measures.get(name, ""),
                    cells=row,
                    best=tuple(won),
                )
            )
    return rows


class _Notes:
    """The notes below a table, each with a letter."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, text: str) -> str:
        """Return the letter of a note, which is listed once."""
        if text not in self.texts:
            self.texts.append(text)
        k = self.texts.index(text)
        return MARKS[k] if k < len(MARKS) else str(k + 1)

    def listed(self) -> list[tuple[str, str]]:
        """Return letters and texts."""
        return [(self.mark(text), text) for text in self.texts]


def _number(one: MetricResult, power: str) -> str:
    """Return a value with its error; power: how a power of ten is written."""
    assert one.value is not None
    little = EXACT * abs(one.value) if one.value else ROUND_OFF
    error = None if one.error is None or one.error <= little else one.error
    if error and one.lower is not None and one.upper is not None:
        error = max(one.upper - one.value, one.value - one.lower)
    return rounded(one.value, error, outward=one.lower is not None).text(power)


def _cell(one: MetricResult | None, notes: _Notes, power: str) -> tuple[str, str]:
    """Return a cell's number, and the letter of its note, each "" for none."""
    if one is None:
        return "", ""
    if one.value is None:
        return "", notes.mark(one.refused or one.failed)
    return _number(one, power), notes.mark(NO_ESTIMATE) if one.error is None else ""


def _latex(rows: Sequence[Row], designs: Sequence[str]) -> str:
    notes = _Notes()
    lines = [rf"\begin{{tabular}}{{l{'r' * len(designs)}}}", r"\hline"]
    lines += [" & ".join(["", *map(tex_text, designs)]) + r" \\", r"\hline"]
    for row in rows:
        cells = []
        for design in designs:
            number, mark = _cell(row.cells.get(design), notes, r" \times 10^{{{}}}")
            bold = rf"$\mathbf{{{number}}}$" if design in row.best else f"${number}$"
            cells.append((bold if number else "--") + (rf"\textsuperscript{{{mark}}}" if mark else ""))
        symbol = symbol_tex(row.symbol)
        label = tex_text(row.name) + (f" ${symbol}$" if symbol else "")
        lines.append(" & ".join([label + _bracket(tex_unit(row.unit), tex_text(row.beside)), *cells]) + r" \\")
    lines += [r"\hline", r"\end{tabular}"]
    lines += [rf"\par\noindent\textsuperscript{{{mark}}} {tex_text(text)}" for mark, text in notes.listed()]
    return "\n".join(lines)


def _markdown(rows: Sequence[Row], designs: Sequence[str]) -> str:
    notes = _Notes()
    lines = [_pipes(["", *designs]), _pipes([":---", *["---:"] * len(designs)])]
    for row in rows:
        cells = []
        for design in designs:
            number, mark = _cell(row.cells.get(design), notes, "×^{}^")
            shown = re.sub(r"\^(-?\d+)\^", lambda power: power_of_ten(int(power[1])), number).replace("-", "−") or "–"
            cells.append((f"**{shown}**" if design in row.best else shown) + (f"<sup>{mark}</sup>" if mark else ""))
        label = " ".join(part for part in (row.name, symbol_html(row.symbol)) if part)
        lines.append(_pipes([label + _bracket(_shown_unit(row.unit), row.beside), *cells]))
    lines += [f"\n<sup>{mark}</sup> {text}" for mark, text in notes.listed()]
    return "\n".join(lines)


def _csv(rows: Sequence[Row], designs: Sequence[str]) -> str:
    """Return value, error in brackets and reason in columns of their own, so that programs read them as numbers."""
    notes, buffer = _Notes(), io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    columns = [column for design in designs for column in (design, f"{design} error", f"{design} note")]
    table.writerow(["quantity", "symbol", "unit", *columns])
    for row in rows:
        cells: list[str] = []
        for design in designs:
            number, mark = _cell(row.cells.get(design), notes, "e{}")
            note = dict(notes.listed()).get(mark, "")
            value, error = _split(number)
            cells += [value, error, note]
        name = row.name + _bracket("", row.beside)
        table.writerow([name, symbol_text(row.symbol), _shown_unit(row.unit), *cells])
    return buffer.getvalue().rstrip("\n")


def _split(number: str) -> tuple[str, str]:
    """Return value and error of `0.727(12)e-6` as two numbers, `0.727e-6` and `0.012e-6`."""
    match = re.fullmatch(r"(-?[\d.]+)(?:\((\d+)\))?(e-?\d+)?", number)
    if match is None:
        return "", ""
    value, digits, power = match[1], match[2], match[3] or ""
    places = len(value.partition(".")[2])
    error = f"{int(digits) / 10**places:.{places}f}{power}" if digits else ""
    return value + power, error


def _shown_unit(unit: str) -> str:
    return "" if unit == "1" else pretty_unit(unit)


def _bracket(unit: str, beside: str) -> str:
    inside = ", ".join(part for part in (unit, beside) if part)
    return f" ({inside})" if inside else ""


def _pipes(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def tex_text(text: str) -> str:
    """Return text with the characters escaped that TeX reads as commands, and symbols that fonts of TeX lack."""
    return "".join(_TEX.get(letter, letter) for letter in text)
