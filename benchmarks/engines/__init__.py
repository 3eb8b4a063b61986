"""One module an engine. Each has a class `Engine` and the variants of it that are run.

`Engine(mesh, problem, variant, threads)` is the timed loading: arrays to what the program solves on. `solve(values)`
is the timed rest: coefficients by region to field and number, which is a conductance in conduction (both terminals
ideal, one volt apart) and the force for a strain of one in elasticity. A second call may keep all that depends on
the mesh alone. `dofs` counts all unknowns, given ones included.
"""
