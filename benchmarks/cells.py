"""What microfem alone is timed on where a cell charges and discharges: each job has an aim in CPU seconds.

The comb is that of studies/zn_mno2_rates.yaml with two pairs of fingers, the strip is studies/marquis_strip.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from benchmarks.child import Clock
from benchmarks.runners import ROOT
from benchmarks.turns import Row
from microfem.base.frequencies import read_frequencies
from microfem.electrochemistry.history import balances_of, history_of
from microfem.electrochemistry.impedance import impedance_of
from microfem.electrochemistry.measured_at import read_at
from microfem.electrochemistry.model import model_of
from microfem.electrochemistry.path import ProtocolFollower, started
from microfem.electrochemistry.problems import Problems
from microfem.layout import Layout
from microfem.mesh import Mesh, build_mesh
from microfem.physics.electrochemistry.cell import CellCase
from microfem.run.solve_case import solve_case
from microfem.study.reader import load_study

COMB = {"finger_pairs": 2}
COMB_3D = COMB | {"finger_length": 850.0, "busbar_width": 100.0}  # um
CASE = {"physics": "cell", "electrodes": {"anode": "metal", "cathode": "porous"}, "start": {"cathode": "3 %"}}
DISCHARGE = ("discharge at 5C until 0.9 V",)
RATES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0)  # C
PULSES = ({"repeat": 10, "steps": ["discharge at 5C for 30 s", "rest 60 s"]},)
FREQUENCIES = "10 mHz .. 316.2 kHz, 6 per decade"  # 46
WANTED = 1e-3  # relative error of the certified utilisation
Protocol = Sequence[Any]


@cache
def layout(study: str, design: str, **params: float) -> Layout:
    """Return the layout of a study's design with other parameters."""
    found = load_study(ROOT / "studies" / f"{study}.yaml").designs[design]
    return replace(found, params={**found.params, **params}).layout()


def stated(protocol: Protocol, view: str = "section") -> dict[str, Any]:
    """Return a case of the comb as a study states it."""
    return CASE | {"dimension": view, "protocol": list(protocol)}


def comb_case(protocol: Protocol, view: str = "section") -> CellCase:
    """Return a case of the comb."""
    return CellCase.model_validate(stated(protocol, view))


