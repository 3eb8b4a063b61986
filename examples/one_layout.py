"""One layout: build it, solve a case on it, read numbers with their errors.

You learn how a layout, a case and metrics go together, and what a value tells beside its number.
"""

import microfem

layout = microfem.interdigital(finger_pairs=2, gap="150 um", margin="0.2 mm")
case = {
    "physics": "conduction",
    "dimension": "section",
    "terminals": {"anode": "0 V", "cathode": "1 V"},
}
solved = microfem.solve_case(layout, case, ["resistance", "area_fraction_below(below=0.8)", "footprint"], accuracy=0.02)

resistance = solved.values["resistance"]
print(f"resistance = {resistance.value:.6g} {resistance.unit}")
print(f"proven: lower = {resistance.lower:.6g}, upper = {resistance.upper:.6g}")  # whatever the mesh
print(f"current at 1 V = {solved.solution.totals['current.cathode'][0]:.6g} A/m")

uneven = solved.values["area_fraction_below(below=0.8)"]
print(f"share with little current = {uneven.value:.3g}, with an error of {uneven.error:.1g}")
print(f"footprint = {solved.values['footprint'].value:.5g} {solved.values['footprint'].unit}")
print(f"ended: {solved.ended.text}, with {len(solved.mesh.cells)} cells")
