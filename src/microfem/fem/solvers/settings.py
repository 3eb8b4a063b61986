"""What a person may change of the solvers: tolerances, limits, and from which size on a method takes over.

Numbers that belong to a method and do not trade time for accuracy stand beside it as constants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class LinearSettings:
    """How linear systems are solved.

    tolerance: largest residual of a solution, see SystemSolution; above it the solve fails.
    enough: residual at which nothing is left to correct.
    direct: direct solver of positive definite systems, the first of them that is installed if not stated.
    threads_from: unknowns below which MKL's threads wait for each other longer than they work.
    iterative_from: free unknowns in 3D from which multigrid needs less time and memory than factors.
    repeated_from: the same where a system is solved for many right-hand sides.
    accuracy: of conjugate gradients, energy norm of the error relative to that of the solution.
    iterations: of conjugate gradients before the direct solver takes over; 200 cost what 300,000 unknowns do there.
    direct_level: unknowns of multigrid's P1 level that are factorised without aggregation.
    aggregated_level: unknowns of an aggregated level that are factorised; its rows are longer.
    reuse_from: unknowns from which factors of an earlier matrix, or in single precision, are tried.
    reuse_row: entries of a row from which they are: factors then cost much more than solutions.
    reuse_tolerance: residual of what they find, relative to the right-hand side.
    reuse_iterations: steps of GMRES that are worth taking with them.
    """

    tolerance: float = 1e-8
    enough: float = 1e-12
    direct: Literal["", "PARDISO", "CHOLMOD", "SuperLU"] = ""
    threads_from: int = 60_000
    iterative_from: int = 40_000
    repeated_from: int = 150_000
    accuracy: float = 1e-9
    iterations: int = 200
    direct_level: int = 60_000
    aggregated_level: int = 10_000
    reuse_from: int = 8_000
    reuse_row: float = 30.0
    reuse_tolerance: float = 1e-5
    reuse_iterations: int = 6


@dataclass(frozen=True, kw_only=True)
class NewtonSettings:
    """How nonlinear equilibrium is found along a load path.

    residual: of the forces at work, at which a step has converged.
    correction: of the largest change of the path, at which it has too: slender bodies cannot reach the other.
    rough: residual above which a small correction does not count: the tangent may be wrong.
    iterations: of a step before it is cut.
    easy: iterations up to which the next step grows.
    cut, growth: factors of a step that failed, and of one after an easy one.
    least_step: part of the path's leg below which steps are given up.
    halvings: of a correction.
    allowed: growth of the residual that a correction may cause.
    """

    residual: float = 1e-9
    correction: float = 1e-9
    rough: float = 1e-4
    iterations: int = 14
    easy: int = 6
    cut: float = 0.4
    growth: float = 1.6
    least_step: float = 1e-4
    halvings: int = 6
    allowed: float = 4.0


@dataclass(frozen=True, kw_only=True)
class StabilitySettings:
    """How a body that buckles is followed.

    iterations: on the way down from an unstable equilibrium to a minimum of the potential.
    least_leg: part of the first leg at which the path of stable equilibria is given up.
    interval: part of the load in which stability is lost and the lowest eigenvalue is smooth.
    """

    iterations: int = 200
    least_leg: float = 1e-2
    interval: float = 0.1


@dataclass(frozen=True, kw_only=True)
class SolverSettings:
    """All settings of a solve."""

    linear: LinearSettings = field(default_factory=LinearSettings)
    newton: NewtonSettings = field(default_factory=NewtonSettings)
    stability: StabilitySettings = field(default_factory=StabilitySettings)
