"""The pages of a run: their chapters in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.report import figures, maps, scenes, sections
from microfem.report.answer import answer
from microfem.report.fabrication import fabrication
from microfem.report.limits import limits
from microfem.report.materials import materials
from microfem.report.runs import Run, Runs, gather
from microfem.report.steps import steps
from microfem.report.style import STYLE
from microfem.report.wording import chapter, told
from microfem.results.files import PAGE, write_text
from microfem.results.summary import Summary


def write_report(folders: Sequence[Path], path: Path) -> None:
    """Write the full report on runs as one HTML file.

    Raises:
        MicrofemError: a folder holds no results, the file cannot be written, or it lies in a folder of results.
    """
    inside = next((one for one in folders if one.resolve() in path.resolve().parents), None)
    if inside is not None:
        raise MicrofemError(f"{path} is in the folder {inside}, which the next run replaces; name a file elsewhere")
    runs = gather(folders)
    body = [
        sections.question(runs),
        figures.layouts(runs),
        answer(runs),
        sections.failures(runs),
        sections.findings(runs),
        limits(runs),
        _numbers(runs),
        chapter(
            "Pictures",
            figures.stored(runs, curves=False),
            scenes.scenes(runs),
            figures.plots(runs),
            figures.curves(runs, "value"),
        ),
        maps.measured(runs),
        chapter(
            "Method", figures.parameters(runs), fabrication(runs), sections.solves(runs), figures.curves(runs, "error")
        ),
        chapter("Sources", materials(runs), sections.provenance(runs)),
    ]
    write_text(path, page(_title(runs), body))


def write_index(folder: Path, summary: Summary) -> None:
    """Write index.html, the short page of a run, from its summary and the pictures in its folder."""
    runs = Runs([Run("", folder, summary)], summary)
    body = [
        sections.question(runs),
        answer(runs),
        sections.failures(runs),
        sections.findings(runs),
        limits(runs, fields=False),
        _numbers(runs),
        chapter("Pictures", figures.stored(runs, curves=True)),
        maps.measured(runs),
        chapter("Method", sections.solves(runs)),
        chapter("Sources", sections.provenance(runs)),
    ]
    write_text(folder / PAGE, page(_title(runs), body))


def _numbers(runs: Runs) -> str:
    tables = (sections.metrics, sections.rankings, sections.ranges, steps, sections.expectations)
    return chapter("Numbers", *(one(runs) for one in tables))


def _method(runs: Runs) -> str:
    tables = (figures.parameters, fabrication, sections.solves)
    return chapter("Method", *(one(runs) for one in tables), figures.curves(runs, "error"))


def _title(runs: Runs) -> str:
    return " and ".join(dict.fromkeys(run.summary.study for run in runs.each))


def page(text: str, body: Sequence[str], again: int = 0) -> str:
    """Return the HTML of a page, whose policy forbids all requests and all scripts but that of its scenes.

    again: seconds after which a browser reloads it; 0 for never.
    """
    script = scenes.script() if any("<canvas " in one for one in body) else ""
    policy = f"; script-src {scenes.allowed(script)}" if script else ""
    title = told(text)
    return "\n".join(
        [
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'><link rel='icon' href='data:,'>",
            "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; "
            f"style-src 'unsafe-inline'{policy}\">",
            f"<meta http-equiv='refresh' content='{again}'>" if again else "",
            f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>",
            *(one for one in body if one),
            "<footer>Made by microfem.</footer>",
            f"<script>{script}</script>" if script else "",
            "</body></html>",
        ]
    )