def comb_mesh(level: int, view: str = "section") -> Mesh:
    """Return a mesh of the comb."""
    return build_mesh(layout("zn_mno2_rates", "comb", **(COMB_3D if view == "3d" else COMB)), view, level, math.inf)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Protocols on one mesh, one after the other from the same start; aim: CPU s."""

    name: str
    aim: float | None
    mesh: Callable[[], Mesh]
    cases: Callable[[], Sequence[CellCase]]
    tolerance: float = 1e-4

    def solve(self) -> Row:
        """Return seconds from the mesh to balanced histories, and what they took."""
        mesh, cases = self.mesh(), self.cases()
        clock, total = Clock(), dict.fromkeys(("steps", "rejected", "newton", "factors"), 0)
        worst = dict.fromkeys(("charge", "salt", "host", "energy"), 0.0)
        path_s = value = 0.0
        for case in cases:
            model = model_of(mesh, case.statement)
            follower, of_path = ProtocolFollower(Problems(model, self.tolerance)), Clock()
            path = follower.follow(case.protocol, started(model.equations, case.start))
            path_s += of_path.read()[1]
            history = history_of(model, path)
            total = {key: count + getattr(follower.counts, key) for key, count in total.items()}
            balances = vars(balances_of(model, path, history))
            worst = {key: max(one, float(balances[key])) for key, one in worst.items()}
            value = float(history.charges[-1, -1] / model.whole_capacity)
        wall, cpu = clock.read()
        sizes = {"points": len(mesh.points), "dofs": model.equations.fields, "all": model.equations.size}
        return sizes | total | {"balances": worst, "value": value, "wall_s": wall, "cpu_s": cpu, "path_cpu_s": path_s}


@dataclass(frozen=True, kw_only=True)
class Certified:
    """The utilisation of the comb to a guaranteed accuracy, from the layout on; aim: CPU s."""

    name: str
    aim: float | None
    wanted: float = WANTED

    def solve(self) -> Row:
        """Return seconds from the layout to the value with its error."""
        clock = Clock()
        solved = solve_case(layout("zn_mno2_rates", "comb", **COMB), stated(DISCHARGE), "utilisation", self.wanted)
        wall, cpu = clock.read()
        (value,) = solved.values.values()
        sizes = {"points": len(solved.mesh.points), "all": solved.solution.report.ndofs}
        return sizes | {"value": value.value, "error": value.error, "wall_s": wall, "cpu_s": cpu}


@dataclass(frozen=True, kw_only=True)
class Alternating:
    """The impedance of the comb at rest at some frequencies, from its equations on; aim: CPU s."""

    name: str
    aim: float | None
    level: int

    def solve(self) -> Row:
        """Return seconds of all frequencies, and the largest real part, ohm cm2."""
        mesh = comb_mesh(self.level)
        found = impedance_of(mesh, comb_case(DISCHARGE).statement, read_at("start"))
        clock = Clock()
        spectrum = found.spectrum(read_frequencies(FREQUENCIES))
        wall, cpu = clock.read()
        equations = found.model.equations
        sizes = {"points": len(mesh.points), "dofs": equations.fields, "all": equations.size}
        return sizes | {"value": float(spectrum.total.real.max()), "wall_s": wall, "cpu_s": cpu}


def _strip() -> Job:
    study = ROOT / "studies" / "marquis_strip.yaml"
    return Job(
        name="strip, 3C",
        aim=0.15,
        mesh=lambda: build_mesh(layout("marquis_strip", "strip"), "section", 1, math.inf),
        cases=lambda: [load_study(study).cases["fast"]],  # type: ignore[list-item]
    )


def _comb(size: str, level: int, tolerance: float, aim: float | None) -> Job:
    return Job(
        name=f"comb {size}, 5C, tolerance {tolerance:g}",
        aim=aim,
        mesh=lambda: comb_mesh(level),
        cases=lambda: [comb_case(DISCHARGE)],
        tolerance=tolerance,
    )


def _many(name: str, protocols: Sequence[Protocol], aim: float | None, tolerance: float = 1e-4) -> Job:
    return Job(
        name=f"{name}, tolerance {tolerance:g}",
        aim=aim,
        mesh=lambda: comb_mesh(3),
        cases=lambda: [comb_case(one) for one in protocols],
        tolerance=tolerance,
    )


def _solid(name: str, level: int, aim: float | None) -> Job:
    return Job(
        name=name,
        aim=aim,
        mesh=lambda: comb_mesh(level, "3d"),
        cases=lambda: [comb_case(DISCHARGE, "3d")],
        tolerance=1e-3,
    )


def _voltammogram() -> Job:
    """Return three cycles of the comb of studies/zmsc_cv_gcd_eis.yaml, zinc against a capacitor."""

    def cycles() -> list[CellCase]:
        stated = load_study(ROOT / "studies" / "zmsc_cv_gcd_eis.yaml").cases["slow"].model_dump()
        sweeps = ["sweep from 0.2 V to 1.8 V at 5 mV/s", "sweep to 0.2 V at 5 mV/s"]
        return [CellCase.model_validate(stated | {"protocol": [{"repeat": 3, "steps": sweeps}]})]

    return Job(
        name="comb 6k, voltammogram, 3 cycles",
        aim=3.0,
        mesh=lambda: build_mesh(layout("zmsc_cv_gcd_eis", "narrow"), "section", 3, math.inf),
        cases=cycles,
    )


SERIES = [[f"discharge at {rate:g}C until 0.9 V"] for rate in RATES]
JOBS: dict[str, Job | Certified | Alternating] = {
    "strip": _strip(),
    "comb_1k": _comb("1k", 1, 1e-4, None),
    "comb_1k_rough": _comb("1k", 1, 1e-3, None),
    "comb_6k": _comb("6k", 3, 1e-4, None),
    "comb_6k_rough": _comb("6k", 3, 1e-3, None),
    "comb_16k": _comb("16k", 4, 1e-4, None),
    "comb_16k_rough": _comb("16k", 4, 1e-3, None),
    "comb_51k": _comb("51k", 5, 1e-4, 4.0),
    "comb_51k_rough": _comb("51k", 5, 1e-3, 4.0),
    "certified": Certified(name="comb, utilisation to 1e-3", aim=0.5),
    "series": _many("comb 6k, 8 rates", SERIES, 4.0),
    "series_rough": _many("comb 6k, 8 rates", SERIES, 4.0, 1e-3),
    "pulses": _many("comb 6k, 10 pulses and rests", [PULSES], 3.0),
    "pulses_rough": _many("comb 6k, 10 pulses and rests", [PULSES], 3.0, 1e-3),
    "voltammogram": _voltammogram(),
    "impedance_6k": Alternating(name="comb 6k, 46 frequencies", aim=0.4, level=3),
    "impedance_16k": Alternating(name="comb 16k, 46 frequencies", aim=1.5, level=4),
    "comb_3d": _solid("3D comb, 5C, tolerance 0.001", 1, 40.0),
}
WARM = {
    "certified": JOBS["certified"],
    "impedance_6k": JOBS["impedance_6k"],
    "impedance_16k": JOBS["impedance_6k"],
    "comb_3d": _solid("small 3D comb", -2, None),
}  # others: the smallest comb
