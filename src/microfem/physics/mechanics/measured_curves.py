"""What curves of stress against strain mean for a device: how it hardens, and how far its laws were measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError, SolveError
from microfem.materials import Material
from microfem.materials.stress_strain import hardening
from microfem.physics.frame import Floats, Ints

if TYPE_CHECKING:
    from microfem.layout import Layout
    from microfem.mesh import Mesh


def hardening_of(mesh: Mesh) -> Floats:
    """Return the yield stress, hardening modulus, Voce stress and Voce rate of each region, (nregions, 4 + 2 n).

    n: points of the longest curve of yield stress against plastic strain, whose strains, then stresses, follow; -1
    where a region has none.

    Raises:
        MicrofemError: a material states hardening without a yield stress, or one of the two constants of Voce's law.
    """
    rows = []
    for name in mesh.regions:
        material = mesh.layout.material(name)
        stated = [key for key in ("hardening_modulus", "voce_stress", "voce_rate") if material.has(key)]
        if stated and not material.has("yield_stress"):
            raise MicrofemError(f"material '{material.name}' states a {stated[0]} but no yield_stress to harden from")
        if material.has("voce_stress") != material.has("voce_rate"):
            raise MicrofemError(f"material '{material.name}' states one of voce_stress and voce_rate; it needs both")
        rows.append(
            [material.value("yield_stress") if material.has("yield_stress") else np.inf]
            + [
                material.value(key) if key in stated else 0.0
                for key in ("hardening_modulus", "voce_stress", "voce_rate")
            ]
        )
    curves = [_curve(mesh.layout.material(name)) for name in mesh.regions]
    most = max(len(curve) for curve in curves)
    return np.hstack([np.array(rows), np.array([_padded(curve, most) for curve in curves]).reshape(len(rows), -1)])


def refuse_beyond(mesh: Mesh, region: Ints, equivalent: Floats) -> None:
    """Refuse plastic strains (n, nq) of cells beyond the end of a curve; region: (n,) of each cell.

    Raises:
        SolveError: with the material, and how far its curve must reach.
    """
    for number, name in enumerate(mesh.regions):
        material = mesh.layout.material(name)
        curve, reached = _curve(material), equivalent[region == number].max(initial=0.0)
        if curve and reached > curve[-1][0]:
            raise SolveError(
                f"the plastic strain in '{name}' reaches {100.0 * reached:.4g} %, and the stress_strain of "
                f"'{material.name}' ends at {100.0 * curve[-1][0]:.4g} %; extend the curve, or load less"
            )


def beyond_fits(layout: Layout, elastic: Mapping[str, Floats]) -> Iterator[str]:
    """Yield a remark on each part that is stretched beyond the curve to which its law was fitted.

    elastic: elastic part of the deformation gradient of each part, (n, nq, 3, 3).
    """
    from microfem.fem.finite_strain.strain_measures import principal_strain

    for name, gradient in elastic.items():
        material = layout.material(name)
        table = material.stated("stress_strain").table if material.has("stress_strain") else None
        if table is None or material.has("yield_stress"):
            continue
        limit, reached = math.expm1(table.span[1]), float(principal_strain(gradient, "nominal").max(initial=0.0))
        if reached > limit:
            yield (
                f"strains in '{name}' reach {100.0 * reached:.4g} %, and the law of '{material.name}' was fitted up to "
                f"{100.0 * limit:.4g} %: stresses beyond are extrapolated"
            )


def _curve(material: Material) -> list[tuple[float, float]]:
    """Return (plastic strain, yield stress) of a material that states a curve of yield, else no points."""
    stated = material.stated("stress_strain").table if material.has("stress_strain") else None
    return hardening(stated.points) if stated and material.has("yield_stress") else []


def _padded(curve: Sequence[tuple[float, float]], count: int) -> list[float]:
    """Return the plastic strains of a curve, then its stresses, `count` of both; beyond its end the stress stays."""
    if not curve:
        return [-1.0] * (2 * count)
    more = range(1, count - len(curve) + 1)
    last, highest = curve[-1]
    strains, stresses = zip(*curve, strict=True)
    return [*strains, *(last + k for k in more), *stresses, *(highest for _ in more)]
