"""Connected pieces of a drawing: listed with places and areas, chosen by a point, dropped by window or by size."""

from __future__ import annotations

import re
from pathlib import Path

import gdstk
import pytest

from microfem.base.errors import MicrofemError
from microfem.cad.import_drawing import Imported, import_drawing
from microfem.drawings.read import Reading
from microfem.study.design import load_geometry
from support.commands import Command
from support.foreign_drawings import cell_of, dxf_of

PAIR = {"1/0": "anode", "2/0": "cathode"}
COMB = 3 * 100 * 1000 + 1100 * 200  # um2: three fingers and a busbar


def comb(layer: int, other: int) -> list[gdstk.Polygon]:
    """Return two combs of three fingers of 100 um by 1 mm, in one another."""
    shapes = [gdstk.rectangle((0, -200), (1100, 0), layer=layer), gdstk.rectangle((0, 1100), (1100, 1300), layer=other)]
    for k in range(3):
        shapes.append(gdstk.rectangle((400 * k, 0), (400 * k + 100, 1000), layer=layer))
        shapes.append(gdstk.rectangle((400 * k + 200, 100), (400 * k + 300, 1100), layer=other))
    return shapes


def marked(path: Path) -> Path:
    """Write two electrodes with letters and a cross on the layer of the first."""
    cross = [gdstk.rectangle((5000, 5000), (5100, 5020), layer=1), gdstk.rectangle((5040, 4960), (5060, 5060), layer=1)]
    bars = [gdstk.rectangle((200 * k, 0), (200 * k + 100, 1000), layer=k + 1) for k in range(2)]
    return cell_of(path, *bars, *gdstk.text("A1", 100, (-800, 1200), layer=1), *cross)


def areas(found: Imported, folder: Path) -> tuple[float, float]:
    file = folder / "found.yaml"
    file.write_text(found.text)
    layout = load_geometry(file).layout()
    return layout.part("anode").footprint.area, layout.part("cathode").footprint.area


def refusal(path: Path, layers: dict[str, str], **options: object) -> str:
    with pytest.raises(MicrofemError) as refused:
        import_drawing(path, layers, reading=Reading(**options))
    return str(refused.value)


def test_two_electrodes_on_one_layer_are_chosen_by_points(tmp_path: Path, microfem: Command) -> None:
    path = cell_of(tmp_path / "a.gds", *comb(1, 1))
    points = "1/0@(50,-100)=anode, 1/0@(250, 1200)=cathode"
    ended = microfem("import", path, "--layers", points, "-o", tmp_path / "a.yaml")
    assert ended.status == 0, ended.err
    layout = load_geometry(tmp_path / "a.yaml").layout()
    assert [layout.part(role).footprint.area for role in ("anode", "cathode")] == pytest.approx([COMB, COMB])


def test_pieces_are_listed_and_the_proposal_works(tmp_path: Path) -> None:
    path = cell_of(tmp_path / "a.gds", *comb(1, 1))
    said = refusal(path, {})
    assert "no layer is the anode" in said
    assert f"It has 2 connected pieces: 1/0@(50,500) of {COMB} um2, 1/0@(250,600) of {COMB} um2" in said
    proposed = re.search(r"--layers '(.*)'", said)
    assert proposed is not None
    pairs = dict(pair.split("=") for pair in re.split(r",(?=1/0)", proposed[1]))
    assert areas(import_drawing(path, pairs), tmp_path) == pytest.approx((COMB, COMB))


def test_texts_and_marks_do_not_become_electrode_in_silence(tmp_path: Path) -> None:
    path = marked(tmp_path / "a.gds")
    said = refusal(path, PAIR)
    assert "pieces are much smaller than 1/0@(50,500) of 100000 um2, as texts and marks are: 1/0@(5050,5010)" in said
    for remedy in ("--smallest 5000um2", "--window", "--layers '1/0@(50,500)=anode'", "--smallest 0um2"):
        assert remedy in said


@pytest.mark.parametrize("options", [{"smallest": 5000.0}, {"window": (-10.0, -10.0, 310.0, 1010.0)}])
def test_marks_are_dropped_by_size_or_window_and_told(options: dict[str, object], tmp_path: Path) -> None:
    found = import_drawing(marked(tmp_path / "a.gds"), PAIR, reading=Reading(**options))
    assert areas(found, tmp_path) == pytest.approx((1e5, 1e5))
    assert any(line.startswith("left out: ") and "1/0@(5050,5010) of 3600 um2" in line for line in found.told)


def test_marks_are_kept_where_that_is_said(tmp_path: Path) -> None:
    """Negative control: with them the electrode is larger, and the pieces are told."""
    found = import_drawing(marked(tmp_path / "a.gds"), PAIR, reading=Reading(smallest=0.0))
    assert areas(found, tmp_path)[0] > 1e5 + 3600.0
    assert any(line.startswith("anode: ") and "pieces, 1/0@(50,500) of 100000 um2" in line for line in found.told)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ({"1/0": "anode", "1/0@(250,1200)": "cathode"}, "the layer '1/0' is chosen whole and by a point"),
        ({"1/0@(150,500)": "anode", "1/0@(250,1200)": "cathode"}, "nothing at (150, 500) um; 50 um away is 1/0@("),
        ({"1/0@(50,0)": "anode", "1/0@(60,0)": "cathode"}, "is both anode and cathode: one piece has one role"),
        ({"1/0@(x,0)": "anode"}, "write LAYER@(X,Y) in um, such as 1/0@(50,-100)"),
    ],
)
def test_what_is_wrong_with_a_choice_is_said(layers: dict[str, str], told: str, tmp_path: Path) -> None:
    assert told in refusal(cell_of(tmp_path / "a.gds", *comb(1, 1)), layers)


