"""Materials: one YAML file each in `data/`, every property with its unit and its source."""

from microfem.materials.library import load_material, material_names, parse_material
from microfem.materials.material import PROPERTIES, UNSURE, Grade, Material, Property

__all__ = ["PROPERTIES", "UNSURE", "Grade", "Material", "Property", "load_material", "material_names", "parse_material"]
