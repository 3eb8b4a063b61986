"""CalculiX for elasticity: an input deck of C3D10 elements, solved by the program's own direct solver.

Its printed forces have seven digits, so it is held to six.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.meshes import Arrays
from benchmarks.problems import POISSON, REGIONS, SIDE, Problem

DIGITS = 6
EDGES = np.array([(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)])  # in the order of a C3D10's middle nodes


class Engine:
    """A box in CalculiX; the loading is the writing of nodes and elements."""

    def __init__(self, mesh: Arrays, problem: Problem, variant: str, threads: int) -> None:  # noqa: ARG002
        self.folder = tempfile.TemporaryDirectory()
        pairs = np.sort(mesh.tets[:, EDGES], axis=2).reshape(-1, 2)
        edges, number = np.unique(pairs, axis=0, return_inverse=True)
        nodes = np.vstack([mesh.points, mesh.points[edges].mean(axis=1)])
        tets = np.hstack([mesh.tets, len(mesh.points) + number.reshape(-1, 6)])
        self.dofs = nodes.size
        with self.path.open("w") as deck:
            deck.write("*NODE, NSET=ALL\n")
            np.savetxt(deck, np.column_stack([np.arange(len(nodes)) + 1, nodes]), "%d,%.17g,%.17g,%.17g")
            for k, name in enumerate(REGIONS):
                mine = np.flatnonzero(mesh.region == k)
                deck.write(f"*ELEMENT, TYPE=C3D10, ELSET={name}\n")
                np.savetxt(deck, np.column_stack([mine, tets[mine]]) + 1, "%d", ",")
            for name, at in (("LOW", 0.0), ("HIGH", SIDE)):
                deck.write(f"*NSET, NSET={name}\n")
                np.savetxt(deck, np.flatnonzero(nodes[:, 0] == at) + 1, "%d")

    @property
    def path(self) -> Path:
        """The input deck."""
        return Path(self.folder.name) / "box.inp"

    def solve(self, values: Sequence[float]) -> float:
        """Return the force."""
        with self.path.open("a") as deck:
            for name, young in zip(REGIONS, values, strict=True):
                deck.write(f"*MATERIAL, NAME={name}\n*ELASTIC\n{young},{POISSON}\n")
                deck.write(f"*SOLID SECTION, ELSET={name}, MATERIAL={name}\n")
            deck.write(f"*STEP\n*STATIC\n*BOUNDARY\nLOW,1,3\nHIGH,2,3\nHIGH,1,1,{SIDE}\n")
            deck.write("*NODE PRINT, NSET=HIGH, TOTALS=ONLY\nRF\n*NODE FILE\nU\n*END STEP\n")
        command = [os.environ.get("CCX", "ccx"), "box"]
        done = subprocess.run(command, cwd=self.folder.name, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"CalculiX stopped: {done.stdout[-500:]}")
        return float(self.path.with_suffix(".dat").read_text().split()[-3])
