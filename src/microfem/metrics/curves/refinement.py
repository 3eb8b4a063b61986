"""Convergence of each metric from mesh to mesh."""

from __future__ import annotations

from collections.abc import Iterator

from microfem.base.series import Look, Series
from microfem.metrics.curve import SolvedCase, curve

CAPTION = "error of the value on each mesh; hollow: without an error estimate, distance from the last mesh's value"


@curve("mesh", Look(title="Convergence", caption=CAPTION, shows="error", log=True, pictured=False), always=True)
def over_meshes(case: SolvedCase) -> Iterator[Series]:
    """Value of each metric on each mesh of the refinement, with its error, against the number of cells."""
    for name, meshes in case.meshes.items():
        yield Series(
            name=name,
            unit=meshes[-1].value.unit,
            x_name="cells",
            x_unit="1",
            x=tuple(float(one.cells) for one in meshes),
            y=tuple(one.value.value for one in meshes),
            error=tuple(one.value.error for one in meshes),
        )
