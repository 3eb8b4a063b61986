"""Figures for papers: their width, letters, panels, bars and rasters, read from the files; and what is refused."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from microfem.results.summary import open_summary
from microfem.study.file_schema import ViewModel
from support.closed_form_results import bent_strips, between_plates, between_rings, write_summary
from support.commands import Command
from support.records import inputs, write_run
from support.studies import study_of

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
MM = 72.0 / 25.4  # points
GAPS = {"far": 200.0, "mid": 150.0, "near": 100.0}  # in the order of their folders
VIEWS = (ViewModel(case="field", field="potential"), ViewModel(case="rings", field="energy_density", log=True))
STUDY = """\
name: small
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 20 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
views:
  - {case: field, field: potential}
  - {case: field, field: energy_density}
"""


@dataclass(frozen=True)
class Drawn:
    """What an SVG file shows: width in points, sizes of letters, texts, images (width, pixels), paths in panels."""

    width: float
    letters: tuple[float, ...]
    texts: tuple[str, ...]
    images: tuple[tuple[float, Any], ...]
    outlines: int


def read(path: Path) -> Drawn:
    """Read a figure from SVG without microfem."""
    from PIL import Image

    root = ElementTree.parse(path).getroot()
    texts = [one for one in root.iter(f"{SVG}text")]
    sizes = [float(size) for one in texts for size in re.findall(r"([\d.]+)px", one.get("style", ""))]
    images = [one for one in root.iter(f"{SVG}image")]
    decoded = [Image.open(io.BytesIO(base64.b64decode(str(one.get(LINK)).split(",")[1]))) for one in images]
    groups = [one for one in root.iter(f"{SVG}g") if str(one.get("id", "")).startswith("LineCollection")]
    return Drawn(
        width=float(str(root.get("width")).removesuffix("pt")),
        letters=tuple(sizes),
        texts=tuple("".join(one.itertext()).strip() for one in texts),
        images=tuple(
            (float(str(one.get("width"))) * _scale(one), np.asarray(image.convert("RGBA")))
            for one, image in zip(images, decoded, strict=True)
        ),
        outlines=sum(1 for group in groups for _ in group.iter(f"{SVG}path")),
    )


def _scale(image: ElementTree.Element) -> float:
    """Return points per unit of an image."""
    found = re.search(r"(?:matrix|scale)\(([-\d.]+)", str(image.get("transform")))
    assert found is not None
    return float(found[1])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of three designs with fields in closed form, which no test changes."""
    folder = tmp_path_factory.mktemp("figures")
    for name, gap in GAPS.items():
        between_plates(folder / "designs" / name, gap)
        between_rings(folder / "designs" / name, "rings", 100.0 * gap)
    write_summary(folder)
    return write_run(folder, replaced(folder, inputs=inputs(*VIEWS)))


