"""A measured map beside the computed field of a case, as a run stores it: a record, and a table of its points."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.noise import Noise
from microfem.dic.records import Bools, DicSettings, Difference, Floats, Level, Registration
from microfem.results.files import write_text

if TYPE_CHECKING:
    from microfem.dic.compare import Comparison

COMPONENTS = {"u": "um", "v": "um", "exx": "1", "eyy": "1", "exy": "1"}
SIDES = ("measured", "computed")


@dataclass(frozen=True, kw_only=True)
class MapResult:
    """How a map was measured, where its axes lie on the design, and how far it is from the computed field.

    measurement: its name; source: of the map; level: what the computed field went through; gauge: side of the region
    on which a strain rests, px and um; load: of both; settings: of the map, with the measure of its strains; on: the
    registration; noise: of the map, None if not known; differences: by exx, eyy, exy, u and v; file: table of the
    points, within the design's folder.
    """

    measurement: str
    source: str
    level: Level
    gauge: tuple[int, float]
    load: float
    settings: DicSettings
    on: Registration
    noise: Noise | None
    differences: Mapping[str, Difference]
    file: str


@dataclass(frozen=True, kw_only=True)
class MapPoints:
    """The points of a map: points (n, 2), undeformed places on the design, um; used (n,): those that count; regions
    (n,): name of the region at each, "" off the device; measured, computed: (n,) each by exx, eyy, exy (shares of 1), u
    and v (um), nan where there is no value.
    """

    points: Floats
    used: Bools
    regions: tuple[str, ...]
    measured: Mapping[str, Floats]
    computed: Mapping[str, Floats]

    def difference(self, of: str) -> Floats:
        """Return measured less computed values (n,), nan at points that do not count."""
        return np.where(self.used, self.measured[of] - self.computed[of], np.nan)


def map_result(one: Comparison, measurement: str, source: str = "", file: str = "") -> MapResult:
    """Return the record of a comparison with the map of a measurement, whose points are in a file."""
    return MapResult(
        measurement=measurement,
        source=source,
        level=one.levelled.how,
        gauge=one.levelled.gauge,
        load=one.levelled.load,
        settings=one.map.settings,
        on=one.on,
        noise=one.noise,
        differences=one.differences,
        file=file,
    )


def map_picture(design: str, one: MapResult, of: str) -> str:
    """Return the name of the picture of a map, within the folder of pictures; of: exx, eyy, exy, u or v."""
    return f"{design}-{one.measurement}-{one.level}-{of}.png"


def map_points(one: Comparison) -> MapPoints:
    """Return the points of a comparison."""
    values = {of: one.values(of) for of in COMPONENTS}
    names = (*one.levelled.regions, "")  # of -1, off the device
    return MapPoints(
        points=one.map.points,
        used=one.used,
        regions=tuple(names[k] for k in one.levelled.region),
        measured={of: pair[0] for of, pair in values.items()},
        computed={of: pair[1] for of, pair in values.items()},
    )


def write_points(path: Path, one: MapPoints) -> None:
    """Write points as CSV with units in the header; a cell without a value is empty.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    head = ["x [um]", "y [um]", "region", "counts", *(_column(of, side) for of in COMPONENTS for side in SIDES)]
    numbers = [each for of in COMPONENTS for each in (one.measured[of], one.computed[of])]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(head)
    rows = zip(one.points.tolist(), one.regions, one.used.tolist(), np.column_stack(numbers).tolist(), strict=True)
    table.writerows(
        [*place, region, int(counts), *("" if math.isnan(value) else value for value in values)]
        for place, region, counts, values in rows
    )
    write_text(path, buffer.getvalue())


def read_points(path: Path) -> MapPoints:
    """Read points that a run wrote.

    Raises:
        MicrofemError: the file is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = {_column(of, side): (of, side) for of in COMPONENTS for side in SIDES}
        found: dict[str, dict[str, Floats]] = {side: {} for side in SIDES}
        for name, (of, side) in columns.items():
            found[side][of] = np.array([float(row[name] or "nan") for row in rows])
        return MapPoints(
            points=np.array([[float(row["x [um]"]), float(row["y [um]"])] for row in rows]).reshape(-1, 2),
            used=np.array([row["counts"] == "1" for row in rows], dtype=bool),
            regions=tuple(row["region"] for row in rows),
            **found,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MicrofemError(f"{path} is missing or damaged ({type(error).__name__}); run the study again") from error


def _column(of: str, side: str) -> str:
    unit = "" if COMPONENTS[of] == "1" else f" [{COMPONENTS[of]}]"
    return f"{of} {side}{unit}"
