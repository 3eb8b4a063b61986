"""What a study costs before it runs: cells, seconds and memory of each design, estimated.

Cells of the first mesh are counted in its plan. The error falls with the cells by the power RATE, so the target
accuracy tells how many cells the last mesh has. Seconds follow from the unknowns of all meshes and from what was
measured on two cores; docs/performance.md compares estimates with runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from microfem.base.errors import MicrofemError
from microfem.base.memory import BYTES_PER_UNKNOWN
from microfem.base.progress import duration
from microfem.layout import Layout
from microfem.mesh.view import expected_cells
from microfem.physics import PHYSICS, Case
from microfem.run.ranges import ranged
from microfem.solve.first_mesh import FIRST_LEVEL, about_unknowns, comparable, shortened_for
from microfem.solve.refinement import GROWTH, RATE
from microfem.study.records import Study

FIRST_ERROR = {2: 0.16, 3: 0.06}  # usual relative error of a metric on a first mesh, by dimension
PER_UNKNOWN = {2: 2.5e-5, 3: 5e-5}  # seconds of a solve with its error estimate for each unknown, by dimension
PER_MESH, PER_DESIGN, PER_VIEW, START = 0.3, 0.5, 0.7, 2.0  # seconds: a mesh, a stored design, a picture, all imports
AT_REST = 5e8  # bytes of a process with its libraries, before any mesh


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Estimated cost of a design, or of one case of it.

    first, last: cells of the first meshes and of the last ones; memory: bytes at the peak.
    """

    first: float
    last: float
    seconds: float
    memory: float


def costs_of(study: Study) -> dict[str, Cost]:
    """Return the estimated cost of each design."""
    return {name: _of_design(study, name) for name in study.designs}


def _of_design(study: Study, name: str) -> Cost:
    layout = study.designs[name].layout()
    cases = [_of_case(study, layout, key, case) for key, case in study.cases.items() if case.covers(name)]
    runs = 1 + 2 * sum(1 for _ in ranged(study.designs[name]))
    seconds = PER_DESIGN + PER_VIEW * len(study.views) + runs * sum(one.seconds for one in cases)
    memory = AT_REST + max((one.memory for one in cases), default=0.0)
    return Cost(
        first=sum(one.first for one in cases), last=sum(one.last for one in cases), seconds=seconds, memory=memory
    )


def cost_lines(study: Study) -> list[str]:
    """Return the estimated cost of each design, one line each, and of the whole study."""
    costs, wide = costs_of(study), max(map(len, study.designs))
    lines = [
        f"{name:{wide}s}  {_cells(one)}, {duration(one.seconds)}, {1e-9 * one.memory:.1f} GB of memory"
        for name, one in costs.items()
    ]
    whole = duration(START + sum(one.seconds for one in costs.values()))
    head = f"estimated cost, about {whole} in all on two idle cores; rough, runs took a seventh to fifteen times that:"
    return [head, *(f"  {line}" for line in lines)]


def _cells(one: Cost) -> str:
    first, last = (f"{float(f'{cells:.2g}'):,.0f}" for cells in (one.first, one.last))
    return f"{first} cells" if first == last else f"{first} cells that grow to {last}"


def _of_case(study: Study, layout: Layout, key: str, case: Case) -> Cost:
    """Return the cost of a case; of one whose mesh cannot be foreseen, such as that of rods, one mesh of few cells."""
    calls, dim = study.calls_of(key), 3 if case.dimension == "3d" else 2
    try:
        solved = next((one.short for one in shortened_for(layout, case, calls)), layout)
        first = expected_cells(case.seen(solved), case.mesh, FIRST_LEVEL[case.dimension])
    except MicrofemError:
        return Cost(first=0.0, last=0.0, seconds=PER_MESH, memory=0.0)
    most = comparable(study.limits.most, case) / about_unknowns(1.0, case)
    last = max(first, min(first * _growth([study.wanted()[name] for name in calls], dim), most))
    components = PHYSICS.get(case.physics).dofs_per_node or dim
    meshes = _meshes(first, last, GROWTH[dim][1])
    solves = sum(about_unknowns(cells, case) for cells in meshes) * components**0.5 * getattr(case, "solves", 1.0)
    return Cost(
        first=first,
        last=last,
        seconds=PER_MESH * len(meshes) + PER_UNKNOWN[dim] * solves,
        memory=BYTES_PER_UNKNOWN * about_unknowns(last, case),
    )


def _growth(accuracies: Iterable[float], dim: int) -> float:
    """Return the cells of the last mesh over those of the first, for target relative errors."""
    tightest = min(accuracies, default=FIRST_ERROR[dim])
    return max(FIRST_ERROR[dim] / tightest, 1.0) ** (1.0 / RATE[dim])


def _meshes(first: float, last: float, growth: float) -> list[float]:
    """Return the cells of all meshes, each larger by a factor."""
    meshes = [first]
    while meshes[-1] * growth < last:
        meshes.append(meshes[-1] * growth)
    return meshes if last <= first else [*meshes, last]
