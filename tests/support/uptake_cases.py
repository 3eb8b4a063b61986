"""Cases of the documentation's physics of two fields in time, solved in a process of their own and told as JSON.

Importing that physics registers it, which no other test may see.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise

import numpy as np
import shapely

from microfem.layout import Region
from support.cells import grid, make_layout, record
from support.materials import matter
from support.repository import ROOT

DIFFUSIVITY, LENGTH, START = 5e-10, 100.0, 2000.0  # m2/s, um, mol/m3
OTHER = {"section": 1, "plan": 1, "3d": 2}  # axes across the bar


def bar(dimension, edges, names, cells, height=20.0):
    """Return the mesh of a bar along x whose regions `names` end at `edges`, `cells` per 100 um."""
    spans = list(pairwise(edges))
    ticks = [np.linspace(low, high, round(cells * (high - low) / LENGTH) + 1) for low, high in spans]
    across = np.linspace(0.0, height, round(cells * height / LENGTH) + 1)
    points, simplices = grid(np.unique(np.concatenate(ticks)), *[across] * OTHER[dimension])
    owner = np.searchsorted(edges, points[simplices].mean(axis=1)[:, 0]) - 1
    regions = [Region(name=name, role="electrolyte" if name == "gel" else name,
                      footprint=shapely.box(low, 0.0, high, height), z=(0.0, height))
               for name, (low, high) in zip(names, spans, strict=True)]  # fmt: skip
    laws = {name: matter(diffusivity=DIFFUSIVITY) for name in names}
    return record(points, simplices, make_layout(regions, laws=laws), dimension, owner, names)


def solved(mesh, **entries):
    import uptake

    case = {"physics": "uptake", "dimension": mesh.dimension, "into": "cathode", "rate": 0.0, "capacity": 3000.0,
            "held": {"anode": START}, "until": 4.0, "tolerance": 1e-6, **entries}  # fmt: skip
    found = uptake.solve(mesh, uptake.UptakeCase(**case))
    return {
        "x": mesh.points[:, 0].tolist(),
        "c": np.nan_to_num(found.field("concentration").values, nan=-1.0).tolist(),
        "s": np.nan_to_num(found.field("taken").values, nan=-1.0).tolist(),
        "t": [step.at for step in found.steps],
        "taken": [step.totals["taken_up"][0] for step in found.steps],
        "volume": float(mesh.volumes[mesh.cells_of("cathode")].sum()),
    }


def all_cases():
    names, ends = ("anode", "gel", "cathode"), (-10.0, 0.0, 80.0, 100.0)
    told = {}
    for dimension, counts in (("section", (10, 20, 40)), ("plan", (10, 20)), ("3d", (10, 20))):
        for cells in counts:
            told[f"diffusion {dimension} {cells}"] = solved(bar(dimension, ends, names, cells))
    sides = ("anode", "cathode", "left", "gel")
    for dimension in ("section", "3d"):
        held = {"anode": START, "left": START}
        inside = bar(dimension, (0.0, 10.0, 20.0, 30.0, 60.0), sides, 10)
        told[f"reaction {dimension}"] = solved(inside, rate=2e-4, held=held, until=6.0)
    walls, far = ("anode", "gel", "cathode", "wall"), (-10.0, 0.0, 50.0, 100.0, 110.0)
    for dimension, drift, counts in (
        ("section", 20.0, (10, 20, 40)),
        ("section", -20.0, (10, 20, 40)),
        ("plan", 20.0, (10, 20)),
        ("3d", 20.0, (10, 20)),
    ):
        for cells in counts:
            held = {"anode": START, "wall": 0.0}
            mesh = bar(dimension, far, walls, cells)
            told[f"drift {dimension} {drift:g} {cells}"] = solved(mesh, drift=drift, until=300.0, held=held)
    for dimension in ("plan", "3d"):
        told[f"front {dimension}"] = solved(bar(dimension, ends, names, 20), rate=1e-3, drift=5.0, until=6.0)
    for tolerance in (1e-3, 1e-4, 1e-5, 1e-7):
        told[f"front {tolerance:g}"] = solved(bar("section", ends, names, 40), rate=1e-3, drift=5.0, until=6.0,
                                              tolerance=tolerance)  # fmt: skip
    told["front fine"] = solved(bar("section", ends, names, 200), rate=1e-3, drift=5.0, until=6.0)
    return told


if __name__ == "__main__":
    sys.path.append(str(ROOT / "docs/extension"))
    print(json.dumps(all_cases()))
