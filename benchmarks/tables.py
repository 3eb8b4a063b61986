"""The tables of docs/performance.md, from the results: `python -m benchmarks.tables`.

It writes them between `<!-- bench: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.cell import WANTED
from benchmarks.problems import PROBLEMS
from benchmarks.runners import ROOT

PAGE, RESULTS = ROOT / "docs" / "performance.md", ROOT / "benchmarks" / "results" / "latest.json"
LARGE, CHARGING = (RESULTS.with_name(f"{name}.json") for name in ("large_strain", "charging"))
BLOCK = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TITLES = {
    "scikitfem": "scikit-fem",
    "ngsolve": "NGSolve",
    "dolfinx": "DOLFINx",
    "calculix": "CalculiX",
    "felupe": "felupe",
}
Row = dict[str, Any]
Found = dict[str, Any]


def summary(found: Found) -> str:
    """Return each engine's fastest variant of every problem, and how long it takes in units of microfem's time."""
    rows = []
    for problem, threads, mine in _groups(found):
        ours = next(row for row in mine if row["engine"] == "microfem")
        for engine in dict.fromkeys(row["engine"] for row in mine):
            best = min((row for row in mine if row["engine"] == engine), key=lambda row: row["wall_s"])
            ratios = [f"{best[key] / ours[key]:.2f}" for key in ("cpu_s", "wall_s", "peak_mb")]
            rows.append([problem, threads, _title(best), *_figures(best), *ratios])
    head = "problem | threads | engine, fastest variant | CPU s | wall s | MB | CPU ratio | wall ratio | MB ratio"
    return _table(head, rows)


def variants(found: Found) -> str:
    """Return every variant of every problem, with loading and the spread of the repeats."""
    rows = []
    for problem, threads, mine in _groups(found):
        for row in sorted(mine, key=lambda row: row["wall_s"]):
            spread = f"{row['wall_min_s']:.2f} to {row['wall_max_s']:.2f} ({row['repeats']})"
            more = [spread, f"{row['load_wall_s']:.2f}", f"{row['value']:.10g}"]
            rows.append([problem, threads, _title(row), row["dofs"], *_figures(row), *more])
    head = "problem | threads | engine | unknowns | CPU s | wall s | MB | wall s (repeats) | loading s | value"
    return _table(head, rows)


def growth(found: Found) -> str:
    """Return microfem's cost of P2 conduction by unknowns, and the exponents fitted to it."""
    lines = []
    for threads in dict.fromkeys(row["threads"] for row in found["rows"]):
        rows = [row for row in _solved(found) if row["engine"] == "microfem" and row["threads"] == threads]
        rows = [row for row in rows if row["problem"].startswith("p2") and not PROBLEMS[row["problem"]].again]
        fits = [f"{_slope(rows, key):.2f}" if len(rows) > 1 else "" for key in ("cpu_s", "wall_s", "peak_mb")]
        lines += [[row["dofs"], threads, *_figures(row)] for row in rows] + [["**exponent**", threads, *fits]]
    return _table("unknowns | threads | CPU s | wall s | MB", lines)


def startup(found: Found) -> str:
    """Return the wall time of microfem's commands."""
    return _table("command | wall s", [[f"`{name}`", f"{s:.2f}"] for name, s in found.get("startup", {}).items()])


def cell(found: Found) -> str:
    """Return what NGSolve needs for the cell, and what microfem does for its guaranteed accuracies."""
    sequences, rows = found.get("cell", {}), []
    for name in ("uniform", "adaptive") if sequences else ():
        last = sequences[name][-1]
        rows.append([f"NGSolve, {name} P2", last["dofs"], f"{last['error']:.1e}", f"{last['wall_s']:.2f}"])
    if sequences and sequences["uniform"][-1]["error"] > WANTED:
        needed = sequences["needed"]
        rows.append(["NGSolve, uniform P2, extrapolated", needed["dofs"], f"{WANTED:.1e}", f"{needed['wall_s']:.0f}"])
    rows += [
        [row["name"], row["dofs"], f"{row['error']:.1e}", f"{row['wall_s']:.2f}"] for row in found.get("accuracy", [])
    ]
    return _table("run | unknowns | error | wall s", rows)


def machine(found: Found) -> str:
    """Return one sentence on where and with what the figures were measured."""
    one = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in one["versions"].items())
    left_out = "".join(f" Left out: {engine} ({reason})." for engine, reason in found["skipped"].items())
    where = f"{one['cpu']}, {one['cores']} cores, {one['system']}, Python {one['python']}, {one['date']}"
    return f"{where}: {versions}.{left_out}"


