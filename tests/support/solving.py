"""One case of a physics on a mesh, stated as a study states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microfem.fem.solvers.settings import SolverSettings
from microfem.mesh import Mesh
from microfem.metrics import METRICS
from microfem.physics import PHYSICS, Case, Solution

DRIVE = {"anode": "1 V", "cathode": "0 V"}


def read_case(stated: Mapping[str, Any]) -> Case:
    """Return a case as a study states it."""
    return PHYSICS.get(stated["physics"]).case.model_validate(dict(stated))


def solve(mesh: Mesh, stated: Mapping[str, Any] | Case, **options: SolverSettings) -> Solution:
    """Return the solution of a case, or of what a study states of it, on a mesh, whose view it takes.

    options: `settings`, of a physics that takes them.
    """
    case = stated if isinstance(stated, Case) else read_case({"dimension": mesh.dimension, **stated})
    return PHYSICS.get(case.physics).solve(mesh, case, **options)


def value(solution: Solution, metric: str, **options: object) -> float:
    """Return a metric of a solution, without an error."""
    return float(METRICS.get(metric).function(solution, **options))


def total(solution: Solution, name: str) -> float:
    """Return a total of a solution, for a path that of its last step, in the unit of the physics."""
    return solution.totals[name][0]


def solve_conduction(mesh: Mesh, order: int = 2, **drive: str) -> Solution:
    """Solve for the current between terminals; drive: terminal -> potential or current, 1 V if none is given."""
    return solve(mesh, {"physics": "conduction", "order": order, "terminals": drive or DRIVE})


def solve_electrostatics(mesh: Mesh, order: int = 2, **drive: str) -> Solution:
    """Solve for the charge on terminals; drive: terminal -> potential, 1 V if none is given."""
    return solve(mesh, {"physics": "electrostatics", "order": order, "terminals": drive or DRIVE})


def solve_elasticity(mesh: Mesh, load: Mapping[str, Any], **more: Any) -> Solution:
    """Solve for the displacement of linear elastic bodies."""
    return solve(mesh, {"physics": "elasticity", "load": load, **more})


def solve_plasticity(mesh: Mesh, load: Mapping[str, Any], **more: Any) -> Solution:
    """Solve for the path of bodies that flow."""
    return solve(mesh, {"physics": "plasticity", "load": load, **more})


def solve_hyperelasticity(
    mesh: Mesh, load: Mapping[str, Any], settings: SolverSettings = SolverSettings(), **more: Any
) -> Solution:
    """Solve for the path of bodies at large strain."""
    return solve(mesh, {"physics": "hyperelasticity", "load": load, **more}, settings=settings)
