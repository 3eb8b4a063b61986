"""The energy of a potential that goes on beyond the walls of a box, in a medium without end.

The box is insulated: its energy is less than that of open space, since a flux that stays inside is one of many. Any
potential that is constant on the walls goes on as that constant, without energy, so its energy is an upper bound of
that of open space. Such a potential follows from the one in the box, blended into its mean on the walls. Far from a
device whose fluxes sum to zero the potential falls as that of a dipole, so both bounds meet with the square of the
box's size in 2D and with its cube in 3D.
"""

from __future__ import annotations

import numpy as np

from microfem.fem.potential.terminals import TerminalSolutions, contact_form
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.space import Floats
from microfem.mesh import Mesh

BLENDED = 30.0  # ratio of the distances of the walls and of the place where blending starts


def more_in_the_open(unit: TerminalSolutions, levels: Floats) -> float:
    """Return the energy of the blended potential minus that of the one in the box; 0 for a device that ends.

    levels: (nterminals,) potentials of the terminals.
    """
    mesh, space = unit.space.mesh, unit.space
    if not mesh.layout.reach:
        return 0.0
    share = blending(mesh, space.locations)
    far = np.flatnonzero(unit.active & (share[space.cell_dofs] > 0.0).any(axis=1))
    if not len(far):
        return 0.0
    potential, dofs = np.nan_to_num(levels @ unit.potentials), np.unique(space.cell_dofs[far])
    walls = dofs[share[dofs] == 1.0]
    level = float(potential[walls].mean())
    blended = potential + share * (level - potential)
    form = scalar_stiffness(space, mesh.cells[far], unit.coefficient[far]) + contact_form(space, unit.interface)
    (before, _), (_, after) = form.products(np.stack([potential, blended])).tolist()
    return max(0.0, after - before)


def blending(mesh: Mesh, points: Floats) -> Floats:
    """Return the weight (n,) of the constant at points (n, dim): 0 near the device, 1 on the walls, by log distance."""
    layout = mesh.layout
    x0, y0, z0, x1, y1, z1 = layout.box()
    if mesh.dimension == "section":
        low, high = np.array([x0, z0]), np.array([x1, z1])
    else:
        low, high = np.array([x0, y0, z0]), np.array([x1, y1, z1])
    axes = 2 if layout.projected is not None else mesh.dim
    beyond = np.maximum(low[:axes] - points[:, :axes], points[:, :axes] - high[:axes]).max(axis=1)
    near = layout.reach / BLENDED
    share = np.log(np.maximum(beyond, near) / near) / np.log(BLENDED)
    return np.where(beyond >= (1.0 - 1e-9) * layout.reach, 1.0, np.minimum(share, 1.0))
