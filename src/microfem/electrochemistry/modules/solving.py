"""One module on the mesh of its cell: its path with two tolerances, its history, its balances."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microfem.electrochemistry.kept import key_of
from microfem.electrochemistry.modules.history import module_balances, module_history, paths_of
from microfem.electrochemistry.modules.model import ModuleModel, module_of
from microfem.electrochemistry.modules.problems import ModuleProblems
from microfem.electrochemistry.modules.remarks import module_remarks, weakest
from microfem.electrochemistry.modules.statement import ModuleStatement
from microfem.electrochemistry.path import Followed, ProtocolFollower, started
from microfem.electrochemistry.records import ModuleBalances, ModuleHistory
from microfem.electrochemistry.solving import COARSER, refuse_unbalanced
from microfem.fem.cell.module import stacked

if TYPE_CHECKING:
    from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class SolvedModule:
    """A module that followed its protocol.

    cells: path of each cell; history: at each step; coarser: with ten times the tolerance; drawn: the weakest cell.
    """

    model: ModuleModel
    path: Followed
    cells: Mapping[str, Followed]
    history: ModuleHistory
    coarser: ModuleHistory
    balances: ModuleBalances
    drawn: str
    remarks: tuple[str, ...]


def solve_module(mesh: Mesh, stated: ModuleStatement) -> SolvedModule:
    """Follow the protocol of a module.

    Raises:
        SolveError: a step could not be taken, or a balance or Kirchhoff's laws do not hold.
        MicrofemError: a property is missing.
    """
    model = module_of(mesh, stated)
    path = followed(mesh, model, stated, stated.tolerance)
    history = module_history(model, path)
    balances = module_balances(model, path, history)
    refuse_unbalanced(balances)
    coarser = followed(mesh, model, stated, COARSER * stated.tolerance)
    return SolvedModule(
        model=model,
        path=path,
        cells=paths_of(model, path),
        history=history,
        coarser=module_history(model, coarser),
        balances=balances,
        drawn=weakest(history)[0],
        remarks=module_remarks(model, history, path.done, balances),
    )


def followed(mesh: Mesh, model: ModuleModel, stated: ModuleStatement, tolerance: float) -> Followed:
    """Follow the protocol with a tolerance, from all cells at rest."""
    cells = [started(model.cell.equations, stated.starts.get(name, stated.cell.start)) for name in model.names]
    start = stacked(model.equations, cells)
    with closing(ModuleProblems(model, tolerance)) as problems:
        return ProtocolFollower(problems).follow(stated.protocol, start, key_of(mesh, stated, tolerance))
