"""The path of a cell on disk, so that a killed run goes on from its last stored state."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.checkpoints import checkpoint
from microfem.base.extensions import code_version
from microfem.electrochemistry.records import Done
from microfem.fem.solvers.backward_differences import TimeState

if TYPE_CHECKING:
    from microfem.electrochemistry.modules.statement import ModuleStatement
    from microfem.electrochemistry.statement import CellStatement
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]

EVERY = 20.0  # s of work between two states on disk
MOST_BYTES = 2e9  # of the unknowns of a path, above which none is kept


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One step: its time, s, the number of its line, and all unknowns."""

    t: float
    line: int
    y: Floats


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How far a path has come: its steps, the lines that ended, the state of the present line; None at its end."""

    steps: Sequence[Moment]
    done: Sequence[Done]
    state: TimeState | None


def key_of(mesh: Mesh, stated: CellStatement | ModuleStatement, tolerance: float) -> str:
    """Return a hash of all that a path depends on."""
    inputs = (code_version(), stated, tolerance, sorted(mesh.layout.materials.items()), mesh.regions)
    digest = hashlib.sha256(repr(inputs).encode())
    before = () if mesh.deformed is None else (mesh.deformed.points[0], mesh.out_of_plane_stretch)
    for array in (mesh.points, mesh.cells, mesh.region_of_cell, *before):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:24]


class Keeper:
    """Writes the stand of a path from time to time, and reads it."""

    def __init__(self, key: str) -> None:
        self.path = checkpoint(key) if key else None
        self._last = time.perf_counter()

    def keep(self, stand: Stand, now: bool = False) -> None:
        """Write a stand, if the last one is old or it has to be now; a full disk keeps none."""
        size = len(stand.steps) * stand.steps[0].y.nbytes
        if self.path is None or size > MOST_BYTES or not (now or time.perf_counter() - self._last > EVERY):
            return
        self._last = time.perf_counter()
        arrays = {
            "t": np.array([one.t for one in stand.steps]),
            "line": np.array([one.line for one in stand.steps]),
            "y": np.array([one.y for one in stand.steps]),
            "done": np.array(json.dumps([asdict(one) for one in stand.done])),
        }
        if stand.state is not None:
            about = (stand.state.t, stand.state.step, stand.state.order, stand.state.equal)
            arrays |= {"differences": stand.state.differences, "about": np.array(about)}
        partial = self.path.with_suffix(".partial.npz")
        with contextlib.suppress(OSError):
            np.savez(partial, **arrays)  # type: ignore[arg-type]
            os.replace(partial, self.path)

    def read(self) -> Stand | None:
        """Return the stand on disk, None without one that is whole."""
        if self.path is None or not self.path.is_file():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as found:
                return _stand({name: found[name] for name in found.files})
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None


def _stand(found: dict[str, NDArray[np.generic]]) -> Stand:
    columns = zip(found["t"].tolist(), found["line"].tolist(), found["y"], strict=True)
    state = None
    if "differences" in found:
        t, step, order, equal = found["about"].tolist()
        differences = np.array(found["differences"], dtype=np.float64)
        state = TimeState(t=t, differences=differences, step=step, order=int(order), equal=int(equal))
    return Stand(
        steps=[Moment(t=t, line=line, y=np.array(y)) for t, line, y in columns],
        done=[Done(**one) for one in json.loads(str(found["done"]))],
        state=state,
    )
