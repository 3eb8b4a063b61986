"""An optimisation in a loop of your own: the disc in a ring whose edge carries the least current density.

You learn how to put a solve into a function that any optimiser can call. In a ring of fixed radius b a small disc
crowds the current, and a large one comes close to the ring. `microfem optimise` searches many parameters in parallel.
"""

import math

from scipy.optimize import minimize_scalar

import microfem

RING = 1000.0  # inner radius of the ring, um
CASE = {"physics": "conduction", "dimension": "plan", "order": 2, "terminals": {"anode": "0 V", "cathode": "1 V"}}


def density(radius: float) -> float:
    """Return the current density at the edge of the disc at 1 V, A/m2."""
    layout = microfem.circular(disc_radius=radius, gap=RING - radius, ring_width=100.0)  # numbers are in um
    solved = microfem.solve_case(layout, CASE, "resistance", accuracy=0.005)
    current = 1.0 / solved.values["resistance"].value  # A/m, through the whole edge
    return current / (2.0 * math.pi * radius * 1e-6)


best = minimize_scalar(density, bounds=(150.0, 700.0), method="bounded", options={"xatol": 5.0})
print(f"best radius = {best.x:.1f} um, after {best.nfev} solves")
print(f"density = {best.fun:.5g} A/m2, at half that radius = {density(0.5 * best.x):.5g} A/m2")
