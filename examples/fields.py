"""Fields as numpy and as a pyvista grid: the heat of a comb, integrated in two ways.

You learn where the values of a field lie, and how a result meets pyvista's filters and plots.
"""

import numpy as np

import microfem

layout = microfem.interdigital(finger_pairs=2)
case = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
solved = microfem.solve_case(layout, case, "resistance", accuracy=0.02)

# As numpy: the potential at points, the power density at points of quadrature in each cell.
mesh, potential = solved.mesh, solved.field("potential")
print(f"potential = {np.nanmin(potential):.3g} to {np.nanmax(potential):.3g} V")  # NaN where nothing conducts
power = solved.field("energy_density").mean(axis=1)  # W/m3, mean of each cell
print(f"heat by numpy = {1e-12 * np.nansum(mesh.volumes * power):.5g} W/m")  # areas are in um2

# As pyvista: the same fields on a grid, on which every filter of pyvista works.
grid = solved.grid().compute_cell_sizes(length=False, volume=False)
print(f"heat by pyvista = {1e-12 * np.nansum(grid['Area'] * grid['energy_density']):.5g} W/m")
print(f"heat by the current = {solved.solution.totals['current.cathode'][0]:.5g} W/m")  # times 1 V
above = grid.threshold(0.5, scalars="potential", all_scalars=True)
print(f"cells above half the voltage = {above.n_cells / grid.n_cells:.2f} of all")
grid.save("comb.vtu")  # for ParaView; grid.plot(scalars="potential") opens a window
