"""Time steps: orders, stiff problems against scipy's Radau, algebraic equations, events, jumps, resumption."""

from __future__ import annotations

from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from microfem.base.errors import SolveError
from microfem.fem.solvers.backward_differences import HIGHEST, TimeState, advanced, prediction, rescaled
from microfem.fem.solvers.time_steps import TimeProblem, TimeStep, TimeStepper, held
from support.time_problems import Front, problem_of, robertson, robertson_slope

Floats = NDArray[np.float64]


def ended(problem: TimeProblem, y: Floats, until: float, begin: float = 0.0) -> tuple[TimeState, TimeStepper]:
    stepper = TimeStepper(problem=problem)
    state = stepper.begin(begin, y, until)
    for step in stepper.steps(state, until):
        state = step.state
    assert state.t == until
    return state, stepper


@pytest.mark.parametrize("order", range(1, HIGHEST + 1))
def test_formulas_have_their_orders(order: int) -> None:
    """dy/dt = -y + cos t + sin t, whose solution sin t + exp(-t) gives the first differences."""

    def error(step: float) -> float:
        values = [np.sin(-k * step) + np.exp(k * step) for k in range(HIGHEST + 3)]
        differences = [sum((-1) ** j * comb(k, j) * values[j] for j in range(k + 1)) for k in range(HIGHEST + 3)]
        state = TimeState(t=0.0, differences=np.array(differences)[:, None], step=step, order=order)
        for _ in range(round(2.0 / step)):
            predicted, rate, slope = prediction(state)
            t = state.t + step
            lacking = -rate - predicted + np.cos(t) + np.sin(t)
            state = advanced(state, lacking / (slope + 1.0))
        return abs(float(state.y[0]) - (np.sin(2.0) + np.exp(-2.0)))

    errors = [error(1.0 / n) for n in (40, 80)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.25)


def test_a_changed_step_keeps_the_polynomial() -> None:
    differences = np.zeros((HIGHEST + 3, 1))
    points = (2.0 - 0.5 * np.arange(5)) ** 3  # t^3 at t = 2, 1.5, 1, ...
    for k in range(4):
        differences[k] = np.diff(points[::-1], k)[-1] if k else points[0]
    state = TimeState(t=2.0, differences=differences, step=0.5, order=3)
    changed = rescaled(state, 0.2)
    for t in (1.1, 1.7, 2.0):
        assert changed.at(t) == pytest.approx(t**3, rel=1e-12)
        assert state.at(t) == pytest.approx(t**3, rel=1e-12)
    assert abs(float(state.at(1.1)[0]) - 1.1**2) > 0.1


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7])
def test_robertson(rtol: float) -> None:
    exact = _radau()
    atol = np.array([1e-4, 1e-8, 1e-4]) * rtol
    state, stepper = ended(problem_of(robertson, robertson_slope, rtol, atol), np.array([1.0, 0.0, 0.0]), 4e6)
    assert np.abs(state.y / exact - 1.0).max() < 30.0 * rtol
    assert stepper.counts.steps < 1000
    assert stepper.counts.factors < 0.7 * stepper.counts.steps
    assert stepper.counts.rejected < 0.1 * stepper.counts.steps


def _radau() -> Floats:
    atol = np.array([1e-14, 1e-18, 1e-14])
    start = [1.0, 0.0, 0.0]
    solved = solve_ivp(robertson, (0.0, 4e6), start, "Radau", rtol=1e-10, atol=atol, jac=robertson_slope)
    return np.asarray(solved.y[:, -1])


def test_robertson_with_an_algebraic_equation() -> None:
    """The third reaction is replaced by the balance, and the start does not fulfil it."""

    def right(t: float, y: Floats) -> Floats:
        return np.append(robertson(t, y)[:2], y.sum() - 1.0)

    def slope(t: float, y: Floats) -> Floats:
        return np.vstack([robertson_slope(t, y)[:2], np.ones(3)])

    mass, atol = np.diag([1.0, 1.0, 0.0]), np.array([1e-10, 1e-14, 1e-10])
    bare = problem_of(right, slope, 1e-6, atol, mass)
    start = np.array([1.0, 0.0, 0.7])
    solved = held(bare, np.array([True, True, False]), 1e-6)(0.0, start)
    assert solved == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    full = problem_of(right, slope, 1e-6, atol, mass, consistent=held(bare, np.array([True, True, False]), 1e-6))
    state, _ = ended(full, start, 4e6)
    assert state.y == pytest.approx(_radau(), rel=3e-5)
    assert state.y.sum() == pytest.approx(1.0, abs=1e-9)


def test_another_solver_of_algebraic_equations_agrees() -> None:
    """IDA of SUNDIALS, from a start that is consistent."""
    ida = pytest.importorskip("sksundae.ida", reason="scikit-sundae is not installed")

    def residual(_: float, y: Floats, rate: Floats, out: Floats) -> None:
        out[:2], out[2] = rate[:2] - robertson(0.0, y)[:2], y.sum() - 1.0

    atol, times = np.array([1e-10, 1e-14, 1e-10]), np.array([0.0, 4e6])
    solver = ida.IDA(residual, rtol=1e-6, atol=atol, algebraic_idx=[2])
    peer = solver.solve(times, np.array([1.0, 0.0, 0.0]), np.array([-0.04, 0.04, 0.0]))
    state, _ = ended(problem_of(robertson, robertson_slope, 1e-6, atol), np.array([1.0, 0.0, 0.0]), 4e6)
    assert state.y == pytest.approx(peer.y[-1], rel=1e-4)


