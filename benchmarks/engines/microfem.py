"""microfem itself: terminals for conduction, a clamped stretch for elasticity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.meshes import Arrays
from benchmarks.problems import POISSON, REGIONS, SIDE, Problem
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.end_motions import stretch
from microfem.fem.linear_elasticity.linear_response import linear_response
from microfem.fem.potential.terminals import solve_terminals
from microfem.fem.space import Space
from microfem.mesh import Mesh


class Engine:
    """A box in microfem, which chooses its solver itself."""

    def __init__(self, mesh: Arrays, problem: Problem, variant: str, threads: int) -> None:  # noqa: ARG002
        faces = {"xmin": mesh.at(0.0), "xmax": mesh.at(SIDE)}
        layout = None  # regions and values are given by number; nothing asks for materials
        self.mesh = Mesh(
            points=mesh.points,
            cells=mesh.tets,
            region_of_cell=mesh.region,
            regions=REGIONS,
            dimension="3d",
            layout=layout,
            sheets={},
            faces=faces,
            flat=mesh.points,
        )
        self.problem = problem
        self.dofs = 0

    def solve(self, values: Sequence[float]) -> float:
        """Return conductance or force."""
        of_cell = np.array(values)[self.mesh.region_of_cell]
        if self.problem.physics == "conduction":
            terminals = {"a": ["terminal_a"], "b": ["terminal_b"]}
            found = solve_terminals(self.mesh, self.problem.order, of_cell, {}, terminals)
            self.dofs = found.space.ndofs
            return float(found.matrix[0, 0])
        every, none = np.arange(len(of_cell)), np.zeros(len(of_cell))
        space = Space(self.mesh, self.problem.order)
        self.dofs = 3 * space.ndofs
        body = Body(space=space, cells=every, young=of_cell, poisson=none + POISSON, eigenstrain=none)
        return linear_response(body, stretch(body, "x", 1.0, clamped=True)).stiffness
