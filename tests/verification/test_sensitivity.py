"""Derivatives of metrics with parameters of a layout: against closed forms, and against differences of whole solves.

Differences are of the discrete problem: the mesh follows its layout, the solve is done anew on the same cells. What is
compared with them is exact there, up to the difference's own error, h^2 of the third derivative: 1e-6 is asked.
Eigenvalues that cross and percentiles have kinks, so 1e-4 is asked of statistics of strain and stress.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.affinity import translate

from microfem.base.errors import MeshError, MetricRefused, MicrofemError
from microfem.families import FAMILIES
from microfem.fem.shape_derivatives import forces
from microfem.fem.shape_derivatives.motion import motion
from microfem.fem.space import jacobians
from microfem.materials.anisotropy import Anisotropy
from microfem.mesh import build_mesh
from microfem.metrics import METRICS, Call
from microfem.solve.shape_sensitivity import ShapeDerivatives, of_layout, variations
from microfem.study.design import Design
from support.materials import medium
from support.solving import read_case, solve

VOLTS = {"anode": "1 V", "cathode": "0 V"}


def design_of(family, **params):
    defaults = {name: default for name, (_, _, default) in FAMILIES.get(family).params.items()}
    return Design(name="one", family=family, params={**defaults, **params}, materials={}, placement=None, source="")


def case_of(physics, dimension, **stated):
    return read_case({"physics": physics, "dimension": dimension, **stated})


def by_differences(design, mesh, case, call, one, factor=10.0):
    """Return the derivative by two solves on the mesh as it follows the layout."""
    ends = []
    for sign in (1.0, -1.0):
        h = sign * factor * one.step
        params = {**design.params, one.parameter: design.params[one.parameter] + h}
        way = h * one.velocity
        moved = replace(mesh, points=mesh.points + way, flat=mesh.flat + way,
                        layout=replace(design, params=params).layout())  # fmt: skip
        ends.append(METRICS.get(call.name).function(solve(moved, case), **call.options))
    return (ends[0] - ends[1]) / (2.0 * factor * one.step)


COMB = {"finger_pairs": 1, "gap": 100.0, "anode_width": 150.0, "margin": 100.0}
SHORT = {"finger_pairs": 1, "finger_length": 800.0, "margin": 0.0}
POTENTIAL = [
    ("interdigital", COMB, "section", "conduction", {"terminals": VOLTS}, ("gap", "anode_width", "anode_thickness"),
     ("resistance", "conductance", "dissipation", "cell_constant", "energy_fraction", "area_fraction_above")),
    ("interdigital", {**COMB, "collector_thickness": 1.0}, "section", "conduction",
     {"terminals": {"anode": "2 A/m", "cathode": "0 V"}}, ("collector_thickness", "gap"),
     ("resistance", "dissipation")),
    ("interdigital", {**SHORT, "gap": 290.0}, "3d", "conduction", {"terminals": VOLTS},
     ("gap", "electrolyte_height", "finger_length"), ("resistance", "outer_share")),
    ("interdigital", {**SHORT, "collector_thickness": 0.3, "tab_length": 300.0}, "3d", "conduction",
     {"terminals": {"anode_tab": "1 V", "cathode_tab": "0 V"}}, ("collector_thickness", "anode_width"),
     ("resistance", "energy_fraction")),
    ("interdigital", COMB, "section", "electrostatics", {"terminals": VOLTS}, ("gap", "electrolyte_height"),
     ("capacitance", "stored_energy", "energy_fraction")),
    ("concentric", {"ring_pairs": 1}, "plan", "conduction", {"terminals": VOLTS}, ("gap", "anode_width"),
     ("resistance", "energy_fraction")),
    pytest.param("circular", {}, "3d", "conduction", {"terminals": VOLTS}, ("electrolyte_height", "anode_thickness"),
                 ("resistance",), marks=pytest.mark.slow),
]  # fmt: skip
ELASTIC = [
    ("stacked", {}, "section", {"bend": {"radius": "5 mm"}}, ("anode_thickness", "length"),
     ("bending_stiffness", "strain_energy"), 1e-6),
    ("stacked", {}, "section", {"stretch": {"strain": "1 %", "clamped": True}}, ("substrate_thickness",),
     ("axial_stiffness", "axial_force"), 1e-6),
    ("interdigital", SHORT, "3d", {"twist": {"angle": "10 deg"}}, ("gap", "anode_thickness"),
     ("torsional_stiffness", "torque"), 1e-6),
    pytest.param("interdigital", SHORT, "3d", {"bend": {"radius": "5 mm"}}, ("anode_width", "finger_length"),
                 ("mean_strain", "strain_percentile", "stress_percentile", "von_mises_percentile"), 1e-4,
                 marks=pytest.mark.slow),
]  # fmt: skip


@pytest.mark.parametrize(("family", "params", "view", "physics", "stated", "parameters", "metrics"), POTENTIAL)
def test_derivatives_are_those_of_the_discrete_problem(family, params, view, physics, stated, parameters, metrics):
    design, case = design_of(family, **params), case_of(physics, view, **stated)
    mesh = build_mesh(design.layout(), view, -1)
    solution, varied = solve(mesh, case), variations(design, parameters, mesh)
    for metric in metrics:
        call = Call(metric, "field", {})
        found = ShapeDerivatives(solution, varied).of(call)
        wanted = [by_differences(design, mesh, case, call, one) for one in varied]
        # The outline of the footprint is known to 1e-12 of an area, which a difference over 1e-5 magnifies.
        scale = METRICS.get(metric).function(solution) / np.array([design.params[name] for name in parameters])
        assert (np.abs(found - wanted) <= 1e-6 * np.abs(wanted) + 2e-7 * np.abs(scale)).all(), metric


def test_derivatives_of_materials_that_differ_along_axes():
    """Axes of a flat layout stay where they are; those of a fibre turn with it, which no derivative follows."""
    law = {"electrolyte": medium(Anisotropy({"along": 9.0, "across": 1.0}, "x"))}
    design = replace(design_of("interdigital", **COMB, collector_thickness=1.0), materials=law)
    mesh, case = build_mesh(design.layout(), "section", -1), case_of("conduction", "section", terminals=VOLTS)
    solution, varied = solve(mesh, case), variations(design, ("gap", "anode_thickness"), mesh)
    for metric in ("resistance", "potential_homogeneity", "area_fraction_above"):
        call = Call(metric, "field", {})
        wanted = [by_differences(design, mesh, case, call, one) for one in varied]
        assert ShapeDerivatives(solution, varied).of(call) == pytest.approx(wanted, rel=1e-6, abs=1e-9), metric
    wound = replace(
        design_of("fiber"), materials={"electrolyte": medium(Anisotropy({"in_plane": 9.0, "through": 1.0}))}
    )
    with pytest.raises(MicrofemError, match="turn with the layout"):
        variations(wound, ("gap",), build_mesh(wound.layout(), "plan", -1))


@pytest.mark.parametrize(("family", "params", "view", "load", "parameters", "metrics", "within"), ELASTIC)
def test_derivatives_of_elastic_devices(family, params, view, load, parameters, metrics, within):
    design, case = design_of(family, **params), case_of("elasticity", view, load=load)
    mesh = build_mesh(design.layout(), view, -1)
    solution, varied = solve(mesh, case), variations(design, parameters, mesh)
    for metric in metrics:
        call = Call(metric, "field", {})
        found = ShapeDerivatives(solution, varied).of(call)
        wanted = [by_differences(design, mesh, case, call, one, 1.0) for one in varied]
        scale = METRICS.get(metric).function(solution) / np.array([design.params[name] for name in parameters])
        assert np.abs(found - wanted) == pytest.approx(0.0, abs=within * np.abs(scale).max()), metric


@pytest.mark.parametrize("metric", ["energy_fraction", "mean_strain"])
def test_without_its_dual_solution_a_derivative_is_wrong(metric, monkeypatch):
    """Negative control: what the field does in answer to the layout is a large part of the derivative."""
    monkeypatch.setattr(forces, "configurational_forces", lambda form, u, z: np.zeros_like(form.space.mesh.points))
    elastic = metric == "mean_strain"
    design = design_of("stacked") if elastic else design_of("interdigital", **COMB)
    case = (case_of("elasticity", "section", load={"stretch": {"strain": "1 %", "clamped": True}}) if elastic
            else case_of("conduction", "section", terminals=VOLTS))  # fmt: skip
    mesh = build_mesh(design.layout(), "section", -1)
    varied = variations(design, ["anode_thickness"], mesh)
    call = Call(metric, "field", {})
    [found] = ShapeDerivatives(solve(mesh, case), varied).of(call)
    wanted = by_differences(design, mesh, case, call, varied[0])
    assert found != pytest.approx(wanted, rel=1e-2)


def test_parallel_plates_in_closed_form():
    """G = sigma w / d per depth between plates of width w: dG/dd = -G / d, dG/dw = G / w. The field is linear."""
    design = design_of("stacked")
    layout = design.layout()
    separator = next(region for region in layout.regions if region.role in ("separator", "electrolyte"))
    sigma = layout.material(separator.name).value("conductivity")
    thickness, [width, *_] = separator.z[1] - separator.z[0], np.ptp(np.asarray(separator.footprint.exterior.coords), 0)
    case = case_of("conduction", "section", terminals=VOLTS)
    mesh = build_mesh(layout, "section", -1)
    names = ["gap", "length"]
    found = ShapeDerivatives(solve(mesh, case), variations(design, names, mesh)).of(Call("conductance", "field", {}))
    exact = sigma * width / thickness
    assert found == pytest.approx([-exact / thickness, exact / width], rel=1e-6)


def test_it_costs_one_more_solve_at_most(monkeypatch):
    """Six parameters and a metric that needs a dual solution: one right-hand side is solved for."""
    design, case = design_of("interdigital", **COMB), case_of("conduction", "section", terminals=VOLTS)
    names = ("gap", "anode_width", "cathode_width", "anode_thickness", "cathode_thickness", "electrolyte_height")
    mesh = build_mesh(design.layout(), "section", -1)
    varied, solution = variations(design, names, mesh), solve(mesh, case)
    solves = []
    whole = solution.dual.system.solve
    monkeypatch.setattr(solution.dual.system, "solve", lambda *given: solves.append(given) or whole(*given))
    ShapeDerivatives(solution, varied).of(Call("resistance", "field", {}))
    assert solves == []
    ShapeDerivatives(solution, varied).of(Call("energy_fraction", "field", {}))
    assert len(solves) == 1


def test_metrics_of_the_layout():
    """Footprint of a comb: its derivative with the width of its fingers is their number times the length they add."""
    design = design_of("interdigital", **COMB)
    varied = variations(design, ["anode_width", "gap"])
    found = of_layout(Call("footprint", "", {}), varied)
    for value, one in zip(found, varied, strict=True):
        h = 1.0
        ends = [replace(design, params={**design.params, one.parameter: design.params[one.parameter] + s * h}).layout()
                for s in (1.0, -1.0)]  # fmt: skip
        assert value == pytest.approx(
            (ends[0].footprint_area() - ends[1].footprint_area()) * 1e-6 / (2.0 * h), rel=1e-6
        )


# the mesh that follows


@pytest.mark.parametrize(
    ("family", "params", "view", "change"),
    [
        ("interdigital", COMB, "section", {"gap": 120.0, "anode_thickness": 20.0}),
        ("interdigital", SHORT, "3d", {"gap": 330.0, "finger_length": 900.0, "cathode_width": 280.0}),
        (
            "interdigital",
            {**SHORT, "collector_thickness": 0.1, "tab_length": 300.0},
            "3d",
            {"gap": 320.0, "tab_length": 350.0},
        ),
        ("pillars", {}, "plan", {"gap": 330.0}),
        ("stacked", {}, "section", {"anode_thickness": 44.0}),
        ("concentric", {"ring_pairs": 1}, "plan", {"gap": 301.0}),
    ],
)
def test_a_mesh_that_follows_has_the_volumes_of_the_new_layout(family, params, view, change):
    goal = design_of(family, **{**params, **change}).layout()
    mesh = build_mesh(design_of(family, **params).layout(), view, -1)
    way = motion(mesh, goal)
    moved, fresh = mesh.moved(mesh.flat + way), build_mesh(goal, view, -1)
    assert (moved.signed_volumes * np.sign(mesh.signed_volumes) > 0.0).all()
    for name in fresh.sheets:
        areas = [jacobians(one.points, one.sheets[name])[1].sum() for one in (moved, fresh)]
        assert areas[0] == pytest.approx(areas[1], rel=1e-5), name
    for name in fresh.regions:
        sizes = [one.volumes[one.cells_of(name)].sum() for one in (moved, fresh)]
        assert sizes[0] == pytest.approx(sizes[1], rel=1e-5 if family != "concentric" else 1e-3), name


def test_a_film_with_an_outline_of_its_own_follows_it():
    """A collector that ends within its electrode has no wall at its rim."""
    layout = design_of("interdigital", **SHORT, collector_thickness=0.1).layout()

    def ending(inside):
        sheets = [replace(one, footprint=one.footprint.buffer(-inside, join_style="mitre")) for one in layout.sheets]
        return replace(layout, sheets=tuple(sheets))

    mesh, goal = build_mesh(ending(60.0), "3d", -1), ending(70.0)
    moved = mesh.points + motion(mesh, goal)
    for sheet in goal.sheets:
        area = jacobians(moved, mesh.sheets[sheet.name])[1].sum()
        assert area == pytest.approx(sheet.footprint.area, rel=1e-5)


def test_parts_that_come_or_go_are_refused():
    mesh = build_mesh(design_of("interdigital", **COMB).layout(), "section", -1)
    with pytest.raises(MeshError, match="same parts"):
        motion(mesh, design_of("interdigital", **COMB, collector_thickness=5.0).layout())
    with pytest.raises(MeshError, match="other corners"):
        motion(mesh, design_of("interdigital", **{**COMB, "finger_pairs": 2}).layout())


def test_heights_that_touch_and_move_apart_are_refused():
    """Electrodes that rise from the substrate they stand on would leave a slit; so would one that goes sideways."""
    layout = design_of("interdigital", **SHORT).layout()
    mesh = build_mesh(layout, "3d", -1)
    raised = [replace(one, z=(one.z[0] + 1.0, one.z[1])) if one.role == "anode" else one for one in layout.regions]
    with pytest.raises(MeshError, match="heights that coincide in this mesh move apart"):
        motion(mesh, replace(layout, regions=tuple(raised)))
    box = design_of("stacked").layout()
    shifted = [replace(one, footprint=translate(one.footprint, 5.0)) if one.role == "anode" else one
               for one in box.regions]  # fmt: skip
    with pytest.raises(MeshError, match="outlines that touch in this mesh move apart"):
        motion(build_mesh(box, "section", -1), replace(box, regions=tuple(shifted)))


def test_counts_and_peaks_are_refused():
    design, case = (
        design_of("interdigital", **COMB),
        case_of("elasticity", "section", load={"bend": {"radius": "9 mm"}}),
    )
    mesh = build_mesh(design.layout(), "section", -1)
    with pytest.raises(MicrofemError, match="finger_pairs is a count"):
        variations(design, ["finger_pairs"], mesh)
    with pytest.raises(MetricRefused, match="no derivative"):
        ShapeDerivatives(solve(mesh, case), variations(design, ["gap"], mesh)).of(Call("max_strain", "bend", {}))
    pressed = case_of(
        "elasticity", "section", load={"pressure": {"value": "1 kPa", "on": "substrate", "fixed": "xmin"}}
    )
    with pytest.raises(MicrofemError, match="a bend, a stretch or a twist"):
        ShapeDerivatives(solve(mesh, pressed), variations(design, ["gap"], mesh)).of(Call("mean_strain", "press", {}))
