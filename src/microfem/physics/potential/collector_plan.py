"""What the plan of a layout lacks for a collector of variable thickness, told before it is meshed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.layout.contacts import left_out

if TYPE_CHECKING:
    from microfem.layout import Layout


def faults_of(layout: Layout, parts: Sequence[str], drains: Sequence[str]) -> Iterator[str]:
    """Yield why a collector of parts with drains has no solution: names, conductivities, pieces without a drain."""
    yield from left_out(layout.contacts, "the thickness of a collector")
    if layout.projected is not None:
        yield "the plan of this layout is a cross-section, in which no collector lies flat"
        return
    told = [*_unknown(layout, parts, drains), *_poor(layout, parts)]
    yield from told or _undrained(layout, parts, drains)


def _unknown(layout: Layout, parts: Sequence[str], drains: Sequence[str]) -> Iterator[str]:
    """Yield names that the layout does not have."""
    for look_up, names in ((layout.part, parts), (layout.terminal, drains)):
        for name in names:
            try:
                look_up(name)
            except MicrofemError as error:
                yield str(error)


def _poor(layout: Layout, parts: Sequence[str]) -> Iterator[str]:
    """Yield fed parts whose material has no conductivity, or not one number."""
    for name in (one for one in parts if one in layout.names()):
        material = layout.material(name)
        try:
            material.need("conductivity")
        except MicrofemError as error:
            yield str(error)
            continue
        stated = material.properties["conductivity"]
        if stated.axes is not None or not stated.value > 0.0:
            yield f"feed: '{name}' of {material.name} needs one conductivity above 0, the same along all axes"


def _undrained(layout: Layout, parts: Sequence[str], drains: Sequence[str]) -> Iterator[str]:
    """Yield why a collector of parts cannot be drained: what the plan lacks, and pieces that touch no drain."""
    import shapely

    from microfem.mesh.contacts import contacts_of

    plan = contacts_of(layout, "plan")
    shapes = {part: [piece.shape for piece in plan.pieces(part)] for part in parts}
    if missing := [part for part, shape in shapes.items() if not shape]:
        yield f"feed: the plan does not show '{missing[0]}': it lies at another height, or other parts cover it"
        return
    ends = {name: [p.shape for part in layout.terminal(name) for p in plan.pieces(part)] for name in drains}
    whole = shapely.union_all([shape for one in shapes.values() for shape in one])
    for name, shape in ends.items():
        if not shape or not shapely.dwithin(shapely.union_all(shape), whole, plan.near):
            yield f"drained_at: '{name}' does not touch the collector in the plan; name what does"
            return
    drain = shapely.union_all([shape for one in ends.values() for shape in one])
    for piece in shapely.get_parts(whole):
        if not shapely.dwithin(piece, drain, plan.near):
            x, y = piece.representative_point().coords[0]
            where = f"the piece of the collector at ({x:.6g}, {y:.6g}) um"
            yield f"drained_at: nothing drains {where}; name what does, or join it to the rest"
