"""The notebooks of the documentation: kept without outputs, short, and each of them runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.documentation import DOCS, load_script

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert stored["cells"][0]["source"][0].startswith("# ")
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in stored["cells"]}) == len(stored["cells"])
    assert "import microfem" in "".join("".join(cell["source"]) for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.findall(r"\]\((?!\w+:)([^)#]+)", text)
    assert found
    assert [one for one in found if not (path.parent / one).is_file()] == []


def test_every_notebook_is_on_the_site() -> None:
    assert sorted(load_script("notebooks").ORDER) == [path.stem for path in NOTEBOOKS]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_its_results(path: Path, tmp_path: Path) -> None:
    """Its own assertions hold; the longest cell of each takes less than the minute that all cells may take."""
    notebooks = load_script("notebooks")
    notebooks.write_page(notebooks.executed(notebooks.read(path.stem), tmp_path), tmp_path / "site", path.stem)
    page = (tmp_path / f"site/{path.stem}.md").read_text(encoding="utf-8")
    assert page.count("<table") >= 2
    assert "data:image/" in page
    assert len(list((tmp_path / "site").glob("*.png"))) >= 1
    assert ".ipynb" not in page


@pytest.mark.slow
def test_a_cell_that_fails_is_seen(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    bad = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import microfem\nmicrofem.interdigital(gpa=1)")])
    with pytest.raises(Exception, match="did you mean 'gap'"):
        load_script("notebooks").executed(bad, tmp_path)
