"""Isotropic hyperelastic laws: energy density in principal stretches with its first and second derivatives.

    psi = f(I1 - 3) + sum_k mu_k / alpha_k (l1^alpha_k + l2^alpha_k + l3^alpha_k - 3),
    f(i) = c1 i + c2 i^2 + c3 i^3 - mu Jm / 2 ln(1 - i / Jm),      l1 l2 l3 = 1,

of the isochoric stretches l. One set of coefficients covers neo-Hooke (c1 = mu / 2), Yeoh (c1, c2, c3), Gent (mu, Jm),
Ogden (mu_k, alpha_k) and Mooney-Rivlin (c1 = C10 and a term with alpha = -2, since I2 = sum l^-2 at l1 l2 l3 = 1).
A. F. Bower, Applied Mechanics of Solids, CRC Press 2009, ch. 3.5; A. N. Gent, Rubber Chem. Technol. 69 (1996) 59.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.fem.compiled import compiled
from microfem.fem.space import Floats
from microfem.materials import Material

COEFFICIENTS = 11  # c1, c2, c3, mu1, alpha1, mu2, alpha2, mu3, alpha3, Gent's mu and Jm
STATED = {
    "neo-Hooke": ("neo_hooke_mu",),
    "Mooney-Rivlin": ("mooney_c10", "mooney_c01"),
    "Yeoh": ("yeoh_c1", "yeoh_c2", "yeoh_c3"),
    "Ogden": ("ogden_mu1", "ogden_alpha1", "ogden_mu2", "ogden_alpha2", "ogden_mu3", "ogden_alpha3"),
    "Gent": ("gent_mu", "gent_jm"),
}


@dataclass(frozen=True)
class Law:
    """Coefficients of psi (MPa and 1) and bulk modulus (MPa), infinite for an incompressible law."""

    name: str
    coefficients: tuple[float, ...]
    bulk: float = math.inf

    @property
    def shear(self) -> float:
        """Shear modulus at rest, MPa: 2 f'(0) + 1/2 sum mu_k alpha_k."""
        c = self.coefficients
        return 2.0 * c[0] + c[9] + 0.5 * (c[3] * c[4] + c[5] * c[6] + c[7] * c[8])

    @property
    def young(self) -> float:
        """Young's modulus at rest, MPa."""
        return (
            3.0 * self.shear if math.isinf(self.bulk) else 9.0 * self.bulk * self.shear / (3.0 * self.bulk + self.shear)
        )

    @property
    def poisson(self) -> float:
        """Poisson's ratio at rest."""
        return 0.5 * self.young / self.shear - 1.0

    def keeping_volume(self) -> Law:
        """Return the incompressible law with the same Young's modulus."""
        scale = self.young / (3.0 * self.shear)
        exponents = (4, 6, 8, 10)
        scaled = tuple(c if i in exponents else scale * c for i, c in enumerate(self.coefficients))
        return Law(self.name, scaled)


def neo_hooke(mu: float, bulk: float = math.inf) -> Law:
    """Return the neo-Hooke law psi = mu / 2 (I1 - 3); mu, bulk: MPa."""
    return _law("neo-Hooke", {0: 0.5 * mu}, bulk)


def mooney_rivlin(c10: float, c01: float, bulk: float = math.inf) -> Law:
    """Return the Mooney-Rivlin law psi = C10 (I1 - 3) + C01 (I2 - 3); coefficients and bulk: MPa."""
    return _law("Mooney-Rivlin", {0: c10, 3: -2.0 * c01, 4: -2.0}, bulk)


def yeoh(c1: float, c2: float = 0.0, c3: float = 0.0, bulk: float = math.inf) -> Law:
    """Return the Yeoh law psi = sum c_i (I1 - 3)^i; coefficients and bulk: MPa."""
    return _law("Yeoh", {0: c1, 1: c2, 2: c3}, bulk)


def ogden(terms: tuple[tuple[float, float], ...], bulk: float = math.inf) -> Law:
    """Return the Ogden law psi = sum mu_k / alpha_k (l1^alpha_k + l2^alpha_k + l3^alpha_k - 3).

    terms: (mu_k, alpha_k), MPa and 1, at most three; bulk: MPa.
    """
    return _law("Ogden", {3 + i: value for i, value in enumerate(v for term in terms for v in term)}, bulk)


def gent(mu: float, jm: float, bulk: float = math.inf) -> Law:
    """Return the Gent law psi = -mu Jm / 2 ln(1 - (I1 - 3) / Jm); mu, bulk: MPa."""
    return _law("Gent", {9: mu, 10: jm}, bulk)


def _law(name: str, values: dict[int, float], bulk: float) -> Law:
    return Law(name, tuple(values.get(i, 0.0) for i in range(COEFFICIENTS)), bulk)


def states_law(material: Material) -> bool:
    """Tell whether a material states an elastic modulus or the coefficients of a law."""
    return material.has("youngs_modulus") or any(material.has(key) for keys in STATED.values() for key in keys)


