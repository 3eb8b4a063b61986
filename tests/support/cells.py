"""Hand-made layouts and meshes for problems with closed forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import shapely

from microfem.layout import Layout, Region, Sheet
from microfem.mesh import Mesh
from support.materials import medium

AXES = {"3d": "xyz", "section": "xz", "plan": "xy"}


def make_layout(regions, sheets=(), laws=None, terminals=None, feature=1.0, gap=1.0):
    """Return a layout of Regions and Sheets; laws: name -> Material, the others state nothing."""
    materials = {part.name: (laws or {}).get(part.name, medium()) for part in (*regions, *sheets)}
    return Layout(
        family="made",
        params={},
        regions=tuple(regions),
        terminals=terminals or {},
        feature=feature,
        gap=gap,
        plane=0.5,
        sheets=tuple(sheets),
        materials=materials,
    )


def plan_layout(outlines, laws, feature, gap=1.0, roles=None):
    """Return a layout of outlines by name in z = 0..1, the later over the earlier; a role not given is the name."""
    regions = [Region(name=name, role=(roles or {}).get(name, name), footprint=outline, z=(0.0, 1.0), priority=rank)
               for rank, (name, outline) in enumerate(outlines.items())]  # fmt: skip
    return make_layout(regions, laws=laws, feature=feature, gap=gap)


def disc(radius, count, centre=(0.0, 0.0)):
    """Return a regular polygon of `count` corners on a circle."""
    angle = 2.0 * np.pi * np.arange(count) / count
    return shapely.Polygon(np.array(centre) + radius * np.column_stack([np.cos(angle), np.sin(angle)]))


def grid(*ticks, mapped=lambda points: points):
    """Return points, mapped afterwards, and simplices of a tensor grid, each box split along its diagonal (Kuhn)."""
    dim, shape = len(ticks), tuple(len(t) for t in ticks)
    points = np.stack([g.ravel() for g in np.meshgrid(*ticks, indexing="ij")], axis=1)
    number = np.arange(len(points)).reshape(shape)
    corner = [g.ravel() for g in np.meshgrid(*(np.arange(n - 1) for n in shape), indexing="ij")]
    cells = []
    for order in permutations(range(dim)):
        at, path = [c.copy() for c in corner], [number[tuple(corner)]]
        for axis in order:
            at[axis] += 1
            path.append(number[tuple(at)])
        cells.append(np.stack(path, axis=1))
    return mapped(points), np.vstack(cells)


def record(points, cells, layout, dimension, owner=None, names=("electrolyte",), sheets=None):
    """Return a Mesh of hand-made simplices; owner: (ncells,) into names."""
    owner = np.zeros(len(cells), dtype=np.int64) if owner is None else owner
    return Mesh(
        points=points,
        cells=cells,
        region_of_cell=owner,
        regions=tuple(names),
        dimension=dimension,
        layout=layout,
        sheets=sheets or {},
        faces={},
        flat=points,
    )


def towards(low, high, count, ends, ratio=0.6):
    """Return ticks from low to high that shrink geometrically towards 'low', 'high' or 'both' ends."""
    if ends == "both":
        middle = 0.5 * (low + high)
        return np.concatenate(
            [towards(low, middle, count, "low", ratio), towards(middle, high, count, "high", ratio)[1:]]
        )
    distance = np.concatenate([[0.0], ratio ** np.arange(count - 1, -1, -1.0)]) * (high - low)
    return low + distance if ends == "low" else (high - distance)[::-1]


def cell_mesh(wa, wc, g, height, ticks=None, n=None, laws=None):
    """Return the mesh of an interdigital unit cell in (x, z), electrodes being sheets on its bottom.

    n: edges per unit length, uniform; else ticks, geometric towards the electrodes' edges.
    """
    width = wa / 2 + g + wc / 2
    if n is not None:
        x, z = np.linspace(0, width, round(n * width) + 1), np.linspace(0, height, round(n * height) + 1)
    else:
        spans = ((0, wa / 2, "high"), (wa / 2, wa / 2 + g, "both"), (wa / 2 + g, width, "low"))
        x = np.concatenate([towards(lo, hi, ticks, ends)[1:] for lo, hi, ends in spans])
        x = np.concatenate([[0.0], x])
        near = min(g, height) / 2
        z = np.concatenate(
            [towards(0.0, near, ticks, "low"), np.linspace(near, height, 4 + round(12 * height / width))[1:]]
        )
    points, cells = grid(x, z)
    bottom = np.flatnonzero(points[:, 1] == 0.0)
    edges = np.column_stack([bottom[:-1], bottom[1:]])
    middle = points[edges, 0].mean(axis=1)
    line = shapely.box(0, -1, width, 1)
    layout = make_layout(
        [Region(name="electrolyte", role="electrolyte", footprint=line, z=(0.0, height))],
        [Sheet(name=name, role=name, footprint=line, z=0.0, thickness=1.0) for name in ("anode", "cathode")],
        laws or {"electrolyte": medium(1.0, 1.0), "anode": medium(1e7), "cathode": medium(1e7)},
    )
    sheets = {"anode": edges[middle < wa / 2], "cathode": edges[middle > wa / 2 + g]}
    return record(points, cells, layout, "section", sheets=sheets)


def cell_layout(wa, wc, g, height, laws, depth=None):
    """Return the same cell as a layout of boxes, the electrodes being blocks below z = 0."""
    width, low = wa / 2 + g + wc / 2, -(depth or g)
    return make_layout(
        [
            Region(name="electrolyte", role="electrolyte", footprint=shapely.box(0, -1, width, 1), z=(0.0, height)),
            Region(name="anode", role="anode", footprint=shapely.box(0, -1, wa / 2, 1), z=(low, 0.0)),
            Region(name="cathode", role="cathode", footprint=shapely.box(wa / 2 + g, -1, width, 1), z=(low, 0.0)),
        ],
        laws=laws, feature=min(g, wa, wc), gap=g,
    )  # fmt: skip


def cell_of_blocks(wa, wc, g, height, ticks):
    """Return the graded unit cell with its electrodes as blocks below z = 0, as metrics of a surface need them."""
    flat = cell_mesh(wa, wc, g, height, ticks)
    x, z = np.unique(flat.points[:, 0]), np.unique(flat.points[:, 1])
    points, cells = grid(x, np.concatenate([[-0.1 * g], z]))
    centre = points[cells].mean(axis=1)
    owner = np.where(centre[:, 1] > 0.0, 0, np.where(centre[:, 0] < wa / 2, 1, 2))
    kept = (centre[:, 1] > 0.0) | (centre[:, 0] < wa / 2) | (centre[:, 0] > wa / 2 + g)
    layout = cell_layout(wa, wc, g, height, {"electrolyte": medium(1.0, 1.0)}, depth=0.1 * g)
    return trimmed(points, cells[kept], layout, "section", owner[kept], ("electrolyte", "anode", "cathode"))


def trimmed(points, cells, layout, dimension, owner, names, sheets=None):
    """Return a Mesh without the points that no cell uses."""
    used, cells = np.unique(cells, return_inverse=True)
    return record(points[used], cells.reshape(-1, points.shape[1] + 1), layout, dimension, owner, names, sheets)


def sector_outline(r1, r2, low, high, count):
    """Return the polygon between two arcs of `count` chords each."""
    angle = np.linspace(low, high, count + 1)
    ray = np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(np.vstack([r1 * ray, r2 * ray[::-1]]))


def sector_mesh(r1, r2, beta, nr, nt):
    """Return a plan mesh of an electrolyte between an anode at theta < 0 and a cathode at theta > beta."""
    rim = 0.2
    angles = np.concatenate([[-rim], np.linspace(0.0, beta, nt + 1), [beta + rim]])
    points, cells = grid(np.linspace(r1, r2, nr + 1), angles)
    owner = np.digitize(points[cells, 1].mean(axis=1), [0.0, beta])  # anode, electrolyte, cathode
    r, t = points.T
    names = ("anode", "electrolyte", "cathode")
    bounds = (-rim, 0.0, beta, beta + rim)
    outlines = {n: sector_outline(r1, r2, lo, hi, 8) for n, lo, hi in zip(names, bounds, bounds[1:], strict=False)}
    layout = plan_layout(outlines, {"electrolyte": medium(1.0, 1.0)}, r2 - r1)
    return record(np.column_stack([r * np.cos(t), r * np.sin(t)]), cells, layout, "plan", owner, names)


def spheroid_mesh(a, xi, refinements, layers):
    """Return the half spheroid confocal with a disc: anode block below the disc, cathode shell outside.

    Oblate spheroidal coordinates x = a sqrt(1 + xi^2) sin(t) cos(phi), z = a xi cos(t): a disc of (t, phi) times
    layers of xi. They open the singular rim, where u is smooth in (xi, t).
    """
    from skfem import MeshTri

    plan = MeshTri.init_circle(refinements)
    order = np.argsort(-np.hypot(*plan.p), kind="stable")  # the rim first: its cells are then split from it
    rank = np.argsort(order)
    flat, triangles = plan.p.T[order], rank[plan.t.T]
    t = 0.5 * np.pi * np.hypot(*flat.T)
    across = flat / np.maximum(np.hypot(*flat.T), 1e-300)[:, None]
    levels = np.concatenate([np.sinh(np.linspace(0.0, np.arcsinh(xi), layers + 1)), [1.1 * xi]])
    points = [np.column_stack([a * across * np.sin(t)[:, None], np.full(len(t), -0.1 * a)])]
    for level in levels:
        reach = a * np.sqrt(1.0 + level**2) * np.sin(t)
        points.append(np.column_stack([across * reach[:, None], a * level * np.cos(t)]))
    low = np.sort(triangles, axis=1)
    stacked = [low + k * len(flat) for k in range(len(levels) + 1)]
    cells, owner = [], []
    for k, (down, up) in enumerate(pairwise(stacked)):
        for part in ((down, up[:, 2:]), (down[:, :2], up[:, 1:]), (down[:, :1], up)):
            cells.append(np.hstack(part))
            owner.append(np.full(len(low), 1 if k == 0 else 2 if k == len(levels) - 1 else 0))
    names = ("electrolyte", "anode", "cathode")
    outlines = {"cathode": disc(1.1 * xi * a, 16), "electrolyte": disc(xi * a, 16), "anode": disc(a, 16)}
    layout = plan_layout(outlines, {"electrolyte": medium(1.0)}, a)
    return record(np.vstack(points), np.vstack(cells), layout, "3d", np.concatenate(owner), names)


def with_faces(mesh):
    """Return the mesh with its flat ends named: xmin, xmax and so on, by the axes of its view."""
    facets, _, outside = mesh.facets
    facets, faces = facets[outside < 0], {}
    for k, axis in enumerate(AXES[mesh.dimension]):
        for end, value in (("min", mesh.points[:, k].min()), ("max", mesh.points[:, k].max())):
            faces[axis + end] = facets[(np.abs(mesh.points[facets, k] - value) < 1e-9).all(axis=1)]
    return replace(mesh, faces=faces)
