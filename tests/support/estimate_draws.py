"""Random designs, loads and metrics, each small enough to be solved again much finer: what estimates are held against.

A draw is a layout of a family, a case on it and all metrics of that physics that have an estimate and no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.families import build_layout
from microfem.layout import Layout
from microfem.materials import Material
from microfem.metrics import Call
from microfem.metrics.metric import parse_call
from microfem.physics import Case
from support.materials import matter
from support.solving import read_case

Rng = np.random.Generator
Params = dict[str, object]
TRIES = 20  # parameters are drawn again until a layout can be made of them


@dataclass(frozen=True)
class Draw:
    """A layout, a case on it and its metrics."""

    seed: int
    family: str
    layout: Layout
    case: Case
    calls: Mapping[str, Call]


def draw(seed: int) -> Draw:
    """Draw a family, one of its views, lengths within a factor of three or so, a physics, a load, its metrics."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    family, view, physics = kinds[rng.choice(len(kinds), p=np.array(list(KINDS.values())) / sum(KINDS.values()))]
    layout = _layout(rng, family, view)
    stated = {"physics": physics, "dimension": view, **CASES[physics](rng, view)}
    case = read_case(stated)
    calls = {text: parse_call(text) for text in _metrics(rng, physics, view, stated)}
    return Draw(seed, family, layout, case, calls)


def _layout(rng: Rng, family: str, view: str) -> Layout:
    from microfem.base.errors import LayoutError

    for _ in range(TRIES):
        try:
            return build_layout(family, PARAMS[family](rng, view), _materials(rng))
        except LayoutError:
            continue
    raise AssertionError(f"no {family} can be made of {TRIES} draws")


def _materials(rng: Rng) -> dict[str, Material]:
    """Return a stiff solid for electrodes and substrates, a soft conductor between them, by role."""
    found = {}
    for role in ("anode", "cathode", "anode_collector", "cathode_collector", "bridge", "core", "substrate",
                 "encapsulation", "electrolyte", "separator"):  # fmt: skip
        soft, solid = role in ("electrolyte", "separator"), role in ("substrate", "encapsulation", "core")
        values = {"youngs_modulus": _log(rng, 0.1, 1.0) if soft else _log(rng, 50.0, 5e3),
                  "poisson_ratio": float(rng.uniform(0.2, 0.45)), 
                  "conductivity": 0.0 if solid else _log(rng, 0.1, 10.0),
                  "yield_stress": 10.0}  # fmt: skip
        if soft or solid:
            values["relative_permittivity"] = _log(rng, 1.0, 10.0)
        found[role] = matter(**values)
    return found


