"""Which pieces of a collector nothing drains, from the outlines of a plan, before it is meshed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from microfem.layout import Layout


def undrained(layout: Layout, parts: Sequence[str], drains: Sequence[str]) -> Iterator[str]:
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
