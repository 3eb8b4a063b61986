"""The state of the page's controls: the scene as their values, and what a run offers to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from microfem.render.viewer.maps import maps_offered, remarks_on
from microfem.render.viewer.shown import SWITCHES, THROUGH, Place, Shown
from microfem.render.viewer.state import MOST_SHOWN, OpenRun, StoredCase, place_of, quantities, vector_field

SPEEDS = (1, 2, 5, 10)  # states a second
NONE = "none"  # the clip plane that is none


def offered(run: OpenRun, shown: Shown) -> dict[str, Any]:
    """Return the values of all controls in a scene, with their choices."""
    cases = [run.read(name, shown.case) for name in run.having(shown.designs, shown.case)]
    about, flat = cases[0].stored.about, cases[0].stored.about["dimension"] != "3d"
    axes = list(cases[0].axes)
    return {
        **{name: getattr(shown, name) for name in (*SWITCHES, "factor", "quantity", "place", "measured")},
        **_path(cases, shown),
        "all_designs": list(run.designs),
        "designs": list(shown.designs),
        "most": MOST_SHOWN,
        "cases": list(run.cases(shown.designs)),
        "case_name": shown.case,
        "quantities": [{"title": text, "value": key} for key, text in quantities(cases[0]).items()],
        "moves": any(case.moves for case in cases),
        "flows": bool(vector_field(cases[0], shown.quantity)),
        "normal": shown.normal or NONE,
        "axes": axes,
        "cuts": [NONE, *([] if flat else [THROUGH]), *axes],
        "regions": list(about["regions"]),
        "visible": [name for name in about["regions"] if name not in shown.hidden],
        "flat": flat,
        "maps": maps_offered(run, shown),
        "readings": readings(run, shown),
        **line_ends(shown),
    }


def _path(cases: list[StoredCase], shown: Shown) -> dict[str, Any]:
    """Return the states of the longest path, and the number of the shown one."""
    longest = max(cases, key=lambda case: len(case.states))
    loads = [state.at for state in longest.states]
    return {
        "loads": loads,
        "places": [place_of(state) for state in longest.states],
        "step": longest.number(shown.state) % max(len(loads), 1),
    }


def line_ends(shown: Shown) -> dict[str, str]:
    """Return the ends of the line as text."""
    ends = [", ".join(f"{one:.6g}" for one in point) for point in shown.line]
    return dict(zip(("start", "stop"), [*ends, "", ""], strict=False))


def readings(run: OpenRun, shown: Shown) -> list[dict[str, Any]]:
    """Return the numbers of the shown state, by design."""
    names = run.having(shown.designs, shown.case)
    lines = {name: [*run.readings(name, shown.case, shown.state), *remarks_on(run, name, shown)] for name in names}
    return [{"design": name, "lines": each} for name, each in lines.items() if each]


def applied(shown: Shown, state: Mapping[str, Any]) -> Shown:
    """Return the scene with the values of the controls, which change it and not its data."""
    hidden = frozenset(state["regions"]) - frozenset(state["visible"])
    loads, step = state["loads"], int(state["step"])
    switches: dict[str, Any] = {name: bool(state[name]) for name in SWITCHES}
    return replace(
        shown,
        quantity=state["quantity"],
        measured=state["measured"],
        factor=float(state["factor"]),
        normal="" if state["normal"] in (None, NONE) else state["normal"],
        place=float(state["place"]),
        hidden=hidden if len(hidden) < len(state["regions"]) else shown.hidden,
        state=None if step >= len(loads) - 1 else Place(step, loads[step]),
        **switches,
    )
