"""What a mask or a laser job has beside the device: alignment marks, a label, inverted polarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import shapely
from shapely import Polygon
from shapely.affinity import translate

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.cad.pattern import DeviceGrid, LayerPattern, PatternLayer
from microfem.drawings.library import library
from microfem.layout import Outline, union
from microfem.layout.rings import trace
from microfem.layout.shapes import rectangle

Box = tuple[float, float, float, float]  # x0, y0, x1, y1, um

ARM = 0.1  # half of the width of a mark's arms, of its size
EXTRA = ("mark", "label")


def marks(box: Box, size: float) -> PatternLayer:
    """Return a cross at each corner of a box, outside by half of its size, um: the length of its two lines."""
    x0, y0, x1, y1 = box
    arm, half = ARM * size, 0.5 * size
    cross = union([rectangle(-half, -arm, half, arm), rectangle(-arm, -half, arm, half)])
    places = [(x, y) for x in (x0 - size, x1 + size) for y in (y0 - size, y1 + size)]
    return _layer("mark", union([translate(cross, *place) for place in places]))


def label(box: Box, text: str, height: float, beyond: float) -> PatternLayer:
    """Return a text below a box, farther by `beyond`; height: of a letter, um."""
    gdstk = library("gdstk")

    x0, y0, _, _ = box
    letters = [Polygon(one.points) for one in gdstk.text(text, height, (x0, y0 - beyond - 2.0 * height))]
    return _layer("label", union(letters))


class _Short(float):
    """A number that is written without needless digits where a label states no format."""

    def __format__(self, form: str) -> str:
        return format(float(self), form or "g")


def label_text(template: str, name: str, params: Mapping[str, object]) -> str:
    """Return a label's text: `{gap}` stands for the value of a parameter, `{name}` for the name of the design.

    Raises:
        MicrofemError: there is no such parameter, a brace lacks its partner, or a character is not ASCII.
    """
    known = {"name": name, **{key: _Short(one) if isinstance(one, float) else one for key, one in params.items()}}
    try:
        text = template.format_map(known)
    except KeyError as error:
        key = str(error.args[0])
        raise MicrofemError(f"--label: no parameter '{key}'{did_you_mean(key, known)}") from None
    except (ValueError, IndexError, AttributeError) as error:
        raise MicrofemError(f"--label = '{template}' is impossible: {error}; write for example '{{gap}} um'") from None
    if not text.strip() or not text.isascii():
        raise MicrofemError(
            f"--label = '{text}' is impossible: the letters of a mask are those of ASCII; write um for µm"
        )
    return text


def inverted(pattern: LayerPattern, box: Box, tolerance: float) -> LayerPattern:
    """Return the negative of each layer in one field around the pattern: what is open becomes closed.

    Marks and labels are part of every layer. The field extends beyond them and the box of all layers by a twentieth of
    the box's larger side; arcs become chords within the tolerance, um.
    """
    x0, y0, x1, y1 = shapely.total_bounds([shapely.box(*box), shapely.box(*pattern.box())]).tolist()
    beyond = 0.05 * max(x1 - x0, y1 - y0)
    field = rectangle(x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
    extra = [one.outline(tolerance) for one in pattern.shared if one.role in EXTRA]
    negatives: dict[str, PatternLayer] = {}
    for layer in pattern.layers():
        if layer.role in EXTRA:
            continue
        here = pattern.grid.places() if layer in pattern.device else [(0.0, 0.0)]
        outline = layer.outline(tolerance)
        taken = shapely.union_all([*(translate(outline, *place) for place in here), *extra])
        negatives[layer.name] = replace(layer, shapes=tuple(trace(shapely.difference(field, taken), ())))
    return replace(pattern, device=(), grid=DeviceGrid(), shared=tuple(negatives.values()))


def _layer(role: str, outline: Outline) -> PatternLayer:
    return PatternLayer(role=role, datatype=0, z=(0.0, 0.0), parts=(), shapes=tuple(trace(outline, ())))
