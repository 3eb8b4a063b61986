"""Draw every family for its page: plan and section from the layout's own outlines, lengths as lettered arrows.

python docs/draw_families.py [FAMILY ...] [--png FOLDER]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import shapely

from microfem.families import build_layout
from microfem.layout import Layout
from microfem.layout.shapes import Comb
from microfem.render.drawing import Drawing, Length, Panel, around, cut, draw, from_above

IMAGES = Path(__file__).parent / "images"


def stack_lengths(layout: Layout, edge: float, away: float) -> list[Length]:
    """Return the heights of a planar stack, drawn some um to the right of its end at x = edge."""
    box = layout.box()
    top = max(one.z[1] for one in layout.with_role("electrolyte"))
    heights = [("electrolyte_height", 0.0, top), ("substrate_thickness", box[2], 0.0)]
    if box[5] > top:
        heights.append(("encapsulation_thickness", top, box[5]))
    return [
        Length(name, (edge, low), (edge, high), -away, before=name == "substrate_thickness")
        for name, low, high in heights
    ]


def electrode_heights(layout: Layout, anode: float, cathode: float) -> list[Length]:
    """Return the thicknesses of both electrodes at the two places x (um), of the collector at -x of the first."""
    a, c = (next(one.z for one in layout.regions if one.name == role) for role in ("anode", "cathode"))
    found = [Length("anode_thickness", (anode, a[0]), (anode, a[1])),
             Length("cathode_thickness", (cathode, c[0]), (cathode, c[1]))]  # fmt: skip
    if a[0] > 0.0:
        found.append(Length("collector_thickness", (-anode, 0.0), (-anode, a[0]), before=True))
    return found


def circular() -> Drawing:
    """A disc in a ring."""
    params = {"disc_radius": 700.0, "gap": 250.0, "ring_width": 350.0, "anode_thickness": 90.0, "margin": 200.0,
              "cathode_thickness": 110.0, "collector_thickness": 50.0, "encapsulation_thickness": 90.0}  # fmt: skip
    layout = build_layout("circular", params)
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    diagonal = math.sqrt(0.5)
    lengths = [
        Length("disc_radius", (0.0, 0.0), (700.0 * diagonal, 700.0 * diagonal)),
        Length("gap", (700.0, 0.0), (950.0, 0.0)),
        Length("ring_width", (950.0, 0.0), (1300.0, 0.0)),
        Length("margin", (0.0, -1300.0), (0.0, -1500.0)),
    ]
    heights = [*electrode_heights(layout, 350.0, 1120.0), *stack_lengths(layout, 1500.0, 130.0)]
    return Drawing(layout, [
        Panel("plan, seen through cover and electrolyte", plan, [], lengths, around(plan, 40, 190, 40, 40), 3.2, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 90, 230, 100), 3.47, 500.0, 2.4),
    ])  # fmt: skip


def concentric() -> Drawing:
    """Two pairs of rings with busbars and tabs."""
    params = {"ring_pairs": 2, "inner_radius": 250.0, "anode_width": 250.0, "cathode_width": 250.0, "gap": 140.0,
              "busbar_width": 200.0, "tab_length": 300.0, "anode_thickness": 90.0, "cathode_thickness": 120.0,
              "margin": 180.0}  # fmt: skip
    layout = build_layout("concentric", params)
    plan, (section, films) = from_above(layout), cut(layout, turned=True)
    slope = math.sqrt(0.5)
    far = 250.0 + 2 * (250.0 + 250.0) + 3 * 140.0  # the outermost radius
    lengths = [
        Length("inner_radius", (0.0, 0.0), (0.0, -250.0)),
        Length("anode_width", (0.0, 250.0), (0.0, 500.0)),
        Length("gap", (-500.0 * slope, 500.0 * slope), (-640.0 * slope, 640.0 * slope)),
        Length("cathode_width", (640.0 * slope, 640.0 * slope), (890.0 * slope, 890.0 * slope)),
        Length("busbar_width", (1000.0, -100.0), (1000.0, 100.0)),
        Length("tab_length", (far, -100.0), (far + 300.0, -100.0), -150.0),
        Length("margin", (0.0, far), (0.0, far + 180.0)),
    ]
    heights = [*electrode_heights(layout, 380.0, 765.0), *stack_lengths(layout, far + 180.0, 140.0)]
    return Drawing(layout, [
        Panel("plan, seen through the electrolyte", plan, [], lengths, around(plan, 40, 40, 40, 190), 4.4, 500.0),
        Panel("section at x = 0", section, films, heights, around(section, 40, 90, 230, 40), 4.4, 500.0, 2.2),
    ])  # fmt: skip


def drawn() -> Drawing:
    """Outlines such as a drawing may hold: an L and a bar in it, with pads."""
    params = {"anode": "POLYGON ((-800 -800, 800 -800, 800 -450, -450 -450, -450 800, -800 800, -800 -800))",
              "cathode": "POLYGON ((-200 -200, 800 -200, 800 150, 150 150, 150 800, -200 800, -200 -200))",
              "anode_tab": "POLYGON ((-1200 450, -800 450, -800 800, -1200 800, -1200 450))",
              "cathode_tab": "POLYGON ((800 -200, 1200 -200, 1200 150, 800 150, 800 -200))",
              "anode_thickness": 90.0, "cathode_thickness": 120.0, "collector_thickness": 50.0,
              "encapsulation_thickness": 90.0, "margin": 200.0}  # fmt: skip
    layout = build_layout("drawn", params)
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    lengths = [Length("margin", (0.0, 800.0), (0.0, 1000.0))]
    heights = [*electrode_heights(layout, -625.0, 300.0), *stack_lengths(layout, 1200.0, 140.0)]
    return Drawing(layout, [
        Panel("plan, seen through cover and electrolyte", plan, [], lengths, around(plan, 40, 40, 40, 40), 3.6, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 90, 230, 100), 3.5, 500.0, 2.2),
    ])  # fmt: skip


def fiber() -> Drawing:
    """The coaxial and the two-strand cross-section."""
    common = {"collector_diameter": 70.0, "jacket_thickness": 25.0}
    coaxial = build_layout("fiber", {"arrangement": "coaxial", **common})
    pair = build_layout("fiber", {"arrangement": "twisted", "cathode_diameter": 160.0, **common})
    one, two = from_above(coaxial), from_above(pair)
    slope = math.sqrt(0.5)
    round_ = [
        Length("anode_diameter", (-100.0, 0.0), (100.0, 0.0), -52.0),
        Length("collector_diameter", (0.0, -35.0), (0.0, 35.0)),
        Length("gap", (100.0, 0.0), (150.0, 0.0)),
        Length("cathode_thickness", (-150.0 * slope, 150.0 * slope), (-200.0 * slope, 200.0 * slope)),
        Length("jacket_thickness", (200.0 * slope, 200.0 * slope), (225.0 * slope, 225.0 * slope)),
    ]
    edge = 0.5 * (200.0 + 50.0 + 160.0)
    left, right = -edge + 100.0, edge - 80.0
    strands = [
        Length("anode_diameter", (left, -100.0), (left, 100.0), 62.0),
        Length("cathode_diameter", (right, -80.0), (right, 80.0), -55.0),
        Length("collector_diameter", (left, -35.0), (left, 35.0)),
        Length("gap", (-edge + 200.0, 0.0), (-edge + 250.0, 0.0)),
        Length("margin", (-edge, 0.0), (-edge - 50.0, 0.0)),
        Length("jacket_thickness", (slope * (edge + 50.0),) * 2, (slope * (edge + 75.0),) * 2),
    ]
    return Drawing(pair, [
        Panel("coaxial", one, [], round_, around(one, 30, 30, 30, 30), 2.6, 100.0),
        Panel("parallel, twisted", two, [], strands, around(two, 30, 30, 30, 30), 2.95,
              100.0),
    ], row=True)  # fmt: skip


def interdigital() -> Drawing:
    """Two pairs of fingers with tabs."""
    params = {"finger_pairs": 2, "finger_length": 1300.0, "anode_width": 300.0, "cathode_width": 220.0, "gap": 200.0,
              "tip_gap": 260.0, "busbar_width": 220.0, "tab_length": 420.0, "anode_thickness": 90.0,
              "cathode_thickness": 120.0, "collector_thickness": 50.0, "encapsulation_thickness": 90.0,
              "margin": 200.0}  # fmt: skip
    layout = build_layout("interdigital", params)
    comb = Comb(2, 1300.0, 300.0, 220.0, 200.0, 260.0, 220.0)
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    x, low, high = comb.left, comb.bottom, -comb.bottom
    lengths = [
        Length("finger_length", (x, low), (x, low + 1300.0), -150.0),
        Length("anode_width", (x + 920.0, 150.0), (x + 1220.0, 150.0)),
        Length("gap", (x + 300.0, -250.0), (x + 500.0, -250.0)),
        Length("cathode_width", (x + 500.0, 150.0), (x + 720.0, 150.0)),
        Length("tip_gap", (x + 150.0, low + 1300.0), (x + 150.0, high)),
        Length("busbar_width", (0.0, high), (0.0, high + 220.0)),
        Length("tab_length", (-x, high), (-x + 420.0, high), -90.0),
        Length("margin", (x + 610.0, low - 220.0), (x + 610.0, low - 420.0)),
    ]
    heights = [*electrode_heights(layout, x + 150.0, x + 610.0), *stack_lengths(layout, 200.0 - x, 120.0)]
    return Drawing(layout, [
        Panel("plan, seen through cover and electrolyte", plan, [], lengths, around(plan, 40, 170, 40, 40), 3.6, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 90, 230, 100), 3.5, 500.0, 1.9),
    ])  # fmt: skip


def island_bridge() -> Drawing:
    """Two islands by two with serpentine bridges, and a straight bridge in section."""
    params = {"columns": 2, "rows": 2, "island_size": 3000.0, "gap": 500.0, "bridge_shape": "serpentine",
              "bridge_length": 3000.0, "bridge_width": 300.0, "amplitude": 1000.0, "margin": 700.0,
              "anode_thickness": 150.0, "cathode_thickness": 190.0, "collector_thickness": 90.0,
              "electrolyte_height": 420.0, "encapsulation_thickness": 180.0}  # fmt: skip
    layout = build_layout("island_bridge", params)
    straight = build_layout("island_bridge", {**params, "rows": 1, "bridge_shape": "straight"})
    plan, (section, films) = from_above(layout, "encapsulation"), cut(straight)
    lengths = [
        Length("island_size", (-4500.0, 4500.0), (-1500.0, 4500.0), 320.0),
        Length("gap", (-3250.0, 3900.0), (-2750.0, 3900.0)),
        Length("bridge_length", (-1500.0, 4500.0), (1500.0, 4500.0), 320.0),
        Length("amplitude", (-500.0, 3000.0), (-500.0, 4000.0)),
        Length("bridge_width", (-150.0, -3000.0), (150.0, -3000.0)),
        Length("margin", (4500.0, -3000.0), (5200.0, -3000.0)),
    ]
    heights = [*_island_heights(), *stack_lengths(straight, 5200.0, 350.0)]
    return Drawing(layout, [
        Panel("plan, seen through cover and electrolyte", plan, [], lengths, around(plan, 100, 100, 600, 100), 4.4,
              2000.0),
        Panel("section at y = 0 of one row, straight bridge", section, films, heights,
              around(section, 100, 60, 600, 220), 4.4, 2000.0, 2.6),
    ])  # fmt: skip


def _island_heights() -> list[Length]:
    """Return the heights on the left island."""
    return [
        Length("anode_thickness", (-3900.0, 90.0), (-3900.0, 240.0)),
        Length("cathode_thickness", (-2000.0, 90.0), (-2000.0, 280.0)),
        Length("collector_thickness", (0.0, 0.0), (0.0, 90.0)),
    ]


def joint() -> Drawing:
    """Two blocks with their ligaments."""
    params = {"blocks": 2, "block_length": 1600.0, "block_width": 1400.0, "ligament_length": 1000.0,
              "ligament_width": 700.0, "ligament_thickness": 70.0, "anode_thickness": 200.0, "cathode_thickness": 200.0,
              "gap": 130.0, "substrate_thickness": 90.0}  # fmt: skip
    layout = build_layout("joint", params)
    plan, (section, films) = from_above(layout, "cathode", "electrolyte"), cut(layout)
    lengths = [
        Length("block_length", (-2100.0, 700.0), (-500.0, 700.0), 130.0),
        Length("block_width", (1700.0, -700.0), (1700.0, 700.0)),
        Length("ligament_length", (-500.0, 700.0), (500.0, 700.0), 130.0),
        Length("ligament_width", (-200.0, -350.0), (-200.0, 350.0)),
    ]
    heights = [
        Length("ligament_thickness", (0.0, 0.0), (0.0, 70.0), before=True),
        Length("anode_thickness", (-1700.0, 70.0), (-1700.0, 270.0)),
        Length("gap", (-1300.0, 270.0), (-1300.0, 400.0)),
        Length("cathode_thickness", (-900.0, 400.0), (-900.0, 600.0), before=True),
        Length("substrate_thickness", (2600.0, -90.0), (2600.0, 0.0), -130.0, before=True),
    ]
    return Drawing(layout, [
        Panel("plan of the anodes and ligaments", plan, [], lengths, around(plan, 40, 40, 250, 250), 3.8, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 160, 250, 200), 3.8, 500.0, 1.5),
    ])  # fmt: skip


def pillars() -> Drawing:
    """Hexagonal posts on strips."""
    params = {"arrangement": "hexagonal", "row_pairs": 2, "columns": 3, "collector_thickness": 15.0, "margin": 80.0,
              "encapsulation_thickness": 40.0}  # fmt: skip
    layout = build_layout("pillars", params)
    post = next(one for one in layout.regions if one.name == "anode_posts").footprint
    first = shapely.get_parts(post)[0].centroid
    plan = from_above(layout, "encapsulation")
    section, films = cut(_through(layout, first.y))
    left = min(one.footprint.bounds[0] for one in layout.regions if one.role == "anode")
    bottom = min(one.footprint.bounds[1] for one in layout.regions if one.role == "anode")
    lengths = [
        Length("post_diameter", (left + 20.0, first.y), (left + 100.0, first.y)),
        Length("base_width", (left, bottom + 120.0), (left + 120.0, bottom + 120.0), -190.0),
        Length("gap", (left + 120.0, first.y + 120.0), (left + 200.0, first.y + 120.0)),
        Length("busbar_width", (-left, bottom), (-left, bottom + 120.0), -28.0),
        Length("margin", (0.0, bottom), (0.0, bottom - 80.0)),
    ]
    x = shapely.get_parts(post)[0].centroid.x
    heights = [
        Length("post_height", (x, 35.0), (x, 235.0)),
        Length("base_thickness", (x + 200.0, 15.0), (x + 200.0, 35.0)),
        Length("collector_thickness", (x + 400.0, 0.0), (x + 400.0, 15.0), before=True),
        *stack_lengths(layout, 80.0 - left, 40.0),
    ]
    return Drawing(layout, [
        Panel("plan, seen through cover and electrolyte", plan, [], lengths, around(plan, 15, 75, 15, 15), 3.0, 200.0),
        Panel("section through posts of the anode", section, films, heights, around(section, 15, 15, 75, 60), 3.2,
              200.0, 1.6),
    ])  # fmt: skip


def _through(layout: Layout, y: float) -> Layout:
    """Return the layout moved so that its section goes through y, um."""
    from dataclasses import replace

    from shapely.affinity import translate

    return replace(
        layout, regions=tuple(replace(one, footprint=translate(one.footprint, 0.0, -y)) for one in layout.regions)
    )


def film() -> Drawing:
    """A disc with electrodes, and its section."""
    params = {"diameter": 2400.0, "margin": 260.0, "gap": 150.0, "anode_thickness": 130.0, "cathode_thickness": 130.0,
              "substrate_thickness": 130.0, "encapsulation_thickness": 110.0}  # fmt: skip
    layout = build_layout("film", params)
    plan, (section, films) = from_above(layout, "encapsulation", "cathode"), cut(layout)
    lengths = [
        Length("diameter", (-1200.0, 0.0), (1200.0, 0.0)),
        Length("margin", (0.0, -940.0), (0.0, -1200.0)),
    ]
    heights = [
        Length("anode_thickness", (-500.0, 0.0), (-500.0, 130.0)),
        Length("gap", (-200.0, 130.0), (-200.0, 280.0)),
        Length("cathode_thickness", (100.0, 280.0), (100.0, 410.0)),
        Length("substrate_thickness", (1200.0, -130.0), (1200.0, 0.0), -130.0, before=True),
        Length("encapsulation_thickness", (1200.0, 410.0), (1200.0, 520.0), -130.0),
    ]
    return Drawing(layout, [
        Panel("plan of the anode, at half its thickness", plan, [], lengths, around(plan, 40, 40, 40, 40), 2.4, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 100, 250, 100), 3.8, 500.0, 1.7),
    ])  # fmt: skip


def stacked() -> Drawing:
    """Plates with a margin."""
    params = {"length": 2400.0, "width": 1500.0, "gap": 220.0, "margin": 260.0, "anode_thickness": 130.0,
              "cathode_thickness": 130.0, "collector_thickness": 60.0, "substrate_thickness": 130.0,
              "encapsulation_thickness": 130.0}  # fmt: skip
    layout = build_layout("stacked", params)
    hidden = ("encapsulation", "cathode_collector", "cathode")
    plan, (section, films) = from_above(layout, *hidden), cut(layout)
    lengths = [
        Length("length", (-1200.0, 0.0), (1200.0, 0.0), 300.0),
        Length("width", (0.0, -750.0), (0.0, 750.0), 500.0),
        Length("margin", (1200.0, -300.0), (1460.0, -300.0)),
    ]
    heights = [
        Length("collector_thickness", (-900.0, 0.0), (-900.0, 60.0), before=True),
        Length("anode_thickness", (-500.0, 60.0), (-500.0, 190.0)),
        Length("gap", (0.0, 190.0), (0.0, 410.0)),
        Length("cathode_thickness", (500.0, 410.0), (500.0, 540.0)),
        Length("substrate_thickness", (1460.0, -130.0), (1460.0, 0.0), -130.0, before=True),
        Length("encapsulation_thickness", (1460.0, 600.0), (1460.0, 730.0), -130.0),
    ]
    return Drawing(layout, [
        Panel("plan of the anode, at half its thickness", plan, [], lengths, around(plan, 40, 40, 250, 40), 3.8, 500.0),
        Panel("section at y = 0", section, films, heights, around(section, 40, 100, 250, 100), 3.8, 500.0, 1.5),
    ])  # fmt: skip


def swiss_roll() -> Drawing:
    """A roll of three windings, and a piece of its ribbon."""
    params = {"windings": 2.25, "core_radius": 60.0, "anode_thickness": 14.0, "electrolyte_thickness": 10.0,
              "cathode_thickness": 18.0, "separator_thickness": 10.0, "jacket_thickness": 20.0,
              "anode_collector_thickness": 6.0, "cathode_collector_thickness": 6.0,
              "substrate_thickness": 8.0}  # fmt: skip
    layout = build_layout("swiss_roll", params)
    ribbon = build_layout("swiss_roll", {**params, "rolled": False})
    plan = from_above(layout)
    x0 = ribbon.box()[0]
    window = shapely.box(x0, -100.0, x0 + 130.0, 100.0)
    strip = [(role, outline.intersection(window)) for role, outline in from_above(ribbon)]
    outside = max(one.footprint.bounds[2] for one in layout.regions)
    reach = outside - 20.0
    lengths = [
        Length("core_radius", (0.0, 0.0), (60.0, 0.0)),
        Length("jacket_thickness", (0.0, reach), (0.0, outside)),
    ]
    names = ["anode_collector", "anode", "electrolyte", "cathode", "cathode_collector", "substrate", "separator"]
    heights, at = [], ribbon.box()[1]
    for k, name in enumerate(names):
        size = params[f"{name}_thickness"]
        x = x0 + 14.0 + 17.0 * k
        heights.append(Length(f"{name}_thickness", (x, at), (x, at + size), before=k % 2 == 0))
        at += size
    return Drawing(layout, [
        Panel("plan, rolled", plan, [], lengths, around(plan, 6, 6, 6, 36), 2.7, 100.0),
        Panel("plan, rolled: false, its left end", strip, [], heights, around(strip, 10, 22, 10, 22), 2.3, 20.0),
    ], row=True)  # fmt: skip


FAMILIES: Mapping[str, Callable[[], Drawing]] = {
    "circular": circular,
    "concentric": concentric,
    "drawn": drawn,
    "fiber": fiber,
    "film": film,
    "interdigital": interdigital,
    "island_bridge": island_bridge,
    "joint": joint,
    "pillars": pillars,
    "stacked": stacked,
    "swiss_roll": swiss_roll,
}


def main() -> None:
    """Draw all families, or those named; with --png also as PNG into a folder, to look at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", nargs="*", choices=[[], *FAMILIES], default=[])
    parser.add_argument("--png", type=Path)
    chosen = parser.parse_args()
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "microfem", "path.simplify": True})
    IMAGES.mkdir(exist_ok=True)
    for name in chosen.family or FAMILIES:
        figure = draw(FAMILIES[name]())
        path = IMAGES / f"family_{name}.svg"
        figure.savefig(path, metadata={"Date": None})
        print(f"{path.name}: {path.stat().st_size // 1000} kB")
        if chosen.png:
            chosen.png.mkdir(parents=True, exist_ok=True)
            figure.savefig(chosen.png / f"{name}.png", dpi=130)


if __name__ == "__main__":
    main()
