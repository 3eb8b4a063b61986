"""The solution of a potential problem: its terminals, and proven bounds of its energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.physics.frame import Floats, Solution, Totals

if TYPE_CHECKING:
    from microfem.fem.potential.bounds import Bounds
    from microfem.physics.potential.between_terminals import TerminalField


@dataclass(frozen=True, kw_only=True)
class Terminals:
    """The potential and flux of each terminal.

    kind: name of the flux, such as current or charge; unit: of the fluxes; level, level_unit: name and unit of the
    potentials, for a field that is no electric potential.
    """

    potentials: Mapping[str, float]
    fluxes: Mapping[str, float]
    kind: str
    unit: str
    level: str = "potential"
    level_unit: str = "V"

    @property
    def totals(self) -> Totals:
        """The potentials and fluxes as totals of a solution."""
        fluxes = {f"{self.kind}.{name}": (value, self.unit) for name, value in self.fluxes.items()}
        return fluxes | {f"{self.level}.{name}": (value, self.level_unit) for name, value in self.potentials.items()}

    @property
    def voltage(self) -> float:
        """The largest difference of potential, in its unit.

        Raises:
            MicrofemError: all terminals are at one potential.
        """
        volts = self.potentials.values()
        if max(volts) == min(volts):
            raise MicrofemError("all terminals are at one potential")
        return max(volts) - min(volts)

    @property
    def energy(self) -> float:
        """The sum of potential x flux, which does not depend on the level of the potentials, since fluxes cancel."""
        level = min(self.potentials.values())
        return sum((self.potentials[name] - level) * value for name, value in self.fluxes.items())

    def scaled(self, factor: float, fed: bool) -> Terminals:
        """Return terminals with all fluxes times a factor or, where fluxes are prescribed, all potentials."""
        values = {name: factor * value for name, value in (self.potentials if fed else self.fluxes).items()}
        return replace(self, potentials=values) if fed else replace(self, fluxes=values)


@dataclass(frozen=True, kw_only=True)
class PotentialSolution(Solution):
    """A potential between terminals.

    coefficient: (ncells,) or (ncells, dim, dim) conductivity, S/m, or permittivity, F/m, times out-of-plane stretch, 0
    in ideal conductors; bounds: of the energy fed into the terminals, sum V I or sum V Q in microfem's units, None
    where nothing flows; solved: the unit solutions, from which potentials and couplings of terminals follow, None where
    a physics keeps none.
    """

    coefficient: Floats
    terminals: Terminals
    bounds: Bounds | None = None
    undeformed: PotentialSolution | None = None
    solved: TerminalField | None = None

    @property
    def energy(self) -> float:
        """The energy fed into the terminals."""
        return self.terminals.energy

    @property
    def terminal_field(self) -> TerminalField:
        """The unit solutions.

        Raises:
            MicrofemError: the physics keeps none.
        """
        if self.solved is None:
            raise MicrofemError(f"{self.case.physics} keeps no solutions of single terminals")
        return self.solved

    def with_energy(self, energy: float) -> PotentialSolution:
        """Return the solution with its fluxes, or its potentials where fluxes are prescribed, scaled to an energy."""
        terminals = self.terminals.scaled(energy / self.energy, self.bounds is not None and self.bounds.fed)
        return replace(self, terminals=terminals, totals={**self.totals, **terminals.totals})

    def ends_of_energy(self) -> Sequence[PotentialSolution]:
        """Return the solutions at the lower and upper bound of the energy, with the undeformed solution likewise."""
        first = self.undeformed
        if self.bounds is None or self.bounds.lower <= 0.0:
            return ()
        ends = [self.with_energy(one) for one in (self.bounds.lower, self.bounds.upper)]
        if first is None:
            return ends
        if first.mesh is self.mesh:
            return [replace(one, undeformed=one) for one in ends]
        return [replace(one, undeformed=other) for one in ends for other in first.ends_of_energy()]
