"""The site: its pages are gathered and generated as they should be, and what leads nowhere is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from microfem.run.study import run_study
from microfem.study.reader import load_study
from support import records
from support.commands import Command
from support.documentation import DOCS, PAGES, blocks, load_script
from support.repository import ROOT

STUDY = """\
name: small
source: "Nobody & Sons, <b>2024</b>"
designs: {comb: {family: interdigital}, rings: {family: concentric}}
metrics: {area: footprint()}
expect: {comb: {area: {min: 1 mm2, why: "it is <there>"}}}
"""
TESTS = '''\
"""Bars against closed forms.

More of it."""
import numpy as np
import pytest

@pytest.mark.parametrize("off", [1e-4, 3e-4])
def test_bar(off):
    """R = l / (s A); Ohm 1827.

    Negative control inside."""
    assert 2.0 * (1.0 + off) == pytest.approx(2.0, rel=1e-3)
    assert off < 0.1
    assert np.float64(1.0 / 3.0) == pytest.approx(np.float64(1.0) / 3.0, rel=1e-9)

def test_a_wrong_bar_is_seen():
    """Negative control: half the length."""
    assert [1.0] != [2.0]

def test_that_fails():
    assert 1.0 == pytest.approx(2.0)
'''


# ------------------------------------------------------------------------------------------------------ start here


@pytest.mark.slow
def test_every_command_of_the_first_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, microfem: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    page = DOCS / "start.md"
    (tmp_path / "first.yaml").write_text(blocks(page, "yaml")[0], encoding="utf-8")
    lines = [line.split("#")[0].split() for body in blocks(page, "bash") for line in body.splitlines()]
    told = {" ".join(words): microfem(*words[1:]) for words in lines if words[1] != "view"}  # serves until Ctrl-C
    assert len(told) > 8
    assert {command: ended.err for command, ended in told.items() if ended.status} == {}
    compared = [line for line in told["microfem compare results/first results/narrow"].out.splitlines() if "│" in line]
    assert compared, "two runs side by side"
    shown = [line.split("│")[1:] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("│ ")]
    found = [line.split("│")[1:] for line in told["microfem run first.yaml -o results/first"].out.splitlines()
             if line.startswith("│ ")]  # fmt: skip
    assert [row[0] for row in shown] == [row[0] for row in found]  # digits are those of another machine


@pytest.mark.slow
@pytest.mark.parametrize("question", ["gap", "crack", "camera", "power"])
def test_the_study_of_a_question_runs(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, microfem: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    page = DOCS / "questions" / f"{question}.md"
    (tmp_path / f"{question}.yaml").write_text(blocks(page, "yaml")[0], encoding="utf-8")
    lines = [line.split() for body in blocks(page, "bash") for line in body.splitlines()]
    ended = {" ".join(words): microfem(*words[1:]) for words in lines}
    assert len(ended) >= 2
    assert {command: one.err for command, one in ended.items() if one.status} == {}


# ----------------------------------------------------------------------------------------------- pages that are made


def test_the_gallery_shows_a_finished_run(tmp_path: Path) -> None:
    study = tmp_path / "swiss_nobody.yaml"
    study.write_text(STUDY, encoding="utf-8")
    run = tmp_path / "run"
    told = run_study(load_study(study), run)
    path = records.curve(records.line("force", (0.0, 0.0, None), (1.0, 2.0, None)), title="Along the load")
    records.write_run(run, records.with_design(told, "comb", cases={"pulled": records.case(curves={"path": path})}))
    for name in ("01-field-potential.png", "pulled-path.png", "sheet.png"):
        (run / "pictures").mkdir(exist_ok=True)
        (run / "pictures" / name).write_bytes(b"PNG")
    field = Image.new("RGB", (900, 300), "white")
    field.paste((0, 0, 255), (0, 100, 900, 200))  # a strip, nine times as wide as high
    field.save(run / "pictures/01-field-potential.png")
    card = load_script("gallery").write_page(study, run, tmp_path / "site")
    page = (tmp_path / "site/gallery/swiss_nobody.md").read_text(encoding="utf-8")
    assert page.startswith("# Swiss Nobody\n")
    assert f"```yaml\n{STUDY}```" in page
    assert "Source: Nobody &amp; Sons, &lt;b&gt;2024&lt;/b&gt;" in page
    heads = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert heads[:3] == ["Pictures", "Answer", "Numbers"]
    assert re.findall("<h3>(.*?)</h3>", page)[:3] == ["Metrics", "Differences and ties", "Expectations"]
    assert "met</span></td><td>it is &lt;there&gt;</td>" in page
    assert page.index("swiss_nobody/sheet.png") < page.index("swiss_nobody/pulled-path.png")
    assert "<p class='small'>case pulled: along the load</p>" in page
    assert "01-field" not in page  # it is on the sheet
    assert "swiss_nobody/thumbnail.png" in card
    with Image.open(tmp_path / "site/_extra/gallery/swiss_nobody/thumbnail.png") as thumbnail:
        assert thumbnail.size == (480, 300)
        blue = (np.asarray(thumbnail) == [0, 0, 255]).all(axis=2)
        assert blue.any(axis=0).all()  # from side to side
        assert not blue[:20].any()  # and not above the strip
    assert (tmp_path / "site/_extra/gallery/swiss_nobody/sheet.png").read_bytes() == b"PNG"


def test_a_study_that_was_not_run_says_why(tmp_path: Path) -> None:
    study = tmp_path / "long.yaml"
    study.write_text(STUDY, encoding="utf-8")
    card = load_script("gallery").write_page(study, tmp_path / "none", tmp_path / "site", "it takes a day")
    page = (tmp_path / "site/gallery/long.md").read_text(encoding="utf-8")
    assert "Not run here: it takes a day." in page
    assert "not run" in card


def test_results_of_another_source_are_thrown_away(tmp_path: Path) -> None:
    gallery, old = load_script("gallery"), tmp_path / "study" / "summary.json"
    for mark, kept in ((None, False), ("of the source", True), ("of another", False)):
        old.parent.mkdir(exist_ok=True)
        old.write_text("{}")
        if mark == "of another":
            (tmp_path / "source.sha256").write_text(mark)
        gallery.forget(tmp_path)
        assert old.exists() == kept


def test_the_page_of_verification_tells_what_tests_have_found(tmp_path: Path) -> None:
    """From the tests themselves to the page: pytest's own words for what held must still be understood."""
    (tmp_path / "test_bars.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "docs.verification", "-o", "enable_assertion_pass_hook=true",
               f"--rootdir={tmp_path}", f"--junit-xml={tmp_path / 'found.xml'}", str(tmp_path)]  # fmt: skip
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 1
    page = load_script("verification").page((tmp_path / "found.xml").read_text())
    assert "3 tests with 4 sets of values, of which 3 passed, 1 failed" in page
    assert "## Bars\n" in page
    assert "<p>Bars against closed forms.</p>" in page
    rows = page.split("<tr>")[2:]
    assert "<td>bar <small>(with a negative control)</small><br>" in rows[0]
    assert "R = l / (s A); Ohm 1827.</span></td><td>2</td><td>passed" in rows[0]
    assert "<td>3.0e-04</td><td>1.0e-03</td>" in rows[0]
    assert "<td><b>Negative control</b> a wrong bar is seen<br><span class='small'>half the length.</span>" in rows[1]
    assert "<td></td><td></td>" in rows[1]  # nothing that was measured
    assert "that fails</td><td>1</td><td>failed" in rows[2]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (
            "np.float64(2.00...2) == 2.0 ± 0.02\n  \n  comparison failed\n  Obtained: 2.002\n  Expected: 2.0 ± 0.02",
            (1e-3, 1e-2),
        ),
        ("...\n  Obtained: 1e-09\n  Expected: 0.0 ± 1e-06", (1e-9, 1e-6)),
        ("np.float64(3.2e-05) < 0.001\n +  where np.float64(3.2e-05) = abs(x)", (3.2e-5, 1e-3)),
        ("0.00032...2 < 0.001", None),  # shortened by pytest
        ("3.5 < 100", None),  # no error but a count
        ("-0.5 < 0.01", None),
        ("[1.0, 2.0] == approx([1.0 ± 1.0e-06, 2.0 ± 2.0e-06])", None),
        ("'a' == 'a'", None),
    ],
)
def test_what_held_is_understood(held: str, found: tuple[float, float] | None) -> None:
    measured = load_script("verification").measured(held)
    assert measured == (found if found is None else pytest.approx(found))


