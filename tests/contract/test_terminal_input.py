"""What a study says of terminals and probes: faces, points and pairs that are not there are refused with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import Command

STUDY = """
name: probes
designs: {cell: {family: drawn, params: {collector_thickness: 0.1 um, margin: 300 um}}}
cases: {field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {it: resistance(field)}
"""
BOTH = "anode: 0 V, cathode: 1 V"
TERMINALS = (
    ("anode.left: 0 V, cathode: 1 V", "'anode' has no such face: faces are anode.xmin"),
    ("anod.xmin: 0 V, cathode: 1 V", "no terminal 'anod' in this drawn layout; did you mean 'anode'?"),
    ("anode.xmin.xmax: 0 V, cathode: 1 V", "'anode.xmin' is a face and has none itself"),
    ("anode.inner: 0 V, cathode: 1 V", "'anode' is no wound layer, which alone has an inner end"),
    ("anode.ymin: 0 V, cathode: 1 V", "has no face 'anode.ymin'; its faces are xmin, xmax, zmin, zmax"),
    ("anode.xmin: 0 V, anode.zmax: 1 V", "terminals anode.xmin and anode.zmax touch each other"),
    ("substrate.zmin: 0 V, cathode: 1 V", "'substrate.zmin' touches no part that carries a current"),
    ("anode_collector.zmin: 0 V, cathode: 1 V", "there is no plane face 'anode_collector.zmin'"),
)
METRICS = (
    ("potential_of(field, part=electrolyte)", "the potential varies in 'electrolyte'"),
    ("potential_of(field, part=electrolit)", "did you mean 'electrolyte'?"),
    ("potential_at(field, x=0 um, y=0 um)", "is stated as x=0 um, z=0 um, got x, y"),
    ("potential_at(field, x=10 mm, z=0 um)", "x = 10000 um is outside; it reaches from -750 um to 750 um"),
    ("potential_at(field, x=0, z=0 um)", "has no unit"),
    ("transfer_resistance(field, source=anode, sink=anode, plus=anode, minus=cathode)", "are both 'anode'"),
    ("transfer_resistance(field, source=anode, sink=gel, plus=anode, minus=cathode)", "'gel' is no terminal"),
    ("conductance_between(field, first=anode, second=gel)", "'gel' is no terminal of the case"),
    ("max_current_density(field)", "did you mean 'current_max_over_mean'?"),
    ("impedance(field, frequency=1 kHz)", "ask it of a case of physics: impedance"),
)


@pytest.mark.parametrize(("stated", "told"), TERMINALS)
def test_terminals_that_are_not_there(stated: str, told: str, tmp_path: Path, microfem: Command) -> None:
    assert told in checked(STUDY.replace(BOTH, stated), tmp_path, microfem)


@pytest.mark.parametrize(("stated", "told"), METRICS)
def test_metrics_that_do_not_fit(stated: str, told: str, tmp_path: Path, microfem: Command) -> None:
    assert told in checked(STUDY.replace("resistance(field)", stated), tmp_path, microfem)


def test_two_faces_of_one_conductor(tmp_path: Path, microfem: Command) -> None:
    """In electrostatics a metal joins the terminals that it touches, also by way of another metal."""
    study = STUDY.replace("conduction", "electrostatics").replace("resistance", "capacitance")
    ends = study.replace(BOTH, "anode.xmin: 0 V, anode.xmax: 1 V").replace(
        "margin:", "substrate_thickness: 9 um, margin:"
    )
    assert "anode.xmin and anode.xmax touch each other" in checked(ends, tmp_path, microfem)
    joined = study.replace(BOTH, "anode.zmax: 0 V, anode_collector: 1 V")
    assert "touch each other" in checked(joined, tmp_path, microfem)


def test_a_key_of_another_physics(tmp_path: Path, microfem: Command) -> None:
    told = checked(STUDY.replace(BOTH + "}", BOTH + "}, frequency: 1 kHz"), tmp_path, microfem)
    assert "cases.field.frequency: unknown key of conduction; it is one of electrostatics" in told


def test_studies_that_pass(tmp_path: Path, microfem: Command) -> None:
    """Control: names that are there are no problem, and lengths may be in mil and in inches."""
    for one, other in (
        (BOTH, "anode.xmin: 0 V, cathode: 1 V"),
        ("resistance(field)", "potential_at(field, x=-1 mil, z=0.001 in)"),
        ("resistance(field)", "potential_of(field, part=anode)"),
    ):
        assert "no problem found" in checked(STUDY.replace(one, other), tmp_path, microfem, status=0)


def checked(text: str, folder: Path, microfem: Command, status: int | None = None) -> str:
    """Return what `microfem check` says of a study; it fails unless a status is given."""
    study = folder / "probes.yaml"
    study.write_text(text)
    ended = microfem("check", study)
    assert ended.status == status if status is not None else ended.status != 0
    return ended.out + ended.err
