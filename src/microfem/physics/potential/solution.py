"""What a potential problem yields at its terminals, and the energy that it is proven to lie between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.physics.frame import Floats, Solution, Totals

if TYPE_CHECKING:
    from microfem.fem.potential.bounds import Bounds


@dataclass(frozen=True, kw_only=True)
class Terminals:
    """Potential and flux of each terminal, or what a field is called that is no potential.

    kind: of flux, as current or charge; unit: of the fluxes; level, level_unit: what the potentials are called.
    """

    potentials: Mapping[str, float]
    fluxes: Mapping[str, float]
    kind: str
    unit: str
    level: str = "potential"
    level_unit: str = "V"

    @property
    def totals(self) -> Totals:
        """The same as totals of a solution."""
        fluxes = {f"{self.kind}.{name}": (value, self.unit) for name, value in self.fluxes.items()}
        return fluxes | {f"{self.level}.{name}": (value, self.level_unit) for name, value in self.potentials.items()}

    @property
    def voltage(self) -> float:
        """Largest difference of potential, in its unit.

        Raises:
            MicrofemError: there is none, so nothing flows.
        """
        volts = self.potentials.values()
        if max(volts) == min(volts):
            raise MicrofemError("all terminals are at one potential")
        return max(volts) - min(volts)

    @property
    def energy(self) -> float:
        """Sum of potential x flux, from whatever level potentials are counted: fluxes cancel."""
        level = min(self.potentials.values())
        return sum((self.potentials[name] - level) * value for name, value in self.fluxes.items())

    def scaled(self, factor: float, fed: bool) -> Terminals:
        """Return the same with all fluxes times a factor or, where fluxes are fed, all potentials."""
        values = {name: factor * value for name, value in (self.potentials if fed else self.fluxes).items()}
        return replace(self, potentials=values) if fed else replace(self, fluxes=values)


@dataclass(frozen=True, kw_only=True)
class PotentialSolution(Solution):
    """A potential between terminals.

    coefficient: (ncells,) conductivity, S/m, or permittivity, F/m, times the stretch across, 0 in ideal conductors;
    bounds: of the energy fed into the terminals, sum V I or sum V Q in microfem's units, None where nothing flows.
    """

    coefficient: Floats
    terminals: Terminals
    bounds: Bounds | None = None
    undeformed: PotentialSolution | None = None

    @property
    def energy(self) -> float:
        """Energy fed into the terminals."""
        return self.terminals.energy

    def with_energy(self, energy: float) -> PotentialSolution:
        """Return the solution with the fluxes of its terminals, or the potentials that follow from given fluxes,
        scaled so that they feed in that energy."""  # fmt: skip
        terminals = self.terminals.scaled(energy / self.energy, self.bounds is not None and self.bounds.fed)
        return replace(self, terminals=terminals, totals={**self.totals, **terminals.totals})

    def ends_of_energy(self) -> Sequence[PotentialSolution]:
        """Return the solution with the least and with the most energy that is proven, the undeformed one likewise."""
        first = self.undeformed
        if self.bounds is None or self.bounds.lower <= 0.0:
            return ()
        ends = [self.with_energy(one) for one in (self.bounds.lower, self.bounds.upper)]
        if first is None:
            return ends
        if first.mesh is self.mesh:
            return [replace(one, undeformed=one) for one in ends]
        return [replace(one, undeformed=other) for one in ends for other in first.ends_of_energy()]
