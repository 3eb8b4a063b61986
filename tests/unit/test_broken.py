"""Long thin layouts with a break: ends at true proportions, a true length, nothing lost that is not uniform."""

from __future__ import annotations

import pytest
import shapely

from microfem.families import build_layout
from microfem.render.broken import APART, END, broken
from microfem.render.layout import plan

RIBBON = {"rolled": False, "windings": 5, "core_radius": 60.0, "anode_thickness": 4.0, "electrolyte_thickness": 4.0,
          "cathode_thickness": 6.0, "separator_thickness": 4.0}  # fmt: skip
LAYERS = [(role, shapely.box(0.0, 10.0 * k, 1000.0, 10.0 * (k + 1))) for k, role in enumerate(("anode", "cathode"))]


def test_both_ends_have_true_proportions() -> None:
    """Two layers of 10 um: each end is END heights of 20 um long, the teeth add and take equal areas or nearly so."""
    shown = broken(LAYERS)
    x0, y0, x1, y1 = shapely.total_bounds([outline for _, outline in shown])
    assert (x1 - x0, y1 - y0) == (pytest.approx(20.0 * (2.0 * END + APART)), 20.0)
    for role, outline in shown:
        assert len(shapely.get_parts(outline)) == 2, role
        assert abs(outline.area - 10.0 * 2.0 * END * 20.0) < 0.02 * outline.area


def test_what_is_short_or_not_uniform_is_not_broken() -> None:
    """The negative controls: a layout of 19 heights, and one with a tab at its middle."""
    short = [("anode", shapely.box(0.0, 0.0, 190.0, 10.0))]
    assert broken(short) is short
    tabbed = [*LAYERS, ("anode_tab", shapely.box(480.0, 20.0, 520.0, 25.0))]
    assert broken(tabbed) is tabbed


def test_the_drawing_of_a_ribbon_states_its_whole_length() -> None:
    """The spiral's length of 3582.6 um as studies/swiss_roll_fields.yaml states it."""
    panel = plan(build_layout("swiss_roll", RIBBON))
    assert panel.title == "cross-section, middle left out"
    assert panel.lengths[0].name == "3.58 mm"
    assert panel.tall == 1.0
    assert plan(build_layout("swiss_roll", RIBBON), entire=True).title == "cross-section"
