"""Small strain of elastic and plastic devices: the base classes of their cases and solutions."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from microfem.physics.frame import Ints
from microfem.physics.mechanics.load_actions import LoadedCase
from microfem.physics.mechanics.loads import Load, Stretch, check_view
from microfem.physics.mechanics.solution import MechanicalSolution

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response


class SmallStrainCase(LoadedCase):
    """One load on a device; in 2D in plane strain or plane stress."""

    load: Load
    plane: Literal["strain", "stress"] = "strain"

    @model_validator(mode="after")
    def _possible(self) -> SmallStrainCase:
        if self.dimension == "3d" and self.plane == "stress":
            raise ValueError("plane: stress is for dimension: plan or section")
        load = self.load.chosen
        check_view(load, self.dimension)
        if isinstance(load, Stretch) and load.axis == "xy":
            raise ValueError("small strain takes a stretch along one axis; hyperelasticity takes axis: xy")
        return self


@dataclass(frozen=True, kw_only=True)
class SmallStrainSolution(MechanicalSolution, ABC):
    """The strain and stress of a body's cells."""

    body: Body
    solid: Response

    @property
    def carrying(self) -> Sequence[str]:
        """The regions of the body, then its films."""
        mesh = self.mesh
        return [*(mesh.regions[i] for i in np.unique(mesh.region_of_cell[self.body.cells])), *self.body.films]

    def rows(self, names: Sequence[str]) -> Ints:
        """Return the rows of the body's cells that lie in regions of those names."""
        chosen = [self.mesh.regions.index(name) for name in names if name in self.mesh.regions]
        return np.flatnonzero(np.isin(self.mesh.region_of_cell[self.body.cells], chosen))