def replaced(folder: Path, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(open_summary(folder), **changes)


def figure(microfem: Command, run: Path, out: Path, *options: object) -> Drawn:
    """Draw a figure into `out` and read its SVG."""
    ended = microfem("figure", run, "-o", out, "--format", "svg", *options)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.split() == [f"{out}.svg"]
    return read(Path(f"{out}.svg"))


@pytest.mark.parametrize("width", [40.0, 85.0, 190.0])
def test_figures_have_their_width_and_no_letter_below_6_pt(
    run: Path, tmp_path: Path, microfem: Command, width: float
) -> None:
    drawn = figure(microfem, run, tmp_path / "f", "--width", f"{width} mm", "--font", 7, "--dpi", 300)
    assert drawn.width == pytest.approx(width * MM, rel=1e-6)
    assert min(drawn.letters) >= 6.0
    assert max(drawn.letters) == 7.0
    panels = [text.replace("\xa0", " ") for text in drawn.texts if re.match(r"\([a-z]\)", text)]
    assert panels == [f"({letter}) {name}" for letter, name in zip("abcdef", [*GAPS, *GAPS], strict=True)]


def test_fields_are_rasters_between_vector_outlines_with_the_colours_of_their_values(
    run: Path, tmp_path: Path, microfem: Command
) -> None:
    from matplotlib import colormaps

    drawn = figure(microfem, run, tmp_path / "f", "--view", 1, "--cmap", "plasma", "--range", "0:1", "--dpi", 300)
    assert len(drawn.images) == len(GAPS)
    step = np.abs(np.diff(colormaps["plasma"](np.arange(256), bytes=True).astype(int), axis=0)).max()
    assert len(GAPS) <= drawn.outlines <= 30 * len(GAPS)  # a few long paths, not the sides of all triangles
    for (width, pixels), gap in zip(drawn.images, GAPS.values(), strict=True):
        count = pixels.shape[1]
        assert count / (width / 72.0) == pytest.approx(300.0, rel=0.02)
        x = ((np.arange(count) + 0.5) / count - 0.5) * (gap + 200.0)
        inside = np.abs(x) < 0.45 * gap  # away from the kink at the plates, where no triangle ends
        shown = colormaps["plasma"](x[inside] / gap + 0.5, bytes=True)[:, :3].astype(int)
        off = np.abs(pixels[len(pixels) // 2, inside, :3].astype(int) - shown)
        assert off.max() <= step
        assert off.mean() < 0.5


def test_bars_state_symbol_unit_log_scale_and_clipped_values(run: Path, tmp_path: Path, microfem: Command) -> None:
    plain = figure(microfem, run, tmp_path / "a", "--view", 1, "--range", "0.2:0.9")
    label = "\n".join(plain.texts)
    assert "potential φ (V)".replace(" (", "\xa0(") in label.replace(" (", "\xa0(")
    assert "clipped above (largest\xa01) and below (least\xa00)" in " ".join(plain.texts)
    log = " ".join(figure(microfem, run, tmp_path / "b", "--view", 2).texts)
    assert "log scale" in log
    assert {"1,000", "300"} & set(log.split())
    assert sum(text.endswith(" µm") for text in plain.texts) == 1  # one scale bar for three designs on one scale


def test_pdf_and_png_have_the_same_width_and_fonts_are_embedded(run: Path, tmp_path: Path, microfem: Command) -> None:
    from PIL import Image

    ended = microfem("figure", run, "--view", 1, "-o", tmp_path / "f.pdf", "--format", "pdf,png", "--width", "85mm")
    assert ended.out.split() == [str(tmp_path / "f.pdf"), str(tmp_path / "f.png")]
    data = (tmp_path / "f.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", data)
    assert box is not None
    assert float(box[1]) == pytest.approx(85.0 * MM, rel=1e-6)
    assert b"/FontFile2" in data
    assert Image.open(tmp_path / "f.png").size[0] == pytest.approx(85.0 / 25.4 * 600.0, abs=1.0)


def test_a_state_of_a_path_is_drawn(tmp_path: Path, microfem: Command) -> None:
    run = bent_strips(tmp_path / "run", {"strip": 2000.0}, [0.5, 1.0])
    options = ("--case", "bent", "--field", "strain")
    half = figure(microfem, run, tmp_path / "half", *options, "--at", 0.5)
    whole = figure(microfem, run, tmp_path / "whole", *options)
    ends = [max(float(t.replace("−", "-")) for t in one.texts if re.fullmatch(r"−?[\d.]+", t)) for one in (half, whole)]
    assert 0.35 < ends[0] <= 0.75 < ends[1] <= 1.5  # z / R = 30 um / 4 mm = 0.75 %, then 1.5 %
    assert any("at 0.5" in text for text in half.texts)
    ended = microfem("figure", run, *options, "--at", 0.7)
    assert "at: bent stores no state at 0.7; there are 0.5, 1" in ended.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"--view": "3"}, "views: no view 3; there are 1: potential of field, 2: energy_density of rings"),
        ({"--design": "neer"}, "designs: no design 'neer' in these results; did you mean 'near'?"),
        ({"--view": "1", "--cmap": "virids"}, "cmap: matplotlib has no colour map 'virids'; did you mean 'viridis'?"),
        ({"--view": "1", "--range": "1:0"}, "range: expected LOW:HIGH with LOW below HIGH, got '1:0'"),
        ({"--view": "1", "--range": "0 V:1 V"}, "range: expected LOW:HIGH in the unit of the bar, without a unit"),
        ({"--view": "2", "--range": "0:1"}, "range: 0 has no place on the log scale of energy_density"),
        ({"--range": "0:1"}, "range: one range does not fit potential and energy_density"),
        ({"--width": "85"}, "width: '85' has no unit; write for example '85 mm'"),
        ({"--width": "20 mm", "--font": "24"}, "mm wide; state a larger width, or smaller letters, at least 6 pt"),
        ({"--font": "5"}, "font: expected a size of letters in points, from 6 to 24"),
        ({"--format": "gif"}, "format: no format 'gif' of plots; use pdf, svg, png"),
        ({"--case": "field", "--field": "potental"}, "field: no 'potental' in field; did you mean 'potential'?"),
        ({"--at": "1", "--view": "1"}, "at: field has no states beside its end; leave it out"),
    ],
)
def test_what_a_figure_cannot_show_is_refused(
    run: Path, tmp_path: Path, microfem: Command, options: Mapping[str, str], message: str
) -> None:
    ended = microfem("figure", run, "-o", tmp_path / "f", *(part for pair in options.items() for part in pair))
    assert (ended.status, ended.out) == (2, "")
    assert message in ended.err
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
def test_a_study_states_the_same_figure(tmp_path: Path, microfem: Command) -> None:
    told = "figure: {width: 60 mm, font: 7, format: [svg], views: 1, range: 0:1, cmap: cividis}\n"
    study_of(tmp_path, STUDY + told)
    assert microfem("run", tmp_path / "study.yaml", "-q", "-o", tmp_path / "out").status == 0
    drawn = read(tmp_path / "out/pictures/figure.svg")
    assert drawn.width == pytest.approx(60.0 * MM, rel=1e-6)
    same = figure(
        microfem, tmp_path / "out", tmp_path / "f", "--width", "60mm", "--font", 7, "--view", 1,
        "--range", "0:1", "--cmap", "cividis",
    )  # fmt: skip
    assert same.texts == drawn.texts
    (tmp_path / "study.yaml").write_text(STUDY + told.replace("views: 1", "views: 3").replace("0:1", "1:0"))
    ended = microfem("check", tmp_path / "study.yaml")
    assert ended.status == 2
    assert "figure.range: expected LOW:HIGH with LOW below HIGH, got '1:0'" in ended.err
    (tmp_path / "study.yaml").write_text(STUDY + told.replace("views: 1", "views: 3"))
    assert "figure.views: no view 3; the study has 2 views" in microfem("check", tmp_path / "study.yaml").err


def test_a_shifted_raster_is_seen(
    run: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from microfem.render import flat

    image = flat.field_image
    monkeypatch.setattr(flat, "field_image", lambda *given: np.roll(image(*given), 12, axis=1))
    with pytest.raises(AssertionError):
        test_fields_are_rasters_between_vector_outlines_with_the_colours_of_their_values(run, tmp_path, microfem)
