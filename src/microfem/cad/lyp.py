"""Layer properties of KLayout: names and colours of the layers of a GDSII or OASIS file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from microfem.cad.pattern import LayerPattern
from microfem.cad.svg import COLOURS


def write_lyp(path: Path, pattern: LayerPattern) -> None:
    """Write name, colour, number and datatype of each layer."""
    root = Xml.Element("layer-properties")
    for name, layer in {layer.name: layer for layer in pattern.layers()}.items():
        entry = Xml.SubElement(root, "properties")
        colour = COLOURS[layer.role]
        about = {"frame-color": colour, "fill-color": colour, "visible": "true", "valid": "true", "name": name}
        for key, text in {**about, "source": f"{layer.number}/{layer.datatype}@1"}.items():
            Xml.SubElement(entry, key).text = text
    Xml.indent(root)
    path.write_bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
