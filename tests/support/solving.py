"""One case of a physics on a mesh, stated as a study states it."""

from __future__ import annotations

from microfem.physics import PHYSICS

DRIVE = {"anode": "1 V", "cathode": "0 V"}


def solve_case(physics, mesh, **stated):
    """Check a case as that of a study is checked, and solve it on a mesh."""
    kind = PHYSICS.get(physics)
    return kind.solve(mesh, kind.case.model_validate({"physics": physics, "dimension": mesh.dimension} | stated))


def solve_conduction(mesh, order=2, **drive):
    """Solve for the current between terminals; drive: terminal -> potential or current, 1 V if none is given."""
    return solve_case("conduction", mesh, order=order, terminals=drive or DRIVE)


def solve_electrostatics(mesh, order=2, **drive):
    """Solve for the charge on terminals; drive: terminal -> potential, 1 V if none is given."""
    return solve_case("electrostatics", mesh, order=order, terminals=drive or DRIVE)


def solve_elasticity(mesh, load, **more):
    """Solve for the displacement of linear elastic bodies."""
    return solve_case("elasticity", mesh, load=load, **more)


def solve_plasticity(mesh, load, **more):
    """Solve for the path of bodies that flow."""
    return solve_case("plasticity", mesh, load=load, **more)


def solve_hyperelasticity(mesh, load, **more):
    """Solve for the path of bodies at large strain."""
    return solve_case("hyperelasticity", mesh, load=load, **more)
