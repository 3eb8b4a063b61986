"""Damaged drawings: bytes, records and group codes of small sound ones changed at random, from a seed."""

from __future__ import annotations

import io
import random
import struct
from functools import partial
from pathlib import Path

import ezdxf
import gdstk

LAYERS = {".gds": ("1/0", "2/0"), ".oas": ("1/0", "2/0"), ".dxf": ("anode", "cathode")}
ODD_NUMBERS = ("0", "-1", "1e308", "1e-308", "nan", "inf", "99999999999", "1e12", "", "text", "0x1F")
ODD_TYPES = ("INSERT", "HATCH", "SPLINE", "ELLIPSE", "POLYLINE", "VERTEX", "SEQEND", "ENDSEC", "LWPOLYLINE", "BLOCK")


def sound(suffix: str, folder: Path) -> bytes:
    """Return a drawing of a format with all kinds of shapes that its reader knows."""
    path = folder / f"sound{suffix}"
    if suffix == ".dxf":
        _dxf().saveas(path)
    else:
        write = {".gds": gdstk.Library.write_gds, ".oas": partial(gdstk.Library.write_oas, compression_level=0)}
        write[suffix](_cells(), path)
    return path.read_bytes()


def mutant(suffix: str, whole: bytes, seed: int) -> bytes:
    """Return a damaged copy of a drawing: one to four changes, of bytes or of what the format is made of."""
    rng = random.Random(f"{suffix} {seed}")
    data = whole
    for _ in range(rng.randint(1, 4)):
        structured = {".gds": _record, ".dxf": _group}.get(suffix, _bytes)
        data = rng.choice([structured, structured, _bytes])(data, rng)
    return data


def _cells() -> gdstk.Library:
    library = gdstk.Library("sound", unit=1e-6, precision=1e-9)
    finger = library.new_cell("FINGER")
    finger.add(gdstk.FlexPath([(0, 0), (0, 900), (50, 950)], 60, layer=1, ends="round"), gdstk.Label("anode", (0, 0)))
    top = library.new_cell("TOP")
    top.add(gdstk.Reference(finger, (0, 0), columns=3, rows=1, spacing=(400, 0)))
    top.add(gdstk.rectangle((-30, -200), (900, 0), layer=1), gdstk.rectangle((0, 1100), (900, 1300), layer=2))
    top.add(gdstk.ellipse((200, 600), 40, layer=2, tolerance=0.1), gdstk.Reference(finger, (1500, 0), rotation=0.3))
    square = gdstk.rectangle((150, 100), (190, 300), layer=2)
    square.repetition = gdstk.Repetition(columns=2, rows=2, spacing=(400.0, 300.0))
    top.add(square)
    return library


def _dxf() -> ezdxf.document.Drawing:
    drawing = ezdxf.new("R2000", units=4)
    space, block = drawing.modelspace(), drawing.blocks.new("PART")
    block.add_lwpolyline([(0, 0, 0.3), (1, 0, 0), (1, 1, 0), (0, 1, 0)], format="xyb", close=True)
    insert = space.add_blockref("PART", (5, 5), dxfattribs={"layer": "cathode", "rotation": 20})
    insert.dxf.column_count, insert.dxf.column_spacing = 3, 2.0
    anode = {"layer": "anode"}
    space.add_circle((0, 0), 2.0, dxfattribs=anode)
    for start, end in (((3, 0), (4, 0)), ((4, 0), (4, 3)), ((4, 3), (3, 0))):
        space.add_line(start, end, dxfattribs=anode)
    space.add_spline([(0, 8), (2, 9), (0, 10), (-2, 9), (0, 8)], dxfattribs={"layer": "cathode"})
    space.add_ellipse((-6, 0), (1, 0), 0.5, dxfattribs=anode)
    hatch = space.add_hatch(dxfattribs=anode)
    hatch.paths.add_polyline_path([(-9, 0), (-8, 0), (-8, 1)])
    hatch.paths.add_edge_path().add_arc((-12, 0), 1.0, 0, 360)
    space.add_lwpolyline([(-9, 3), (-9, 6), (-7, 6)], dxfattribs={**anode, "const_width": 0.2})
    space.add_3dface([(-5, 3), (-4, 3), (-4, 4), (-5, 4)], dxfattribs=anode)
    space.add_polyline2d([(-5, 6), (-4, 6), (-4, 7)], close=True, dxfattribs=anode)
    space.add_text("anode", dxfattribs=anode)
    return drawing


def _bytes(data: bytes, rng: random.Random) -> bytes:
    """Change, remove, repeat or insert bytes, or cut the end."""
    at, many = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 4, 8, 40])
    kind = rng.randrange(5)
    if kind == 0:
        return data[:at] + rng.randbytes(many) + data[at + many :]
    if kind == 1:
        return data[:at] + data[at + many :]
    if kind == 2:
        return data[:at] + data[at : at + many] * rng.randint(2, 4) + data[at + many :]
    if kind == 3:
        return data[:at] + bytes([rng.choice([0, 1, 127, 128, 255])]) * many + data[at:]
    return data[:at]


def _record(data: bytes, rng: random.Random) -> bytes:
    """Remove, repeat or move a record of GDSII, or change its type, its length or a number in it."""
    records = []
    file = io.BytesIO(data)
    while len(head := file.read(4)) == 4:
        records.append((head, file.read(max(0, struct.unpack(">H", head[:2])[0] - 4))))
    if not records:
        return data
    at = rng.randrange(len(records))
    head, body = records[at]
    kind = rng.randrange(6)
    if kind == 0:
        del records[at]
    elif kind == 1:
        records.insert(at, records[at])
    elif kind == 2:
        records.insert(rng.randrange(len(records)), records.pop(at))
    elif kind == 3:
        records[at] = (head[:2] + bytes([rng.randrange(0x3C), rng.randrange(7)]), body)
    elif kind == 4:
        records[at] = (struct.pack(">H", rng.choice([0, 2, 4, 5, 6, 65535])) + head[2:], body)
    else:
        number = struct.pack(">i", rng.choice([0, 1, -1, 2**31 - 1, -(2**31), 32767]))
        place = rng.randrange(max(1, len(body) // 2)) * 2
        records[at] = (head, (body[:place] + number + body[place + 4 :])[: len(body)])
    return b"".join(one + two for one, two in records)


def _group(data: bytes, rng: random.Random) -> bytes:
    """Remove, repeat or move a group of DXF, or change its code or its value; half of them among the shapes."""
    lines = data.split(b"\n")
    groups = [lines[k : k + 2] for k in range(0, len(lines) - 1, 2)]
    if not groups:
        return data
    first = next((k for k, group in enumerate(groups) if group[-1].strip() == b"ENTITIES"), 0)
    at = rng.randrange(first if rng.random() < 0.5 else 0, len(groups))
    kind = rng.randrange(6)
    if kind == 0:
        del groups[at]
    elif kind == 1:
        groups[at:at] = [groups[at]] * rng.randint(1, 3)
    elif kind == 2:
        groups.insert(rng.randrange(first, len(groups)), groups.pop(at))
    elif kind == 3:
        groups[at] = [str(rng.choice([0, 2, 8, 10, 20, 40, 41, 42, 70, 90, 210, -1, 1071])).encode(), groups[at][1]]
    elif kind == 4 and rng.random() < 0.3:
        groups[at] = [b"0", rng.choice(ODD_TYPES).encode()]
    else:
        groups[at] = [groups[at][0], rng.choice(ODD_NUMBERS).encode()]
    return b"\n".join(line for group in groups for line in group) + b"\n"
