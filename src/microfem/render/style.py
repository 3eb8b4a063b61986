"""The style of all plots: colours for colour-blind readers, widths of journal columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import numpy as np

from microfem.base.rounding import power_of_ten
from microfem.base.shown import in_notebook
from microfem.results.files import writing
from microfem.study.figure_schema import LEAST_LETTERS, WIDTHS, PlotStyle

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")  # M. Okabe and K. Ito, 2008
MARKERS = "osD^vPX"
INCH = 25.4  # mm
LINE = 4.0  # mm: height of a line of a legend
PANEL = 62.0, 48.0  # mm: least width and height of a panel
LARGEST_WRITTEN = 1e6  # of powers of ten on an axis: longer numbers would overlap
USUAL = PlotStyle()


def settings(style: PlotStyle) -> dict[str, Any]:
    """Return matplotlib's settings of a style; numbers at ticks are a point smaller, at least LEAST_LETTERS.

    Fonts are embedded in PDF; text stays text in SVG, to be edited and found.
    """
    small = small_letters(style)
    return {
        "font.family": "sans-serif",
        "font.size": style.font,
        "axes.labelsize": style.font,
        "axes.titlesize": style.font,
        "xtick.labelsize": small,
        "ytick.labelsize": small,
        "legend.fontsize": small,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.2,
        "lines.markersize": 3.5,
        "errorbar.capsize": 2.0,
        "axes.formatter.limits": (-3, 5),
        "savefig.dpi": style.dpi,
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "microfem",
    }


def small_letters(style: PlotStyle) -> float:
    """Return the size of numbers at ticks and scale bars, points."""
    return max(LEAST_LETTERS, style.font - 1.0)


def draw_off_screen() -> None:
    """Have matplotlib open no windows; a notebook opens none, and keeps its backend for the figures of its user."""
    import matplotlib

    if in_notebook():
        from matplotlib import pyplot as plt

        plt.draw_if_interactive()  # loads the backend: what it sets within styled() would be lost
    else:
        matplotlib.use("Agg")


@contextmanager
def styled(style: PlotStyle = USUAL, fixed_letters: bool = False) -> Iterator[None]:
    """Draw off-screen in a style; restore matplotlib's settings afterwards.

    fixed_letters: whether SVG has letters as outlines, for pages that are read where the font is not installed.
    """
    import matplotlib

    draw_off_screen()
    letters = {"svg.fonttype": "path"} if fixed_letters else {}
    with matplotlib.rc_context(settings(style) | letters):
        yield


def panels(count: int, width: float = WIDTHS["double"], least: float = PANEL[0]) -> tuple[Any, list[Any]]:
    """Return a figure of `width` mm and `count` axes in rows, each of `least` mm or more; the last row may be short."""
    from matplotlib import pyplot as plt

    columns = max(1, min(count, int(width / least)))
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows, columns, squeeze=False, layout="constrained", figsize=(width / INCH, PANEL[1] * rows / INCH)
    )
    for blank in axes.ravel()[count:]:
        blank.set_axis_off()
    for axis in axes.ravel()[:count]:
        number_plainly(axis.xaxis)
        number_plainly(axis.yaxis)
    return figure, list(axes.ravel()[:count])


def legend(figure: Any, axes: list[Any], last: str = "") -> None:
    """Add a legend of all lines below the panels, if there are two or more; the name `last` comes last.

    The figure becomes higher by the lines of the legend, so that the panels keep their size.
    """
    named = {name: line for axis in axes for line, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    named |= {last: named.pop(last)} if last in named else {}
    if len(named) > 1:
        wide = 10.0 + 1.2 * max(map(len, named))  # mm, of the longest entry
        columns = min(max(int(25.4 * figure.get_figwidth() / wide), 1), len(named), 6)
        figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=columns)
        figure.set_figheight(figure.get_figheight() + LINE / INCH * -(-len(named) // columns))


def rc_letters() -> float:
    """Return the size of small letters of the current style, points."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=matplotlib.rcParams["legend.fontsize"]).get_size_in_points())


def save(figure: Any, target: Path | IO[bytes], kind: str) -> None:
    """Save a figure into a file or a buffer and close it; without a date, so that equal plots are equal files.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    from matplotlib import pyplot as plt

    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with writing(target) if isinstance(target, Path) else nullcontext(target) as place:
        figure.savefig(place, format=kind, metadata=undated.get(kind))
    plt.close(figure)


def font_file() -> str:
    """Return the font file of pictures, which comes with matplotlib and has Greek letters."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def number_plainly(axis: Any) -> None:
    """Write the common power of ten of an axis as plain text, since raised mathematics would be below LEAST_LETTERS."""
    from matplotlib.ticker import ScalarFormatter

    formatter = ScalarFormatter()
    own = formatter.get_offset
    formatter.get_offset = lambda: re.sub(r"1e([−-]?\d+)", lambda power: f"×{_raised(power[1])}", own())
    axis.set_major_formatter(formatter)


def _raised(exponent: str) -> str:
    return power_of_ten(int(exponent.replace("−", "-")))


def number_powers(axis: Any, limits: tuple[float, float]) -> None:
    """Set the ticks of a logarithmic axis: powers of ten, and values between them if there is only one."""
    from matplotlib.ticker import FixedLocator, NullLocator

    powers = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [one for one in ticks if limits[0] <= one <= limits[1]]
        if len(ticks) > 1:
            break
    ticks = ticks or [float(f"{np.sqrt(limits[0] * limits[1]):.2g}")]  # of an axis between two such values
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // 6)]))
    axis.set_minor_locator(NullLocator())
    if factors == (1.0,) and limits[1] > LARGEST_WRITTEN:
        axis.set_major_formatter(lambda value, _: power_of_ten(round(np.log10(value))))
    else:
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}" if value >= 1.0 else f"{value:g}")
