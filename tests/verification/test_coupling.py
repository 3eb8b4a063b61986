"""Conduction on deformed geometries against closed forms.

Mechanical solutions are made by hand from displacements that are known, but where the test says otherwise.
Tolerances: round-off where F is uniform; the mesh's chords where a body is bent.
"""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from skfem import Basis, BilinearForm, ElementTriP2, condense, solve
from skfem.helpers import dot, grad

from microfem.base.errors import MeshError, MetricRefused, MicrofemError, SolveError
from microfem.fem.space import Space
from microfem.layout import Region, Sheet
from microfem.mesh.bisect import bisect
from microfem.metrics import Call
from microfem.metrics.electrical import capacitance, resistance, resistance_ratio
from microfem.physics import Field, Report, Solution, Step
from microfem.physics.mechanics.elasticity import ElasticityCase
from microfem.results.stored import read_fields
from microfem.solve.deformed_geometry import deformed_mesh, path_states, states_on
from microfem.solve.refinement import measure, solved
from support.cells import cell_mesh, grid, make_layout, record, with_faces
from support.materials import matter
from support.solving import read_case, solve_elasticity
from support.studies import results_of, summary_of

EXACT = 1e-10
LENGTH, END = 4.0, 0.5  # of the conductor between two terminals, and of each of those
BAR = {"conductivity": 3.0, "relative_permittivity": 2.0, "youngs_modulus": 5.0, "poisson_ratio": 0.3}
METAL = {"conductivity": 1e7, "youngs_modulus": 5.0, "poisson_ratio": 0.3}
RATIO = {"ratio": Call("resistance_ratio", "field", {}), "resistance": Call("resistance", "field", {})}


def bar(dimension, n=2, roles=("electrolyte",), heights=(1.0,), film=None, **more):
    """Return a bar along x between two terminals, its layers one above the other; film: a film at its foot."""
    x = np.concatenate([[-END], np.linspace(0.0, LENGTH, 4 * n + 1), [LENGTH + END]])
    up = np.unique(np.concatenate([np.linspace(a, b, n + 1) for a, b in zip((0.0, *heights), heights, strict=False)]))
    points, cells = grid(*([x, np.linspace(0.0, 1.0, n + 1), up] if dimension == "3d" else [x, up]))
    middle = points[cells].mean(axis=1)
    layer = np.searchsorted(heights, middle[:, -1])
    owner = np.where(middle[:, 0] < 0.0, len(roles), np.where(middle[:, 0] > LENGTH, len(roles) + 1, layer))
    names = (*roles, "anode", "cathode")
    box = shapely.box(-END, 0.0, LENGTH + END, 1.0)
    laws = {name: matter(**METAL) for name in names} | {roles[0]: matter(**{**BAR, **more})}
    sheets = {}
    if film is not None:
        foot = np.flatnonzero(points[:, -1] == 0.0)
        foot = foot[np.argsort(points[foot, 0])]
        edges = np.column_stack([foot[:-1], foot[1:]])
        inside = points[edges, 0].mean(axis=1)
        sheets, laws["film"] = {"film": edges[(inside > 0.0) & (inside < LENGTH)]}, matter(**film)
        laws[roles[0]] = matter(**{**BAR, "conductivity": 0.0})
    layout = make_layout(
        [Region(name=name, role=name, footprint=box, z=(0.0, heights[-1])) for name in names],
        [Sheet(name="film", role="anode_collector", footprint=box, z=0.0, thickness=0.01)] if film else [],
        laws,
    )
    return record(points, cells, layout, dimension, owner, names, sheets)


