"""The first mesh of a case: its estimated size, its check against the limits, and the mesh itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from microfem.base.child import CallLimits
from microfem.base.errors import ChildError, MeshError, MicrofemError
from microfem.layout import Layout
from microfem.layout.repetition import Shortened
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.causes import cause_of
from microfem.mesh.contacts import contacts_of
from microfem.mesh.record import UPRIGHT
from microfem.mesh.view import NODES_PER_CELL, expected_cells
from microfem.metrics import METRICS, Call
from microfem.physics import PHYSICS, Case
from microfem.physics.potential.potential_case import PotentialCase
from microfem.study.records import Limits, Study

WORTH_A_HINT = 50_000  # unknowns of a first mesh that takes a second or more
FIRST_LEVEL = {"3d": -2, "plan": -1, "section": -1, "axisymmetric": -1}
POINTS_PER_CELL = {2: 0.55, 3: 0.25}  # in P1 meshes, by dimension


def about_unknowns(cells: float, case: Case) -> float:
    """Return the estimated number of unknowns of a case on a number of cells."""
    dim = 3 if case.dimension == "3d" else 2
    per_cell = NODES_PER_CELL[dim] if case.order == 2 else POINTS_PER_CELL[dim]
    return cells * case.copies * per_cell * (PHYSICS.get(case.physics).dofs_per_node or dim)


def comparable(unknowns: float, case: Case) -> float:
    """Return the number of unknowns of a case with the cost of `unknowns` in a case with one unknown per node.

    A factorisation costs about (nodes x components^1.5)^2 in 3D.
    """
    components = PHYSICS.get(case.physics).dofs_per_node or (3 if case.dimension == "3d" else 2)
    return unknowns / components**0.5


def first_mesh(layout: Layout, case: Case, limits: Limits) -> Mesh:
    """Return the mesh with which the refinement of a case begins.

    Raises:
        MicrofemError: terminals touch nothing or each other, the mesh fails, its estimated size exceeds the limit of a
            first mesh, or gmsh needs more time or memory than the limits.
    """
    refuse_terminals(layout, case)
    refuse_too_large(layout, case, limits)
    layout = case.seen(layout)
    level, of_gmsh = FIRST_LEVEL[case.dimension], CallLimits(limits.seconds, limits.megabytes)
    try:
        mesh = build_mesh(layout, case.mesh, level, math.inf, of_gmsh)
    except ChildError as error:
        limit = {"time": f"limits.time, {limits.seconds:.4g} s", "memory": f"limits.memory, {limits.megabytes:.4g} MB"}
        raise MeshError(
            f"the first mesh needs more than {limit[error.kind]}, which a study may raise: "
            f"{cause_of(layout, case.mesh, level)}"
        ) from error
    return graded(mesh, case, limits)


def graded(mesh: Mesh, case: Case, limits: Limits) -> Mesh:
    """Return a first mesh, fine where the case needs it."""
    known = PHYSICS.get(case.physics).graded
    return mesh if known is None else known(mesh, case, comparable(limits.most, case) / about_unknowns(1.0, case))


def refuse_terminals(layout: Layout, case: Case) -> None:
    """Refuse terminals that a case's view does not meet, and those that touch nothing or each other.

    Raises:
        MicrofemError: with all of them.
    """
    terminals = list(getattr(case, "terminals", ()))
    if terminals and (layout.spiral is None or case.dimension in UPRIGHT):
        contacts = contacts_of(layout, case.dimension)
        if problems := list(contacts.refused(terminals, lambda part: case.conducts(layout, part))):
            raise MeshError("; ".join(problems))


def refuse_too_large(layout: Layout, case: Case, limits: Limits) -> float:
    """Return the estimated number of unknowns of a case's first mesh, and refuse too many.

    Raises:
        MicrofemError: the number exceeds the limits; the message names the cause. Or the view of the case is empty.
    """
    level, layout = FIRST_LEVEL[case.dimension], case.seen(layout)
    needed = about_unknowns(expected_cells(layout, case.mesh, level), case)
    if needed > (allowed := comparable(limits.first, case)):
        raise MeshError(
            f"the first mesh needs about {needed:,.2g} unknowns, more than the {allowed:,.2g} of "
            f"{limits.of_first}: {cause_of(layout, case.mesh, level)}"
        )
    return needed


def shortened_for(layout: Layout, case: Case, calls: Mapping[str, Call]) -> tuple[Shortened, ...]:
    """Return the layouts with fewer fingers that may stand for a layout in a case, the shortest first.

    There is none for metrics that do not follow from the energy, since they are of all fingers.
    """
    of_energy = calls and all(METRICS.get(call.name).of_energy for call in calls.values())
    return case.shortened(layout) if of_energy and isinstance(case, PotentialCase) else ()


def told_whole(layout: Layout, case: Case, calls: Mapping[str, Call]) -> list[str]:
    """Return why all of many equal fingers are solved although symmetry is looked for; nothing where they are not."""
    of_all = [name for name, call in calls.items() if not METRICS.get(call.name).of_energy]
    found = case.shortened(layout) if of_all and isinstance(case, PotentialCase) else ()
    return [
        f"all of its {one.count} equal strips are solved, since {', '.join(of_all)} need all fingers; 'symmetry: auto' "
        f"solves {one.kept} of them in a case whose metrics follow from the energy, such as resistance or capacitance"
        for one in found[:1]
    ]


def foreseen(study: Study) -> tuple[list[str], list[str]]:
    """Return messages, one line each: cases that a run would refuse; what makes others coarse or slow."""
    refused, doubts = list[str](), list[str]()
    for name, design in study.designs.items():
        layout = design.layout()
        for key, case in study.cases.items():
            if case.deformed_by or not case.covers(name):
                continue
            calls = study.calls_of(key)
            doubts += (f"{name}: case {key}: {why}" for why in told_whole(layout, case, calls))
            try:
                refuse_terminals(layout, case)
                solved = next((one.short for one in shortened_for(layout, case, calls)), layout)
                needed = refuse_too_large(solved, case, study.limits)
            except MicrofemError as error:
                refused.append(f"{name}: case {key} would be refused: {error}")
                continue
            if needed > comparable(study.limits.most, case):
                cause = cause_of(solved, case.mesh, FIRST_LEVEL[case.dimension])
                doubts.append(
                    f"{name}: case {key}: the first mesh needs about {needed:,.2g} unknowns, and "
                    f"limits.unknowns, {study.limits.most:,}, lets none be refined: {cause}"
                )
            elif solved is layout and needed > WORTH_A_HINT:
                doubts += (f"{name}: case {key}: {hint}" for hint in _shorter(layout, case, calls))
    long = {key: getattr(case, "why_long", "") for key, case in study.cases.items()}
    return refused, [*doubts, *(f"case {key}: {why}" for key, why in long.items() if why)]


def _shorter(layout: Layout, case: Case, calls: Mapping[str, Call]) -> Iterator[str]:
    """Yield how a device of many equal fingers is solved with few of them, if it is."""
    found = shortened_for(layout, case.model_copy(update={"symmetry": "auto"}), calls)
    for one in found[:1]:
        yield (
            f"its {one.count} strips between middles of fingers are alike; 'symmetry: auto' solves {one.kept} of them, "
            "with proven bounds of the whole"
        )
