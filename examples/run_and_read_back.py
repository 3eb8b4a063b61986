"""A study that is run and read back: a rubber film that is stretched, state by state.

You learn how a folder of results is opened, and how each state of a load path gives its fields.
"""

from pathlib import Path

import numpy as np

import microfem

STUDY = """\
name: film
designs:
  strip:
    family: film
    params: {outline: rectangle, electrodes: none, length: 4 mm, width: 2 mm}
    materials: {substrate: ecoflex}
cases:
  pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 60 %}}, steps: 3}
metrics:
  force: axial_force(pulled)
"""

Path("film.yaml").write_text(STUDY)
results = microfem.load("film.yaml").run("results")

results = microfem.open_results("results")  # the same in another program, on another day
pulled = results.case("strip", "pulled")
force = results.designs["strip"].metrics["force"]
print(f"force at the end = {force.value:.6g} {force.unit}")
print(f"fields: {', '.join(f'{name} ({unit})' for name, unit in pulled.units.items())}")
for number, state in enumerate(pulled.states):
    moved = np.ptp(pulled.at(number).mesh.points + pulled.at(number).field("displacement"), axis=0)
    print(f"load {state.at:.3f}: length = {moved[0]:.5g}, width = {moved[1]:.5g} um")
