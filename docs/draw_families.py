"""Draw every family for its page: plan and section from the layout's own outlines, lengths as lettered arrows.

python docs/draw_families.py [FAMILY ...] [--png FOLDER]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely
from shapely.affinity import scale

from microfem.families import build_layout
from microfem.layout import Layout
from microfem.layout.layers import Layer, Layers
from microfem.layout.shapes import Comb, disc, rectangle
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
        Length(name=name, start=(edge, low), end=(edge, high), aside=-away, before=name == "substrate_thickness")
        for name, low, high in heights
    ]


def electrode_heights(layout: Layout, anode: float, cathode: float) -> list[Length]:
    """Return the thicknesses of both electrodes at the two places x (um), of the collector at -x of the first."""
    a, c = (next(one.z for one in layout.regions if one.name == role) for role in ("anode", "cathode"))
    found = [Length(name="anode_thickness", start=(anode, a[0]), end=(anode, a[1])),
             Length(name="cathode_thickness", start=(cathode, c[0]), end=(cathode, c[1]))]  # fmt: skip
    if a[0] > 0.0:
        found.append(Length(name="collector_thickness", start=(-anode, 0.0), end=(-anode, a[0]), before=True))
    return found


STACK = {"anode_thickness": 90.0, "cathode_thickness": 120.0, "encapsulation_thickness": 90.0, "margin": 280.0}


def planar(family: str, params: Mapping[str, object], lengths: Sequence[Length], anode: float, cathode: float,
           width: float) -> Drawing:  # fmt: skip
    """Draw plan and section of coplanar electrodes; anode and cathode: places x in the section for heights, um."""
    layout = build_layout(family, {**STACK, **params})
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    heights = [
        *electrode_heights(layout, anode, cathode),
        *stack_lengths(layout, layout.box()[3], 0.04 * width * 900.0),
    ]
    views = [("plan, seen through cover and electrolyte", plan, [], lengths, (40, 40, 40, 40), 1.0),
             ("section at y = 0", section, films, heights, (40, 90, 230, 100), 2.2)]  # fmt: skip
    panels = [
        Panel(title=title, outlines=outlines, lines=lines, lengths=shown, box=around(outlines, *edges), width=width,
              bar=500.0, tall=tall)
        for title, outlines, lines, shown, edges, tall in views
    ]  # fmt: skip
    return Drawing(layout, panels)


def circular() -> Drawing:
    """A disc in a ring."""
    params = {"disc_radius": 700.0, "gap": 250.0, "ring_width": 350.0, "anode_thickness": 90.0, "margin": 200.0,
              "cathode_thickness": 110.0, "collector_thickness": 50.0, "encapsulation_thickness": 90.0}  # fmt: skip
    layout = build_layout("circular", params)
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    diagonal = math.sqrt(0.5)
    lengths = [
        Length(name="disc_radius", start=(0.0, 0.0), end=(700.0 * diagonal, 700.0 * diagonal)),
        Length(name="gap", start=(700.0, 0.0), end=(950.0, 0.0)),
        Length(name="ring_width", start=(950.0, 0.0), end=(1300.0, 0.0)),
        Length(name="margin", start=(0.0, -1300.0), end=(0.0, -1500.0)),
    ]
    heights = [*electrode_heights(layout, 350.0, 1120.0), *stack_lengths(layout, 1500.0, 130.0)]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through cover and electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 190, 40, 40),
                width=3.2,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 90, 230, 100),
                width=3.47,
                bar=500.0,
                tall=2.4,
            ),
        ],
    )


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
        Length(name="inner_radius", start=(0.0, 0.0), end=(0.0, -250.0)),
        Length(name="anode_width", start=(0.0, 250.0), end=(0.0, 500.0)),
        Length(name="gap", start=(-500.0 * slope, 500.0 * slope), end=(-640.0 * slope, 640.0 * slope)),
        Length(name="cathode_width", start=(640.0 * slope, 640.0 * slope), end=(890.0 * slope, 890.0 * slope)),
        Length(name="busbar_width", start=(1000.0, -100.0), end=(1000.0, 100.0)),
        Length(name="tab_length", start=(far, -100.0), end=(far + 300.0, -100.0), aside=-150.0),
        Length(name="margin", start=(0.0, far), end=(0.0, far + 180.0)),
    ]
    heights = [*electrode_heights(layout, 380.0, 765.0), *stack_lengths(layout, far + 180.0, 140.0)]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through the electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 40, 190),
                width=4.4,
                bar=500.0,
            ),
            Panel(
                title="section at x = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 90, 230, 40),
                width=4.4,
                bar=500.0,
                tall=2.2,
            ),
        ],
    )


def disc_array() -> Drawing:
    """Two rows of discs in one cathode."""
    params = {"columns": 2, "rows": 2, "disc_radius": 300.0, "gap": 150.0, "pitch": 1100.0}
    rise, slope = 0.5 * 1100.0 * math.sqrt(0.75), math.sqrt(0.5)
    lengths = [
        Length(name="disc_radius", start=(-825.0, -rise), end=(-825.0 + 300.0 * slope, 300.0 * slope - rise)),
        Length(name="gap", start=(275.0, 300.0 - rise), end=(275.0, 450.0 - rise)),
        Length(name="pitch", start=(-275.0, rise), end=(825.0, rise)),
        Length(name="margin", start=(1475.0, 0.0), end=(1755.0, 0.0)),
    ]
    both = planar("disc_array", params, lengths, 0.0, 0.0, 3.9)
    return replace(both, panels=both.panels[:1])


def double_spiral() -> Drawing:
    """Two turns, round."""
    params = {"turns": 2, "anode_width": 250.0, "cathode_width": 200.0, "gap": 150.0, "core_width": 300.0,
              "straight_length": 400.0}  # fmt: skip
    half, inner = 0.25 * (250.0 + 200.0 + 300.0), 0.5 * (300.0 + 150.0 + 200.0)
    x = inner - half  # of the anode's inner edge at the core, on the right
    far = x + 1500.0
    lengths = [
        Length(name="core_width", start=(x - 300.0, 0.0), end=(x, 0.0)),
        Length(name="anode_width", start=(x, -200.0), end=(x + 250.0, -200.0), aside=-60.0),
        Length(name="gap", start=(x + 250.0, 100.0), end=(x + 400.0, 100.0)),
        Length(name="cathode_width", start=(x + 400.0, -100.0), end=(x + 600.0, -100.0)),
        Length(name="straight_length", start=(far - 150.0, -200.0), end=(far - 150.0, 200.0)),
        Length(name="margin", start=(far + 250.0, 500.0), end=(far + 530.0, 500.0)),
    ]
    return planar("double_spiral", params, lengths, x + 125.0, x + 500.0, 4.2)


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
    lengths = [Length(name="margin", start=(0.0, 800.0), end=(0.0, 1000.0))]
    heights = [*electrode_heights(layout, -625.0, 300.0), *stack_lengths(layout, 1200.0, 140.0)]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through cover and electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 40, 40),
                width=3.6,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 90, 230, 100),
                width=3.5,
                bar=500.0,
                tall=2.2,
            ),
        ],
    )


def fiber() -> Drawing:
    """The coaxial cross-section, centred and shifted, and that of two strands."""
    common = {"collector_diameter": 70.0, "jacket_thickness": 25.0}
    coaxial = build_layout("fiber", {"arrangement": "coaxial", **common})
    pair = build_layout("fiber", {"arrangement": "twisted", "cathode_diameter": 160.0, **common})
    shifted = build_layout("fiber", {"arrangement": "coaxial", "offset": 35.0, **common})
    one, other, two = from_above(coaxial), from_above(shifted), from_above(pair)
    slope = math.sqrt(0.5)
    round_ = [
        Length(name="anode_diameter", start=(-100.0, 0.0), end=(100.0, 0.0), aside=-52.0),
        Length(name="collector_diameter", start=(0.0, -35.0), end=(0.0, 35.0)),
        Length(name="gap", start=(100.0, 0.0), end=(150.0, 0.0)),
        Length(name="cathode_thickness", start=(-150.0 * slope, 150.0 * slope), end=(-200.0 * slope, 200.0 * slope)),
        Length(name="jacket_thickness", start=(200.0 * slope, 200.0 * slope), end=(225.0 * slope, 225.0 * slope)),
    ]
    edge = 0.5 * (200.0 + 50.0 + 160.0)
    left, right = -edge + 100.0, edge - 80.0
    strands = [
        Length(name="anode_diameter", start=(left, -100.0), end=(left, 100.0), aside=62.0),
        Length(name="cathode_diameter", start=(right, -80.0), end=(right, 80.0), aside=-55.0),
        Length(name="collector_diameter", start=(left, -35.0), end=(left, 35.0)),
        Length(name="gap", start=(-edge + 200.0, 0.0), end=(-edge + 250.0, 0.0)),
        Length(name="margin", start=(-edge, 0.0), end=(-edge - 50.0, 0.0)),
        Length(name="jacket_thickness", start=(slope * (edge + 50.0),) * 2, end=(slope * (edge + 75.0),) * 2),
    ]
    return Drawing(
        pair,
        [
            Panel(
                title="coaxial",
                outlines=one,
                lines=[],
                lengths=round_,
                box=around(one, 30, 30, 30, 30),
                width=1.9,
                bar=100.0,
            ),
            Panel(
                title="coaxial, shifted",
                outlines=other,
                lines=[],
                lengths=[Length(name="offset", start=(0.0, 0.0), end=(35.0, 0.0))],
                box=around(other, 30, 30, 30, 30),
                width=1.9,
                bar=100.0,
            ),
            Panel(
                title="parallel, twisted",
                outlines=two,
                lines=[],
                lengths=strands,
                box=around(two, 30, 30, 30, 30),
                width=2.1,
                bar=100.0,
            ),
        ],
        row=True,
    )


def interdigital() -> Drawing:
    """Two pairs of fingers with tabs."""
    params = {"finger_pairs": 2, "finger_length": 1300.0, "anode_width": 300.0, "cathode_width": 220.0, "gap": 200.0,
              "tip_gap": 260.0, "busbar_width": 220.0, "tab_length": 420.0, "anode_thickness": 90.0,
              "cathode_thickness": 120.0, "collector_thickness": 50.0, "encapsulation_thickness": 90.0,
              "margin": 200.0}  # fmt: skip
    layout = build_layout("interdigital", params)
    comb = Comb(pairs=2, length=1300.0, anode_width=300.0, cathode_width=220.0, gap=200.0, tip=260.0,
                bars=(220.0, 220.0))  # fmt: skip
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    x, low, high = comb.left, comb.bottom, -comb.bottom
    lengths = [
        Length(name="finger_length", start=(x, low), end=(x, low + 1300.0), aside=-150.0),
        Length(name="anode_width", start=(x + 920.0, 150.0), end=(x + 1220.0, 150.0)),
        Length(name="gap", start=(x + 300.0, -250.0), end=(x + 500.0, -250.0)),
        Length(name="cathode_width", start=(x + 500.0, 150.0), end=(x + 720.0, 150.0)),
        Length(name="tip_gap", start=(x + 150.0, low + 1300.0), end=(x + 150.0, high)),
        Length(name="busbar_width", start=(0.0, high), end=(0.0, high + 220.0)),
        Length(name="tab_length", start=(-x, high), end=(-x + 420.0, high), aside=-90.0),
        Length(name="margin", start=(x + 610.0, low - 220.0), end=(x + 610.0, low - 420.0)),
    ]
    heights = [*electrode_heights(layout, x + 150.0, x + 610.0), *stack_lengths(layout, 200.0 - x, 120.0)]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through cover and electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 170, 40, 40),
                width=3.6,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 90, 230, 100),
                width=3.5,
                bar=500.0,
                tall=1.9,
            ),
        ],
    )


def interleaved_plates() -> Drawing:
    """Five plates on two collectors."""
    params = {"plates": 5, "plate_length": 2000.0, "width": 1500.0, "gap": 200.0, "tip_gap": 260.0, "margin": 150.0,
              "collector_width": 180.0, "anode_thickness": 100.0, "cathode_thickness": 140.0,
              "substrate_thickness": 140.0, "encapsulation_thickness": 120.0}  # fmt: skip
    layout = build_layout("interleaved_plates", params)
    plan, (section, films) = from_above(layout, "encapsulation"), cut(layout)
    box, end = layout.box(), 0.5 * (2000.0 + 260.0)
    lengths = [
        Length(name="width", start=(-400.0, -750.0), end=(-400.0, 750.0)),
        Length(name="margin", start=(end + 180.0, 0.0), end=(end + 330.0, 0.0)),
    ]
    heights = [
        Length(name="plate_length", start=(-end, 840.0), end=(-end + 2000.0, 840.0)),
        Length(name="tip_gap", start=(-end, 370.0), end=(-end + 260.0, 370.0)),
        Length(name="collector_width", start=(end, 600.0), end=(end + 180.0, 600.0)),
        Length(name="anode_thickness", start=(-500.0, 0.0), end=(-500.0, 100.0)),
        Length(name="gap", start=(-200.0, 100.0), end=(-200.0, 300.0)),
        Length(name="cathode_thickness", start=(100.0, 300.0), end=(100.0, 440.0)),
        Length(name="substrate_thickness", start=(box[3], -140.0), end=(box[3], 0.0), aside=-130.0, before=True),
        Length(name="encapsulation_thickness", start=(box[3], box[5] - 120.0), end=(box[3], box[5]), aside=-130.0),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan of the topmost plate and the collectors",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 40, 40),
                width=3.8,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 60, 250, 60),
                width=3.8,
                bar=500.0,
            ),
        ],
    )


def island_bridge() -> Drawing:
    """Two islands by two with serpentine bridges, a straight bridge in section, a horseshoe and a sine."""
    params = {"columns": 2, "rows": 2, "island_size": 3000.0, "gap": 500.0, "bridge_shape": "serpentine",
              "bridge_length": 3000.0, "bridge_width": 300.0, "amplitude": 1000.0, "margin": 700.0,
              "anode_thickness": 150.0, "cathode_thickness": 190.0, "collector_thickness": 90.0,
              "electrolyte_height": 420.0, "encapsulation_thickness": 180.0}  # fmt: skip
    layout = build_layout("island_bridge", params)
    straight = build_layout("island_bridge", {**params, "rows": 1, "bridge_shape": "straight"})
    plan, (section, films) = from_above(layout, "encapsulation"), cut(straight)
    lengths = [
        Length(name="island_size", start=(-4500.0, 4500.0), end=(-1500.0, 4500.0), aside=320.0),
        Length(name="gap", start=(-3250.0, 3900.0), end=(-2750.0, 3900.0)),
        Length(name="bridge_length", start=(-1500.0, 4500.0), end=(1500.0, 4500.0), aside=320.0),
        Length(name="amplitude", start=(-500.0, 3000.0), end=(-500.0, 4000.0)),
        Length(name="bridge_width", start=(-150.0, -3000.0), end=(150.0, -3000.0)),
        Length(name="margin", start=(4500.0, -3000.0), end=(5200.0, -3000.0)),
    ]
    heights = [*_island_heights(), *stack_lengths(straight, 5200.0, 350.0)]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through cover and electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 100, 100, 600, 100),
                width=4.4,
                bar=2000.0,
            ),
            Panel(
                title="section at y = 0 of one row, straight bridge",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 100, 60, 600, 220),
                width=4.4,
                bar=2000.0,
                tall=2.6,
            ),
            _bridge_shape("horseshoe", _arc_ends(240.0)),
            _bridge_shape("sine", [Length(name="amplitude", start=(0.0, 0.0), end=(0.0, 600.0))]),
        ],
    )


def _bridge_shape(shape: str, lengths: list[Length]) -> Panel:
    """Return the plan of a bridge of two periods over 3 mm between two islands."""
    params = {"columns": 2, "bridge_shape": shape, "bridge_width": 120.0, "amplitude": 600.0, "periods": 2,
              "encapsulation_thickness": 0.0, "margin": 300.0, "island_size": 1600.0}  # fmt: skip
    plan = from_above(build_layout("island_bridge", params))
    return Panel(
        title=f"plan of a {shape}",
        outlines=plan,
        lines=[],
        lengths=lengths,
        box=around(plan, 100, 100, 100, 100),
        width=4.4,
        bar=1000.0,
    )


def _arc_ends(angle: float) -> list[Length]:
    """Return lines from the centre of the first whole arc of that horseshoe to its ends; angle in deg."""
    half = math.radians(0.5 * angle)
    radius = 3000.0 / 8.0 / math.sin(half)
    x, y = -1500.0 + 2.0 * radius * math.sin(half), radius * (1.0 - 2.0 * math.cos(half))
    ends = [(x + side * radius * math.sin(half), y + radius * math.cos(half)) for side in (-1.0, 1.0)]
    return [Length(name="arc_angle", start=(x, y), end=end) for end in ends]


def _island_heights() -> list[Length]:
    """Return the heights on the left island."""
    return [
        Length(name="anode_thickness", start=(-3900.0, 90.0), end=(-3900.0, 240.0)),
        Length(name="cathode_thickness", start=(-2000.0, 90.0), end=(-2000.0, 280.0)),
        Length(name="collector_thickness", start=(0.0, 0.0), end=(0.0, 90.0)),
    ]


def joint() -> Drawing:
    """Two blocks with their ligaments."""
    params = {"blocks": 2, "block_length": 1600.0, "block_width": 1400.0, "ligament_length": 1000.0,
              "ligament_width": 700.0, "ligament_thickness": 70.0, "anode_thickness": 200.0, "cathode_thickness": 200.0,
              "gap": 130.0, "substrate_thickness": 90.0}  # fmt: skip
    layout = build_layout("joint", params)
    plan, (section, films) = from_above(layout, "cathode", "electrolyte"), cut(layout)
    lengths = [
        Length(name="block_length", start=(-2100.0, 700.0), end=(-500.0, 700.0), aside=130.0),
        Length(name="block_width", start=(1700.0, -700.0), end=(1700.0, 700.0)),
        Length(name="ligament_length", start=(-500.0, 700.0), end=(500.0, 700.0), aside=130.0),
        Length(name="ligament_width", start=(-200.0, -350.0), end=(-200.0, 350.0)),
    ]
    heights = [
        Length(name="ligament_thickness", start=(0.0, 0.0), end=(0.0, 70.0), before=True),
        Length(name="anode_thickness", start=(-1700.0, 70.0), end=(-1700.0, 270.0)),
        Length(name="gap", start=(-1300.0, 270.0), end=(-1300.0, 400.0)),
        Length(name="cathode_thickness", start=(-900.0, 400.0), end=(-900.0, 600.0), before=True),
        Length(name="substrate_thickness", start=(2600.0, -90.0), end=(2600.0, 0.0), aside=-130.0, before=True),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan of the anodes and ligaments",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 250, 250),
                width=3.8,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 160, 250, 200),
                width=3.8,
                bar=500.0,
                tall=1.5,
            ),
        ],
    )


def layers() -> Drawing:
    """Two strips, a passivation with windows, a patch of gel and a cover."""
    strip, window, patch = rectangle(-1000, -1200, -300, 1200), disc(180.0, 64, (-650.0, 0.0)), disc(1400.0, 128)
    other, opening = (scale(one, -1.0, origin=(0.0, 0.0)) for one in (strip, window))

    def layer(role: str, material: str, thickness: float, name: str = "", **where: Any) -> Layer:
        return Layer(name=name or role, role=role, material=material, thickness=thickness, **where)

    stack = (
        layer("substrate", "pet", 150.0),
        layer("anode", "gold", 60.0, outline=strip.wkt, fills=False),
        layer("cathode", "gold", 60.0, outline=other.wkt, fills=False, beside=True),
        layer("layer", "parylene", 80.0, "passivation", windows=(window | opening).wkt),
        layer("electrolyte", "pva_zncl2_gel", 220.0, outline=patch.wkt),
        layer("encapsulation", "pdms", 120.0),
    )
    layout = build_layout("layers", {"length": 3200.0, "width": 3000.0}, layers=Layers(above=stack))
    order = ("substrate", "anode", "cathode", "layer", "electrolyte")
    plan = sorted(from_above(layout, "encapsulation"), key=lambda part: order.index(part[0]))
    section, films = cut(layout)
    lengths = [
        Length(name="length", start=(-1600.0, 1500.0), end=(1600.0, 1500.0), aside=120.0),
        Length(name="width", start=(1600.0, -1500.0), end=(1600.0, 1500.0), aside=-150.0),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through the cover",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 330, 300),
                width=3.4,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=[],
                box=around(section, 40, 90, 40, 40),
                width=3.3,
                bar=500.0,
                tall=2.2,
            ),
        ],
    )


def meander() -> Drawing:
    """Three legs."""
    params = {"legs": 3, "leg_length": 2000.0, "anode_width": 180.0, "cathode_width": 140.0, "gap": 120.0,
              "spacing": 160.0}  # fmt: skip
    x = -0.5 * (3 * 180.0 + 3 * 140.0 + 3 * 120.0 + 2 * 160.0)
    lengths = [
        Length(name="leg_length", start=(x, -1000.0), end=(x, 1000.0), aside=100.0),
        Length(name="anode_width", start=(x, 300.0), end=(x + 180.0, 300.0)),
        Length(name="gap", start=(x + 180.0, 0.0), end=(x + 300.0, 0.0)),
        Length(name="cathode_width", start=(x + 300.0, -300.0), end=(x + 440.0, -300.0)),
        Length(name="spacing", start=(x + 440.0, 0.0), end=(x + 600.0, 0.0)),
        Length(name="margin", start=(-x, 500.0), end=(280.0 - x, 500.0)),
    ]
    return planar("meander", params, lengths, x + 90.0, x + 370.0, 3.4)


def multicore_fiber() -> Drawing:
    """Four cores in a sheath, and six strands in turns."""
    common = {"collector_diameter": 35.0, "jacket_thickness": 25.0}
    sheath = build_layout("multicore_fiber", common)
    turns = build_layout("multicore_fiber", {"arrangement": "alternating", "cores": 6, **common})
    one, two = from_above(sheath), from_above(turns)
    near, far, slope = 75.0 * math.sqrt(2.0), 150.0, math.sqrt(0.5)
    bore = near + 100.0
    tube = [
        Length(name="core_diameter", start=(-near, -50.0), end=(-near, 50.0), aside=68.0),
        Length(name="collector_diameter", start=(-17.5, -near), end=(17.5, -near)),
        Length(name="spacing", start=(slope * 50.0, near - slope * 50.0), end=(near - slope * 50.0, slope * 50.0)),
        Length(name="margin", start=(0.0, near + 50.0), end=(0.0, bore)),
        Length(name="sheath_thickness", start=(slope * bore,) * 2, end=(slope * (bore + 50.0),) * 2),
        Length(name="jacket_thickness", start=(slope * (bore + 50.0), -slope * (bore + 50.0)),
               end=(slope * (bore + 75.0), -slope * (bore + 75.0))),
    ]  # fmt: skip
    gap = [
        Length(name="spacing", start=(-25.0, far * math.sqrt(0.75)), end=(25.0, far * math.sqrt(0.75))),
        Length(name="margin", start=(far + 50.0, 0.0), end=(far + 100.0, 0.0)),
    ]
    return Drawing(
        turns,
        [
            Panel(
                title="sheath",
                outlines=one,
                lines=[],
                lengths=tube,
                box=around(one, 30, 30, 30, 30),
                width=2.8,
                bar=100.0,
            ),
            Panel(
                title="alternating",
                outlines=two,
                lines=[],
                lengths=gap,
                box=around(two, 30, 30, 30, 30),
                width=2.8,
                bar=100.0,
            ),
        ],
        row=True,
    )


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
        Length(name="post_diameter", start=(left + 20.0, first.y), end=(left + 100.0, first.y)),
        Length(name="base_width", start=(left, bottom + 120.0), end=(left + 120.0, bottom + 120.0), aside=-190.0),
        Length(name="gap", start=(left + 120.0, first.y + 120.0), end=(left + 200.0, first.y + 120.0)),
        Length(name="busbar_width", start=(-left, bottom), end=(-left, bottom + 120.0), aside=-28.0),
        Length(name="margin", start=(0.0, bottom), end=(0.0, bottom - 80.0)),
    ]
    x = shapely.get_parts(post)[0].centroid.x
    heights = [
        Length(name="post_height", start=(x, 35.0), end=(x, 235.0)),
        Length(name="base_thickness", start=(x + 200.0, 15.0), end=(x + 200.0, 35.0)),
        Length(name="collector_thickness", start=(x + 400.0, 0.0), end=(x + 400.0, 15.0), before=True),
        *stack_lengths(layout, 80.0 - left, 40.0),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan, seen through cover and electrolyte",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 15, 75, 15, 15),
                width=3.0,
                bar=200.0,
            ),
            Panel(
                title="section through posts of the anode",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 15, 15, 75, 60),
                width=3.2,
                bar=200.0,
                tall=1.6,
            ),
        ],
    )


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
        Length(name="diameter", start=(-1200.0, 0.0), end=(1200.0, 0.0)),
        Length(name="margin", start=(0.0, -940.0), end=(0.0, -1200.0)),
    ]
    heights = [
        Length(name="anode_thickness", start=(-500.0, 0.0), end=(-500.0, 130.0)),
        Length(name="gap", start=(-200.0, 130.0), end=(-200.0, 280.0)),
        Length(name="cathode_thickness", start=(100.0, 280.0), end=(100.0, 410.0)),
        Length(name="substrate_thickness", start=(1200.0, -130.0), end=(1200.0, 0.0), aside=-130.0, before=True),
        Length(name="encapsulation_thickness", start=(1200.0, 410.0), end=(1200.0, 520.0), aside=-130.0),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan of the anode, at half its thickness",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 40, 40),
                width=2.4,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 100, 250, 100),
                width=3.8,
                bar=500.0,
                tall=1.7,
            ),
        ],
    )


def radial_fingers() -> Drawing:
    """Five pairs of wedges."""
    params = {"finger_pairs": 5, "hub_radius": 500.0, "inner_radius": 250.0, "finger_length": 700.0,
              "ring_width": 200.0, "gap": 120.0}  # fmt: skip
    top, low = math.radians(72.0), math.radians(36.0)
    side = math.radians(18.0)

    def at(radius: float, angle: float, beside: float = 0.0) -> tuple[float, float]:
        c, s = math.cos(angle), math.sin(angle)
        return radius * c - beside * s, radius * s + beside * c

    lengths = [
        Length(name="hub_radius", start=(0.0, 0.0), end=at(500.0, math.radians(144.0))),
        Length(name="inner_radius", start=(0.0, 0.0), end=at(250.0, math.radians(-72.0))),
        Length(name="finger_length", start=at(500.0, top), end=at(1200.0, top)),
        Length(name="gap", start=at(1000.0, side, -60.0), end=at(1000.0, side, 60.0)),
        Length(name="ring_width", start=at(1320.0, low), end=at(1520.0, low)),
        Length(name="margin", start=(0.0, -1520.0), end=(0.0, -1800.0)),
    ]
    return planar("radial_fingers", params, lengths, 700.0, 1420.0, 4.0)


def space_filling() -> Drawing:
    """A Hilbert curve of order 2."""
    params = {"electrode_width": 200.0, "gap": 120.0}
    lengths = [
        Length(name="electrode_width", start=(-100.0, -300.0), end=(100.0, -300.0)),
        Length(name="gap", start=(100.0, 0.0), end=(220.0, 0.0)),
        Length(name="margin", start=(740.0, 500.0), end=(1020.0, 500.0)),
    ]
    return planar("space_filling", params, lengths, 0.0, 640.0, 3.4)


def stacked() -> Drawing:
    """Plates with a margin."""
    params = {"length": 2400.0, "width": 1500.0, "gap": 220.0, "margin": 260.0, "anode_thickness": 130.0,
              "cathode_thickness": 130.0, "collector_thickness": 60.0, "substrate_thickness": 130.0,
              "encapsulation_thickness": 130.0}  # fmt: skip
    layout = build_layout("stacked", params)
    hidden = ("encapsulation", "cathode_collector", "cathode")
    plan, (section, films) = from_above(layout, *hidden), cut(layout)
    lengths = [
        Length(name="length", start=(-1200.0, 0.0), end=(1200.0, 0.0), aside=300.0),
        Length(name="width", start=(0.0, -750.0), end=(0.0, 750.0), aside=500.0),
        Length(name="margin", start=(1200.0, -300.0), end=(1460.0, -300.0)),
    ]
    heights = [
        Length(name="collector_thickness", start=(-900.0, 0.0), end=(-900.0, 60.0), before=True),
        Length(name="anode_thickness", start=(-500.0, 60.0), end=(-500.0, 190.0)),
        Length(name="gap", start=(0.0, 190.0), end=(0.0, 410.0)),
        Length(name="cathode_thickness", start=(500.0, 410.0), end=(500.0, 540.0)),
        Length(name="substrate_thickness", start=(1460.0, -130.0), end=(1460.0, 0.0), aside=-130.0, before=True),
        Length(name="encapsulation_thickness", start=(1460.0, 600.0), end=(1460.0, 730.0), aside=-130.0),
    ]
    return Drawing(
        layout,
        [
            Panel(
                title="plan of the anode, at half its thickness",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 40, 40, 250, 40),
                width=3.8,
                bar=500.0,
            ),
            Panel(
                title="section at y = 0",
                outlines=section,
                lines=films,
                lengths=heights,
                box=around(section, 40, 100, 250, 100),
                width=3.8,
                bar=500.0,
                tall=1.5,
            ),
        ],
    )


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
        Length(name="core_radius", start=(0.0, 0.0), end=(60.0, 0.0)),
        Length(name="jacket_thickness", start=(0.0, reach), end=(0.0, outside)),
    ]
    names = ["anode_collector", "anode", "electrolyte", "cathode", "cathode_collector", "substrate", "separator"]
    heights, at = [], ribbon.box()[1]
    for k, name in enumerate(names):
        size = params[f"{name}_thickness"]
        x = x0 + 14.0 + 17.0 * k
        heights.append(Length(name=f"{name}_thickness", start=(x, at), end=(x, at + size), before=k % 2 == 0))
        at += size
    return Drawing(
        layout,
        [
            Panel(
                title="plan, rolled",
                outlines=plan,
                lines=[],
                lengths=lengths,
                box=around(plan, 6, 6, 6, 36),
                width=2.7,
                bar=100.0,
            ),
            Panel(
                title="plan, rolled: false, its left end",
                outlines=strip,
                lines=[],
                lengths=heights,
                box=around(strip, 10, 22, 10, 22),
                width=2.3,
                bar=20.0,
            ),
        ],
        row=True,
    )


FAMILIES: Mapping[str, Callable[[], Drawing]] = {
    "circular": circular,
    "concentric": concentric,
    "disc_array": disc_array,
    "double_spiral": double_spiral,
    "drawn": drawn,
    "fiber": fiber,
    "film": film,
    "interdigital": interdigital,
    "interleaved_plates": interleaved_plates,
    "island_bridge": island_bridge,
    "joint": joint,
    "layers": layers,
    "meander": meander,
    "multicore_fiber": multicore_fiber,
    "pillars": pillars,
    "radial_fingers": radial_fingers,
    "space_filling": space_filling,
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
