"""Hand-made bodies of metal that flow by J2 plasticity. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from support.cells import grid
from support.elastic_bodies import body_mesh
from support.materials import matter

E, NU, SY, H, Q, B = 100e3, 0.3, 100.0, 2000.0, 50.0, 100.0
VOCE = {"youngs_modulus": E, "poisson_ratio": NU, "yield_stress": SY, "hardening_modulus": H, "voce_stress": Q,
        "voce_rate": B}  # fmt: skip
PERFECT = {name: VOCE[name] for name in ("youngs_modulus", "poisson_ratio", "yield_stress")}


def made(mesh, **stated):
    """Return the mesh, all of one metal."""
    return replace(
        mesh, layout=replace(mesh.layout, materials={name: matter(**stated) for name in mesh.layout.names()})
    )


def block(dim, n=2, sides=(1.0, 1.0, 1.0), dimension=None, **stated):
    """Return a brick of one metal."""
    points, cells = grid(*[np.linspace(0.0, side, n + 1) for side in sides[:dim]])
    return made(body_mesh(points, cells, dimension or ("3d" if dim == 3 else "plan")), **stated)


def bend(k):
    """Return the load that bends to a curvature, 1/um."""
    return {"bend": {"radius": f"{float(1.0 / k)!r} um"}}


def totals(solution, name):
    """Return a total of each step."""
    return np.array([step.totals[name][0] for step in solution.steps])


def strength(a):
    """Return the yield stress at an equivalent plastic strain."""
    return SY + H * a + Q * (1.0 - np.exp(-B * a))
