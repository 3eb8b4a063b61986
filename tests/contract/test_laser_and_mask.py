"""Exports for a laser and a mask: kerf, lines in the middle of gaps, marks, labels, inverted layers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon

from microfem.base.errors import MicrofemError
from microfem.cad import Order, remarks
from microfem.cad.mask import label_text
from microfem.cad.pattern import LayerPattern, PatternLayer
from microfem.cad.write import order_pattern
from microfem.families import build_layout
from microfem.layout import Layout, union
from support.commands import Command

KERF, GAP, TOLERANCE = 40.0, 300.0, 0.1  # um
COMB = build_layout("interdigital", {"finger_pairs": 2, "gap": GAP})
DISC = build_layout("circular", {"gap": GAP})


def layer(pattern: LayerPattern, name: str) -> PatternLayer:
    [found] = [one for one in pattern.layers() if one.name == name]
    return found


def outline(pattern: LayerPattern, name: str) -> MultiPolygon:
    return layer(pattern, name).outline(TOLERANCE)


def part(layout: Layout, role: str) -> shapely.Geometry:
    return union(region.footprint for region in layout.with_role(role))


@pytest.mark.parametrize("role", ["anode", "cathode"])
def test_outlines_lie_outside_by_half_of_the_kerf(role: str) -> None:
    """The sides of a comb move by k/2; a rectilinear outline has four more convex corners than concave ones."""
    half, comb = 0.5 * KERF, part(COMB, role)
    moved = outline(order_pattern(COMB, "comb", Order(kerf=KERF)), role)
    assert moved.area == pytest.approx(comb.area + comb.length * half + 4.0 * half**2)
    assert moved.buffer(-half, join_style="mitre").symmetric_difference(comb).area < 1e-6


def test_holes_shrink_and_rings_stay_round() -> None:
    moved = outline(order_pattern(DISC, "disc", Order(kerf=KERF)), "cathode")
    inner = float(DISC.params["disc_radius"]) + GAP
    outer = inner + float(DISC.params["ring_width"])
    radii = outer + 0.5 * KERF, inner - 0.5 * KERF
    assert moved.area == pytest.approx(math.pi * (radii[0] ** 2 - radii[1] ** 2), rel=1e-3)


def test_a_comb_is_parted_by_one_open_line_in_the_middle() -> None:
    [line] = layer(order_pattern(COMB, "comb", Order(centreline=True)), "cut").lines
    assert not line.closed
    places = shapely.points(shapely.get_coordinates(shapely.segmentize(LineString(line.path), 10.0)))
    anode, cathode = (shapely.distance(part(COMB, role), places) for role in ("anode", "cathode"))
    assert anode == pytest.approx(cathode, abs=3.0 * TOLERANCE)
    assert anode.min() == pytest.approx(0.5 * GAP, abs=TOLERANCE)
    straight = np.isclose(anode, 0.5 * GAP, atol=TOLERANCE)
    assert straight.mean() > 0.8  # corners are farther from one of them
    box = shapely.box(*shapely.union(part(COMB, "anode"), part(COMB, "cathode")).bounds)
    assert shapely.distance(box.boundary, shapely.points(line.path[[0, -1]])) == pytest.approx(0.0, abs=1e-6)


def test_a_ring_is_parted_by_one_closed_line() -> None:
    [line] = layer(order_pattern(DISC, "disc", Order(centreline=True)), "cut").lines
    assert line.closed
    radius = float(DISC.params["disc_radius"]) + 0.5 * GAP
    chords = 0.005 * radius  # by which the layout's polygons may deviate from circles
    assert np.hypot(*line.points.T) == pytest.approx(radius, abs=chords)


def test_gaps_that_are_not_the_kerf_are_told_with_their_width() -> None:
    one_pass = Order(centreline=True, kerf=KERF)
    [told] = remarks(COMB, one_pass)
    assert f"is 300 um wide, the kerf 40 um: one pass in its middle leaves {0.5 * (GAP - KERF):g} um" in told
    assert remarks(COMB, replace(one_pass, kerf=GAP)) == []
    [told] = remarks(COMB, replace(one_pass, kerf=320.0))
    assert "removes 10 um at each electrode" in told
    assert remarks(COMB, Order(kerf=KERF)) == []
    [told] = remarks(COMB, Order(kerf=320.0))
    assert "the path along one electrode cuts 20 um off the other" in told
    tips = build_layout("interdigital", {"finger_pairs": 2, "gap": GAP, "tip_gap": 150.0})
    assert any("is 150 um wide" in told for told in remarks(tips, one_pass))


def test_marks_have_the_same_places_beside_every_choice_of_layers() -> None:
    order = Order(marks=200.0)
    marks = [
        outline(order_pattern(COMB, "comb", one), "mark")
        for one in (order, replace(order, roles=("anode",)), replace(order, kerf=KERF), replace(order, centreline=True))
    ]
    assert all(one.equals(marks[0]) for one in marks)
    assert marks[0].area == pytest.approx(4.0 * (2.0 * 200.0 * 40.0 - 40.0**2))
    assert shapely.box(*marks[0].bounds).buffer(-300.0).bounds == pytest.approx(
        order_pattern(COMB, "comb", Order()).box()
    )


def test_the_negative_and_the_layer_fill_the_field() -> None:
    order = Order(roles=("anode",), marks=200.0, label="{name} {gap}", repeat=(2, 2))
    pattern = order_pattern(COMB, "comb", order)
    [negative] = order_pattern(COMB, "comb", replace(order, inverted=True)).layers()
    assert negative.name == "anode"
    open_ = negative.outline(TOLERANCE)
    taken = 4.0 * part(COMB, "anode").area + outline(pattern, "mark").area + outline(pattern, "label").area
    assert open_.area == pytest.approx(shapely.box(*open_.bounds).area - taken)


def test_labels_have_parameters() -> None:
    pattern = order_pattern(COMB, "comb", Order(label="{gap}", label_height=100.0))
    same = order_pattern(COMB, "comb", Order(label="300", label_height=100.0))
    assert outline(pattern, "label").equals(outline(same, "label"))
    _, y0, _, y1 = outline(pattern, "label").bounds
    assert y1 - y0 <= 100.0
    assert y1 < order_pattern(COMB, "comb", Order()).box()[1]
    assert label_text("{gap:.1f} of {name}", "a", {"gap": 300.0}) == "300.0 of a"
    with pytest.raises(MicrofemError, match="the letters of a mask are those of ASCII; write um"):
        order_pattern(COMB, "comb", Order(label="10 µm"))
    with pytest.raises(MicrofemError, match="--label: no parameter 'gp'; did you mean 'gap'"):
        order_pattern(COMB, "comb", Order(label="{gp}"))
    with pytest.raises(MicrofemError, match=r"--label = '\{gap' is impossible"):
        order_pattern(COMB, "comb", Order(label="{gap"))


STUDY = """\
name: own
fabrication: {my_laser: {kerf: 40 um, source: log book of our laser}}
designs: {comb: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}}
"""


def test_the_kerf_may_be_that_of_the_studys_process(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "own.yaml").write_text(STUDY)
    out = tmp_path / "a.svg"
    ended = microfem("export", f"{tmp_path / 'own.yaml'}:comb", "-o", out, "--kerf", "my_laser", "--path", "centreline")
    assert (ended.status, ended.out) == (0, f"{out}\n{out}.json\n")
    assert "the kerf 40 um: one pass in its middle leaves 130 um" in ended.err
    told = json.loads((tmp_path / "a.svg.json").read_text())
    assert [one["name"] for one in told["layers"]] == ["cut"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--kerf", "inkjet"], "--kerf: technique 'inkjet' states no kerf; write a width, such as --kerf 40um"),
        (["--kerf", "my_lasr"], "unknown technique 'my_lasr'"),
        (["--kerf", "40"], "--kerf: '40' has no unit"),
        (["--path", "middle"], "--path = 'middle' is impossible: write outline or centreline"),
        (["--path", "centreline", "--invert"], "lines in the middle of gaps go with no choice of layers"),
        (["--marks", "200 um", "-o", "a.stl"], "and so are paths, marks and labels"),
    ],
)
def test_wrong_orders_are_told(
    options: list[str], told: str, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(STUDY)
    ended = microfem("export", "own.yaml:comb", "-o", "a.svg", *options)
    assert ended.status == 2
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["own.yaml"]


@pytest.mark.parametrize(
    ("family", "told"),
    [("stacked", "this stacked layout: no layer has an anode beside"), ("fiber", "its plan is a cross-section")],
)
def test_a_layout_without_a_gap_in_one_layer_has_no_line(family: str, told: str) -> None:
    with pytest.raises(MicrofemError, match=f"no gap to cut in .*{told}"):
        order_pattern(build_layout(family, {}), "cell", Order(centreline=True))
