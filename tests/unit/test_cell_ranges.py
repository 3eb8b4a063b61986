"""Cells whose properties are tables: what is beyond the end of a table is told, not guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from microfem.base.errors import MicrofemError, SolveError
from microfem.electrochemistry.electrodes import Start
from microfem.electrochemistry.events import events_of
from microfem.electrochemistry.materials import active_share
from microfem.electrochemistry.model import model_of
from microfem.electrochemistry.path import started
from support.electrochemical_cells import even, salt, strip, tabled, zinc
from support.materials import matter
from support.solving import read_case

HOST = {
    "conductivity": 10.0,
    "porosity": 0.4,
    "active_fraction": 0.5,
    "particle_radius": 1.0,
    "max_concentration": 5e4,
    "solid_diffusivity": 1e-15,
    "exchange_current_density": 1.0,
}
CASE = {
    "physics": "cell",
    "dimension": "section",
    "electrodes": {"anode": "metal", "cathode": "porous"},
    "start": {"cathode": "50 %"},
    "protocol": ["discharge at 10 A/m2 for 1 h"],
}


def cell(of_host, electrolyte):
    """Return the model of a cell of three layers of two cells each, and its line; of_host: ends of U's table."""
    host = tabled(matter(**HOST), "open_circuit_potential", "filling", [(of_host[0], 1.5), (of_host[1], 1.0)])
    stated, ticks = read_case(CASE).statement, even(10.0, 2)
    mesh = strip(("anode", zinc(), ticks), ("electrolyte", electrolyte, ticks), ("cathode", host, ticks))
    return model_of(mesh, stated), stated.protocol[0]


@pytest.mark.parametrize("filling", [0.0, 0.04, 0.05, 0.95, 1.0])
def test_a_start_at_or_beyond_the_end_of_a_table_is_refused(filling) -> None:
    model, _ = cell((0.05, 0.95), salt())
    with pytest.raises(SolveError, match=rf"cathode starts at a filling of {filling:g}, .*between 0.05009 and 0.9499"):
        started(model.equations, {"cathode": Start(filling=filling)})


@pytest.mark.parametrize("filling", [0.0501, 0.5, 0.9499])
def test_a_start_within_the_table_is_not(filling) -> None:
    model, _ = cell((0.05, 0.95), salt())
    state = model.equations.state(started(model.equations, {"cathode": Start(filling=filling)}))
    assert model.equations.reactions[1].store.surface(state.modes[1]) == pytest.approx(filling)


@pytest.mark.parametrize("name", ["conductivity", "diffusivity", "thermodynamic_factor"])
def test_the_salt_ends_a_line_at_either_end_of_any_table(name) -> None:
    """Between the ends no event is past; at 1 % beyond either of them one is, with its place."""
    model, line = cell((0.0, 1.0), tabled(salt(), name, "concentration", [(500.0, 1e-3), (1500.0, 2e-3)]))
    y = started(model.equations, {"cathode": Start(filling=0.5)})
    events, told = events_of(model, line, lambda amount: amount.value), {}
    for concentration in (495.0, 505.0, 1495.0, 1515.0):
        now = y.copy()
        state = model.equations.state(now)
        state.salt[0] = concentration
        told[concentration] = [event.why(state, 1.0) for event in events if event.ends(state)]
    assert told[505.0] == told[1495.0] == []
    assert "the electrolyte is depleted at (" in told[495.0][0]
    assert "at 1 s, the end of the electrolyte's tables" in told[1515.0][0]


def test_pores_and_active_material_must_fit_into_the_volume() -> None:
    """Of a film, which has no pores, all may be active."""
    full = matter(porosity=0.4, active_fraction=0.6)
    assert active_share(full, porous=True) == 0.6
    assert active_share(matter(porosity=0.4, active_fraction=1.0), porous=False) == 1.0
    with pytest.raises(MicrofemError, match=r"active_fraction of 0.7 and a porosity of 0.4: more than the whole"):
        active_share(matter(porosity=0.4, active_fraction=0.7), porous=True)


def test_a_table_without_an_end_in_sight_ends_nothing() -> None:
    """Negative control: constant properties are known at any concentration."""
    model, line = cell((0.0, 1.0), salt())
    state = model.equations.state(started(model.equations, {"cathode": Start(filling=0.5)}))
    state = replace(state, salt=state.salt * 100.0)
    assert not any(event.ends(state) for event in events_of(model, line, lambda amount: amount.value))
