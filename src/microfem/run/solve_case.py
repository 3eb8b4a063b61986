"""One case on one layout, for a program: the checks of a study, the refinement of a study, no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import InputProblem
from microfem.base.located_yaml import Source
from microfem.base.quantities import Share
from microfem.base.shown import ShownInNotebook
from microfem.layout import Layout
from microfem.mesh import Mesh
from microfem.metrics import METRICS, Call, Value
from microfem.physics import Case, Solution
from microfem.results.fields import solution_grid
from microfem.results.grids import as_vtk
from microfem.solve.ending import Ended
from microfem.solve.refinement import measure
from microfem.solve.repetition import solve_device
from microfem.study.call_reader import CallReader
from microfem.study.case_reader import CaseReader
from microfem.study.file_schema import Unknowns
from microfem.study.records import Limits
from microfem.study.strict import Strict, validate

CASE = "case"  # the name of the only case, in messages and in calls


@dataclass(frozen=True, eq=False, kw_only=True)
class SolvedLayout(ShownInNotebook):
    """A case that is solved on a layout.

    values: metric -> value with unit and error; refused: metric -> why it has no value here.
    solution: on the last mesh; ended: why the refinement ended.
    """

    values: Mapping[str, Value]
    refused: Mapping[str, str]
    solution: Solution
    ended: Ended

    @property
    def mesh(self) -> Mesh:
        """The last mesh."""
        return self.solution.mesh

    def field(self, name: str) -> NDArray[np.float64]:
        """Return a field as numpy: (ndofs,) or (ndofs, dim), or at quadrature points (ncells, dim + 1, ...).

        The first degrees of freedom are those of the points of the mesh, the others those of the middles of its edges.

        Raises:
            MicrofemError: the solution has no such field; the message lists its fields.
        """
        return self.solution.field(name).values

    def grid(self) -> Any:
        """Return the mesh with all fields as a pyvista grid, as a run saves it: see `SavedCase`."""
        import pyvista as pv

        return pv.wrap(as_vtk(solution_grid(self.solution)))


class _Stated(Strict):
    """What a caller states."""

    case: dict[str, Any]
    metrics: dict[str, str]
    accuracy: Share
    unknowns: Unknowns


def solve_case(
    layout: Layout,
    case: Case | Mapping[str, Any],
    metrics: str | Sequence[str] | Mapping[str, str] = (),
    accuracy: float = 0.01,
    unknowns: int | None = None,
) -> SolvedLayout:
    """Solve a case on a layout, on finer and finer meshes until all metrics are within the accuracy.

    case: as in a study, such as `{"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V",
    "cathode": "1 V"}}`.
    metrics: names, or calls with options such as `area_fraction_below(below=0.5)`; as a mapping, by names of your own.
    accuracy: target relative error of the metrics; without metrics three meshes are solved.
    unknowns: limit at which the refinement stops below the accuracy, as `limits.unknowns` of a study.

    Raises:
        InputError: all problems of the arguments, each with its argument.
        MicrofemError: the layout cannot be meshed, or the case cannot be solved on the first mesh.
    """
    checked, calls, stated = _read(layout, case, metrics, accuracy, unknowns)
    of_layout = measure(layout, {name: call for name, call in calls.items() if not METRICS.get(call.name).on})
    of_case = {name: call for name, call in calls.items() if call.case}
    wanted = dict.fromkeys(of_case, stated.accuracy)
    solution, measured, ended = solve_device(layout, checked, of_case, wanted, Limits(stated.unknowns))
    values, refused = of_layout.values | measured.values, of_layout.refused | measured.refused  # type: ignore[operator]
    return SolvedLayout(values=values, refused=refused, solution=solution, ended=ended)


def _read(
    layout: Layout, case: object, metrics: str | Sequence[str] | Mapping[str, str], accuracy: object, unknowns: object
) -> tuple[Case, dict[str, Call], _Stated]:
    """Return the checked arguments.

    Raises:
        InputError: all problems.
    """
    data = {
        CASE: case.model_dump(exclude_unset=True) if isinstance(case, Case) else case,
        "metrics": _named(metrics),
        "accuracy": accuracy,
        "unknowns": unknowns,
    }
    source = Source(name="solve_case", folder=Path(), text="", data=data, marks={})
    stated, problems = validate(_Stated, data, source, ())
    source.refuse(problems)
    assert stated is not None
    checked = case if isinstance(case, Case) else _case(source, stated, problems)
    reader = CallReader(source, problems, (CASE,), {CASE: checked} if checked else {}, only=CASE)
    calls = {name: call for name, text in stated.metrics.items() if (call := reader.metric(name, text))}
    for name, call in calls.items():
        reader.parts(name, call, layout, "the layout")
    if checked:
        CaseReader(source, problems).reach((CASE,), checked, layout, "the layout")
    source.refuse(problems)
    assert checked is not None
    return checked, calls, stated


def _case(source: Source, stated: _Stated, problems: list[InputProblem]) -> Case | None:
    """Return a checked case; one on a geometry that another case deforms needs a study, which has both."""
    reader = CaseReader(source, problems)
    case = reader.case((CASE,), stated.case, ())
    if case and case.deformed_by:
        reader.wrong((CASE, "on"), f"there is no case '{case.deformed_by}' here; state both cases in a study")
    return case


def _named(metrics: str | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Return metrics as calls by name; a name alone is a call without options."""
    if isinstance(metrics, str):
        return _named([metrics])
    stated = metrics if isinstance(metrics, Mapping) else {one: one for one in metrics}
    return {name: text if "(" in str(text) else f"{text}()" for name, text in stated.items()}
