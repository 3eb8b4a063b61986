"""The counterpart of a guaranteed accuracy: P2 in NGSolve, refined until the true error is below 1e-4.

The cell is half a finger, a gap and half a finger, all widths equal, electrodes without thickness on the floor, no
lid within reach. Its conductance is exactly K(k) / K(k') with k = tan^2(pi / 8). Uniform refinement converges at
first order only, since the current density is unbounded at the electrodes' edges; it is stopped at `LARGEST` unknowns
and what it would need is extrapolated. Refinement by NGSolve's usual estimator is timed as well. Both stop by the
exact value, which is a gift that a user does not have: neither gives a bound.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from typing import Any

from benchmarks.runners import ROOT, THREADS

WIDTH = 1.0  # of finger and gap
TALL = 4.0  # the lid: what it changes falls as exp(-pi height / width), 6e-6 of the whole
WANTED, LARGEST = 1e-4, 300_000
SHARE = 0.25  # elements with more than this share of the largest estimate are refined
Row = dict[str, Any]


def exact() -> float:
    """Return the conductance per length of the cell."""
    from scipy.special import ellipk

    m = math.tan(math.pi / 8.0) ** 4
    return float(ellipk(m) / ellipk(1.0 - m))


def coarse() -> Any:
    """Return the first mesh."""
    import ngsolve as ng
    from netgen.geom2d import SplineGeometry

    shape = SplineGeometry()
    corners = [(0, 0), (WIDTH / 2, 0), (3 * WIDTH / 2, 0), (2 * WIDTH, 0), (2 * WIDTH, TALL), (0, TALL)]
    points = [shape.AppendPoint(float(x), float(y)) for x, y in corners]
    for k, name in enumerate(("low", "floor", "high", "side", "lid", "side")):
        shape.Append(["line", points[k], points[(k + 1) % len(points)]], bc=name)
    return ng.Mesh(points=shape.GenerateMesh(maxh=WIDTH / 4))


def sequence(adaptive: bool) -> list[Row]:
    """Refine and solve, and return unknowns, error and seconds so far of each level."""
    target, started = exact(), time.perf_counter()
    mesh, found = coarse(), list[Row]()
    while True:
        u, value = _solve(mesh)
        seconds = time.perf_counter() - started
        found.append({"dofs": u.space.ndof, "error": abs(value / target - 1.0), "wall_s": round(seconds, 3)})
        if found[-1]["error"] < WANTED or found[-1]["dofs"] > LARGEST:
            return found
        if adaptive:
            _mark(mesh, u)
        mesh.Refine()


def _solve(mesh: Any) -> tuple[Any, float]:
    """Return the potential and the conductance."""
    import ngsolve as ng

    space = ng.H1(mesh, order=2, dirichlet="low|high")
    u, v = space.TnT()
    form = ng.BilinearForm(ng.grad(u) * ng.grad(v) * ng.dx, symmetric=True).Assemble()
    one = ng.GridFunction(space)
    one.Set(1.0, definedon=mesh.Boundaries("high"))
    right = one.vec.CreateVector()
    right.data = -form.mat * one.vec
    one.vec.data += form.mat.Inverse(space.FreeDofs(), "sparsecholesky") * right
    return one, ng.InnerProduct(one.vec, (form.mat * one.vec).Evaluate())


def _mark(mesh: Any, u: Any) -> None:
    """Mark elements by the difference of the flux and its smoothed interpolation (Zienkiewicz and Zhu)."""
    import ngsolve as ng

    smooth = ng.GridFunction(ng.HDiv(mesh, order=1))
    smooth.Set(ng.grad(u))
    off = smooth - ng.grad(u)
    each = ng.Integrate(off * off, mesh, ng.VOL, element_wise=True).NumPy()
    mesh.ngmesh.Elements2D().NumPy()["refine"] = each > SHARE * each.max()


def measure() -> dict[str, Any]:
    """Run both in a process of its own, on one thread; nothing without NGSolve."""
    command, single = [sys.executable, "-m", "benchmarks.cell"], dict.fromkeys(THREADS, "1")
    done = subprocess.run(command, cwd=ROOT, env=os.environ | single, capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else {}


def extrapolate(levels: list[Row]) -> Row:
    """Return what uniform refinement would need: the error halves as unknowns quadruple, time grows as they do."""
    last = levels[-1]
    factor = max(1.0, last["error"] / WANTED) ** 2
    return {"dofs": round(last["dofs"] * factor), "wall_s": round(last["wall_s"] * factor, 1)}


if __name__ == "__main__":
    uniform = sequence(adaptive=False)
    print(json.dumps({"uniform": uniform, "needed": extrapolate(uniform), "adaptive": sequence(adaptive=True)}))
