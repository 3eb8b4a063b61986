"""A cell that charges and discharges: kinetics, transport of the salt, porous electrodes, on any layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field as Entry
from pydantic import model_validator

from microfem.physics.electrochemistry.electrodes import Electrode, Start, Temperature
from microfem.physics.electrochemistry.protocol import Protocol
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.electrochemistry.stored import Stored
from microfem.physics.frame import TransientCase, physics

if TYPE_CHECKING:
    from microfem.mesh import Mesh


class CellCase(TransientCase):
    """Electrodes with their kinds, where they start, and a protocol.

    transport: `fixed` keeps the concentration of the salt, for the secondary current distribution.
    store: times of stored fields, and percentages of the whole time; each line of the protocol ends with one.
    tolerance: of the time steps, relative to the initial concentration, to full particles and to 1 V.
    """

    physics: Literal["cell"]
    order: Literal[1, 2] = 1
    electrodes: dict[str, Electrode]
    start: dict[str, Start] = Entry(default_factory=dict)
    protocol: Protocol
    transport: Literal["full", "fixed"] = "full"
    temperature: Temperature = 298.15
    store: Stored = ()
    tolerance: Annotated[float, Entry(ge=1e-9, le=1e-2)] = 1e-4

    @property
    def steady(self) -> bool:
        """Whether the case seeks a steady state."""
        return self.protocol[0].verb == "steady"

    @model_validator(mode="before")
    @classmethod
    def finer_when_steady(cls, stated: Any) -> Any:
        """Take P2 elements for a steady state, where no order is stated."""
        if (
            isinstance(stated, dict)
            and "order" not in stated
            and str(stated.get("protocol")).lstrip("[('").startswith("steady")
        ):
            return {**stated, "order": 2}
        return stated

    @model_validator(mode="after")
    def check_electrodes(self) -> CellCase:
        """Refuse a cell without an anode and a cathode, and host electrodes without a filling.

        Raises:
            ValueError: with an example.
        """
        if set(self.electrodes) != {"anode", "cathode"}:
            raise ValueError("state both electrodes, such as electrodes: {anode: metal, cathode: porous}")
        for name in self.start:
            if name not in self.electrodes:
                raise ValueError(f"start: '{name}' is no electrode; the electrodes are anode and cathode")
        for name, one in self.electrodes.items():
            if one.kind in ("porous", "film") and (name not in self.start or self.start[name][0] != "1"):
                raise ValueError(f"state the filling of the {name} at the start, such as start: {{{name}: 3 %}}")
        return self


FIELDS = {
    "electrolyte_potential": ("potential of the electrolyte", "V"),
    "electrode_potential": ("potential of the electrodes", "V"),
    "current_density": ("current density in the electrolyte", "A/m2"),
    "salt_concentration": ("concentration of the salt", "mol/m3"),
    "reaction_current": ("current density of the reaction", "A/m2"),
    "overpotential": ("overpotential", "V"),
    "filling_surface": ("filling at the surface of particles", "1"),
    "filling_mean": ("mean filling of particles", "1"),
    "deposit_thickness": ("thickness of the deposit", "um"),
}


@physics("cell", CellCase, FIELDS, CellSolution, dofs_per_node=3)
def solve(mesh: Mesh, case: CellCase) -> CellSolution:
    """Follow the protocol: salt, ionic and electronic potentials, reactions at sites, in implicit time steps."""
    from microfem.physics.electrochemistry.solving import solve_cell

    return solve_cell(mesh, case)
