"""Dielectrics that conduct, between conductors whose potentials alternate: admittances, field, losses.

    div(sigma + i omega eps) grad phi = 0,   Y_ij = G_ij + i omega C_ij,

the electrostatic field with the complex permittivity eps - i sigma / omega. J. C. Maxwell, A Treatise on Electricity
and Magnetism, vol. 1, ch. 10; A. von Hippel, Dielectrics and Waves, ch. 1.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.progress import tell
from microfem.base.spectrum import Complexes, Spectrum
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Indicator, Report, Solution
from microfem.physics.potential.coefficients import of_film
from microfem.physics.potential.conduction import conductivity_of_cells, film_conductance
from microfem.physics.potential.conductors import Conductors, conductors
from microfem.physics.potential.potential_case import shown_of

if TYPE_CHECKING:
    from microfem.fem.potential.admittance import Admittances
    from microfem.fem.space import Space
    from microfem.mesh import Mesh
    from microfem.physics.frame import Totals
    from microfem.physics.potential.electrostatics_case import ElectrostaticsCase

ALTERNATING = {
    "potential": ("potential, in phase", "V"),
    "potential_out_of_phase": ("potential, a quarter of a period ahead", "V"),
    "electric_field": ("electric field, in phase", "V/m"),
    "energy_density": ("mean electrostatic energy density ε|E|²/4", "J/m3"),
    "loss_density": ("mean power density σ|E|²/2", "W/m3"),
}
IONS = "where ions carry the current, the double layer at the electrodes, which blocks low frequencies, is left out"
NOTHING_CONDUCTS = "no dielectric of the case conducts: the capacitance is that without a frequency, the conductance 0"


@dataclass(frozen=True, kw_only=True)
class AlternatingSolution(Solution):
    """Conductors whose potentials alternate, with dielectrics that conduct between them.

    admittances: between the terminals at any frequency; frequency: of the fields, Hz; frequencies: of curves;
    corrected: whether admittances have their estimated error added, for the errors of metrics.
    """

    admittances: Admittances
    frequency: float
    frequencies: Sequence[float]
    corrected: bool = False

    @property
    def per_unit(self) -> float:
        """What a conductance of microfem's is in S, in 2D S/m."""
        return 1e-6 if self.mesh.whole else 1.0

    def admittance(self, frequency: float) -> complex:
        """Return the admittance between the two terminals, S, in 2D S/m; frequency: Hz."""
        error = self.admittances.error(frequency) if self.corrected else 0.0
        return self.per_unit * (complex(self.admittances.between(frequency)[0, 0]) + error)

    @cached_property
    def better(self) -> AlternatingSolution:
        """The solution whose admittances have their estimated error added."""
        return replace(self, corrected=True)

    @cached_property
    def spectrum(self) -> Spectrum:
        """The impedance between the two terminals at the frequencies of the case, ohm, in 2D ohm m."""
        if len(self.frequencies) > 1:
            tell(f"solving at {len(self.frequencies)} frequencies")
        whole = np.array([1.0 / self.admittance(one) for one in self.frequencies])
        self.admittances.close()
        unit = "ohm" if self.mesh.whole else "ohm m"
        return Spectrum(frequency=np.array(self.frequencies), parts={"total": whole}, unit=unit)

    def close(self) -> None:
        """Free the memory of the factors."""
        super().close()
        self.admittances.close()


def solve_alternating(mesh: Mesh, case: ElectrostaticsCase, settings: SolverSettings) -> AlternatingSolution:
    """Solve div(sigma + i omega eps) grad phi = 0 between conductors at the frequency of the fields."""
    started = time.perf_counter()
    parts = conductors(mesh, case.terminals)
    eps, sigma = parts.permittivity(mesh), _conductivity(mesh, parts)
    admittances = _admittances(mesh, case, parts, eps, sigma, settings)
    frequency = case.frequencies[-1] if case.frequency is None else case.frequency
    frequencies = case.frequencies or (frequency,)
    solved, space = admittances.at(frequency), admittances.space
    return AlternatingSolution(
        case=case,
        mesh=mesh,
        space=space,
        fields=_fields(space, admittances.phasor(frequency, case.terminals), eps, sigma),
        totals=_totals(admittances.between(frequency), frequency, case),
        report=Report(
            ndofs=space.ndofs,
            ncells=len(mesh.cells),
            residual=solved.residual,
            balance_error=solved.balance,
            seconds=time.perf_counter() - started,
        ),
        indicator=_indicator(admittances, case.terminals, (frequency, *frequencies)),
        remarks=(IONS if admittances.conducting else NOTHING_CONDUCTS, *shown_of(mesh)),
        admittances=admittances,
        frequency=frequency,
        frequencies=frequencies,
    )