def _log(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _lengths(rng: Rng, scale: float, **ratios: tuple[float, float]) -> Params:
    return {name: float(f"{scale * _log(rng, *ratio):.6g}") for name, ratio in ratios.items()}


def _planar(rng: Rng, scale: float) -> Params:
    return _lengths(rng, scale, gap=(0.5, 2.0), anode_thickness=(0.1, 0.5), cathode_thickness=(0.1, 0.5),
                    electrolyte_height=(0.6, 3.0), substrate_thickness=(0.3, 1.0), margin=(0.3, 1.5))  # fmt: skip


def _interdigital(rng: Rng, view: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    widths = _lengths(rng, s, anode_width=(0.5, 2.0), cathode_width=(0.5, 2.0), busbar_width=(0.5, 2.0),
                      finger_length=(1.0, 4.0))  # fmt: skip
    return {"finger_pairs": 1 if view == "3d" else int(rng.integers(1, 3)), **_planar(rng, s), **widths}


def _circular(rng: Rng, _: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    return {**_planar(rng, s), **_lengths(rng, s, disc_radius=(0.6, 3.0), ring_width=(0.5, 2.0))}


def _concentric(rng: Rng, view: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    widths = _lengths(rng, s, anode_width=(0.5, 1.5), cathode_width=(0.5, 1.5), inner_radius=(0.8, 2.0),
                      busbar_width=(0.5, 1.5))  # fmt: skip
    return {"ring_pairs": 1, "closed": view == "plan" and bool(rng.random() < 0.5), **_planar(rng, s), **widths}


def _drawn(rng: Rng, _: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    x = np.cumsum(rng.uniform(0.5, 2.0, 4)) * s
    y = rng.uniform(0.5, 2.0, 4) * s
    slant = rng.uniform(0.0, 0.3, 4) * s
    anode = [(0.0, -y[0]), (x[0], -y[0]), (x[0], y[1]), (slant[0], y[1] - slant[1]), (0.0, -y[0])]
    cathode = [(x[1], -y[2]), (x[2], -y[2] - slant[2]), (x[2] - slant[3], y[3]), (x[1], y[3] - slant[1]),
               (x[1], -y[2])]  # fmt: skip
    outlines = {name: "POLYGON ((" + ", ".join(f"{a:.6g} {b:.6g}" for a, b in one) + "))"
                for name, one in (("anode", anode), ("cathode", cathode))}  # fmt: skip
    rest = _planar(rng, s)
    del rest["gap"]
    return {**rest, **outlines}


def _pillars(rng: Rng, view: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    sizes = _lengths(rng, s, post_diameter=(0.5, 1.0), base_width=(1.0, 2.0), post_height=(0.5, 2.0),
                     base_thickness=(0.1, 0.4), busbar_width=(0.5, 1.5))  # fmt: skip
    rest = _planar(rng, s) | _lengths(rng, s, electrolyte_height=(2.5, 4.0))
    rest = {k: v for k, v in rest.items() if k not in ("anode_thickness", "cathode_thickness")}
    return {"row_pairs": 1, "columns": 1 if view == "3d" else int(rng.integers(1, 3)),
            "shape": str(rng.choice(["post", "wall"])), "arrangement": str(rng.choice(["square", "hexagonal"])),
            **rest, **sizes}  # fmt: skip


def _stacked(rng: Rng, _: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    return _lengths(rng, s, length=(3.0, 8.0), width=(2.0, 4.0), gap=(0.3, 1.5), margin=(0.2, 1.0),
                    anode_thickness=(0.2, 0.8), cathode_thickness=(0.2, 0.8), substrate_thickness=(0.3, 1.0),
                    encapsulation_thickness=(0.3, 1.0), collector_thickness=(0.1, 0.3))  # fmt: skip


def _fiber(rng: Rng, view: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    sizes = _lengths(rng, s, anode_diameter=(0.6, 2.0), cathode_diameter=(0.6, 2.0), cathode_thickness=(0.3, 1.0),
                     gap=(0.3, 1.0), margin=(0.3, 1.0), length=(1.5, 3.0))  # fmt: skip
    kinds = ["coaxial", "parallel"]
    return {"arrangement": str(rng.choice(kinds)), **sizes, "pitch": 20.0 * s}


def _swiss_roll(rng: Rng, _: str) -> Params:
    s = _log(rng, 2.0, 20.0)
    sizes = _lengths(rng, s, anode_thickness=(0.5, 2.0), electrolyte_thickness=(0.5, 2.0), cathode_thickness=(0.5, 2.0),
                     separator_thickness=(0.5, 2.0), jacket_thickness=(0.5, 2.0), core_radius=(4.0, 12.0),
                     length=(2.0, 10.0))  # fmt: skip
    return {"windings": float(rng.choice([1.0, 1.5, 2.0])), **sizes}


def _film(rng: Rng, view: str) -> Params:
    s = _log(rng, 300.0, 3000.0)
    stacked = view == "section" or rng.random() < 0.5
    return {"outline": str(rng.choice(["disc", "rectangle"])) if view == "plan" else "rectangle",
            "electrodes": "stacked" if stacked else "none",
            **_lengths(rng, s, diameter=(1.0, 2.0), length=(1.0, 2.0), width=(1.0, 2.0), margin=(0.05, 0.15),
                       gap=(0.01, 0.03), anode_thickness=(0.01, 0.03), cathode_thickness=(0.01, 0.03),
                       substrate_thickness=(0.01, 0.03))}  # fmt: skip


def _joint(rng: Rng, _: str) -> Params:
    s = _log(rng, 20.0, 500.0)
    return {"blocks": 2, **_lengths(rng, s, block_length=(2.0, 5.0), block_width=(2.0, 4.0),
                                    ligament_length=(1.0, 3.0), ligament_width=(1.0, 2.0),
                                    ligament_thickness=(0.2, 0.5), anode_thickness=(0.3, 1.0),
                                    cathode_thickness=(0.3, 1.0), gap=(0.3, 1.0),
                                    substrate_thickness=(0.3, 0.8))}  # fmt: skip


def _island_bridge(rng: Rng, _: str) -> Params:
    s = _log(rng, 100.0, 1000.0)
    return {"columns": 2, "bridge_shape": str(rng.choice(["straight", "serpentine"])),
            **_lengths(rng, s, island_size=(3.0, 5.0), gap=(0.3, 0.6), bridge_length=(4.0, 8.0),
                       bridge_width=(0.2, 0.4), amplitude=(1.0, 1.5), margin=(0.5, 1.5), anode_thickness=(0.05, 0.1),
                       cathode_thickness=(0.05, 0.1), collector_thickness=(0.02, 0.05), electrolyte_height=(0.2, 0.4),
                       substrate_thickness=(0.2, 0.5), encapsulation_thickness=(0.1, 0.3))}  # fmt: skip


PARAMS: dict[str, Callable[[Rng, str], Params]] = {
    "interdigital": _interdigital, "circular": _circular, "concentric": _concentric, "drawn": _drawn,
    "pillars": _pillars, "stacked": _stacked, "fiber": _fiber, "swiss_roll": _swiss_roll, "film": _film,
    "joint": _joint, "island_bridge": _island_bridge,
}  # fmt: skip


def _terminals(rng: Rng, _: str) -> dict[str, Any]:
    return {"terminals": {"anode": "0 V", "cathode": "1 V"}}


def _load(rng: Rng, view: str) -> dict[str, Any]:
    ends = {"3d": "xz", "section": "xz", "plan": "xy"}[view]
    loads: list[dict[str, Any]] = [
        {"stretch": {"strain": "1 %", "clamped": bool(rng.random() < 0.5)}},
        {
            "mismatch": {
                "strain": {str(rng.choice(["anode", "cathode"])): "1 %"},
                "fixed": f"{rng.choice(list(ends))}min",
            }
        },
    ]
    if view != "plan":
        loads += [{"bend": {"radius": f"{rng.choice([-1, 1]) * 10} mm"}}] * 2
    return {"load": loads[rng.integers(len(loads))]}


def _surface(rng: Rng, _: str) -> dict[str, Any]:
    kind, radius = str(rng.choice(["sphere", "cylinder", "saddle"])), _log(rng, 5.0, 40.0)
    return {"surface": {kind: {"radius": f"{radius:.6g} mm"}}, "bending": bool(rng.random() < 0.5)}


def _rod(rng: Rng, _: str) -> dict[str, Any]:
    return {"load": {"bend": {"radius": "50 mm"}, "twist": {"rate": "0.5 deg/mm"}}}


def _bridges(rng: Rng, _: str) -> dict[str, Any]:
    return {"load": {"stretch": {"strain": f"{rng.uniform(2, 20):.3g} %"}}, "steps": 12}


CASES: dict[str, Callable[[Rng, str], dict[str, Any]]] = {
    "conduction": _terminals, "electrostatics": _terminals, "elasticity": _load, "conformal": _surface, "rod": _rod,
    "bridges": _bridges,
}  # fmt: skip

# Family, view and physics with how often they are drawn: 3D is dear, and plans with circles are where estimates failed.
KINDS: dict[tuple[str, str, str], float] = {
    **{(name, "section", "conduction"): 2.0 for name in ("interdigital", "drawn", "stacked", "joint")},
    **{(name, "section", "electrostatics"): 1.0 for name in ("interdigital", "drawn", "stacked")},
    **{(name, "plan", "conduction"): 4.0 for name in ("interdigital", "circular", "concentric", "drawn", "pillars",
                                                      "fiber", "swiss_roll")},
    **{(name, "plan", "electrostatics"): 1.5 for name in ("interdigital", "circular", "drawn", "pillars", "fiber")},
    **{(name, "3d", "conduction"): 0.8
       for name in ("interdigital", "circular", "drawn", "pillars", "stacked", "fiber")},
    **{(name, "3d", "electrostatics"): 0.5 for name in ("interdigital", "circular", "drawn")},
    **{(name, "section", "elasticity"): 2.5 for name in ("interdigital", "drawn", "stacked", "joint", "film")},
    **{(name, "plan", "elasticity"): 1.5 for name in ("interdigital", "drawn", "pillars")},
    **{(name, "3d", "elasticity"): 0.6 for name in ("interdigital", "stacked")},
    ("film", "plan", "conformal"): 8.0,
    ("fiber", "plan", "rod"): 4.0,
    ("swiss_roll", "plan", "rod"): 2.0,
    ("island_bridge", "3d", "bridges"): 1.0,
}  # fmt: skip


def _metrics(rng: Rng, physics: str, view: str, stated: Mapping[str, Any]) -> Sequence[str]:
    """Return the calls of a physics, shares with a level that is drawn."""
    field = [f"energy_fraction(c, above={rng.choice([0.2, 0.3, 0.5, 1.0])})", "potential_homogeneity(c)"]
    if physics == "electrostatics":
        return field
    if physics == "conduction":
        side = rng.choice(["anode", "cathode"])
        field += [f"area_fraction_above(c, electrode={side}, above={rng.choice([1.1, 1.2, 1.5, 2.0])})",
                  f"area_fraction_below(c, electrode={side}, below={rng.choice([0.3, 0.5, 0.8, 1.2])})",
                  f"current_deviation(c, electrode={side})", f"current_max_over_mean(c, electrode={side})"]  # fmt: skip
        return [*field, f"outer_share(c, electrode={side})"] if view == "3d" else field
    if physics == "elasticity":
        common = ["mean_strain(c)", f"strain_percentile(c, percent={rng.choice([50, 90, 99])})",
                  f"von_mises_percentile(c, percent={rng.choice([50, 90, 99])})", "max_strain(c)", "max_von_mises(c)",
                  "max_stress(c)", f"stress_percentile(c, percent={rng.choice([50, 90, 99])})", "strain_energy(c)",
                  "safety_percentile(c)", "mean_strain(c, region=substrate)"]  # fmt: skip
        own = {"bend": ["bending_stiffness(c)", "neutral_axis(c)"], "stretch": ["axial_stiffness(c)", "axial_force(c)"],
               "mismatch": ["reaction(c, axis=x)", "curvature(c)"]}  # fmt: skip
        return common + own[next(iter(stated["load"]))]
    if physics == "conformal":
        return ["conformal_energy(c)", "max_compression(c)", "wrinkled_share(c)", "wrinkling(c, percent=90)",
                "max_stress(c)", "max_von_mises(c)", f"von_mises_percentile(c, percent={rng.choice([50, 90, 99])})",
                "mean_strain(c)", "max_strain(c)"]  # fmt: skip
    if physics == "rod":
        return ["layer_strain(c)", "layer_stress(c)", "flexural_rigidity(c)", "torsional_rigidity(c)",
                "axial_rigidity(c)", "neutral_place(c)"]  # fmt: skip
    return ["bridge_strain(c)", "bridge_strain(c, percent=90)", "bridge_force(c)", "out_of_plane(c)",
            "stretchability(c, limit=0.001)", "buckling_strain(c)"]  # fmt: skip
