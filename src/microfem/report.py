"""The page of a run: one HTML file with the table of metrics and the pictures, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from microfem.store import write_text
from microfem.units import format_quantity, pretty_unit

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; color: #1b1b1b }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .3rem .8rem; text-align: right }
th { border-bottom: 2px solid #444 } td { border-bottom: 1px solid #ddd } 
th:first-child, td:first-child { text-align: left }
th.why, td.why { text-align: left }
td.refused { color: #777; font-style: italic } .bad { color: #b00020 } img { max-width: 100% } figure { margin: 2rem 0 }
footer { color: #666; font-size: .85rem; margin-top: 3rem }
"""


def write_index(path: Path, summary: Mapping[str, Any], pictures: Sequence[str], notes: Sequence[str]) -> None:
    """Write index.html beside the pictures, with the pictures inside it."""
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(summary['study'])}</title>",
        f"<style>{STYLE}</style></head><body><h1>{escape(summary['study'])}</h1><p>{escape(summary['source'])}</p>",
        *_failures(summary), _metrics(summary), *_notes(notes), _expectations(summary),
        *_figures(path.parent, pictures),
        _cases(summary), _footer(summary), "</body></html>",
    ]  # fmt: skip
    write_text(path, "\n".join(parts))


def number(one: Mapping[str, Any]) -> str:
    """Write a value with unit and proven bounds, `12.31 Ω in [12.29, 12.32]`, or with its error, `12.31 ± 0.04 Ω`."""
    if one["value"] is None:
        return "refused"
    if one.get("lower") is not None:
        return _interval(one)
    if not one["error"]:
        return format_quantity(one["value"], one["unit"]) + ("" if one["error"] == 0 else " (no error estimate)")
    unit = "" if one["unit"] == "1" else f" {pretty_unit(one['unit'])}"
    return f"{one['value']:.4g} ± {one['error']:.1g}{unit}"


def _interval(one: Mapping[str, Any]) -> str:
    """Write bounds rounded outward to two digits of their distance, and the value between them."""
    low, high = one["lower"], one["upper"]
    width = max(high - low, 1e-9 * max(abs(low), abs(high)), 1e-300)
    places = 1 - math.floor(math.log10(width))
    step = 10.0**-places
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    unit = "" if one["unit"] == "1" else f" {pretty_unit(one['unit'])}"
    if -4 < places < 7:
        shown = [f"{number:.{max(places, 0)}f}" for number in (one["value"], low, high)]
    else:
        digits = max(1, places + math.floor(math.log10(max(abs(low), abs(high)))) + 1)
        shown = [f"{number:.{digits}g}" for number in (one["value"], low, high)]
    return f"{shown[0]}{unit} in [{shown[1]}, {shown[2]}]"


def bounds(one: Mapping[str, Any]) -> str:
    """Write what an expectation allows: `at least 64.3`, `12.05 to 12.55`."""
    low, high = one["low"], one["high"]
    if low is None:
        return f"at most {high:.6g}"
    return f"at least {low:.6g}" if high is None else f"{low:.6g} to {high:.6g}"


def _failures(summary: Mapping[str, Any]) -> list[str]:
    return [f"<p class='bad'><b>{escape(name)} failed:</b> {escape(one['message'])}</p>"
            for name, one in summary["designs"].items() if one["status"] != "ok"]  # fmt: skip


def _metrics(summary: Mapping[str, Any]) -> str:
    designs = summary["designs"]
    names = list(dict.fromkeys(key for one in designs.values() for key in one["metrics"]))
    head = "".join(f"<th>{escape(name)}</th>" for name in designs)
    rows = []
    for key in names:
        cells = [one["metrics"].get(key) for one in designs.values()]
        shown = ["<td>–</td>" if cell is None else "<td class='refused'>refused</td>" if cell["value"] is None
                 else f"<td>{escape(number(cell))}</td>" for cell in cells]  # fmt: skip
        measure = summary.get("measures", {}).get(key)
        label = escape(f"{key} ({measure})" if measure else key)
        rows.append(f"<tr><td>{label}</td>{''.join(shown)}</tr>")
    return f"<h2>Metrics</h2><table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"<p class='refused'>{escape(text)}</p>" for text in notes]


def _expectations(summary: Mapping[str, Any]) -> str:
    if not summary["expect"]:
        return ""
    rows = []
    for one in summary["expect"]:
        value = "–" if one["value"] is None else f"{one['value']:.4g}"
        verdict = "met" if one["met"] else "<span class='bad'>not met</span>"
        rows.append(
            f"<tr><td>{escape(one['design'])}: {escape(one['metric'])}</td><td>{value}</td><td>{bounds(one)}</td>"
            f"<td>{verdict}</td><td class='why'>{escape(one['why'])}</td></tr>"
        )
    head = "<tr><th></th><th>value</th><th>expected</th><th></th><th class='why'>why</th></tr>"
    return f"<h2>Expectations</h2><table>{head}{''.join(rows)}</table>"


def _figures(folder: Path, pictures: Sequence[str]) -> list[str]:
    histories = [name for name in pictures if "/history-" in name]
    shown = [pictures[0], *histories] if pictures and pictures[0].endswith("sheet.png") else pictures
    figures = []
    for name in shown:
        data = base64.b64encode((folder / name).read_bytes()).decode()
        figures.append(f"<figure><img alt='{escape(name)}' src='data:image/png;base64,{data}'></figure>")
    return figures


def _cases(summary: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><td>{escape(name)}: {escape(case)}</td><td>{one['ncells']:,}</td><td>{one['ndofs']:,}</td>"
        f"<td>{one['seconds']:.1f} s</td><td>{one['residual']:.1e}</td><td>{one['balance_error']:.1e}</td>"
        f"<td>{escape(one['ended'])}</td></tr>"
        for name, design in summary["designs"].items() for case, one in design["cases"].items()
    ]  # fmt: skip
    names = ("", "cells", "unknowns", "solve", "residual", "balance", "refinement ended")
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    return f"<h2>Solves</h2><table>{head}{''.join(rows)}</table>"


def _footer(summary: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    errors = "Intervals are proven for the polygons that were meshed; errors after ± are estimates"
    return f"<footer>{errors}. {escape(told)}</footer>"