def moved(mesh, *ways, out_of_plane=None, soft=()):
    """Return a mechanical solution whose steps are maps of the points; out_of_plane: stretch of each step."""
    case = ElasticityCase.model_validate(
        {"physics": "elasticity", "dimension": mesh.dimension, "load": {"stretch": {"strain": 1.0}}})  # fmt: skip
    inside = np.zeros((len(mesh.cells), 1))
    inside[mesh.cells_of(*soft)] = np.nan if soft else 0.0
    fields = {"strain": Field("strain", "", "1", "quadrature", inside)}
    out_of_plane = out_of_plane or [None] * len(ways)
    steps = tuple(
        Step(
            at=(k + 1) / len(ways),
            displacement=way(mesh.points) - mesh.points,
            totals={"force": (float(k), "uN")},
            out_of_plane_stretch=None if b is None else np.full(len(mesh.cells), b),
            fields=lambda: fields,
        )
        for k, (way, b) in enumerate(zip(ways, out_of_plane, strict=True))
    )
    report = Report(ndofs=1, ncells=1, residual=0.0, balance_error=0.0, seconds=0.0)
    return Solution(case=case, mesh=mesh, space=Space(mesh, 1), fields=fields, totals={}, report=report, steps=steps)


def field_case(mesh, physics="conduction"):
    drives = {"anode": "0 V", "cathode": "1 V"}
    return read_case(
        {"physics": physics, "dimension": mesh.dimension, "terminals": drives, "on": {"deformed_by": "pull"}}
    )


def on(mechanical, which="last"):
    mesh = deformed_mesh(mechanical, which)
    return solved(mesh, field_case(mesh))


def ratio(mechanical):
    return resistance_ratio(on(mechanical))


def stretched(*factors):
    return lambda points: points * np.array(factors)[: points.shape[1]]


# uniform stretch


@pytest.mark.parametrize("stretch", [0.5, 1.5, 3.0])
def test_incompressible_bar_in_3d(stretch):
    side = stretch**-0.5
    assert ratio(moved(bar("3d"), stretched(stretch, side, side))) == pytest.approx(stretch**2, rel=EXACT)


@pytest.mark.parametrize("dimension", ["plan", "section"])
def test_incompressible_bar_in_2d(dimension):
    stretch, side = 2.5, 2.5**-0.5
    found = ratio(moved(bar(dimension), stretched(stretch, side), out_of_plane=[side]))
    assert found == pytest.approx(stretch**2, rel=EXACT)


def test_a_plan_without_its_thickness_misses_the_closed_form():
    """Negative control: a membrane whose thinning is forgotten."""
    found = ratio(moved(bar("plan"), stretched(2.5, 2.5**-0.5)))
    assert found == pytest.approx(2.5**1.5, rel=EXACT)
    assert abs(found / 2.5**2 - 1.0) > 0.3


def test_history_of_all_steps():
    """Each state on the same cells; the last row is the metric of the case."""
    stretches = (1.2, 1.6, 2.0)
    mechanical = moved(bar("3d"), *(stretched(s, s**-0.5, s**-0.5) for s in stretches))
    solution = on(mechanical, "all")
    states = [one for one, _ in states_on(solution, measure(solution, RATIO), mechanical, RATIO)]
    assert [row.at for row in states] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])
    found = [row.values["ratio"].value for row in states]
    assert found == pytest.approx([1.0, *(s**2 for s in stretches)], rel=EXACT)
    assert states[0].values["ratio"].error == 0.0
    assert [row.numbers.get("force") for row in states] == [None, (0.0, "uN"), (1.0, "uN"), (2.0, "uN")]
    assert [row.numbers["strain"][0] for row in states] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])
    assert [row.at for row, _ in path_states(mechanical)] == pytest.approx([1 / 3, 2 / 3, 1.0])
    last = on(mechanical)
    assert len(list(states_on(last, measure(last, RATIO), mechanical, RATIO))) == 2


def test_a_layer_of_dielectric_pulled_sideways_gains_capacity():
    """C = eps A / d per depth: plates apart by L, sides stretched by s, depth by b."""
    mesh = deformed_mesh(moved(bar("plan"), stretched(1.5, 0.8), out_of_plane=[0.7]), "last")
    solution = solved(mesh, field_case(mesh, "electrostatics"))
    assert capacitance(solution) / capacitance(solution.undeformed) == pytest.approx(0.8 * 0.7 / 1.5, rel=EXACT)


# what conducts less when it is stretched


