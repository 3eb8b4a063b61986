"""Arrays of devices and modules: their pitch, their nets, shorts and opens that are seen."""

from __future__ import annotations

from pathlib import Path

import gdstk
import pytest
import shapely

from microfem.base.errors import MicrofemError
from microfem.cad import Order, module, write_layout
from microfem.cad.module import nets
from microfem.cad.pattern import LAYERS, make_pattern
from microfem.families import build_layout
from microfem.layout import Layout
from support.cad_files import EXACT, READERS, off, wanted


def tabbed(family: str) -> Layout:
    return build_layout(family, {"tab_length": 800.0})


@pytest.mark.parametrize("suffix", READERS)
def test_an_array_has_sixteen_devices_at_the_pitch(suffix: str, tmp_path: Path) -> None:
    layout = build_layout("fiber", {"arrangement": "parallel"})
    path = tmp_path / f"sheet{suffix}"
    write_layout(path, layout, "disc", Order(repeat=(4, 4), pitch=(1e3, 800.0)))
    found, one = READERS[suffix](path), wanted(make_pattern(layout, "disc"), suffix)
    for name, outline in one.items():
        every = [shapely.affinity.translate(outline, 1e3 * i, 800.0 * j) for i in range(4) for j in range(4)]
        assert off(found[name], shapely.union_all(every)) < EXACT


def test_an_array_is_one_reference(tmp_path: Path) -> None:
    write_layout(tmp_path / "a.gds", build_layout("interdigital", {}), "comb/../1", Order(repeat=(4, 4)))
    library = gdstk.read_gds(tmp_path / "a.gds")
    assert sorted(cell.name for cell in library.cells) == ["TOP", "comb____1"]
    (top,) = library.top_level()
    assert (len(top.references), len(top.polygons)) == (1, 0)
    assert top.references[0].repetition.columns * top.references[0].repetition.rows == 16


def test_devices_that_overlap_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match=r"pitch = 5000 um along x is impossible: devices are 5100 um wide there"):
        write_layout(tmp_path / "a.gds", build_layout("interdigital", {}), "a", Order(repeat=(2, 1), pitch=(5e3, 9e3)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("family", ["interdigital", pytest.param("concentric", marks=pytest.mark.slow)])
def test_a_module_has_its_nets(family: str, suffix: str, tmp_path: Path) -> None:
    """Six nets in 5S3P, counted in the file: each anode and each cathode lies in one, and no device has both in one."""
    layout, path = tabbed(family), tmp_path / f"module{suffix}"
    write_layout(path, layout, family, Order(repeat=(5, 3), joined=True))
    found = READERS[suffix](path)
    names = {role: role if suffix in (".dxf", ".svg") else f"{LAYERS[role][0]}/0" for role in LAYERS}
    metal = ("anode", "cathode", "anode_tab", "cathode_tab", "interconnect")
    whole = shapely.union_all([found[names[role]].buffer(0.2) for role in metal])  # more than chords leave of arcs
    joined = list(shapely.get_parts(whole))
    assert len(joined) == 6
    members = {role: [[k for k, net in enumerate(joined) if net.contains(one)]
                      for one in shapely.get_parts(found[names[role]])] for role in ("anode", "cathode")}  # fmt: skip
    assert all(len(nets_of) == 1 for own in members.values() for nets_of in own)
    count = {role: sorted(sum(k == net for (net,) in own) for k in range(6)) for role, own in members.items()}
    pieces = len(members["anode"]) // 15
    assert count == {role: [0, *[3 * pieces] * 5] for role in ("anode", "cathode")}
    away = found[names["interconnect"]].intersection(found[names["electrolyte"]])
    assert away.area == 0.0


def test_a_short_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips as wide as a device join two nets."""
    from microfem.cad import module as made

    pattern, drawn = make_pattern(tabbed("interdigital"), "comb"), made._strip
    monkeypatch.setattr(made, "_strip", lambda grid, left, right, column, width: drawn(
        grid, left, right, column, 12.0 * width))  # fmt: skip
    with pytest.raises(MicrofemError, match="nets instead of 6"):
        made.module(pattern, 5, 3, None, 300.0, 0.0)


def test_an_open_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.cad import module as made

    pattern, drawn = make_pattern(tabbed("interdigital"), "comb"), made._strip
    short = shapely.box(-1e9, -1e9, 1e9, 7e3)
    monkeypatch.setattr(made, "_strip", lambda *a: shapely.intersection(drawn(*a), short))
    with pytest.raises(MicrofemError, match="no module of comb"):
        made.module(pattern, 5, 3, None, 300.0, 0.0)


@pytest.mark.parametrize(
    ("family", "params"),
    [
        ("interdigital", {}),
        ("interdigital", {"tab_length": 200.0}),
        ("concentric", {"closed": True}),
        ("circular", {}),
        ("stacked", {}),
        ("island_bridge", {}),
        ("fiber", {}),
        ("swiss_roll", {}),
    ],
)
def test_a_device_that_cannot_be_reached_makes_no_module(family: str, params: dict[str, object]) -> None:
    with pytest.raises(MicrofemError, match=r"no module of it: (at the left neither polarity|only its cathode)"):
        module.module(make_pattern(build_layout(family, params), "it"), 2, 1, None, 100.0, 0.0)


def test_nets_are_told_from_left_to_right() -> None:
    made = module.module(make_pattern(tabbed("interdigital"), "comb"), 2, 1, None, 300.0, 0.0)
    left = [one.bounds[0] for one in nets(made)]
    assert len(left) == 3
    assert left == sorted(left)
