"""The library as a Markdown table, for the documentation."""

from __future__ import annotations

from microfem.materials.library import load_material, material_names
from microfem.materials.material import NOT_READ, Material

_COLUMNS = {  # heading -> property
    "σ (S/m)": "conductivity",
    "ε_r": "relative_permittivity",
    "E (MPa)": "youngs_modulus",
    "ν": "poisson_ratio",
    "yield (MPa)": "yield_stress",
    "density (g/cm3)": "density",
    "capacity (mAh/g)": "specific_capacity",
}


def materials_table() -> str:
    """Return one row for each material of the library: its main properties, with ? where no source was read."""
    rows = ["| material | what it is | " + " | ".join(_COLUMNS) + " |", "|---" * (2 + len(_COLUMNS)) + "|"]
    for name in material_names():
        material = load_material(name)
        cells = [_cell(material, key) for key in _COLUMNS.values()]
        rows.append(f"| `{name}` | {material.description} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cell(material: Material, key: str) -> str:
    if not material.has(key):
        return ""
    return f"{material.value(key):.4g}" + ("?" if material.stated(key).grade in NOT_READ else "")


if __name__ == "__main__":
    print(materials_table())