@pytest.mark.parametrize("dimension", ["3d", "plan"])
@pytest.mark.parametrize("factor", [-0.3, 5.0])
def test_gauge_factor(dimension, factor):
    """Resistivity times 1 + K e: R/R0 = lambda^2 (1 + K (lambda - 1)) of an incompressible bar."""
    stretch, side = 1.4, 1.4**-0.5
    found = ratio(
        moved(
            bar(dimension, gauge_factor=factor),
            stretched(stretch, side, side),
            out_of_plane=[side] if dimension == "plan" else None,
        )
    )
    assert found == pytest.approx(stretch**2 * (1.0 + factor * (stretch - 1.0)), rel=EXACT)


def test_a_gauge_factor_that_leaves_no_resistivity_is_refused():
    with pytest.raises(
        SolveError, match=r"'electrolyte': a gauge factor of -3 leaves no resistivity at a strain of 0\.4"
    ):
        ratio(moved(bar("3d", gauge_factor=-3.0), stretched(1.4, 1.0, 1.0)))


@pytest.mark.parametrize("poisson", [None, 0.2])
def test_a_film_thins_with_its_area(poisson):
    """Conductance sigma t b / l with t = (l b)^(-nu / (1 - nu)); volume is kept where no ratio is stated."""
    law = {"conductivity": 1e3, "gauge_factor": 2.0} | ({"poisson_ratio": poisson} if poisson else {})
    found = ratio(moved(bar("section", film=law), stretched(1.5, 0.9), out_of_plane=[0.8]))
    nu = poisson or 0.5
    thickness = (1.5 * 0.8) ** (-nu / (1.0 - nu))
    assert found == pytest.approx(1.5 / (0.8 * thickness) * (1.0 + 2.0 * 0.5), rel=EXACT)


# shear and bending


def test_simple_shear_is_an_anisotropic_conductor_at_rest():
    """On a deformed body div grad u = 0 is div(J F^-1 F^-T grad u) = 0 on the body at rest: the same in any element."""
    mesh, shear = bar("section"), 0.7
    f = np.array([[1.0, 0.3], [shear, 1.2]])
    solution = on(moved(mesh, lambda points: points @ f.T))
    law = np.linalg.det(f) * np.linalg.inv(f) @ np.linalg.inv(f).T

    @BilinearForm
    def energy(u, v, _):
        return dot(np.einsum("ij,jnq->inq", law, grad(u)), grad(v))

    basis = Basis(mesh.skfem(), ElementTriP2(), elements=mesh.cells_of("electrolyte"))
    every = Basis(mesh.skfem(), ElementTriP2())
    matrix = energy.assemble(Basis(mesh.skfem(), ElementTriP2(), elements=mesh.cells_of("electrolyte")))
    x = every.doflocs[0]
    given = np.flatnonzero((x <= 1e-9) | (x >= LENGTH - 1e-9))
    u = solve(*condense(matrix, x=(x > 0.5 * LENGTH).astype(float), D=given))
    assert basis.nelems == len(mesh.cells_of("electrolyte"))
    assert resistance(solution) == pytest.approx(1.0 / (BAR["conductivity"] * (u @ matrix @ u)), rel=1e-9)


def bent(radius):
    """Return what bends a strip about its foot: arcs of radius R - z, angle x / R."""

    def way(points):
        angle, reach = points[:, 0] / radius, radius - points[:, -1]
        return np.column_stack([reach * np.sin(angle), radius - reach * np.cos(angle)])

    return way


def test_bent_strip_is_an_annular_sector():
    """G = sigma ln(ro / ri) / angle along an annular sector; between radial cuts chords cost the fourth order only."""
    radius, errors = 3.0, []
    wanted = 1.0 / (BAR["conductivity"] * math.log(radius / (radius - 1.0)) / (LENGTH / radius))
    for n in (2, 4, 8):
        errors.append(abs(resistance(on(moved(bar("section", n), bent(radius)))) / wanted - 1.0))
    assert errors[-1] < 1e-6
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3.5).all()
    assert abs(LENGTH / (BAR["conductivity"] * wanted) - 1.0) > 0.1  # a strip that is not bent would not pass


# refinement and bounds


