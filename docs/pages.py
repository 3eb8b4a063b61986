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
        "src/microfem/__init__.py": "api.md", "examples": "examples.md", "docs/notebooks": "notebooks.md"}  # fmt: skip
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)")
API = """# From Python

What the command line does, a program or a notebook can do. These functions are public; each is imported when it is
first used. What they take and return are [records](records.md), which a notebook shows as tables and pictures. The
[examples](examples.md) and the [notebooks](notebooks.md) show them at work.

Each [family](index.md#families) is a function of its own name; its keyword arguments are quantities such as `"50 um"`
or numbers in the unit of its page, and `materials`, `placement` and `layers` go to any of them. Editors and type
checkers know them.

```python
import microfem

layout = microfem.interdigital(gap="100 um")
case = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
print(microfem.solve_case(layout, case, "resistance").values["resistance"])
```

"""
RECORDS = """# Records

What the [functions](api.md) take and return, and the errors that they raise. Records are frozen. Every error that
microfem raises about an input or a run is a `MicrofemError`.

"""
EXAMPLES = """# Examples

Short scripts against the [public functions](api.md). They are in the folder `examples` of the repository; tests run
each of them and compare its numbers with closed forms.

"""
ORDER = ("one_layout", "closed_form", "fields", "sweep_to_dataframe", "run_and_read_back", "discharge_at_rates",
         "optimise_in_a_loop", "mesh_for_another_program", "own_family", "own_metric", "own_physics")  # fmt: skip
NAVIGATION = {
    "Ask it": ["start", "questions/gap", "questions/crack", "questions/camera", "questions/power", "accuracy"],
    "Use it": [
        "from_comsol",
        "notebooks",
        "study_file",
        "results",
        "figures",
        "metrics",
        "materials",
        "material_values",
        "dic",
        "reported",
        "optimisation",
        "gradients",
        "fabrication",
        "fabrication_files",
        "interop",
        "security",
        "examples",
        "api",
        "records",
    ],
    "See it": ["gallery/index", "limits", "verification", "convergence", "quantities_of_interest", "performance"],
    "Families": ["families/*"],
    "Physics": ["physics/*"],
    "Change it": ["design", "developing", "CONTRIBUTING", "releasing", "CHANGELOG"],
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
    write_text(source / "api.md", API + entries("function"))
    write_text(source / "records.md", RECORDS + entries("class"))
    write_text(source / "examples.md", examples())


def place(path: Path) -> Path:
    """Return where a file of the repository, or the page made of it, stands in the source of the site."""
    inside = path.relative_to(ROOT)
    made = MADE.get(inside.as_posix())
    if made is None and inside.parts[0] == "studies":
        made = f"gallery/{inside.stem}.md"
    if made is None and inside.parts[0] == "examples":
        made = MADE["examples"]
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


def entries(kind: str) -> str:
    """Return the public names that are of a kind, function or class, each from its docstring."""
    kinds = {name: "class" if isinstance(getattr(microfem, name), type) else "function" for name in microfem.__all__}
    members = "\n   :members:" if kind == "class" else ""
    found = [f".. auto{kind}:: microfem.{name}{members}" for name in kinds if kinds[name] == kind]
    return "```{eval-rst}\n" + "\n\n".join(found) + "\n```\n"


def examples() -> str:
    """Return the page of the examples: the docstring of each, then its code."""
    page = EXAMPLES
    for name in ORDER:
        _, docstring, code = (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8").split('"""', 2)
        title = name.replace("_", " ").capitalize()
        page += f"## {title}\n\n{docstring.strip()}\n\n```python\n{code.strip()}\n```\n\n"
    return page


if __name__ == "__main__":
    main()
