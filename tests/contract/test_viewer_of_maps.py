"""A measured map in the viewer's page: chosen from its control, seen at its load alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.browsing import PICTURE, browsing, changed, choose, pixels, settled, slide, viewing
from support.measured_sheets import write_sheet

pytest.importorskip("pyvista")


@pytest.mark.slow
def test_a_map_is_chosen_in_the_page(tmp_path: Path) -> None:
    """Lost points are grey; at another load, and without a map, none is, and the page tells why."""
    with viewing(write_sheet(tmp_path)) as address, browsing(address) as page:
        choose(page, "field", "nominal strain along x (%)")
        settled(page)
        assert not grey(page)
        before = page.get_attribute(PICTURE, "src")
        choose(page, "measured", "seen_map")
        changed(page, before)
        assert grey(page)
        before = page.get_attribute(PICTURE, "src")
        slide(page, "step", "ArrowLeft")
        changed(page, before)
        assert not grey(page)
        assert "seen_map was measured at a load of 0.2, not here" in page.inner_text(".mf-stage")


def grey(page) -> bool:
    """Tell whether there is a patch in the grey of lost points."""
    return bool((abs(pixels(page) - 0.83 * 255.0) < 2.0).all(axis=2).mean() > 1e-3)
