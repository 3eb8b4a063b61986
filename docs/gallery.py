"""The gallery: `python docs/gallery.py RUNS SOURCE [STUDY ...]` runs studies into RUNS and writes pages for the site.

A study whose results are in RUNS is not run again; results of another state of the source are thrown away first.
Without names all studies are run. Those not named have a page without results.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageOps

from microfem.report import figures, sections
from microfem.report.answer import answer
from microfem.report.limits import limits
from microfem.report.runs import gather
from microfem.report.wording import chapter
from microfem.results.files import write_text

ROOT = Path(__file__).parents[1]
STUDIES = sorted((ROOT / "studies").glob("*.yaml"))
THUMBNAIL, SIZE = "thumbnail.png", (480, 300)  # pixels
WHITE, CLOSE = 250, 6  # of 255; pixels between things that belong together
NOT_ASKED = "this build of the site was asked for other studies"
ABOUT = """# Gallery

A page for each study that comes with microfem, made by running it when the site is built: pictures, numbers with their
errors, what is expected of them and why, and the file itself. A click on a picture opens it at full size.

```{toctree}
:hidden:
:glob:

*
```

"""


def main() -> None:
    """Run the studies named, or all, and write the pages of all."""
    runs, source, *names = sys.argv[1:]
    unknown = set(names) - {study.stem for study in STUDIES}
    if unknown:
        sys.exit(f"gallery: no study {', '.join(sorted(unknown))}; there are {', '.join(s.stem for s in STUDIES)}")
    forget(Path(runs))
    cards = []
    for study in STUDIES:
        why = NOT_ASKED if names and study.stem not in names else ""
        folder = Path(runs) / study.stem
        if not why:
            print(f"gallery: {study.stem}", flush=True)
            call("run", study, folder)
            if "space" in yaml.safe_load(study.read_text(encoding="utf-8")):
                call("optimise", study, searched(folder), "--jobs", "2")
        cards.append(write_page(study, folder, Path(source), why))
    write_text(Path(source) / "gallery" / "index.md", ABOUT + raw(f"<div class='cards'>{''.join(cards)}</div>"))


def call(command: str, study: Path, folder: Path, *more: str) -> None:
    """Run a study, or search its space, into a folder; end the build if that fails."""
    words = [sys.executable, "-m", "microfem", command, str(study), "-o", str(folder), "--quiet", *more]
    if subprocess.run(words, check=False).returncode:
        sys.exit(f"gallery: {command} {study} has failed")


def searched(run: Path) -> Path:
    """Return where the search of a study's space goes."""
    return run.with_name(f"{run.name}-search")


def forget(runs: Path) -> None:
    """Remove results of another state of the source."""
    source = [path for path in sorted((ROOT / "src").rglob("*")) if path.suffix in (".py", ".yaml")]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in source)).hexdigest()
    mark = runs / "source.sha256"
    if not mark.exists() or mark.read_text() != state:
        shutil.rmtree(runs, ignore_errors=True)
        write_text(mark, state)


def write_page(study: Path, run: Path, source: Path, why: str = "") -> str:
    """Write the page of a study with its pictures; return its card for the index.

    why: the reason why it has no results.
    """
    text = study.read_text(encoding="utf-8")
    source_of = str(yaml.safe_load(text).get("source", ""))
    title = title_of(study.stem, source_of)
    found = [] if why else figures.drawn(gather([run]).each[0])
    files = source / "_extra" / "gallery" / study.stem  # copied into the site as they are
    files.mkdir(parents=True, exist_ok=True)
    for picture in [*found, study]:
        shutil.copy(picture, files / picture.name)
    file = f"## The study\n\n```yaml\n{text}```\n\n{raw(link(study.stem, study.name, f'studies/{study.name}'))}"
    body = f"Not run here: {why}.\n\n{file}" if why else results(study.stem, run, found, file)
    pages = [searched(run) / inside / "index.html" for inside in ("confirmed", "")]
    if page := next((one for one in pages if one.is_file() and not why), None):
        shutil.copy(page, files / "search.html")
        told = "<b>What the search found</b>: the best layouts, all trials, what failed"
        body = raw(link(study.stem, "search.html", told)) + body
    write_text(source / "gallery" / f"{study.stem}.md", f"# {title}\n\n{body}")
    if found:
        thumbnail(next((one for one in found if one.name != figures.SHEET), found[0]), files / THUMBNAIL)
    shown = f"<img src='{study.stem}/{THUMBNAIL}' alt=''>" if found else f"<i>{'not run' if why else 'numbers'}</i>"
    return f"<a href='{study.stem}.html'>{shown}<b>{escape(title)}</b><small>{escape(source_of)}</small></a>"