def _admittances(
    mesh: Mesh, case: ElectrostaticsCase, parts: Conductors, eps: Floats, sigma: Floats, settings: SolverSettings
) -> Admittances:
    """Return the admittances of a case; eps, sigma: (ncells,); films conduct along themselves."""
    from scipy.constants import epsilon_0

    from microfem.fem.potential.admittance import Admittances
    from microfem.fem.potential.alternating import AlternatingTerminals
    from microfem.fem.potential.terminals import terminal_problem
    from microfem.fem.tensors import scaled
    from microfem.mesh.strained_conductors import film_passage

    stretch, permittances, conductances = mesh.depth, dict[str, Floats](), dict[str, Floats]()
    for name in (one for one in mesh.sheets if one not in parts.names):
        material, through = mesh.layout.material(name), film_passage(mesh, name)
        permittances[name] = scaled(of_film(mesh, name, "relative_permittivity"), epsilon_0 * through)
        conductances[name] = film_conductance(mesh, name) if material.has("conductivity") else 0.0 * through
    problem = terminal_problem(mesh, case.order, scaled(eps, stretch), permittances, parts.groups)
    terminals = AlternatingTerminals(problem, scaled(sigma, stretch), conductances, settings)
    return Admittances(terminals, tuple(case.terminals))


def _conductivity(mesh: Mesh, parts: Conductors) -> Floats:
    """Return the conductivity of each cell, S/m, 0 in conductors and where a material states none."""
    bare = {name for name in mesh.regions if not mesh.layout.material(name).has("conductivity")}
    return conductivity_of_cells(mesh, parts.names | bare)


def _indicator(admittances: Admittances, held: Mapping[str, float], frequencies: Sequence[float]) -> Indicator | None:
    """Return the distribution of the error at the ends and in the middle of the frequencies; None without a field."""
    if max(held.values()) == min(held.values()):
        return None
    spread = sorted({frequencies[0], frequencies[1], frequencies[len(frequencies) // 2], frequencies[-1]})
    return Indicator(*admittances.indicator(spread, held))


def _totals(between: Complexes, frequency: float, case: ElectrostaticsCase) -> Totals:
    """Return the potentials, and the conductance and the capacitance between terminals."""
    names = tuple(case.terminals)
    siemens, farad = ("S/m", "F/m") if case.per_depth else ("uS", "uF")
    totals = {f"potential.{name}": (value, "V") for name, value in case.terminals.items()}
    for kind, values, unit in (
        ("conductance", between.real, siemens),
        ("capacitance", between.imag / (2.0 * np.pi * frequency), farad),
    ):
        for i, a in enumerate(names):
            totals |= {f"{kind}.{a}.{b}": (float(values[i, j]), unit) for j, b in enumerate(names)}
    return totals


def _fields(space: Space, phasor: Complexes, eps: Floats, sigma: Floats) -> dict[str, Field]:
    """Return the fields of a phasor (ndofs,); eps, sigma: (ncells,) or (ncells, dim, dim), eps 0 without a field."""
    from microfem.fem.space import gradients
    from microfem.fem.tensors import conducts, times

    known, inside = np.nan_to_num(phasor), np.where(conducts(eps), 1.0, np.nan)[:, None, None]
    field = -(gradients(space, known.real) + 1j * gradients(space, known.imag)) * inside
    stored, lost = (np.einsum("cqi,cqi->cq", times(one, field), field.conj()).real for one in (eps, sigma))
    values = {
        "potential": ("dofs", phasor.real),
        "potential_out_of_phase": ("dofs", phasor.imag),
        "electric_field": ("quadrature", field.real * 1e6),
        "energy_density": ("quadrature", 0.25e12 * stored),
        "loss_density": ("quadrature", 0.5e12 * lost),
    }
    return {name: Field(name, *ALTERNATING[name], on, v) for name, (on, v) in values.items()}  # type: ignore[arg-type]
