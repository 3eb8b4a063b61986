"""A comb that is discharged at 5C in equal steps of Euler's implicit method: what two programs solve alike.

The comb is that of `cells`, its particles evenly filled, so that their state is one number at each node of the pores.
Both programs have the same triangles, P1 with reactions and storage at nodes, the same steps, Newton's method with new
factors in each iteration from the last step's solution, to the same last correction. The one difference: grad ln c is
that of ln c between nodes in microfem, and grad c / c in the middle of each triangle in the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.cells import COMB, DISCHARGE, comb_case, layout
from microfem.electrochemistry.model import CellModel, model_of
from microfem.mesh import Mesh, build_mesh

RATE = 5.0  # C
STEPS, LENGTH = 20, 24.0  # and s
CONVERGED = 1e-9  # last correction: of c over its initial value, of potentials in V, of fillings; root mean squares
LEVELS = {"comb_1k": 1, "comb_6k": 3, "comb_16k": 4, "comb_51k": 5}


def comb(name: str) -> tuple[Mesh, CellModel]:
    """Return the mesh of a size and its cell with even fillings."""
    made = layout("zn_mno2_rates", "comb", **COMB)
    paste = made.materials["cathode"]
    even = replace(paste.properties["solid_diffusivity"], value=np.inf)
    paste = replace(paste, properties={**paste.properties, "solid_diffusivity": even})
    made = replace(made, materials={**made.materials, "cathode": paste})
    mesh = build_mesh(made, "section", LEVELS[name], np.inf)
    return mesh, model_of(mesh, comb_case(DISCHARGE).statement)
