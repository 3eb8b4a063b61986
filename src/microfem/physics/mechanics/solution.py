"""What every mechanical solution offers: its parts that carry load, by name and role, with their strains and stresses.

A new kind of mechanics implements it in a file of its own; the metrics of strain and stress then are metrics of it.
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

FIRM_ROLES = ("anode", "cathode", "anode_collector", "cathode_collector", "anode_tab", "cathode_tab", "substrate",
              "bridge")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MechanicalSolution(Solution, ABC):
    """Strains and stresses of the regions and films that carry load."""

    @property
    @abstractmethod
    def carrying(self) -> Sequence[str]:
        """Names of the regions and films that carry load."""

    @abstractmethod
    def parts(self, names: Sequence[str]) -> Sequence[Part]:
        """Return the regions and films of those names, such that statistics over them are statistics over all."""

    def strain(self, measure: Measure, axis: Axis) -> Quantity | None:
        """Return the strain in a measure ("" for the usual one) along an axis; None where strains are small."""
        return STRAIN if not measure and axis == "principal" else None

    @property
    def energy(self) -> float:
        """Strain energy, pJ; in 2D pJ per um."""
        return self.totals["strain_energy"][0]

    def named(self, region: str) -> list[str]:
        """Return the names of what carries load of a name or a role, or of all firm roles where none is stated.

        Raises:
            MicrofemError: there are none in this solution.
        """
        layout, there = self.mesh.layout, self.carrying
        role = {name: layout.part(name).role for name in there}
        found = [name for name in there if (region in (name, role[name]) if region else role[name] in FIRM_ROLES)]
        if not found:
            known = [*there, *sorted(set(role.values()) - set(there))]
            told = f"no solid region or role '{region or 'firm'}' in this case"
            raise MicrofemError(f"{told}{did_you_mean(region, known)}")
        return found


@dataclass(frozen=True, kw_only=True)
class LinearSolution(MechanicalSolution, ABC):
    """A solution that is linear in its load, so that the errors of its strains are known."""

    dual: Dual

    @abstractmethod
    def parts(self, names: Sequence[str]) -> Sequence[LinearPart]:
        """Return the regions and films of those names, with the errors of their strains."""


def fields_of(
    body: Body, u: Floats, values: Mapping[str, Floats], labels: Labels, moved: str = "displacement"
) -> dict[str, Field]:
    """Spread displacements and values of a body's cells over all degrees of freedom and cells, NaN elsewhere.

    labels: label and unit of each field; moved: name of the displacements.
    """
    full = np.full(u.shape, np.nan)
    full[body.dofs] = u[body.dofs]
    fields = {moved: Field(moved, *labels[moved], "dofs", full)}
    for name, one in values.items():
        full = np.full((len(body.space.mesh.cells), *one.shape[1:]), np.nan)
        full[body.cells] = one
        fields[name] = Field(name, *labels[name], "quadrature", full)
    return fields