def test_finer_cells_lie_in_the_deformed_ones_at_every_step():
    mechanical = moved(bar("plan"), stretched(1.5, 0.9), stretched(2.0, 0.8), out_of_plane=[0.9, 0.8])
    finer = bisect(deformed_mesh(mechanical, "all"), np.arange(10)).mesh
    assert finer.deformed.points.shape == (3, len(finer.points), 2)
    assert finer.out_of_plane_stretch == pytest.approx(np.full(len(finer.cells), 0.8))
    assert finer.points == pytest.approx(finer.deformed.points[0] * [2.0, 0.8])
    assert resistance_ratio(solved(finer, field_case(finer))) == pytest.approx(2.0 / 0.8 / 0.8, rel=EXACT)


def test_error_of_a_ratio_is_that_of_both_energies():
    """A section grown alike in both directions has the resistance that it had; nothing encloses a deformation."""
    mesh = deformed_mesh(moved(cell_mesh(1.0, 1.0, 1.0, 1.0, n=4), stretched(2.0, 2.0)), "last")
    solution = solved(mesh, field_case(mesh))
    found = measure(solution, RATIO).values["ratio"]
    bounds, first = solution.bounds, solution.undeformed.bounds
    low, high = first.lower / bounds.upper, first.upper / bounds.lower  # R = V2 / energy
    assert (found.lower, found.upper) == (None, None)
    assert found.value == pytest.approx(0.5 * (low + high))
    assert found.error == pytest.approx(0.5 * (high - low))
    assert abs(found.value - 1.0) < found.error
    assert found.error > 5e-4


def test_ratio_without_a_deformed_geometry_is_refused():
    with pytest.raises(MetricRefused, match="has no deformed geometry"):
        resistance_ratio(on(moved(bar("plan"), stretched(2.0, 1.0))).undeformed)


def test_an_inverted_cell_is_refused_with_its_step():
    mechanical = moved(bar("plan"), stretched(1.5, 0.9), stretched(1.5, -0.1))
    with pytest.raises(MeshError, match=r"at step 2 \(load 1\) 40 cells are inverted"):
        deformed_mesh(mechanical, "last")


def test_a_path_without_a_step_is_refused():
    with pytest.raises(MicrofemError, match="no step has converged"):
        deformed_mesh(moved(bar("plan")), "last")


# regions that carry no load


def test_a_soft_region_between_solids_follows_exactly():
    """Held all around, a linear displacement is carried in as it is."""
    points, cells = grid(np.linspace(0, 3, 7), np.linspace(0, 3, 7))
    middle = points[cells].mean(axis=1)
    owner = np.where((np.abs(middle - 1.5) < 1.0).all(axis=1), 0, 1)
    box = shapely.box(0, 0, 3, 3)
    layout = make_layout(
        [Region(name=name, role=name, footprint=box, z=(0.0, 1.0)) for name in ("electrolyte", "substrate")]
    )
    mesh = record(points, cells, layout, "section", owner, ("electrolyte", "substrate"))
    f = np.array([[1.1, 0.2], [0.05, 0.9]])
    inside = np.setdiff1d(mesh.cells[owner == 0], mesh.cells[owner == 1])
    unknown = np.isin(np.arange(len(points)), inside)[:, None]
    mechanical = moved(mesh, lambda points: np.where(unknown, np.nan, points @ f.T), soft=("electrolyte",))
    assert len(inside) > 4
    assert deformed_mesh(mechanical, "last").points == pytest.approx(points @ f.T, abs=EXACT)


