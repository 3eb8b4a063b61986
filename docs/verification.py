"""The page of verification, from the results of its tests: `python docs/verification.py RESULTS.xml PAGE.md`.

`make docs` runs the tests with this file as a plugin of pytest. It notes beside each test what the test says of itself
and, of every comparison `found == approx(wanted)` or `error < limit` that held, how far off it was.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from microfem.physics import PHYSICS
from microfem.report.runs import table, texts
from microfem.results.files import write_text

NUMBER = r"(?:np\.float64\()?(-?\d+(?:\.\d*)?(?:e[+-]?\d+)?)\)?"
NEAR = re.compile(rf"^ *Obtained: {NUMBER}\n *Expected: {NUMBER} ± {NUMBER}$", re.MULTILINE)  # whole numbers
BELOW = re.compile(rf"{NUMBER} <=? {NUMBER}(?:\n|$)")
LARGEST = 0.2  # what is compared with more than this is no error
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}
HEAD = ["test", "sets", "outcome", "time", "deviation", "limit"]
TOP = """# Verification

Every physics is held against closed forms, other programs and manufactured solutions. This page was made from a run of
the tests: {tests} tests with {cases} sets of values, of which {told}, in {seconds:.0f} s. Those
that take long, such as the proven bounds on 300 random layouts, are not among them: `make test-all` runs them.

*Deviation* is that of the comparison nearest to its limit over all *sets* of values, relative to what is wanted unless
that is zero. Where there is none the test compares something else than two numbers: arrays, orders of convergence,
messages. A **negative control** is a check of a law that is wrong on purpose, and must fail: it shows that the check
can.
"""


def pytest_runtest_call(item: Any) -> None:
    """Note what a test and its file say of themselves, and whether it is or has a negative control."""
    says, file = inspect.getdoc(item.function) or "", inspect.getdoc(item.module) or ""
    is_one = says.lower().startswith("negative control") or "wrong" in item.function.__name__.split("_")
    has_one = "negative control" in inspect.getsource(item.function).lower()
    item.user_properties += [("says", says), ("file", file), ("line", str(item.location[1])),
                             ("control", "is" if is_one else "has" if has_one else "")]  # fmt: skip


def pytest_assertion_pass(item: Any, lineno: int, orig: str, expl: str) -> None:  # noqa: ARG001
    """Note how far off a comparison was, and how far off it may be."""
    if found := measured(expl):
        item.user_properties.append(("measured", f"{found[0]:.3e} {found[1]:.3e}"))


def measured(held: str) -> tuple[float, float] | None:
    """Return deviation and limit of a comparison that held, as pytest writes it; None if it is no such comparison."""
    if near := NEAR.search(held):
        found, wanted, limit = (float(one) for one in near.groups())
        scale = abs(wanted) or 1.0
        return abs(found - wanted) / scale, limit / scale
    if below := BELOW.match(held):
        found, limit = (float(one) for one in below.groups())
        return (found, limit) if found >= 0.0 and 0.0 < limit <= LARGEST else None
    return None


@dataclass(frozen=True)
class Case:
    """A test with one set of values; measured: deviation and limit of each comparison that held."""

    file: str
    test: str
    outcome: str
    seconds: float
    notes: dict[str, str]
    measured: tuple[tuple[float, float], ...]

    @property
    def place(self) -> tuple[str, int]:
        """Where the test stands."""
        return self.file, int(self.notes.get("line", 0))


def read(results: str) -> list[Case]:
    """Return all cases of results in JUnit's XML, in the order of the files."""
    found = []
    for one in ElementTree.fromstring(results).iter("testcase"):
        told = [(p.attrib["name"], p.attrib["value"]) for p in one.iter("property")]
        pairs = [value.split() for name, value in told if name == "measured"]
        ended = next((OUTCOMES[child.tag] for child in one if child.tag in OUTCOMES), "passed")
        file, test = one.attrib["classname"].rsplit(".", 1)[-1], one.attrib["name"].split("[")[0]
        numbers = tuple((float(off), float(limit)) for off, limit in pairs)
        found.append(Case(file, test, ended, float(one.attrib["time"]), dict(told), numbers))
    return sorted(found, key=lambda one: (*one.place, one.test))


def page(results: str) -> str:
    """Return the page: a table for each file of tests, with a row for each test."""
    cases = read(results)
    parts, tests = [], 0
    for file, group in groupby(cases, key=lambda one: one.file):
        each = [list(same) for _, same in groupby(group, key=lambda one: one.test)]
        tests += len(each)
        title = file.removeprefix("test_").replace("_", " ").capitalize()
        about = f"<p>{escape(paragraph(each[0][0].notes.get('file', '')))}</p>"
        physics = next((one for one in PHYSICS.names() if file.startswith(f"test_{one}")), None)
        link = f"[The physics](physics/{physics}.md).\n\n" if physics else ""
        parts.append(f"\n## {title}\n\n{link}{raw(about + table(HEAD, [row(one) for one in each], 'checks'))}")
    outcomes = [one.outcome for one in cases]
    told = ", ".join(f"{outcomes.count(one)} {one}" for one in ("passed", "failed", "skipped") if one in outcomes)
    seconds = sum(one.seconds for one in cases)
    return TOP.format(tests=tests, cases=len(cases), told=told, seconds=seconds) + "".join(parts)


def row(same: Sequence[Case]) -> list[str]:
    """Return the row of a test: in words, sets of values, outcome, seconds, deviation and limit of the tightest."""
    first, outcomes = same[0], {one.outcome for one in same}
    control = {"is": "<b>Negative control</b> ", "has": " <small>(with a negative control)</small>"}
    kind = first.notes.get("control", "")
    says = re.sub(r"^negative control( of the test above)?: ", "", paragraph(first.notes.get("says", "")), flags=re.I)
    words = escape(first.test.removeprefix("test_").replace("_", " "))
    words = control["is"] + words if kind == "is" else words + control.get(kind, "")
    words += f"<br><span class='small'>{escape(says)}</span>" if says else ""
    pairs = [pair for one in same for pair in one.measured]
    off, limit = max(pairs, key=lambda pair: pair[0] / pair[1]) if pairs else (None, None)
    numbers = ["" if one is None else f"{one:.1e}" for one in (off, limit)]
    return [words, *texts([len(same), ", ".join(sorted(outcomes)), f"{sum(one.seconds for one in same):.1f} s"]),
            *numbers]  # fmt: skip


def paragraph(text: str) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join(text.split("\n\n", 1)[0].split())


def raw(html: str) -> str:
    """Return HTML as a block of a page."""
    return f"```{{raw}} html\n{html}\n```\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[2]), page(Path(sys.argv[1]).read_text(encoding="utf-8")))