def law_of(material: Material) -> Law:
    """Return the law that a material states; Young's modulus and Poisson's ratio give a neo-Hooke law.

    The bulk modulus follows from Poisson's ratio; a law without Poisson's ratio is incompressible.

    Raises:
        MicrofemError: two laws are stated, a coefficient is missing, or the law is not stable at rest.
    """
    stated = [name for name, keys in STATED.items() if any(material.has(key) for key in keys)]
    if len(stated) > 1:
        raise MicrofemError(f"material '{material.name}' states coefficients of {' and '.join(stated)}; keep one law")
    law = (
        _stated(material, stated[0])
        if stated
        else neo_hooke(0.5 * material.value("youngs_modulus") / (1.0 + material.value("poisson_ratio")))
    )
    _refuse_unstable(material.name, law)
    if not material.has("poisson_ratio"):
        return law
    nu = material.value("poisson_ratio")
    return Law(law.name, law.coefficients, 2.0 * law.shear * (1.0 + nu) / (3.0 * (1.0 - 2.0 * nu)))


def _stated(material: Material, name: str) -> Law:
    def value(key: str) -> float:
        return material.value(key)

    if name == "neo-Hooke":
        return neo_hooke(value("neo_hooke_mu"))
    if name == "Mooney-Rivlin":
        return mooney_rivlin(value("mooney_c10"), value("mooney_c01"))
    if name == "Yeoh":
        return yeoh(value("yeoh_c1"), *(value(k) if material.has(k) else 0.0 for k in ("yeoh_c2", "yeoh_c3")))
    if name == "Gent":
        return gent(value("gent_mu"), value("gent_jm"))
    terms = [
        (value(f"ogden_mu{k}"), value(f"ogden_alpha{k}"))
        for k in (1, 2, 3)
        if material.has(f"ogden_mu{k}") or material.has(f"ogden_alpha{k}")
    ]
    return ogden(tuple(terms))


def _refuse_unstable(name: str, law: Law) -> None:
    """Refuse coefficients that are unstable in compression or biaxial tension, as fits to a tensile test can be."""
    shear = law.shear
    if not shear > 0.0:
        raise MicrofemError(
            f"material '{name}': the {law.name} law has a shear modulus of {shear:.4g} MPa, which must be above 0; "
            "multiply coefficients for psi = sum 2 mu / alpha^2 (...), as in ABAQUS, by 2 / alpha"
        )
    if law.name == "Mooney-Rivlin" and law.coefficients[3] > 0.0:
        raise MicrofemError(
            f"material '{name}': a Mooney-Rivlin law with C01 = {-0.5 * law.coefficients[3]:.4g} MPa below 0 is "
            "unstable in compression and biaxial tension; fit it with C01 at least 0, or state a Yeoh law"
        )


def energy(law: Law, stretches: Floats) -> Floats:
    """Return psi (...) of isochoric stretches (..., 3), MPa."""
    c = law.coefficients
    i = (stretches**2).sum(axis=-1) - 3.0
    total = c[0] * i + c[1] * i**2 + c[2] * i**3
    if c[9]:
        total = total - 0.5 * c[9] * c[10] * np.log(1.0 - i / c[10])
    for mu, alpha in zip(c[3:9:2], c[4:9:2], strict=True):
        if mu:
            total = total + mu / alpha * ((stretches**alpha).sum(axis=-1) - 3.0)
    return np.asarray(total)


@compiled
def log_slopes(c: Any, l1: float, l2: float, l3: float, first: Any, second: Any) -> bool:
    """Write d psi / d ln l (3,) and d2 psi / d ln l2 (3, 3) at isochoric stretches l; return False if psi is unstable.

    psi is unstable where f' is negative, and beyond Gent's limit.
    """
    i = l1 * l1 + l2 * l2 + l3 * l3 - 3.0
    f1 = c[0] + i * (2.0 * c[1] + 3.0 * i * c[2])
    f2 = 2.0 * c[1] + 6.0 * i * c[2]
    if c[9] != 0.0:
        left = c[10] - i
        if left <= 0.0:
            return False
        f1 += 0.5 * c[9] * c[10] / left
        f2 += 0.5 * c[9] * c[10] / (left * left)
    if f1 < 0.0:
        return False
    for a in range(3):
        la = l1 if a == 0 else (l2 if a == 1 else l3)
        square = la * la
        first[a] = 2.0 * f1 * square
        for b in range(3):
            lb = l1 if b == 0 else (l2 if b == 1 else l3)
            second[a, b] = 4.0 * f2 * square * lb * lb
        second[a, a] += 4.0 * f1 * square
        for k in range(3, 9, 2):
            if c[k] != 0.0:
                term = c[k] * la ** c[k + 1]
                first[a] += term
                second[a, a] += c[k + 1] * term
    return True
