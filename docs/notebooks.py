"""The notebooks on the site: `python docs/notebooks.py SOURCE` runs each and writes a page with what it shows.

Notebooks are kept without outputs, so that a change is a change of text. They run in a temporary folder.
"""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from microfem.results.files import write_bytes, write_text

FOLDER = Path(__file__).parent / "notebooks"
ORDER = ("first_steps", "sweep_and_optimise", "charge_and_discharge")
LONGEST = 60  # seconds that a notebook may take
TITLE = re.compile(r"# (.*)")
LINK = re.compile(r"\]\((?!\w+:)([^)#]+)\.ipynb")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of messages on a terminal
ABOUT = """# Notebooks

Three notebooks of the folder `docs/notebooks`, with what they show. A test runs each of them.

"""


def main() -> None:
    """Run the notebooks and write their pages."""
    source = Path(sys.argv[1]) / "notebooks"
    for name in ORDER:
        print(f"notebooks: {name}", flush=True)
        with TemporaryDirectory() as folder:
            write_page(executed(read(name), Path(folder)), source, name)
    titles = {name: TITLE.match(read(name).cells[0].source)[1] for name in ORDER}  # type: ignore[index]
    listed = "".join(f"* [{title}](notebooks/{name}.md)\n" for name, title in titles.items())
    pages = "\n".join(f"notebooks/{name}" for name in ORDER)
    write_text(source.with_suffix(".md"), f"{ABOUT}{listed}\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n")


def read(name: str) -> Any:
    """Return a notebook."""
    import nbformat

    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def executed(notebook: Any, folder: Path, seconds: float = LONGEST) -> Any:
    """Run a notebook in a folder and return it with its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell has failed.
        nbclient.exceptions.CellTimeoutError: a cell takes longer than all may.
    """
    from nbclient import NotebookClient

    client = NotebookClient(notebook, timeout=seconds, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def write_page(notebook: Any, folder: Path, name: str) -> None:
    """Write a notebook as Markdown: its text, its code, and the outputs below each cell."""
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(LINK.sub(r"](\1.md", cell.source))
            continue
        parts.append(f"```python\n{cell.source}\n```")
        parts += [shown(one, folder, f"{name}-{number}-{k}") for k, one in enumerate(cell.outputs)]
    write_text(folder / f"{name}.md", "\n\n".join(part for part in parts if part) + "\n")


def shown(output: Any, folder: Path, name: str) -> str:
    """Return an output as Markdown, its picture in a file of that name; "" for progress, which is over."""
    if output.output_type == "stream":
        return f"```text\n{COLOURS.sub('', output.text).rstrip()}\n```" if output.name == "stdout" else ""
    data = output.get("data", {})
    if "text/html" in data:
        inside = "\n".join(line for line in data["text/html"].splitlines() if line.strip())
        return "" if "<progress" in inside else f"```{{raw}} html\n<div class='output'>{inside}</div>\n```"
    if "image/png" in data:
        write_bytes(folder / f"{name}.png", b64decode(data["image/png"]))
        return f"![Output of the cell above]({name}.png)"
    return f"```text\n{data['text/plain']}\n```" if "text/plain" in data else ""


if __name__ == "__main__":
    main()
