"""One cell on one mesh: its path with two tolerances, its history, what limits it, and how its error is distributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.electrochemistry.history import balances_of, history_of
from microfem.electrochemistry.indicator import error_of_path
from microfem.electrochemistry.kept import key_of
from microfem.electrochemistry.limits import decides, limits_of, remarks_of
from microfem.electrochemistry.model import CellModel, model_of
from microfem.electrochemistry.path import Followed, ProtocolFollower, started
from microfem.electrochemistry.problems import Problems
from microfem.electrochemistry.records import Balances, CellHistory
from microfem.electrochemistry.steady import frozen, steady_state

if TYPE_CHECKING:
    from microfem.electrochemistry.statement import CellStatement
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]

COARSER = 10.0  # times the tolerance, for the error of time
CONSERVED, ENERGY = 1e-10, 1e-6  # relative imbalances of charge, salt and hosts, and of energy, that fail a design


@dataclass(frozen=True, kw_only=True)
class SolvedCell:
    """A cell that followed its protocol.

    history: at each step; coarser: with ten times the tolerance, None for a steady state; limits: see limits.py;
    decides: what decides the losses, in a sentence;
    error: distribution of the error of its fields, as an Indicator has it.
    """

    model: CellModel
    path: Followed
    history: CellHistory
    coarser: CellHistory | None
    balances: Balances
    limits: dict[str, float]
    decides: str
    remarks: tuple[str, ...]
    error: tuple[Floats, Floats]


def solve_cells(mesh: Mesh, stated: Mapping[str, CellStatement]) -> tuple[dict[str, SolvedCell], dict[str, str]]:
    """Follow several protocols of one cell on a mesh, each from the start; those that fail are told with the reason.

    Raises:
        SolveError: none could be followed.
        MicrofemError: a property is missing.
    """
    first = next(iter(stated.values()))
    model = model_of(mesh, first)
    model = frozen(model) if first.steady else model
    solved, unsolved = dict[str, SolvedCell](), dict[str, str]()
    for name, one in stated.items():
        try:
            solved[name] = _solved(mesh, model, one)
        except SolveError as error:
            if len(stated) == 1:
                raise
            unsolved[name] = str(error)
    if not solved:
        raise SolveError("; ".join(f"{name}: {why}" for name, why in unsolved.items()))
    return solved, unsolved


def _solved(mesh: Mesh, model: CellModel, stated: CellStatement) -> SolvedCell:
    """Follow one protocol.

    Raises:
        SolveError: a step could not be taken, or a balance does not hold.
    """
    path = followed(model, stated, stated.tolerance, key_of(mesh, stated, stated.tolerance))
    history = history_of(model, path)
    balances = balances_of(model, path, history)
    refuse_unbalanced(balances)
    half_way = path.steps[len(path.steps) // 2].y
    return SolvedCell(
        model=model,
        path=path,
        history=history,
        coarser=None if stated.steady else history_of(model, _coarser(mesh, model, stated)),
        balances=balances,
        limits=limits_of(mesh.layout, model, half_way),
        decides=decides(history),
        remarks=remarks_of(mesh.layout, model, history, path.done, balances),
        error=error_of_path(model, path.steps),
    )


def _coarser(mesh: Mesh, model: CellModel, stated: CellStatement) -> Followed:
    tolerance = COARSER * stated.tolerance
    return followed(model, stated, tolerance, key_of(mesh, stated, tolerance))


def followed(model: CellModel, stated: CellStatement, tolerance: float, key: str = "") -> Followed:
    """Follow the protocol with a tolerance; key: under which its stand is kept on disk."""
    start = started(model.equations, stated.start)
    if stated.steady:
        return steady_state(model, stated.protocol[0], start)
    return ProtocolFollower(Problems(model, tolerance)).follow(stated.protocol, start, key)


def refuse_unbalanced(balances: Balances) -> None:
    """Refuse a path on which charge, salt, host sites or energy are lost.

    Raises:
        SolveError: with the imbalance.
    """
    for name, value in vars(balances).items():
        allowed = ENERGY if name == "energy" else CONSERVED
        if not value <= allowed:
            raise SolveError(f"the balance of {name} is off by {value:.2g}, more than {allowed:g}, relative")
