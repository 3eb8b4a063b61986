"""A cell at three rates: the capacity that a zinc sandwich gives, and what it loses.

You learn how a material of your own is written in Python, how a protocol is stated, and where a cell tells what limits
it.
"""

import microfem
from microfem.materials.library import read_material

PASTE = """
description: a porous cathode whose open-circuit potential falls linearly, made up for this example
properties:
  conductivity: {value: 10, unit: S/m, source: made up}
  porosity: {value: 0.4, unit: "1", source: made up}
  active_fraction: {value: 0.45, unit: "1", source: made up}
  particle_radius: {value: 1, unit: um, source: made up}
  max_concentration: {value: 57860, unit: mol/m3, source: made up}
  solid_diffusivity: {value: 1e-15, unit: m2/s, source: made up}
  exchange_current_density: {value: 1.3, unit: A/m2, source: made up}
  open_circuit_potential: {table: [[0, 1.5], [1, 0.7]], of: filling, unit: V, source: made up}
"""
SALT = """
description: zinc sulphate in water, 2 mol/L
properties:
  conductivity: {value: 5, unit: S/m, source: made up}
  diffusivity: {value: 3.5e-10, unit: m2/s, source: made up}
  transference_number: {value: 0.4, unit: "1", source: made up}
  concentration: {value: 2, unit: mol/L, source: by name}
  cation_charge: {value: 2, unit: "1", source: Zn2+}
  anion_charge: {value: 2, unit: "1", source: SO4 2-}
"""
materials = {"cathode": read_material("paste", PASTE), "electrolyte": read_material("salt", SALT)}
layout = microfem.stacked(gap="100 um", materials=materials)
cell = {"physics": "cell", "dimension": "section", "electrodes": {"anode": "metal", "cathode": "porous"}}
for rate in ("C/50", "1C", "10C"):
    case = {**cell, "start": {"cathode": "3 %"}, "protocol": [f"discharge at {rate} until 0.9 V"]}
    solved = microfem.solve_case(layout, case, ["discharge_capacity", "utilisation"], accuracy=0.02)
    told = {name: value.value for name, value in solved.values.items()}
    print(f"{rate}: capacity = {told['discharge_capacity']:.4g} mAh/cm2, utilisation = {told['utilisation']:.4g}")
    print("   ", solved.solution.remarks[0])
