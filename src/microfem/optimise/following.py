"""Metrics and their derivatives along a search: one mesh per case, refined once, that moves with the layout.

On the same cells a metric is a smooth function of the parameters, without jumps from mesh to mesh, and the derivatives
are those of the computed value. Where cells become too slim, or corners appear or vanish, the case is meshed and
refined again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.progress import tell, within
from microfem.fabrication import margins
from microfem.mesh import Mesh
from microfem.metrics import METRICS, Call, Value
from microfem.physics import Case
from microfem.physics.frame import Floats
from microfem.solve.followed import followed
from microfem.solve.refinement import measure, solve_layout, solved
from microfem.solve.shape_sensitivity import ShapeDerivatives, of_layout, variations
from microfem.study.design import Design
from microfem.study.records import Study

RULE = "rule "  # prefix of design rules among the metrics


@dataclass(frozen=True)
class Point:
    """Metrics of a design, and their derivatives by metric and parameter, in the metric's unit per the parameter's."""

    values: Mapping[str, float]
    slopes: Mapping[str, Mapping[str, float]]


@dataclass(kw_only=True)
class Follower:
    """Evaluates a study's metrics and derivatives at one design after another, on meshes that move with the layout.

    names: parameters of the derivatives; wanted: metrics to evaluate; solves: number of systems solved so far, with
    those of the first refinement. The design rules of the study's technique are metrics too, named `RULE` and the rule:
    the relative excess over the bound, above 0 where a layout violates the rule.
    """

    study: Study
    names: Sequence[str]
    wanted: Sequence[str]
    solves: int = 0
    meshes: dict[str, Mesh] = field(default_factory=dict)

    def at(self, design: Design) -> Point:
        """Return the metrics and derivatives of a design.

        Raises:
            MicrofemError: a metric is refused or has no derivative, the layout is impossible, or a solve fails.
        """
        calls = {name: self.study.metrics[name] for name in self.wanted}
        values, slopes = self._of_layout(design, {name: call for name, call in calls.items() if not call.case})
        for case in dict.fromkeys(call.case for call in calls.values() if call.case):
            of_case = {name: call for name, call in calls.items() if call.case == case}
            with within(design=design.name, case=case):
                case_values, case_slopes = self._solve(design, case, of_case)
            values |= case_values
            slopes |= case_slopes
        return Point(values, slopes)

    def _of_layout(
        self, design: Design, calls: Mapping[str, Call]
    ) -> tuple[dict[str, float], dict[str, Mapping[str, float]]]:
        layout, technique = design.layout(), self.study.fabrication
        varied = variations(design, self.names) if calls or technique else []
        measured = measure(layout, calls)
        values = _values(measured.values, measured.refused)
        slopes = {name: self._named(of_layout(call, varied)) for name, call in calls.items()}
        if technique is not None:
            ends = [(margins(one.above, technique), margins(one.below, technique)) for one in varied]
            for rule, excess in margins(layout, technique).items():
                values[f"{RULE}{rule}"] = excess
                slopes[f"{RULE}{rule}"] = {
                    one.parameter: (above[rule] - below[rule]) / (2.0 * one.step)
                    for one, (above, below) in zip(varied, ends, strict=True)
                }
        return values, slopes

    def _solve(
        self, design: Design, name: str, calls: Mapping[str, Call]
    ) -> tuple[dict[str, float], dict[str, Mapping[str, float]]]:
        case = self.study.cases[name]
        if case.deformed_by:
            raise MicrofemError(f"case {name} is on a deformed geometry, where no derivative is known; leave it out")
        mesh = self._mesh(design, name, case, calls)
        tell("solving")
        solution = solved(mesh, case)
        self.solves += 1
        try:
            measured = measure(solution, calls)
            derivatives = ShapeDerivatives(solution, variations(design, self.names, mesh))
            slopes = {key: self._named(derivatives.of(call)) for key, call in calls.items()}
            # the derivatives are those of the solution's own value, not of the middle of its bounds
            values = {
                key: float(METRICS.get(calls[key].name).function(solution, **calls[key].options))
                for key in _values(measured.values, measured.refused)
            }
        finally:
            solution.close()
        return values, slopes

    def _mesh(self, design: Design, name: str, case: Case, calls: Mapping[str, Call]) -> Mesh:
        """Return the mesh of a case moved to the design, or a new mesh."""
        layout = design.layout()
        if name in self.meshes:
            moved = followed(self.meshes[name], layout)
            if moved is not None:
                return moved
            tell("the mesh can no longer move with the layout, meshing again")
        solution, measured, _ = solve_layout(layout, case, calls, self.study.wanted(), self.study.limits)
        self.solves += max((len(series) for series in measured.meshes.values()), default=1)
        self.meshes[name] = solution.mesh
        return solution.mesh

    def _named(self, slopes: Floats) -> Mapping[str, float]:
        return dict(zip(self.names, slopes.tolist(), strict=True))


def _values(values: Mapping[str, Value], refused: Mapping[str, str]) -> dict[str, float]:
    for name, reason in refused.items():
        raise MetricRefused(name, reason, "another objective")
    return {name: value.value for name, value in values.items()}
