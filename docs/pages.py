"""The source of the site: `python docs/pages.py SOURCE` gathers the pages that Sphinx reads.

Pages are written to be read in the repository. Here they come together in one folder, their links following them;
links to what is no page there, such as the folder of studies, lead to the page that is made of it.
"""

from __future__ import annotations

import re
import shutil
import sys
from os.path import relpath
from pathlib import Path

import microfem
from microfem.results.files import write_text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = {"README.md": "index.md", "studies": "gallery/index.md", "tests/verification": "verification.md",
        "src/microfem/__init__.py": "api.md"}  # fmt: skip
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)")
API = """# From Python

What the command line does, a program can do. These names are public; each is imported when it is first used.

```python
from pathlib import Path

import microfem

study = microfem.load_study(Path("first.yaml"), ["designs.comb.params.gap=100um"])
summary = microfem.run_study(study, Path("results/narrow"))
print(summary.designs["comb"].metrics["resistance"])
```

"""
NAVIGATION = {
    "Use it": [
        "start",
        "study_file",
        "results",
        "metrics",
        "materials",
        "optimisation",
        "gradients",
        "fabrication",
        "fabrication_files",
        "interop",
        "security",
        "api",
    ],
    "See it": ["gallery/index", "verification", "convergence", "quantities_of_interest", "performance"],
    "Families": ["families/*"],
    "Physics": ["physics/*"],
    "Change it": ["design", "developing", "CONTRIBUTING", "CHANGELOG"],
}


def main() -> None:
    """Gather the pages."""
    source = Path(sys.argv[1])
    for page in [*DOCS.rglob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        write_text(source / place(page), moved(page))
    for folder in ("images", "_static"):
        shutil.copytree(DOCS / folder, source / folder, dirs_exist_ok=True)
    for file in (DOCS / "conf.py", ROOT / "LICENSE"):
        shutil.copy(file, source)
    write_text(source / "index.md", moved(DOCS / "index.md") + navigation())
    write_text(source / "api.md", api())


def place(path: Path) -> Path:
    """Return where a file of the repository, or the page made of it, stands in the source of the site."""
    inside = path.relative_to(ROOT)
    made = MADE.get(inside.as_posix())
    if made is None and inside.parts[0] == "studies":
        made = f"gallery/{inside.stem}.md"
    return Path(made) if made else path.relative_to(DOCS if DOCS in path.parents else ROOT)


def moved(page: Path) -> str:
    """Return the text of a page with its links as they are from its place in the source of the site."""
    here = place(page).parent
    text = page.read_text(encoding="utf-8")
    return LINK.sub(lambda found: found[1] + relpath(place((page.parent / found[2]).resolve()), here), text)


def navigation() -> str:
    """Return the trees of pages for the side of the site."""
    trees = []
    for caption, pages in NAVIGATION.items():
        glob = ":glob:\n" if any("*" in page for page in pages) else ""
        trees.append(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n{glob}\n" + "\n".join(pages) + "\n```\n")
    return "".join(trees)


def api() -> str:
    """Return the page of the public names, each from its docstring: functions, then records."""
    kinds = {name: "class" if isinstance(getattr(microfem, name), type) else "function" for name in microfem.__all__}
    entries = [
        f".. auto{kinds[name]}:: microfem.{name}" for name in sorted(kinds, key=lambda one: kinds[one] == "class")
    ]
    return API + "```{eval-rst}\n" + "\n\n".join(entries) + "\n```\n"


if __name__ == "__main__":
    main()
