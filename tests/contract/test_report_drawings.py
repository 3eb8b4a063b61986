"""Drawings of layouts in a report: their sizes are those of the layout."""

from __future__ import annotations

import pytest

from microfem.families import FAMILIES, build_layout
from microfem.render.layout import plan, section, size


@pytest.mark.parametrize("family", FAMILIES.names())
def test_drawings_carry_the_sizes_of_the_layout(family: str) -> None:
    """Against the layout's own box and heights."""
    layout = build_layout(family, {})
    x0, y0, _, x1, y1, _ = layout.box()
    names = [one.name for one in plan(layout).lengths]
    assert names[:2] == [size(x1 - x0), size(y1 - y0)]
    cut = section(layout)
    if cut is not None:
        heights = {size(one.z[1] - one.z[0]) for one in layout.regions}
        assert {one.name for one in cut.lengths} <= heights
        assert size(layout.with_role("substrate")[0].z[1] - layout.with_role("substrate")[0].z[0]) in {
            one.name for one in cut.lengths
        }


def test_the_gap_is_drawn_where_it_is() -> None:
    layout = build_layout("interdigital", {"gap": 120.0})
    gap = plan(layout).lengths[2]
    assert gap.name == "120 µm"
    assert abs(gap.end[0] - gap.start[0]) + abs(gap.end[1] - gap.start[1]) == pytest.approx(120.0)