def film(found: Found) -> str:
    """Return what each program needs for the film on a substrate, and how much longer than microfem that is."""
    rows = []
    for row in found["large_strain"].get("rows", []):
        ours = next(one for one in found["large_strain"]["rows"] if one["problem"] == row["problem"])
        size = [row["problem"], _title(row), row["unknowns"]]
        if "failed" in row:
            rows.append([*size, "", "", row["failed"], "", "", ""])
            continue
        ratio = f"{row['cpu_s'] / ours['cpu_s']:.1f}"
        rows.append(
            [
                *size,
                row["dofs"],
                row["iterations"],
                f"{row['value']:.7g}",
                f"{row['cpu_s']:.1f}",
                f"{row['peak_mb']:.0f}",
                ratio,
            ]
        )
    return _table("film | program | formulation | unknowns | iterations | force, uN | CPU s | MB | CPU ratio", rows)


def alone(found: Found) -> str:
    """Return what microfem needs at large strain beside what was aimed at."""
    rows = [
        [row["name"], row["dofs"], row["iterations"], f"{row['cpu_s']:.2f}", f"{row['aim_s']:g}"]
        for row in found["large_strain"].get("alone", [])
        if "failed" not in row
    ]
    return _table("run | unknowns | iterations | CPU s | aim, s", rows)


def machine_large(found: Found) -> str:
    """Return where and with what the figures at large strain were measured."""
    return machine(found["large_strain"]) if found["large_strain"] else ""


def charging(found: Found) -> str:
    """Return what microfem needs for cells that charge and discharge, beside what was aimed at."""
    rows = []
    for row in found["charging"].get("rows", []):
        if "failed" in row:
            rows.append([row["job"], "", "", "", "", row["failed"], "", ""])
            continue
        counts = [row.get(key, "") for key in ("steps", "newton", "factors")]
        times = [f"{row['cpu_s']:.2f}", f"{row['peak_mb']:.0f}", row["aim_s"] or ""]
        rows.append([row["name"], row.get("dofs", row["all"]), *counts, *times])
    return _table("run | unknowns | steps | Newton iterations | factorisations | CPU s | MB | aim, s", rows)


def euler(found: Found) -> str:
    """Return what each program needs for the same implicit steps, and how much longer than microfem that is."""
    rows, all_rows = [], [row for row in found["charging"].get("euler", {}).get("rows", []) if "failed" not in row]
    for row in all_rows:
        ours = next(one for one in all_rows if one["problem"] == row["problem"])
        off = max(abs(a - b) for a, b in zip(row["voltages"], ours["voltages"], strict=True))
        each = [1e3 * one["cpu_s"] / one["iterations"] for one in (row, ours)]
        measures = [f"{row['cpu_s']:.2f}", f"{each[0]:.1f}", f"{row['peak_mb']:.0f}", f"{each[0] / each[1]:.1f}"]
        rows.append([row["problem"], _title(row), row["dofs"], row["iterations"], f"{off:.0e}", *measures])
    return _table(
        "comb | program | unknowns | iterations | voltages off, V | CPU s | CPU ms per iteration | MB | ratio", rows
    )


def machine_charging(found: Found) -> str:
    """Return where and with what the figures of cells were measured."""
    return machine(found["charging"]) if found["charging"] else ""


TABLES: dict[str, Callable[[Found], str]] = {
    one.__name__: one
    for one in (
        *(summary, variants, growth, startup, cell, machine),
        *(film, alone, machine_large),
        *(charging, euler, machine_charging),
    )
}


def filled(text: str, found: Found) -> str:
    """Return a page with every table as the results give it."""
    return BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]](found)}\n{block[3]}", text)


def _solved(found: Found) -> list[Row]:
    return [row for row in found["rows"] if "failed" not in row]


def _groups(found: Found) -> Iterable[tuple[str, int, list[Row]]]:
    """Yield the rows of each problem that more than one engine solved, by threads."""
    rows = _solved(found)
    for problem, threads in dict.fromkeys((row["problem"], row["threads"]) for row in rows):
        if not PROBLEMS[problem].alone:
            yield problem, threads, [row for row in rows if (row["problem"], row["threads"]) == (problem, threads)]


def _slope(rows: Sequence[Row], key: str) -> float:
    """Return p of the least-squares fit of `key` = c x unknowns^p."""
    x, y = ([math.log(row[of]) for row in rows] for of in ("dofs", key))
    middle, level = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - middle) * (b - level) for a, b in zip(x, y, strict=True))
    return across / sum((a - middle) ** 2 for a in x)


def _figures(row: Row) -> list[str]:
    return [f"{row['cpu_s']:.2f}", f"{row['wall_s']:.2f}", f"{row['peak_mb']:.0f}"]


def _title(row: Row) -> str:
    return f"{TITLES.get(row['engine'], row['engine'])} {row['variant']}".strip()


def _table(head: str, rows: Iterable[Sequence[object]]) -> str:
    """Return a table under headings parted by bars."""
    lines = [head, " | ".join(["---"] * (head.count("|") + 1)), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _found() -> Found:
    """Return all results, those at large strain and of cells among them if there are any."""
    found = json.loads(RESULTS.read_text())
    return found | {path.stem: json.loads(path.read_text()) if path.exists() else {} for path in (LARGE, CHARGING)}


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), _found()), encoding="utf-8")
