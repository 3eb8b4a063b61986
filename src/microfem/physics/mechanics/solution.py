"""The interface of mechanical solutions: load-carrying parts by name and role, with their strains and stresses.

A new kind of mechanics implements it in a file of its own; all metrics of strain and stress then apply to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.physics.frame import Field, Floats, Solution
from microfem.physics.mechanics.parts import STRAIN, LinearPart, Part, Quantity

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.linear_elasticity.bodies import Body

Labels = Mapping[str, tuple[str, str]]
Measure = Literal["", "nominal", "logarithmic", "green_lagrange"]
Axis = Literal["principal", "x", "y", "z"]

FIRM_ROLES = (
    "anode",
    "cathode",
    "anode_collector",
    "cathode_collector",
    "anode_tab",
    "cathode_tab",
    "substrate",
    "bridge",
    "electrode",
)


@dataclass(frozen=True, kw_only=True)
class MechanicalSolution(Solution, ABC):
    """Strains and stresses of the regions and films that carry load."""

    @property
    @abstractmethod
    def carrying(self) -> Sequence[str]:
        """Names of the regions and films that carry load."""

    @abstractmethod
    def parts(self, names: Sequence[str]) -> Sequence[Part]:
        """Return disjoint parts that together make up the regions and films of those names."""

    def strain(self, measure: Measure, axis: Axis) -> Quantity | None:
        """Return the strain in a measure ("" for the default) along an axis.

        At small strain it is the largest principal strain, and None for any other measure or axis.
        """
        return STRAIN if not measure and axis == "principal" else None

    @property
    def energy(self) -> float:
        """The strain energy, pJ; in 2D pJ per um of depth."""
        return self.totals["strain_energy"][0]

    def named(self, region: str) -> list[str]:
        """Return the load-carrying regions and films with a name or a role; with `region` "" those of all firm roles.

        Raises:
            MicrofemError: the solution has none.
        """
        layout, carrying = self.mesh.layout, self.carrying
        role = {name: layout.part(name).role for name in carrying}
        names = [name for name in carrying if (region in (name, role[name]) if region else role[name] in FIRM_ROLES)]
        if not names:
            known = [*carrying, *sorted(set(role.values()) - set(carrying))]
            message = f"no solid region or role '{region or 'firm'}' in this case"
            raise MicrofemError(f"{message}{did_you_mean(region, known)}")
        return names


@dataclass(frozen=True, kw_only=True)
class LinearSolution(MechanicalSolution, ABC):
    """A solution that is linear in its load, with estimated errors of its strains."""

    dual: Dual

    @abstractmethod
    def parts(self, names: Sequence[str]) -> Sequence[LinearPart]:
        """Return the parts of those regions and films, with the errors of their strains."""


def fields_of(
    body: Body, u: Floats, values: Mapping[str, Floats], labels: Labels, moved: str = "displacement"
) -> dict[str, Field]:
    """Return fields on the whole mesh from displacements and values of a body's cells; NaN outside the body.

    labels: label and unit of each field; moved: name of the field of displacements.
    """
    full = np.full(u.shape, np.nan)
    full[body.dofs] = u[body.dofs]
    fields = {moved: Field(moved, *labels[moved], "dofs", full)}
    for name, quantity in values.items():
        full = np.full((len(body.space.mesh.cells), *quantity.shape[1:]), np.nan)
        full[body.cells] = quantity
        fields[name] = Field(name, *labels[name], "quadrature", full)
    return fields
