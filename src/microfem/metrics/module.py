"""Metrics of a module: which cell is weakest, how cells in parallel share the current, what the collectors cost."""

from __future__ import annotations

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.electrochemistry.records import ModuleBalances
from microfem.metrics.cell import ALSO_MODULES, cell_metric, charge_passed
from microfem.physics.electrochemistry.solution import CellSolution, ModuleSolution

ON = ("module",)


@cell_metric("V", better="higher", on=ON)
def weakest_cell(solution: ModuleSolution) -> float:
    """Lowest voltage of any cell, at any time; below 0 a cell is reversed."""
    return min(float(one.voltage.min()) for one in solution.history.cells.values())


@cell_metric("1", better="lower", on=ON)
def current_sharing(solution: ModuleSolution) -> float:
    """Charge that passes the busiest cell over the mean of the cells in parallel with it, worst of all columns.

    Both directions count.
    """
    history = solution.history
    passed = {name: history.shares[name] * one.integral(np.abs(one.current)) for name, one in history.cells.items()}
    columns = [
        [passed[name] for name, of in history.columns.items() if of == column]
        for column in set(history.columns.values())
    ]
    if not any(sum(column) > 0.0 for column in columns):
        raise MetricRefused("current_sharing", "no current flows", "a protocol with a current")
    return max(max(column) / float(np.mean(column)) for column in columns if sum(column) > 0.0)


@cell_metric("1", better="lower", on=ON)
def collector_loss_share(solution: ModuleSolution) -> float:
    """Energy lost in the collectors between cells over the energy that has passed the terminals."""
    history = solution.history
    whole = history.integral(np.abs(history.voltage * history.current))
    if whole <= 0.0:
        raise MetricRefused("collector_loss_share", "no current passes the terminals", "a protocol with a current")
    return history.integral(history.collectors) / whole


@cell_metric("1", in_time=False, of_solve=True, on=ON)
def kirchhoff_balance(solution: ModuleSolution) -> float:
    """Worst sum of currents at a point, or of voltages around cells and strips, relative to the largest of them."""
    assert isinstance(solution.balances, ModuleBalances)
    return solution.balances.kirchhoff


@cell_metric("s", better="higher", on=ALSO_MODULES)
def line_time(solution: CellSolution, *, line: int) -> float:
    """Time that a line of the protocol lasts, from 1: all that it states if the cell or the module lasts so long."""
    if not 1 <= line <= len(solution.done):
        reason = f"line {line} is none of the {len(solution.done)} lines that were followed"
        raise MetricRefused("line_time", reason, "line=1, or a protocol that reaches it")
    time = solution.history.time[solution.history.line == line - 1]
    return float(time[-1] - time[0])


@cell_metric("1", better="higher", on=ALSO_MODULES)
def charge_left(solution: CellSolution) -> float:
    """Share of the charge taken that has not been given back at the end."""
    taken = charge_passed(solution, -1.0)
    if taken <= 0.0:
        raise MetricRefused("charge_left", "nothing was charged", "a line such as 'charge at 1C until ...'")
    return 1.0 - charge_passed(solution, 1.0) / taken