@pytest.mark.slow
def test_the_error_follows_the_tolerance() -> None:
    front = Front()
    reference = solve_ivp(front.right, (0.0, 20.0), front.exact(0.0), "Radau", rtol=1e-9, atol=1e-12, jac=front.slope)
    errors = []
    for rtol in (1e-3, 1e-4, 1e-5, 1e-6):
        state, _ = ended(problem_of(front.right, front.slope, rtol, rtol), front.exact(0.0), 20.0)
        errors.append(float(np.abs(state.y - reference.y[:, -1]).max()))
    assert all(error < 30.0 * rtol for error, rtol in zip(errors, (1e-3, 1e-4, 1e-5, 1e-6), strict=True))
    assert errors[-1] < 0.02 * errors[0]


def test_a_front_moves_with_its_speed() -> None:
    """Second order in the distance of points: the error in time is far below."""
    errors = []
    for points in (101, 201):
        front = Front(points=points)
        state, _ = ended(problem_of(front.right, front.slope, 1e-7, 1e-9), front.exact(0.0), 20.0)
        errors.append(float(np.abs(state.y - front.exact(20.0)).max()))
    assert errors[1] < 4e-3
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.15)
    still = np.abs(Front(points=201).exact(0.0) - Front(points=201).exact(20.0)).max()
    assert still > 100.0 * errors[1]


def swing(tol: float, **more: Any) -> TimeProblem:
    """Return d2y/dt2 = -y as two equations of first order."""
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return problem_of(lambda _, y: turn @ y, lambda *_: turn, tol, tol, **more)


def test_an_event_ends_the_steps_where_it_happens() -> None:
    stepper = TimeStepper(problem=swing(1e-8, events=lambda _, y: np.array([y[0] - 0.2, y[0]])))
    state = stepper.begin(0.0, np.array([1.0, 0.0]), 10.0)
    last = list(stepper.steps(state, 10.0))[-1]
    assert last.event == 0
    assert last.state.t == pytest.approx(np.arccos(0.2), abs=1e-7)
    assert last.state.y[0] == pytest.approx(0.2, abs=1e-10)
    stepper = TimeStepper(problem=swing(1e-8, events=lambda _, y: np.array([y[0] - 1.5])))
    steps = list(stepper.steps(stepper.begin(0.0, np.array([1.0, 0.0]), 10.0), 10.0))
    assert (steps[-1].event, steps[-1].state.t) == (None, 10.0)


def test_a_path_goes_on_after_an_event() -> None:
    """If the equations have not changed, the history stays valid: no new start."""
    stepper = TimeStepper(problem=swing(1e-7, events=lambda _, y: np.array([y[0]])))
    last = TimeStep(state=stepper.begin(0.0, np.array([1.0, 0.0]), 10.0))
    found = []
    while last.state.t < 10.0:
        last = list(stepper.steps(last.state, 10.0, passed=last.event))[-1]
        found += [last.state.t] if last.event == 0 else []
    assert found == pytest.approx([0.5 * np.pi, 1.5 * np.pi, 2.5 * np.pi], abs=3e-6)
    whole, alone = ended(swing(1e-7), np.array([1.0, 0.0]), 10.0)
    assert last.state.y == pytest.approx(whole.y, abs=1e-7)  # within the tolerance of one step
    assert stepper.counts.steps <= alone.counts.steps + 5


def test_milestones_are_met_exactly() -> None:
    stepper = TimeStepper(problem=swing(1e-6))
    state = stepper.begin(0.0, np.array([1.0, 0.0]), 3.0)
    times = [step.state.t for step in stepper.steps(state, 3.0, [2.0, 1.0, 7.0])]
    assert {1.0, 2.0, 3.0} <= set(times)
    assert times == sorted(times)
    assert max(times) == 3.0


def test_a_path_goes_on_from_a_stored_state(tmp_path: Path) -> None:
    front = Front(points=101)
    problem = problem_of(front.right, front.slope, 1e-5, 1e-5)
    stepper = TimeStepper(problem=problem)
    *_, half = stepper.steps(stepper.begin(0.0, front.exact(0.0), 20.0), 9.0)
    *_, whole = stepper.steps(half.state, 20.0)
    np.savez(tmp_path / "state.npz", **vars(half.state))
    with np.load(tmp_path / "state.npz") as stored:
        numbers = {name: stored[name].item() for name in ("t", "step", "order", "equal")}
        state = TimeState(differences=stored["differences"], **numbers)
    *_, last = TimeStepper(problem=problem).steps(state, 20.0)
    assert np.abs(last.state.y - whole.state.y).max() < 3e-6
    assert np.abs(last.state.y - half.state.y).max() > 0.1
    assert half.state.order > 1  # it goes on with its history, not from a cold start


