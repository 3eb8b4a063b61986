"""New files to edit: a geometry of a family with every parameter at its default, and a whole study of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from microfem.families import FAMILIES, Family, build_layout
from microfem.layout import Layout
from microfem.mesh.contacts import contacts_of
from microfem.mesh.record import UPRIGHT
from microfem.study.layer_reader import stated_layers

COMMENT = 40  # column of comments beside values
CHEAPEST_FIRST = ("plan", "section", "3d")
STUDY = """\
# {summary}
# A study of one design that runs as it is. Check it, run it, look at it:
#   microfem check {name}.yaml
#   microfem run {name}.yaml -o results/{name}
#   microfem view results/{name}
# Lines that begin with # and no space are keys that wait for their use: remove the #.

name: {name}
source: ""                              # where the design comes from; reports cite it

# Layouts to compare, each under a name of your own. Leave out parameters that you do not change.
designs:
  {name}:
{geometry}

accuracy: 2 %                           # relative error of each metric at which the refinement stops

# What is computed. The other physics: microfem list physics
cases:
  field:
    physics: conduction
    dimension: {dimension:25}# views of this family: {dimensions}
    terminals: {{anode: 0 V, cathode: 1 V}}

# Numbers, each with unit and error. The others: microfem list metrics
metrics:
  resistance: resistance(field)
  conductance: conductance(field)
  underused: area_fraction_below(field, below=0.5)
  footprint: footprint()

# Pictures. The fields of a physics: microfem show physics conduction
views:
  - {{case: field, field: potential}}
  - {{case: field, field: current_density, log: true, streamlines: true}}

# Bounds that must hold, and why: a run ends with status 1 if one does not.
#expect:
#  {name}:
#    resistance: {{min: 0 {ohm}, why: "a passive device loses energy"}}

# A search of the best parameters: microfem optimise {name}.yaml
#space:
#  {name}:
#    {range}
#objectives: {{resistance: minimise}}
#budget: {{trials: 20}}
"""


def template(name: str) -> str:
    """Return a geometry file of a family: every parameter at its default, with its meaning as a comment."""
    return "\n".join([*_geometry(FAMILIES.get(name)), 'source: ""', ""])


def study_template(name: str) -> str:
    """Return a study file with one design of a family, all parameters at their defaults, that runs as it is."""
    family = FAMILIES.get(name)
    layout = build_layout(name, {})
    dimension = next(one for one in CHEAPEST_FIRST if one in family.dimensions and _meets(layout, one))
    return STUDY.format(
        name=name,
        summary=family.summary.split("\n", 1)[0],
        geometry="\n".join(f"    {line}" for line in _geometry(family)),
        dimension=dimension,
        dimensions=", ".join(family.dimensions),
        ohm="ohm" if dimension == "3d" else "ohm m",
        range=_range(family),
    )


def _meets(layout: Layout, dimension: str) -> bool:
    """Tell whether a view of a layout meets its terminals; that of a wound multilayer from above does."""
    if layout.spiral is not None and dimension not in UPRIGHT:
        return True
    return not list(contacts_of(layout, dimension).refused(tuple(layout.terminals), lambda _: 1.0))


def _geometry(family: Family) -> Iterator[str]:
    yield f"family: {family.name}"
    yield "params:"
    for key, (_, param, default) in family.params.items():
        value = f"{plain(default)} {param.unit}".strip()
        yield f"  {key}: {value} ".ljust(COMMENT) + f"# {param.doc}"
    if family.materials:
        yield "materials: ".ljust(COMMENT) + "# the library: microfem list materials"
        yield from (f"  {role}: {material}" for role, material in family.materials.items())
    for side, layers in stated_layers(family.layers).items():
        yield f"{'layers' if side == 'above' else side}:"
        yield from (f"  - {json.dumps(layer)}" for layer in layers)


def _range(family: Family) -> str:
    """Return a range of the gap, or of the first length of a family without one, for a search."""
    lengths = {key: (param, default) for key, (_, param, default) in family.params.items()
               if param.unit == "um" and isinstance(default, float) and default > 0.0}  # fmt: skip
    key = "gap" if "gap" in lengths else next(iter(lengths))
    param, default = lengths[key]
    return f"{key}: {{low: {plain(default)} {param.unit}, high: {plain(1.5 * default)} {param.unit}}}"


def plain(value: object) -> str:
    """Return the value of a parameter as YAML states it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'
