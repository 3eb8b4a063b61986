"""SVG to scale: one user unit is a millimetre, arcs are exact, a group for each layer (a layer in Inkscape)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np

from microfem.cad.pattern import LAYERS, LayerPattern, PatternLayer
from microfem.layout.rings import Ring
from microfem.render.drawing import ROLE_COLOURS

MM = 1e-3  # mm per um
BORDER = 0.02  # width of the border relative to the larger side
LINE = 0.001  # width of lines relative to the larger side
COLOURS = {
    **ROLE_COLOURS,
    "interconnect": "#8a8a8a",
    "step": "#b87333",
    "mark": "#333333",
    "label": "#333333",
    "cut": "#d62728",
}
SHEER = {"electrolyte": "0.5", "encapsulation": "0.3", "step": "0.3"}  # opacity of layers over others


def write_svg(path: Path, pattern: LayerPattern) -> None:
    """Write a pattern as SVG; layers are drawn in the order of their numbers, with y upwards."""
    x0, y0, x1, y1 = (MM * one for one in pattern.box())
    larger = max(x1 - x0, y1 - y0)
    border = BORDER * larger
    x0, y0, x1, y1 = x0 - border, y0 - border, x1 + border, y1 + border
    root = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "xmlns:inkscape": "http://www.inkscape.org/namespaces/inkscape",
            "width": f"{x1 - x0:.6f}mm",
            "height": f"{y1 - y0:.6f}mm",
            "viewBox": f"{x0:.6f} {-y1:.6f} {x1 - x0:.6f} {y1 - y0:.6f}",
        },
    )
    Xml.SubElement(root, "title").text = pattern.name
    kept = Xml.SubElement(root, "defs") if pattern.grid.repeated else root
    for layer in sorted(pattern.layers(), key=lambda one: list(LAYERS).index(one.role)):
        group = Xml.SubElement(
            root,
            "g",
            {
                "id": layer.name,
                "inkscape:groupmode": "layer",
                "inkscape:label": layer.name,
                "fill": COLOURS[layer.role],
                "fill-opacity": SHEER.get(layer.role, "1"),
                "fill-rule": "evenodd",
                "stroke": "#333333",
                "stroke-width": f"{LINE * larger:.6f}",
            },
        )
        if layer in pattern.shared or not pattern.grid.repeated:
            _add(group, layer)
            continue
        device = f"device-{layer.name}"
        _add(Xml.SubElement(kept, "g", {"id": device}), layer)
        for x, y in pattern.grid.places():
            Xml.SubElement(group, "use", {"href": f"#{device}", "x": repr(MM * x), "y": repr(-MM * y)})
    Xml.indent(root)
    path.write_bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(group: Xml.Element, layer: PatternLayer) -> None:
    for shape in layer.shapes:
        Xml.SubElement(group, "path", {"d": " ".join(_path(ring) for ring in shape)})
    for line in layer.lines:
        points = " ".join(_pair(point) for point in MM * line.path * (1.0, -1.0))
        Xml.SubElement(group, "polyline", {"points": points, "fill": "none"})


def _path(ring: Ring) -> str:
    """Return the path commands of a closed line."""
    points = MM * ring.points * (1.0, -1.0)
    ends = np.roll(points, -1, axis=0)
    drawn = [f"M {_pair(points[0])}"]
    for a, b, bulge in zip(points, ends, ring.bulges.tolist(), strict=True):
        if bulge == 0.0:
            drawn.append(f"L {_pair(b)}")
            continue
        # Two arcs of a quarter turn at most: the ends and the radius of half a turn determine its centre poorly.
        radius = 0.25 * float(np.hypot(*(b - a))) * (abs(bulge) + 1.0 / abs(bulge))
        apex = 0.5 * (a + b) + 0.5 * bulge * np.array([a[1] - b[1], b[0] - a[0]])
        drawn += [f"A {radius!r} {radius!r} 0 0 {int(bulge < 0.0)} {_pair(end)}" for end in (apex, b)]
    return " ".join([*drawn, "Z"])


def _pair(point: Any) -> str:
    return f"{float(point[0])!r} {float(point[1])!r}"
