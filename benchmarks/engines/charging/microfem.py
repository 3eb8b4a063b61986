"""microfem: its equations and its factorisation in a fixed sequence of steps, new factors in each iteration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.cells import DISCHARGE, comb_case
from benchmarks.euler import CONVERGED, LENGTH, RATE, STEPS, comb
from microfem.electrochemistry.consistent import CONVERGED as OWN
from microfem.electrochemistry.consistent import implicit_step
from microfem.electrochemistry.path import started
from microfem.electrochemistry.problems import Problems
from microfem.fem.cell.control import held

Floats = NDArray[np.float64]


class Engine:
    """A comb in microfem."""

    def __init__(self, size: str, _: str = "") -> None:
        self.mesh, self.model = comb(size)
        self.dofs = self.model.equations.fields
        self.iterations = 0

    def solve(self, steps: int = STEPS) -> tuple[list[float], int]:
        """Return the voltage after each step and the iterations of all."""
        assert OWN == CONVERGED
        equations, problems = self.model.equations, Problems(self.model, 1.0)
        control = held("current", RATE * self.model.whole_capacity / 3600.0)
        problem = problems.problem(control, [], None)

        def factorise(t: float, y: Floats, rate: Floats, slope: float) -> Callable[[Floats], Floats]:
            self.iterations += 1
            return problem.factorise(t, y, rate, slope)

        counted, self.iterations, voltages = replace(problem, factorise=factorise), 0, list[float]()
        y = started(equations, comb_case(DISCHARGE).start)
        for step in range(steps):
            y = implicit_step(counted, problems.tolerance, step * LENGTH, y, LENGTH)
            voltages.append(equations.state(y).voltage)
        return voltages, self.iterations
