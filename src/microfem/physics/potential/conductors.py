"""The conductors of an electrostatic case: terminals, and what has no permittivity and floats or touches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from microfem.physics.frame import Floats
from microfem.physics.potential.coefficients import of_cells

if TYPE_CHECKING:
    from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class Conductors:
    """Regions and films that are at one potential each.

    joined: terminal -> its parts, with the conductors that touch them; floating: the other groups of conductors that
    touch each other, by a name; names: of all parts that are conductors.
    """

    joined: Mapping[str, tuple[str, ...]]
    floating: Mapping[str, tuple[str, ...]]
    names: frozenset[str]

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """All groups."""
        return {**self.joined, **self.floating}

    def permittivity(self, mesh: Mesh) -> Floats:
        """Return the permittivity of each cell, F/m, 0 in conductors: (ncells,) or (ncells, dim, dim)."""
        from scipy.constants import epsilon_0

        return epsilon_0 * of_cells(mesh, "relative_permittivity", self.names)


def conductors(mesh: Mesh, terminals: Iterable[str]) -> Conductors:
    """Return the conductors of a mesh with terminals: a material without a relative permittivity is a conductor."""
    layout = mesh.layout
    parts = {name: layout.terminal(name) for name in terminals}
    held = {part for names in parts.values() for part in names}
    bare = [n for n in (*mesh.regions, *mesh.sheets) if not layout.material(n).has("relative_permittivity")]
    joined, floating = _join(mesh, parts, [name for name in bare if name not in held])
    return Conductors(joined=joined, floating=floating, names=frozenset(held | set(bare)))


def _join(
    mesh: Mesh, terminals: Mapping[str, Sequence[str]], bare: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Group conductors that touch: those at a terminal join that terminal, the other groups float."""
    from microfem.mesh.named import simplices_of

    conductors = {*bare, *(part for parts in terminals.values() for part in parts)}
    met = {name: simplices_of(mesh, name) for name in conductors}
    points = {name: np.unique(np.concatenate([one.ravel() for one in found])) for name, found in met.items() if found}
    joined = {name: list(parts) for name, parts in terminals.items()}
    left = list(bare)
    groups = list(joined.values())
    while left:
        touching = [
            (g, n) for g in groups for n in left if any(np.isin(points[n], points[o]).any() for o in g if o in points)
        ]
        if touching:
            group, name = touching[0]
            group.append(name)
        else:
            name = left[0]
            groups.append([name])
        left.remove(name)
    alone = groups[len(joined) :]
    return {name: tuple(parts) for name, parts in joined.items()}, {f"floating {g[0]}": tuple(g) for g in alone}