def test_a_jump_needs_a_new_start() -> None:
    """A capacitor behind a resistor, dv/dt = drive - v, whose drive jumps from 1 to -1 at t = 1."""

    def path(restart: bool) -> float:
        drive = [1.0]
        problem = problem_of(lambda _, v: drive[0] - v, lambda *_: np.array([[-1.0]]), 1e-8, 1e-8)
        stepper = TimeStepper(problem=problem)
        *_, one = stepper.steps(stepper.begin(0.0, np.array([0.0]), 2.0), 1.0)
        drive[0] = -1.0
        state = stepper.begin(1.0, one.state.y, 2.0) if restart else one.state
        *_, two = stepper.steps(state, 2.0)
        return float(two.state.y[0])

    exact = (1.0 - np.exp(-1.0)) * np.exp(-1.0) - (1.0 - np.exp(-1.0))
    assert path(restart=True) == pytest.approx(exact, abs=3e-7)
    assert path(restart=False) == pytest.approx(exact, abs=3e-6)  # error control cuts the steps there


def test_steps_are_cut_where_the_equations_have_no_value() -> None:
    """dy/dt = -1 / sqrt(y) from 1: y = (1 - 1.5 t)^(2/3), which ends at t = 2/3."""

    def right(_: float, y: Floats) -> Floats:
        if (y <= 0.0).any():
            raise SolveError("no root")
        return -1.0 / np.sqrt(y)

    problem = problem_of(right, lambda t, y: np.diag(-0.5 * right(t, y) / y), 1e-6, 1e-9)
    state, _ = ended(problem, np.array([1.0]), 0.66)
    assert float(state.y[0]) == pytest.approx(0.01 ** (2.0 / 3.0), rel=1e-3)
    with pytest.raises(SolveError, match=r"the time step at t = 0\.66+[67]"):
        ended(problem, np.array([1.0]), 0.7)


def test_a_first_step_that_fails_is_not_tried_again() -> None:
    """A straight line has no error of its steps, however long, but no value beyond t = 5; an event ends it at 1."""

    def residual(_: float, y: Floats, rate: Floats) -> Floats:
        if y[0] < -4.0:
            raise SolveError("no value")
        return rate + 1.0

    problem = TimeProblem(
        residual=residual,
        factorise=lambda *at: lambda right: right / at[3],
        norm=lambda error, _: float(np.abs(error).max()) / 1e-5,
        events=lambda _, y: y,
    )
    stepper = TimeStepper(problem=problem)
    *_, last = stepper.steps(stepper.begin(0.0, np.ones(1), 1e7), 1e7)
    assert last.state.t == pytest.approx(1.0, rel=1e-9)
    assert stepper.counts.rejected > 0


def test_corrections_stay_within_bounds() -> None:
    met = []

    def admissible(y: Floats, change: Floats) -> float:
        share = min(1.0, float(np.min(np.where(change < 0.0, 0.9 * y / np.where(change < 0.0, -change, 1.0), 1.0))))
        met.append(share)
        return share

    problem = problem_of(
        lambda _, y: -50.0 * y**0.5, lambda _, y: np.diag(-25.0 * y**-0.5), 1e-4, 1e-6, admissible=admissible
    )
    state, _ = ended(problem, np.array([1.0]), 0.039)
    assert float(state.y[0]) == pytest.approx((1.0 - 25.0 * 0.039) ** 2, rel=0.05)
    assert min(met) > 0.0


def test_a_projection_keeps_an_invariant() -> None:
    def onto_circle(_: float, y: Floats) -> Floats:
        return y / np.hypot(*y)

    kept, _ = ended(swing(1e-4, projected=onto_circle), np.array([1.0, 0.0]), 20.0)
    free, _ = ended(swing(1e-4), np.array([1.0, 0.0]), 20.0)
    assert np.hypot(*kept.y) == pytest.approx(1.0, abs=1e-15)
    assert abs(np.hypot(*free.y) - 1.0) > 1e-5


def test_a_wrong_derivative_costs_steps_but_not_the_answer() -> None:
    front = Front(points=51)
    right = problem_of(front.right, front.slope, 1e-6, 1e-6)
    wrong = problem_of(front.right, lambda t, u: 0.8 * front.slope(t, u), 1e-6, 1e-6)
    (one, cheap), (two, dear) = ended(right, front.exact(0.0), 5.0), ended(wrong, front.exact(0.0), 5.0)
    assert two.y == pytest.approx(one.y, abs=3e-5)
    assert dear.counts.newton > 1.3 * cheap.counts.newton


def test_wrong_equations_give_another_answer() -> None:
    """The control of the references above: a rate that is one per cent off is seen."""
    rtol, atol = 1e-5, np.array([1e-9, 1e-13, 1e-9])
    state, _ = ended(
        problem_of(lambda t, y: robertson(t, y) * 1.01, lambda t, y: robertson_slope(t, y) * 1.01, rtol, atol),
        np.array([1.0, 0.0, 0.0]),
        4e6,
    )
    assert np.abs(state.y / _radau() - 1.0).max() > 3e-3
