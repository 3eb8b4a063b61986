"""Settings of the solvers: tolerances, limits, and the sizes from which each method is used.

Numbers that belong to one method and do not trade time for accuracy are constants in its module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class LinearSettings:
    """Settings of linear solvers.

    tolerance: largest residual of a solution, see SystemSolution; above it the solve fails.
    enough: residual at which iterative refinement stops.
    direct: direct solver of positive definite systems; "" for the first one that is installed.
    threads_from: unknowns from which MKL uses several threads; below, they wait for each other longer than they work.
    iterative_from: free degrees of freedom in 3D from which multigrid needs less time and memory than factors.
    repeated_from: the same if a system is solved for many right-hand sides.
    accuracy: of conjugate gradients: energy norm of the error relative to that of the solution.
    iterations: of conjugate gradients before the direct solver replaces them; 200 cost as much as a factorisation of
        300,000 unknowns.
    direct_level: largest number of unknowns of multigrid's P1 level that are factorised without aggregation.
    aggregated_level: the same for an aggregated level, whose rows are longer.
    reuse_from: unknowns from which factors of an earlier matrix, or in single precision, precondition GMRES.
    reuse_row: least entries per row for the same: a factorisation then costs much more than a solution.
    reuse_tolerance: residual of such a solution, relative to the right-hand side.
    reuse_iterations: most steps of GMRES with such factors.
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
    """Settings of Newton's method along a load path.

    residual: relative to the internal forces, at which a step has converged.
    correction: relative to the largest displacement of the path, at which a step has converged too: round-off keeps
        slender bodies above the residual.
    rough: residual above which a small correction is no sign of convergence: the tangent may be singular.
    iterations: most iterations of a step; then it is cut.
    easy: iterations up to which the next step grows.
    cut, growth: factors of the load step after a failure and after an easy step.
    least_step: smallest load step, as part of the interval between two load factors; below, the path ends.
    halvings: most halvings of a correction in the line search.
    allowed: factor by which the residual may grow in a correction.
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
    """Settings of paths of stable equilibria.

    iterations: most iterations from an unstable equilibrium to a minimum of the potential.
    least_leg: smallest load step, relative to the first load factor; below, the path ends.
    interval: width of the interval of load factors around the loss of stability in which the lowest eigenvalue is
        fitted, relative to the load factor.
    """

    iterations: int = 200
    least_leg: float = 1e-2
    interval: float = 0.1


@dataclass(frozen=True, kw_only=True)
class TimeSettings:
    """Settings of time steps; errors are in the norm of the problem, in which 1 is allowed.

    newton: error of Newton's method in a step.
    contraction: least contraction by which the first correction of a step is judged: that of earlier steps may be
        smaller, where the equations were less curved.
    noise: size of corrections below which they may cease to shrink: what the last digits of a large unknown do.
    iterations: most corrections of a step before the factors are renewed or the step is cut.
    stale: change of the slope, relative to that of the factors, from which they are renewed.
    safety: of the step that is expected to keep the error.
    cut: factor of the step where Newton's method fails; smallest_change, largest_change: of the step after others.
    easy: error below which the first step is taken again with a larger one.
    first: change of y, in the norm, that the first try of a first step makes.
    least: smallest step, relative to the time; its square, relative to the time left, near the time 0.
    slope_span, slope_change: first length of the step that finds dy/dt at the start, as a part of the whole time, and
        the change of y at which it is short enough.
    start_iterations: most corrections in such a step, and most such steps.
    shrinks: the ratio of two corrections in such a step above which the factors are renewed.
    """

    newton: float = 1e-2
    contraction: float = 0.0
    noise: float = 1e-2
    iterations: int = 5
    stale: float = 0.25
    safety: float = 0.9
    cut: float = 0.25
    smallest_change: float = 0.2
    largest_change: float = 10.0
    easy: float = 1e-2
    first: float = 0.1
    least: float = 1e-14
    slope_span: float = 1e-3
    slope_change: float = 1e-2
    start_iterations: int = 30
    shrinks: float = 0.1


@dataclass(frozen=True, kw_only=True)
class InteriorPointSettings:
    """Settings of the interior-point method for the thickness of a film.

    tolerance: share of the loss that a better film on the same mesh could save, at which the iteration ends.
    iterations: most iterations; what is left then is part of the proven interval.
    to_boundary: largest part of the distance to a bound that an iteration goes.
    """

    tolerance: float = 1e-5
    iterations: int = 100
    to_boundary: float = 0.9


@dataclass(frozen=True, kw_only=True)
class SolverSettings:
    """All solver settings."""

    linear: LinearSettings = field(default_factory=LinearSettings)
    newton: NewtonSettings = field(default_factory=NewtonSettings)
    stability: StabilitySettings = field(default_factory=StabilitySettings)
    time: TimeSettings = field(default_factory=TimeSettings)
    interior_point: InteriorPointSettings = field(default_factory=InteriorPointSettings)
