"""A comparison with a closed form: the resistance between a disc and a ring, ln(b / a) / (2 pi sigma) per depth.

You learn how to choose a material, and how to test a proven interval: it must hold the exact value.
"""

import math

import microfem

INNER, GAP = 400.0, 600.0  # radius of the disc and distance to the ring, um
layout = microfem.circular(disc_radius=INNER, gap=GAP, ring_width="200 um", materials={"electrolyte": "znso4_2m"})
case = {"physics": "conduction", "dimension": "plan", "terminals": {"anode": "0 V", "cathode": "1 V"}}
sigma = layout.material("electrolyte").value("conductivity")  # S/m
exact = math.log((INNER + GAP) / INNER) / (2.0 * math.pi * sigma)
print(f"exact = {exact:.9g} ohm m")

for accuracy in (1e-4, 1e-5, 1e-6):
    found = microfem.solve_case(layout, case, "resistance", accuracy=accuracy).values["resistance"]
    inside = found.lower <= exact <= found.upper
    print(f"accuracy {accuracy:g}: found = {found.value:.9g}, error = {found.error:.1e} {found.unit}, inside: {inside}")
