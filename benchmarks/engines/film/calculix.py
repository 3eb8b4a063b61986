"""CalculiX: C3D10 with *HYPERELASTIC, NEO HOOKE and its own direct solver; displacements alone, no pressures.

Its U = C10 (J^(-2/3) I1 - 3) + (J - 1)^2 / D1 is the same energy with C10 = mu / 2 and D1 = 2 / kappa. The variant
`own` stops at the program's own tolerance of 5e-3 of the mean force, `tight` at 1e-7 of it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.film import LENGTH, RATIO, SHEAR, STEPS, STRETCH, quadratic
from benchmarks.meshes import Arrays

TIGHT = "*CONTROLS, PARAMETERS=FIELD\n1E-7,1E-7\n"


class Engine:
    """A film in CalculiX; the loading is the writing of the deck."""

    def __init__(self, arrays: Arrays, variant: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "film.inp"
        nodes, tets = quadratic(arrays)
        ends = {"LOW": nodes[:, 0] == 0.0, "HIGH": nodes[:, 0] == LENGTH}
        self.dofs = 3 * int((~ends["LOW"] & ~ends["HIGH"]).sum())
        with self.path.open("w") as deck:
            deck.write("*NODE, NSET=ALL\n")
            np.savetxt(deck, np.column_stack([np.arange(len(nodes)) + 1, nodes]), "%d,%.17g,%.17g,%.17g")
            for k, (name, mu) in enumerate(zip(("SUBSTRATE", "FILM"), SHEAR, strict=True)):
                mine = np.flatnonzero(arrays.region == k)
                deck.write(f"*ELEMENT, TYPE=C3D10, ELSET={name}\n")
                np.savetxt(deck, np.column_stack([mine, tets[mine]]) + 1, "%d", ",")
                deck.write(f"*MATERIAL, NAME={name}\n*HYPERELASTIC, NEO HOOKE\n{0.5 * mu},{2.0 / (RATIO * mu)}\n")
                deck.write(f"*SOLID SECTION, ELSET={name}, MATERIAL={name}\n")
            for name, there in ends.items():
                deck.write(f"*NSET, NSET={name}\n")
                np.savetxt(deck, np.flatnonzero(there) + 1, "%d")
            deck.write(f"*STEP, NLGEOM, INC=1000\n*STATIC\n{1.0 / STEPS},1.,1E-5,{1.0 / STEPS}\n")
            deck.write(TIGHT if variant == "tight" else "")
            deck.write(f"*BOUNDARY\nLOW,1,3\nHIGH,2,3\nHIGH,1,1,{(STRETCH - 1.0) * LENGTH}\n")
            deck.write("*NODE PRINT, NSET=HIGH, TOTALS=ONLY, FREQUENCY=1000\nRF\n*END STEP\n")

    def solve(self) -> tuple[float, int]:
        """Return the force and the iterations of all steps."""
        command = [os.environ.get("CCX", "ccx"), "film"]
        done = subprocess.run(command, cwd=self.folder.name, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"CalculiX stopped: {done.stdout[-300:]}")
        iterations = sum(line.startswith(" iteration ") for line in done.stdout.splitlines())
        return float(self.path.with_suffix(".dat").read_text().split()[-3]), iterations
