"""A family of layouts of your own: one function, whose signature is its schema.

You learn what a layout is made of: regions with roles and heights, terminals, and two lengths that scale the mesh.
"""

from typing import Annotated

import microfem
from microfem.families import Param, family
from microfem.layout import Layout, Region
from microfem.layout.shapes import rectangle


@family(dimensions=("section", "3d"), materials={"anode": "zinc", "cathode": "zinc", "electrolyte": "znso4_2m"})
def trough(
    *,
    length: Annotated[float, Param("distance between the plates", "um", 1.0, 1e5)] = 400.0,
    width: Annotated[float, Param("width of trough and plates", "um", 1.0, 1e5)] = 200.0,
    depth: Annotated[float, Param("depth of the electrolyte", "um", 1.0, 1e5)] = 100.0,
) -> Layout:
    """A trough of electrolyte with a plate at either end, as in the first conductivity cells."""
    half, end, z = 0.5 * width, 0.5 * length, (0.0, depth)
    plates = {"anode": rectangle(-end - 20.0, -half, -end, half), "cathode": rectangle(end, -half, end + 20.0, half)}
    regions = [Region(name=name, role=name, footprint=outline, z=z) for name, outline in plates.items()]
    regions.append(Region(name="electrolyte", role="electrolyte", footprint=rectangle(-end, -half, end, half), z=z))
    terminals = {name: (name,) for name in plates}
    return Layout(regions=tuple(regions), terminals=terminals, feature=depth, gap=length, plane=0.5 * depth)


layout = microfem.trough(length="500 um")
case = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
resistance = microfem.solve_case(layout, case, "resistance").values["resistance"]
print(f"resistance = {resistance.value:.6g} {resistance.unit}")
