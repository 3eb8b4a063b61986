"""What is kept by its name where several may share one: nothing is lost, or the name is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.families import build_layout
from microfem.layout.section import section_outlines
from microfem.render.drawing import cut
from microfem.render.layout import section
from microfem.results.merging import merge
from support.commands import Command
from support.records import design, summary, write_run


def test_a_cut_keeps_every_piece_of_a_film() -> None:
    layout = build_layout("interdigital", {"finger_pairs": 3, "collector_thickness": 0.1})
    _, films = section_outlines(layout)
    assert {name: (len(lines.geoms), lines.length) for name, lines in films} == {
        "anode_collector": (3, pytest.approx(900.0)),
        "cathode_collector": (3, pytest.approx(900.0)),
    }
    assert [role for role, _ in cut(layout)[1]] == 3 * ["anode_collector"] + 3 * ["cathode_collector"]


def test_a_turned_cut_turns_films_too() -> None:
    """At x = 0 the four pairs meet the gap between two fingers: both busbars, each 300 um wide, and no finger."""
    drawn = cut(build_layout("interdigital", {"collector_thickness": 0.1}), turned=True)[1]
    assert sorted((role, round(line.length, 6)) for role, line in drawn) == [("anode_collector", 300.0),
                                                                           ("cathode_collector", 300.0)]  # fmt: skip


def test_a_drawing_tells_each_height_of_a_role() -> None:
    """Posts at y = 0 and the strips below them are of one role, and of two heights."""
    layout = build_layout("pillars", {"columns": 3, "base_thickness": 17.0, "post_height": 83.0})
    panel = section(layout)
    assert panel is not None
    names = {one.name for one in panel.lengths}
    assert {"17 µm", "83 µm"} <= names or {"17 um", "83 um"} <= names


def run_of(folder: Path, **stated: object) -> Path:
    return write_run(folder, summary({"one": design()}, **stated))


def test_runs_that_call_two_metrics_by_one_name_share_no_direction(tmp_path: Path) -> None:
    """Lower is better for a resistance: not for what another run calls r as well."""
    first = run_of(tmp_path / "a", calls={"r": "resistance", "g": "conductance"}, accuracy={"r": 0.01, "g": 0.02})
    other = run_of(tmp_path / "b", calls={"r": "conductance", "g": "conductance"}, accuracy={"r": 0.01, "g": 0.01})
    merged = merge([first, other])
    assert merged.calls == {"g": "conductance"}
    assert merged.accuracy == {"r": 0.01}
    assert set(merged.designs) == {"a/one", "b/one"}


def test_a_run_that_stands_twice_is_refused(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "a")
    with pytest.raises(MicrofemError, match="is named twice"):
        merge([folder, tmp_path / "." / "a"])
    assert set(merge([folder]).designs) == {"one"}


def test_a_layer_of_a_drawing_has_one_role(microfem: Command, tmp_path: Path) -> None:
    ended = microfem("import", tmp_path / "one.dxf", "--layers", "a=anode,b=cathode,a=substrate")
    assert ended.status == 2
    assert "--layers: 'a' is named twice" in ended.err


def test_two_cells_of_one_name_are_refused(tmp_path: Path) -> None:
    gdstk = pytest.importorskip("gdstk")
    from microfem.drawings.read import Reading, read_drawing

    library = gdstk.Library()
    for width in (1, 2):
        library.add(gdstk.Cell("A").add(gdstk.rectangle((0, 0), (width, 1))))
    library.write_gds(tmp_path / "two.gds")
    with pytest.raises(MicrofemError, match="two cells named 'A'"):
        read_drawing(tmp_path / "two.gds", Reading(cell="A"))
