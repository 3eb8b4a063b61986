"""The admittance between terminals at any frequency, with the estimate of its error.

Y_h = a(u_h, u_h) with the bilinear form at unit potential of one of two terminals, and Y - Y_h = a(e, e), e = u - u_h,
by Galerkin orthogonality, complex as the form is; grad e is estimated as recovered minus own gradient of the real and
the imaginary part. The form is no minimum, so that no bound is proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from microfem.fem.error_estimates.form import Form, energy_error, potential_form, with_coefficient
from microfem.fem.potential.alternating import AlternatingSolutions, AlternatingTerminals
from microfem.fem.solvers.factors import Numbers
from microfem.fem.space import Floats, Space
from microfem.fem.tensors import modulus


class Admittances:
    """The admittances between named terminals of an alternating field; other conductors float without net current.

    Numbers are in the unit of the coefficients, S/m, times um in 3D; frequencies in Hz.
    """

    def __init__(self, terminals: AlternatingTerminals, names: Sequence[str]) -> None:
        self._terminals, self.names = terminals, tuple(names)
        self._between, self._errors = dict[float, Numbers](), dict[float, complex]()
        self._last: tuple[float, AlternatingSolutions] | None = None

    @property
    def space(self) -> Space:
        """The space of the potential."""
        return self._terminals.problem.space

    @property
    def conducting(self) -> bool:
        """Whether anything conducts."""
        return bool(self._terminals.conductivity.any() or any(one.any() for one in self._terminals.films.values()))

    def at(self, frequency: float) -> AlternatingSolutions:
        """Return the phasors at a frequency; the last ones are kept for the next call.

        Raises:
            SolveError: they are not found well enough.
        """
        if self._last is None or self._last[0] != frequency:
            self._last = frequency, self._terminals.at(2.0 * np.pi * frequency)
        return self._last[1]

    def between(self, frequency: float) -> Numbers:
        """Return the admittances between the named terminals, (n, n)."""
        if frequency not in self._between:
            self._between[frequency] = self.at(frequency).between(self.names)
        return self._between[frequency]

    def phasor(self, frequency: float, held: Mapping[str, float]) -> Numbers:
        """Return the potential (ndofs,) at prescribed amplitudes of the named terminals, NaN where it is not solved."""
        solved, level = self.at(frequency), min(held.values())
        volts = solved.drive({name: value - level for name, value in held.items()}, {})
        return np.asarray(level + volts @ solved.potentials)

    def error(self, frequency: float) -> complex:
        """Return the estimated error of the admittance between two terminals."""
        if frequency not in self._errors:
            first, *others = self.names
            re, im = self._slope_errors(frequency, {first: 1.0, **dict.fromkeys(others, 0.0)})
            of_sigma, of_eps = (
                complex((form.products(re, re) - form.products(im, im) + 2j * form.products(re, im)).sum())
                for form in (self._conductive, self._capacitive)
            )
            self._errors[frequency] = of_sigma + 2j * np.pi * frequency * of_eps
        return self._errors[frequency]

    def indicator(self, frequencies: Sequence[float], held: Mapping[str, float]) -> tuple[Floats, Floats]:
        """Return the distribution of the error in energy of both parts, summed over frequencies, as of an Indicator.

        The energy of a frequency is weighted by its admittivity |sigma + i omega eps|, relative to the whole.
        """
        found = []
        for frequency in frequencies:
            form = with_coefficient(self._form, *self._modulus(frequency))
            size = float(np.abs(self.between(frequency)).max())
            for error in self._slope_errors(frequency, held):
                of_cell, anisotropy = energy_error(form, error)
                found.append((of_cell / size, anisotropy / size))
        of_cells, anisotropies = zip(*found, strict=True)
        return np.sum(of_cells, axis=0), np.sum(anisotropies, axis=0)

    def _slope_errors(self, frequency: float, held: Mapping[str, float]) -> tuple[Floats, Floats]:
        """Return the estimated errors of the gradients of the real and the imaginary part."""
        u = np.nan_to_num(self.phasor(frequency, held))[:, None]
        return self._form.error(u.real), self._form.error(u.imag)

    def _modulus(self, frequency: float) -> tuple[Floats, dict[str, Floats]]:
        """Return |sigma + i omega eps| of cells and films."""
        one, omega = self._terminals, 2.0 * np.pi * frequency
        dim, problem = self.space.mesh.dim, one.problem
        films = {name: modulus(one.films[name], omega * eps, dim) for name, eps in problem.films.items()}
        return modulus(one.conductivity, omega * problem.coefficient, dim), films

    @cached_property
    def _form(self) -> Form:
        """The form in whose patches gradients are recovered: among cells of one permittivity and one conductivity."""
        return potential_form(self.space, *self._modulus(1.0))

    @cached_property
    def _conductive(self) -> Form:
        return with_coefficient(self._form, self._terminals.conductivity, self._terminals.films)

    @cached_property
    def _capacitive(self) -> Form:
        problem = self._terminals.problem
        return with_coefficient(self._form, problem.coefficient, problem.films)

    def close(self) -> None:
        """Free the memory of factors and phasors, which the next frequency makes anew."""
        self._terminals.close()
        self._last = None
