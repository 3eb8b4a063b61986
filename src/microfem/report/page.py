"""The pages of a run: their sections in order, and their style on screen and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.report import figures, limits, maps, scenes, sections
from microfem.report.runs import Run, Runs, gather
from microfem.results.files import PAGE, write_text
from microfem.results.summary import Summary

STYLE = """
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1.5rem;
       color: #1b1b1b; background: #fff }
h1 { font-size: 1.7rem; margin: 0 0 .5rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem;
     border-bottom: 1px solid #bbb }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem }
table { border-collapse: collapse; margin: .8rem 0; max-width: 100% }
th, td { padding: .25rem .7rem; text-align: right; vertical-align: top }
th { border-bottom: 2px solid #444; vertical-align: bottom }
td { border-bottom: 1px solid #ddd }
th:first-child, td:first-child, .text th, .text td, .last th:last-child, .last td:last-child { text-align: left }
th:first-child, td:first-child { padding-left: 0 } td i { color: #777 } .n { white-space: nowrap }
.small { font-size: .85rem; color: #333 } .bad { color: #b00020 } .ask { font-size: 1.05rem }
.warn li { margin: .2rem 0 } .flow { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start }
figure { margin: .8rem 0 } .flow figure { margin: 0; max-width: 100% } img { max-width: 100%; height: auto }
figcaption { color: #444; font-size: .85rem }
canvas { width: 100%; touch-action: none; cursor: grab } canvas[hidden], .still { display: none }
.scene { width: 470px }
footer { color: #666; font-size: .8rem; margin-top: 3rem }
@page { size: A4; margin: 15mm 14mm }
@media print {
  html, body { font-size: 9pt } body { margin: 0; max-width: none; padding: 0 } th, td { padding: 1mm 1.6mm }
  h2, h3 { break-after: avoid } tr, figure { break-inside: avoid } thead { display: table-header-group }
  .flow { display: block } .flow figure { margin-bottom: 4mm } img { max-height: 235mm }
  canvas { display: none } .still { display: inline } .help { display: none }
  .scenes { display: flex } .scenes .scene { width: auto } .scenes img { max-height: 55mm; max-width: 80mm }
  footer { margin-top: 4mm; break-before: avoid }
}
"""


def write_report(folders: Sequence[Path], path: Path) -> None:
    """Write the full report on runs as one HTML file.

    Raises:
        MicrofemError: a folder holds no results, the file cannot be written, or it lies in a folder of results.
    """
    inside = next((one for one in folders if one.resolve() in path.resolve().parents), None)
    if inside is not None:
        raise MicrofemError(f"{path} is in the folder {inside}, which the next run replaces; name a file elsewhere")
    runs = gather(folders)
    extrapolated = [text for run in runs.each for text in limits.beyond(run)]
    body = [
        sections.question(runs),
        sections.failures(runs),
        sections.findings(runs),
        sections.metrics(runs),
        sections.ranges(runs),
        sections.ties(runs),
        sections.warnings(runs, extrapolated),
        sections.expectations(runs),
        figures.layouts(runs),
        figures.stored(runs, curves=False),
        maps.measured(runs),
        scenes.scenes(runs),
        figures.plots(runs),
        figures.curves(runs),
        sections.materials(runs),
        sections.solves(runs),
        sections.provenance(runs),
    ]
    write_text(path, page(_title(runs), body))


def write_index(folder: Path, summary: Summary) -> None:
    """Write index.html, the short page of a run, from its summary and the pictures in its folder."""
    runs = Runs([Run("", folder, summary)], summary)
    body = [
        sections.question(runs),
        sections.failures(runs),
        sections.findings(runs),
        sections.metrics(runs),
        sections.ranges(runs),
        sections.warnings(runs),
        sections.expectations(runs),
        figures.stored(runs, curves=True),
        maps.measured(runs),
        sections.solves(runs),
        sections.provenance(runs),
    ]
    write_text(folder / PAGE, page(_title(runs), body))


def _title(runs: Runs) -> str:
    return " and ".join(dict.fromkeys(run.summary.study for run in runs.each))


def page(text: str, body: Sequence[str], again: int = 0) -> str:
    """Return the HTML of a page, whose policy forbids all requests and all scripts but that of its scenes.

    again: seconds after which a browser reloads it; 0 for never.
    """
    script = scenes.script() if any("<canvas " in one for one in body) else ""
    policy = f"; script-src {scenes.allowed(script)}" if script else ""
    title = escape(text)
    return "\n".join(
        [
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width'><link rel='icon' href='data:,'>",
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