def test_a_piece_on_the_edge_of_the_window_is_refused(tmp_path: Path) -> None:
    path = cell_of(tmp_path / "a.gds", *comb(1, 2))
    assert "the edge of --window crosses" in refusal(path, PAIR, window=(0.0, 0.0, 500.0, 500.0))


def test_electrodes_that_touch_have_a_place(tmp_path: Path) -> None:
    bars = [gdstk.rectangle((-160, -9), (-60, 9), layer=1), gdstk.rectangle((-60, -5), (40, 5), layer=2)]
    assert "cathode touches anode at (-60, 0) um" in refusal(cell_of(tmp_path / "a.gds", *bars), PAIR)


def test_options_without_meaning_are_refused(tmp_path: Path) -> None:
    gds = cell_of(tmp_path / "a.gds", *comb(1, 2))
    assert "--tolerance has no meaning for GDSII" in refusal(gds, PAIR, tolerance=1.0)
    assert "--unit has no meaning for GDSII" in refusal(gds, PAIR, unit=1.0)
    dxf = dxf_of(tmp_path / "a.dxf", lambda _, space: space.add_circle((0, 0), 1.0))
    assert "--cell has no meaning for DXF" in refusal(dxf, PAIR, cell="TOP")


def test_a_window_is_four_numbers(microfem: Command) -> None:
    for text, told in (("1,2,3", "write X0,Y0,X1,Y1 in um"), ("9,0,0,9", "is empty")):
        ended = microfem("import", "a.gds", "--layers", "1/0=anode", "--window", text)
        assert ended.status == 2
        assert told in ended.err


# cells and bombs


def test_the_cell_of_klayout_with_parameters_is_no_device(tmp_path: Path) -> None:
    library = gdstk.Library("test", unit=1e-6, precision=1e-9)
    library.new_cell("TOP").add(*comb(1, 2))
    proxy = library.new_cell("Basic_PCell")
    library.new_cell("$$$CONTEXT_INFO$$$").add(gdstk.Reference(proxy))
    library.write_gds(tmp_path / "a.gds")
    assert areas(import_drawing(tmp_path / "a.gds", PAIR), tmp_path) == pytest.approx((COMB, COMB))


@pytest.mark.parametrize("shapes", [0, 1])
def test_blocks_are_counted_before_they_are_expanded(shapes: int, tmp_path: Path) -> None:
    """Ten times ten times ... of a line, or of nothing: 10^18 of them."""

    def draw(drawing, space):
        block = drawing.blocks.new("B0")
        for _ in range(shapes):
            block.add_line((0, 0), (1, 0))
        for k in range(1, 18):
            block = drawing.blocks.new(f"B{k}")
            for _ in range(10):
                block.add_blockref(f"B{k - 1}", (0, 0))
        for _ in range(10):
            space.add_blockref("B17", (0, 0))

    path = dxf_of(tmp_path / "a.dxf", draw)
    assert f"it has {10**18} shapes, more than 100000" in refusal(path, {"a": "anode", "b": "cathode"})


def test_corners_of_repeated_shapes_are_counted(tmp_path: Path) -> None:
    library = gdstk.Library("test", unit=1e-6, precision=1e-9)
    disc = library.new_cell("DISC").add(gdstk.ellipse((0, 0), 100, layer=1, tolerance=0.1))
    corners = len(disc.polygons[0].points)
    library.new_cell("TOP").add(gdstk.Reference(disc, columns=300, rows=300, spacing=(300, 300)))
    library.write_gds(tmp_path / "a.gds")
    assert f"its shapes have {90000 * corners} corners, more than 1000000" in refusal(tmp_path / "a.gds", PAIR)


def test_chords_of_a_circle_are_bounded(tmp_path: Path) -> None:
    path = dxf_of(tmp_path / "a.dxf", lambda _, space: space.add_circle((0, 0), 1e5))
    assert "needs more than 10000 chords to be within 1e-06 um" in refusal(path, {}, tolerance=1e-6)
    path = dxf_of(tmp_path / "b.dxf", lambda _, space: space.add_circle((0, 0), 1e12))
    assert "layer 0: a coordinate is no number below 1e+09 um" in refusal(path, {})


def test_a_file_that_kills_its_reader_is_said_to_be_damaged(tmp_path: Path) -> None:
    """A polygon without corners, which ends gdstk with a signal."""
    path = cell_of(tmp_path / "a.gds", gdstk.rectangle((0, 0), (9, 9)))
    data = path.read_bytes()
    at = data.index(b"\x10\x03") - 2
    length = int.from_bytes(data[at : at + 2], "big")
    path.write_bytes(data[:at] + data[at + length :])
    assert "a.gds is damaged or too large: its process died with SIGSEGV; save it anew" in refusal(path, PAIR)