def thumbnail(picture: Path, path: Path) -> None:
    """Write the largest panel of a picture, without what stands around it, at the size that all cards share."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    for axis in (0, 1, 0, 1):  # what a first cut leaves may fall apart once more
        start, stop = longest((np.asarray(image) < WHITE).any(axis=(axis, 2)))
        image = image.crop((start, 0, stop, image.height) if axis == 0 else (0, start, image.width, stop))
    image = ImageOps.contain(image, SIZE, Image.Resampling.LANCZOS)
    card = Image.new("RGB", SIZE, "white")
    card.paste(image, ((SIZE[0] - image.width) // 2, (SIZE[1] - image.height) // 2))
    card.save(path, optimize=True)


def longest(inked: np.ndarray) -> tuple[int, int]:
    """Return start and end of the longest run of rows or columns with ink, over gaps of CLOSE of them."""
    places = np.flatnonzero(inked)
    if not len(places):
        return 0, len(inked)
    runs = np.split(places, np.flatnonzero(np.diff(places) > CLOSE) + 1)
    run = max(runs, key=len)
    return int(run[0]), int(run[-1]) + 1


def title_of(name: str, source: str) -> str:
    """Return a study's name as a title, with names of authors as its source writes them."""
    words = [word.capitalize() if f"{word.capitalize()} " in source else word for word in name.split("_")]
    return " ".join([words[0].capitalize(), *words[1:]])


def results(name: str, run: Path, found: list[Path], file: str) -> str:
    """Return what a run gave: its question, pictures, numbers, expectations; the file; what stands behind them."""
    runs = gather([run])
    curves = figures.captions(runs.each[0])
    views = [one for one in found if one.stem not in curves]
    sheet = [one for one in views if one.name == figures.SHEET]
    shown = [*(sheet or views), *(one for one in found if one.stem in curves)]
    images = [link(name, one.name, f"<img src='{name}/{one.name}' alt='{one.stem}'>") + below(curves.get(one.stem, ""))
              for one in shown]  # fmt: skip
    numbers = (sections.metrics(runs), sections.rankings(runs), sections.expectations(runs))
    first = [sections.question(runs), chapter("Pictures", *images), answer(runs), chapter("Numbers", *numbers),
             limits(runs, fields=False)]  # fmt: skip
    last = [
        figures.layouts(runs),
        chapter("Method", sections.solves(runs)),
        chapter("Sources", sections.provenance(runs)),
    ]
    return raw("".join(first)) + file + raw("".join(last))


def below(caption: str) -> str:
    """Return what stands below a picture that does not tell it itself."""
    return f"<p class='small'>{escape(caption)}</p>" if caption else ""


def link(folder: str, file: str, shown: str) -> str:
    """Return a link to a file of a study."""
    return f"<p><a href='{folder}/{file}'>{shown}</a></p>"


def raw(html: str) -> str:
    """Return HTML for a page of Markdown, its second headings as those of the page."""
    parts = re.split(r"<h2>(.*?)</h2>", html)
    blocks = [f"```{{raw}} html\n{part}\n```\n\n" if part else "" for part in parts[::2]]
    return blocks[0] + "".join(f"## {head}\n\n{block}" for head, block in zip(parts[1::2], blocks[1:], strict=True))


if __name__ == "__main__":
    main()
