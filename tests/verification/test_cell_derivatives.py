"""Derivatives of the metrics of steady cells with parameters of their layouts, against differences of whole solves.

Both are of the same discrete problem: the mesh follows its layout, and the difference solves anew on the moved mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.electrochemistry import nearby
from microfem.families import FAMILIES
from microfem.mesh import Mesh, build_mesh
from microfem.metrics import METRICS, Call
from microfem.physics import Case
from microfem.physics.frame import Floats
from microfem.solve.shape_sensitivity import ShapeDerivatives, Variation, variations
from microfem.study.design import Design
from support.electrochemical_cells import paste, salt, zinc
from support.solving import read_case, solve

SLOPED = [(0.0, 1.5), (1.0, 0.9)]  # open-circuit potential of the paste, V, against its filling
VOLTAGE, RESISTANCE = Call("cell_voltage", "steady", {}), Call("start_resistance", "steady", {})
IONS = Call("loss_share", "steady", {"of": "electrolyte_ohmic"})
EVEN = Call("reaction_uniformity", "steady", {"electrode": "cathode"})
WAGNER = Call("wagner_number", "steady", {"electrode": "anode"})
LEAST_SALT = Call("least_salt", "steady", {})
COMB = {"finger_pairs": 1, "gap": 100.0, "anode_width": 150.0, "cathode_thickness": 40.0, "margin": 100.0}
SHORT = {"finger_pairs": 1, "finger_length": 800.0, "margin": 0.0, "gap": 290.0}
METALS = {"electrodes": {"anode": "metal", "cathode": "metal"}, "transport": "full"}
DESIGNS = [
    ("interdigital", COMB, "section", {}, ("gap", "cathode_width"), (VOLTAGE, RESISTANCE, IONS, EVEN, WAGNER)),
    pytest.param("interdigital", COMB, "section", METALS,
                 ("gap", "anode_width"), (VOLTAGE, RESISTANCE, LEAST_SALT), marks=pytest.mark.slow),
    pytest.param("stacked", {}, "section", {"protocol": ["steady at 0.5C"]}, ("gap", "cathode_thickness"),
                 (VOLTAGE, IONS), marks=pytest.mark.slow),
    pytest.param("concentric", {"ring_pairs": 1, "closed": True}, "plan", {}, ("gap", "anode_width"),
                 (VOLTAGE, RESISTANCE, EVEN), marks=pytest.mark.slow),
    pytest.param("interdigital", SHORT, "3d", {"order": 1}, ("gap", "electrolyte_height", "finger_length"),
                 (VOLTAGE, RESISTANCE, IONS), marks=pytest.mark.slow),
    pytest.param("circular", {}, "3d", {"order": 1, "protocol": ["steady at 1.1 V"]},
                 ("electrolyte_height", "cathode_thickness"), (RESISTANCE, IONS), marks=pytest.mark.slow),
]  # fmt: skip


def design_of(family: str, cathode: str, **params: object) -> Design:
    defaults = {name: default for name, (_, _, default) in FAMILIES.get(family).params.items()}
    materials = {"anode": zinc(), "cathode": zinc() if cathode == "metal" else paste(SLOPED),
                 "electrolyte": salt(), "separator": salt()}  # fmt: skip
    return Design(name="one", family=family, params={**defaults, **params}, materials=materials, placement=None,
                  source="")  # fmt: skip


def steady(dimension: str, **more: object) -> Case:
    electrodes = {"anode": "metal", "cathode": "porous"}
    stated: dict[str, Any] = {"physics": "cell", "electrodes": electrodes, "transport": "fixed",
                              "protocol": ["steady at 1 mA/cm2"], "dimension": dimension, **more}  # fmt: skip
    hosts = [name for name, one in stated["electrodes"].items() if one == "porous"]
    return read_case({**stated, "start": dict.fromkeys(hosts, "50 %")})


def by_differences(design: Design, mesh: Mesh, case: Case, calls: Sequence[Call], one: Variation) -> Floats:
    """Return the derivatives of metrics by two solves on the mesh as it follows the layout."""
    ends, step = [], 10.0 * one.step
    for h in (step, -step):
        params = {**design.params, one.parameter: design.params[one.parameter] + h}
        way = h * one.velocity
        moved = replace(mesh, points=mesh.points + way, flat=mesh.flat + way,
                        layout=replace(design, params=params).layout())  # fmt: skip
        solution = solve(moved, case)
        ends.append([METRICS.get(call.name).function(solution, **call.options) for call in calls])
    return (np.array(ends[0]) - np.array(ends[1])) / (2.0 * step)


@pytest.mark.parametrize(("family", "params", "view", "stated", "parameters", "calls"), DESIGNS)
def test_derivatives_are_those_of_the_discrete_cell(family, params, view, stated, parameters, calls):
    case = steady(view, **stated)
    design = design_of(family, case.electrodes["cathode"].kind, **params)
    mesh = build_mesh(design.layout(), view, -1)
    solution, varied = solve(mesh, case), variations(design, parameters, mesh)
    derivatives = ShapeDerivatives(solution, varied)
    wanted = np.array([by_differences(design, mesh, case, calls, one) for one in varied])
    for call, of_call in zip(calls, wanted.T, strict=True):
        assert derivatives.of(call) == pytest.approx(of_call, rel=1e-5), call.name


def comb_of(case: Case) -> ShapeDerivatives:
    """Return the derivatives of a case on a comb's section with the gap."""
    design = design_of("interdigital", "porous", **COMB)
    mesh = build_mesh(design.layout(), "section", -1)
    return ShapeDerivatives(solve(mesh, case), variations(design, ["gap"], mesh))


def test_the_state_follows_the_layout(monkeypatch):
    """Negative control: with the unknowns as they were, the derivative of the resistance is wrong."""
    [right] = comb_of(steady("section")).of(RESISTANCE)
    monkeypatch.setattr(nearby, "_followed", lambda there, solve, y: y)
    [wrong] = comb_of(steady("section")).of(RESISTANCE)
    assert wrong != pytest.approx(right, rel=1e-2)


@pytest.mark.slow
def test_each_value_of_a_sweep_has_its_derivative():
    swept = comb_of(steady("section", sweep={"current": ["1 mA/cm2", "5 mA/cm2"]}))
    alone = comb_of(steady("section", protocol=["steady at 5 mA/cm2"]))
    found = swept.of(Call("cell_voltage", "steady", {"at": "5 mA/cm2"}))
    assert found == pytest.approx(alone.of(VOLTAGE), rel=1e-6)


def test_a_path_in_time_and_a_number_of_the_solve_have_no_derivative():
    path = steady("section", protocol=["discharge at 100C for 1 s"])
    with pytest.raises(MicrofemError, match="path in time is not known; state a steady case"):
        comb_of(path).of(VOLTAGE)
    with pytest.raises(MicrofemError, match="charge_balance"):
        comb_of(steady("section")).of(Call("charge_balance", "steady", {}))