# ----------------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_follow_the_pages_into_the_site(path: Path, tmp_path: Path) -> None:
    """Every file that a page of the repository leads to has its place among the pages of the site."""
    pages = load_script("pages")
    made = {"index.md", "api.md", "examples.md", "notebooks.md", "gallery/index.md", "verification.md", "LICENSE",
            *(f"gallery/{one.stem}.md" for one in load_script("gallery").STUDIES),
            *(f"images/{one.name}" for one in (DOCS / "images").iterdir()),
            *(pages.place(one).as_posix() for one in PAGES)}  # fmt: skip
    if path.name != "README.md":  # the site has a front page of its own
        here = pages.place(path).parent
        targets = [found[2] for found in pages.LINK.finditer(pages.moved(path))]
        assert [one for one in targets if ROOT.joinpath(here, one).resolve().relative_to(ROOT).as_posix() not in made] \
            == []  # fmt: skip


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    links = load_script("links")
    (tmp_path / "sub").mkdir()
    (tmp_path / "picture.png").touch()
    (tmp_path / "other.html").write_text("<h1 id='top'>x</h1><a href='sub/'>y</a>")
    (tmp_path / "sub/index.html").write_text("<a href='../other.html#top'>x</a><a href='https://example.org/#x'>y</a>")
    good = "<a id='a' href='#a'></a><a href='other.html#top'></a><img src='picture.png'><img src='data:,'>"
    (tmp_path / "index.html").write_text(good)
    assert links.broken(tmp_path) == []
    bad = "<a href='#b'></a><a href='other.html#a'></a><img src='no.png'><a href='none.html'></a>"
    (tmp_path / "index.html").write_text(good + bad + "<script src='https://example.org/x.js'></script>")
    assert links.broken(tmp_path) == [
        "index.html: #b", "index.html: https://example.org/x.js comes from the network", "index.html: no.png",
        "index.html: none.html", "index.html: other.html#a"]  # fmt: skip


# ------------------------------------------------------------------------------------------------------- the whole


@pytest.mark.slow
def test_the_site_is_built_and_a_broken_link_fails_it(tmp_path: Path) -> None:
    """As `make docs` does it, with the quickest study and stand-ins for the pages of verification and of notebooks."""
    source, site = tmp_path / "source", tmp_path / "site"

    def python(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)

    def build() -> subprocess.CompletedProcess[str]:
        return python("-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--nitpicky", source, site)

    for words in (["docs/pages.py", source], ["docs/gallery.py", tmp_path / "runs", source, "swiss_roll_fields"]):
        assert python(*words).returncode == 0
    for page in ("Verification", "Notebooks"):  # stand-ins: the pages take minutes
        (source / f"{page.lower()}.md").write_text(f"# {page}\n")
    built = build()
    assert (built.returncode, built.stderr) == (0, "")
    checked = python("docs/links.py", site)
    assert checked.returncode == 0, checked.stderr
    assert (site / "gallery/swiss_roll_fields/sheet.png").exists()
    for broken in ("[x](nowhere.md)", "[x](start.md#not-there)", "![x](images/none.png)"):
        (source / "interop.md").write_text(f"# Other programs\n\n{broken}\n")
        assert build().returncode != 0, broken
