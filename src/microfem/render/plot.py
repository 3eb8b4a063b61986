"""Plots for papers: metrics against a parameter or a load, their errors, the current along fingers."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.render.convergence import converging, draw_convergence
from microfem.render.fingers import draw_shares, shares
from microfem.render.history import MOST_PANELS, axis_label, beside, draw_history, histories, told
from microfem.render.style import COLOURS, FORMATS, MARKERS, WIDTHS, panels, save, styled
from microfem.results.store import write_bytes

LONG = 6  # letters of names beyond which they are written slanted
Designs = Mapping[str, Mapping[str, Any]]


def write_plot(
    summary: Mapping[str, Any], names: Sequence[str], paths: Sequence[Path], width: str, against: str
) -> None:
    """Write one plot of a run into files, whose endings tell the format; against: one of AGAINST.

    Raises:
        MicrofemError: what is to be drawn is not there, an unknown width or format, a file that cannot be written.
    """
    if against not in AGAINST:
        raise MicrofemError(f"nothing is plotted against '{against}'{did_you_mean(against, AGAINST)}")
    if width not in WIDTHS:
        raise MicrofemError(f"no width '{width}'; one column is {' or '.join(WIDTHS)}")
    for path in paths:
        if path.suffix[1:] not in FORMATS:
            raise MicrofemError(f"'{path}' is no format of plots; use {', '.join(FORMATS)}")
    with styled():
        for path in paths:
            buffer = io.BytesIO()
            try:
                save(AGAINST[against](summary, names, WIDTHS[width]), buffer, path.suffix[1:])
            except (KeyError, TypeError, AttributeError) as error:
                cause = f"{type(error).__name__}: {error}"
                raise MicrofemError(f"these results cannot be read ({cause}); run the study again") from error
            write_bytes(path, buffer.getvalue())


def draw_metrics(summary: Mapping[str, Any], names: Sequence[str], width: float) -> Any:
    """Return a figure of metrics with errors: against the one parameter that designs differ in, else by design.

    Raises:
        MicrofemError: there is no such metric, or no design has a value of it.
    """
    designs: Designs = summary["designs"]
    known = dict.fromkeys(name for one in designs.values() for name in one["metrics"])
    rows = {name: _values(designs, name, known) for name in names or known}
    across = varied(designs)
    figure, axes = panels(len(rows), width)
    look = {"color": COLOURS[0], "marker": MARKERS[0]}
    for axis, (name, row) in zip(axes, rows.items(), strict=True):
        values, errors = [one["value"] for one in row.values()], [one["error"] or 0.0 for one in row.values()]
        axis.set_ylabel(axis_label(name, next(iter(row.values()))["unit"], summary.get("measures", {}).get(name, "")))
        if across:
            at = [designs[design]["params"][across[0]] for design in row]
            order = sorted(range(len(at)), key=at.__getitem__)
            axis.errorbar(*([column[k] for k in order] for column in (at, values, errors)), **look)
            axis.set_xlabel(axis_label(*across))
            continue
        axis.errorbar(range(len(row)), values, errors, linestyle="none", **look)
        axis.set_xticks(range(len(row)), list(row), **_slant(list(row)))
        axis.margins(x=0.15)
    return figure


def _values(designs: Designs, name: str, known: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    if name not in known:
        raise MicrofemError(f"no metric '{name}' in these results{did_you_mean(name, known)}")
    found = {design: one["metrics"][name] for design, one in designs.items() if name in one["metrics"]}
    found = {design: one for design, one in found.items() if one["value"] is not None}
    if not found:
        raise MicrofemError(f"no design has a value of '{name}'; see why with: microfem compare DIR")
    return found


def _slant(names: Sequence[str]) -> dict[str, Any]:
    return {"rotation": 30.0, "ha": "right"} if max(map(len, names)) > LONG else {}


def varied(designs: Designs) -> tuple[str, str] | None:
    """Return name and unit of the one number in which designs of one family and equal materials differ, else None."""
    ones = list(designs.values())
    alike = {str((one.get("family"), one.get("placement"), one.get("materials"))) for one in ones}
    if len(ones) < 2 or len(alike) > 1 or not all(one.get("params") for one in ones):
        return None
    first = ones[0]["params"]
    differ = [key for key in first if any(one["params"].get(key) != first[key] for one in ones)]
    if len(differ) != 1 or isinstance(first[differ[0]], bool) or not isinstance(first[differ[0]], int | float):
        return None
    from microfem.families import FAMILIES  # for the unit alone: the viewer seldom needs it

    params = FAMILIES.get(ones[0]["family"]).params if ones[0]["family"] in FAMILIES.names() else {}
    return differ[0], (params[differ[0]][1].unit or "1") if differ[0] in params else "1"


def draw_along(summary: Mapping[str, Any], names: Sequence[str], width: float) -> Any:
    """Return a figure of numbers against what the load of the case states that has them; all where none is named.

    Raises:
        MicrofemError: no case has such a history.
    """
    cases = dict.fromkeys(case for one in summary["designs"].values() for case in one["cases"])
    rows = {case: found for case in cases if (found := histories(summary, case))}
    every = {case: list(dict.fromkeys([*told(one), *(key for row in one.values() for key in row[-1]["numbers"])]))
             for case, one in rows.items()}  # fmt: skip
    for case, one in rows.items():
        if set(names) <= set(every[case]):
            return draw_history(one, list(names) or told(one)[:MOST_PANELS], beside(summary, case), width)
    there = "; ".join(f"{case}: {', '.join(known)}" for case, known in every.items())
    raise MicrofemError(f"no case has a history of {' and '.join(names) or 'anything'} along its load"
                        + (f"; there are {there}" if there else ""))  # fmt: skip


def draw_errors(summary: Mapping[str, Any], names: Sequence[str], width: float) -> Any:
    """Return a figure of errors against the cells of the meshes of a refinement; of all metrics where none is named.

    Raises:
        MicrofemError: there is no such metric, or its values are exact or without errors.
    """
    known = dict.fromkeys(name for one in summary["designs"].values() for name in one["metrics"])
    found = converging(summary["designs"])
    for name in names:
        if name not in known:
            raise MicrofemError(f"no metric '{name}' in these results{did_you_mean(name, known)}")
    chosen = {name: found[name] for name in names or found if name in found}
    if not chosen or not set(names) <= set(chosen):
        which = " and ".join(one for one in names if one not in found) or "any metric"
        raise MicrofemError(f"no mesh tells an error of {which}: it is exact, refused or has no estimate")
    return draw_convergence(chosen, summary.get("accuracy", {}), width)


def draw_fingers(summary: Mapping[str, Any], names: Sequence[str], width: float) -> Any:
    """Return a figure of the share of current along fingers, of the first case that has the electrodes named, or any.

    Raises:
        MicrofemError: no case has such an electrode.
    """
    found = shares(summary["designs"])
    for electrodes in found.values():
        if set(names) <= set(electrodes):
            return draw_shares({name: electrodes[name] for name in names or electrodes}, width)
    there = "; ".join(f"{case}: {', '.join(electrodes)}" for case, electrodes in found.items())
    wanted = " and ".join(names) or "an electrode"
    raise MicrofemError(f"no case of conduction in 3d or plan has {wanted} with fingers, as interdigital designs have"
                        + (f"; there are {there}" if there else ""))  # fmt: skip


AGAINST: Mapping[str, Callable[[Mapping[str, Any], Sequence[str], float], Any]] = {
    "parameter": draw_metrics,
    "path": draw_along,
    "mesh": draw_errors,
    "finger": draw_fingers,
}