def test_a_soft_layer_turns_with_a_sheet_that_is_bent_round():
    """After three quarters of a turn the layer is as thick as before but for what bending itself does to it."""
    mesh = bar("section", 2, ("substrate", "electrolyte"), (0.2, 0.6))
    top = np.isclose(mesh.points[:, 1], 0.6) & (mesh.points[:, 0] > 1.0) & (mesh.points[:, 0] < 3.0)
    radius = (LENGTH + 2.0 * END) / (1.5 * math.pi)
    ways = [lambda p, k=k: np.where(p[:, 1:] <= 0.2 + 1e-9, bent(-12.0 * radius / k)(p), np.nan) for k in range(1, 13)]
    held = mesh.points[:, 1] <= 0.2 + 1e-9
    mechanical = moved(mesh, *ways, soft=("electrolyte",))  # and the terminals beside it, above the sheet
    above = (mesh.points[mesh.cells].mean(axis=1)[:, 1] > 0.2)[:, None]
    fields = {"strain": Field("strain", "", "1", "quadrature", np.where(above, np.nan, 0.0))}
    after = deformed_mesh(replace(mechanical, fields=fields), "all")
    assert after.points[held] == pytest.approx(bent(-radius)(mesh.points)[held], abs=EXACT)
    away = np.hypot(after.points[top, 0], after.points[top, 1] + radius) - radius
    assert away == pytest.approx(0.6, abs=0.06)
    assert (after.signed_volumes * mesh.signed_volumes > 0.0).all()


# through elasticity


@pytest.mark.parametrize("dimension", ["3d", "plan"])
def test_small_strains_move_the_geometry_linearly(dimension):
    """R/R0 = (1 + e) / (1 - nu e)^2, the plan in plane stress with its thinning."""
    mesh, strain, nu = bar(dimension), 0.08, BAR["poisson_ratio"]
    more = {} if dimension == "3d" else {"plane": "stress"}
    mechanical = solve_elasticity(with_faces(mesh), {"stretch": {"strain": strain}}, **more)
    assert ratio(mechanical) == pytest.approx((1.0 + strain) / (1.0 - nu * strain) ** 2, rel=1e-8)


STUDY = """\
name: pulled
designs:
  sheet:
    family: stacked
    materials: {electrolyte: gel}
materials:
  gel:
    conductivity: {value: 2, unit: S/m, source: made}
    youngs_modulus: {value: 1, unit: MPa, source: made}
    poisson_ratio: {value: 0.3, unit: "1", source: made}
accuracy: 2 %
cases:
  field:
    physics: conduction
    dimension: section
    terminals: {anode: 0 V, cathode: 1 V}
    on: {deformed_by: pull, step: all}
  pull: {physics: elasticity, dimension: section, load: {stretch: {strain: 10 %}}}
metrics:
  resistance: resistance(field)
  ratio: resistance_ratio(field)
"""


def test_a_study_writes_the_history_and_the_steps(tmp_path):
    """Layers in plane strain: e_z = -nu / (1 - nu) e, so R/R0 = (1 + e_z) / (1 + e) through their thickness."""
    out = results_of(tmp_path, STUDY)
    wanted = (1.0 - 0.3 / 0.7 * 0.1) / 1.1
    told = summary_of(out).designs["sheet"]
    assert told.status == "ok"
    assert told.metrics["ratio"].value == pytest.approx(wanted, rel=1e-6)
    lines = {line.name: line for line in told.cases["field"].curves["path"].lines}
    assert lines["ratio"].y == pytest.approx([1.0, wanted], rel=1e-6)
    assert (told.cases["pull"].states, "path" in told.cases["pull"].curves) == ((), False)
    rows = list(csv.DictReader((out / "designs/sheet/field.path.csv").open()))
    ratios = [row for row in rows if row["series"] == "ratio"]
    assert [float(row["strain"]) for row in ratios] == pytest.approx([0.0, 0.1])
    assert float(ratios[1]["value"]) == pytest.approx(wanted, rel=1e-6)
    [force] = [row for row in rows if row["series"] == "axial_force"]  # none at rest
    assert (float(force["strain"]), force["unit"]) == (pytest.approx(0.1), "uN/um")
    states = told.cases["field"].states
    assert [state.at for state in states] == [0.0, 1.0]
    first, last = (read_fields(out / "designs/sheet" / state.file) for state in states)
    assert np.ptp(last.points[:, 0]) == pytest.approx(1.1 * np.ptp(first.points[:, 0]))
    assert (out / "pictures/field-path.png").stat().st_size > 5000
    assert "case field: along the load" in (out / "index.html").read_text()
