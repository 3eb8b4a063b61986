"""A disk that fills up while `microfem dic run` writes maps: one reason, nothing half-written, finished maps kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from microfem.dic.read import read_maps
from support.commands import Command


def frames(folder: Path) -> list[Path]:
    """Write three images of noise that moves by a pixel from one to the next."""
    grey = np.random.default_rng(0).integers(0, 256, (80, 84)).astype(float)
    grey = grey + np.roll(grey, 1, 0) + np.roll(grey, 1, 1) + np.roll(grey, (1, 1), (0, 1))
    files = [folder / f"frame_{k}.png" for k in range(3)]
    for k, file in enumerate(files):
        Image.fromarray((grey[:, k : k + 80] / 4.0).astype(np.uint8)).save(file)
    return files


@pytest.mark.parametrize("full", [True, False])
def test_a_full_disk_keeps_the_maps_that_are_written(
    tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """The second map finds no room for its second half; with room all is written: negative control."""
    images, out, whole = frames(tmp_path), tmp_path / "maps", Path.write_bytes

    def limited(path: Path, data: bytes) -> int:
        if full and path.name == ".frame_2.partial.csv":
            whole(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", limited)
    ended = microfem("dic", "run", *images, "--pixel", "8um", "--subset", 15, "-o", out, "-q")
    errors = [line for line in ended.err.splitlines() if not line.startswith("warning:")]
    if full:
        assert ended.status == 2
        assert errors == [
            f"error: cannot write {out / 'frame_2.csv'}: No space left on device",
            f"the maps that were finished are in {out}",
        ]
    else:
        assert (ended.status, errors) == (0, [])
    assert sorted(file.name for file in out.iterdir()) == ["frame_1.csv", *([] if full else ["frame_2.csv"])]
    [one] = read_maps(out / "frame_1.csv")
    assert np.nanmedian(one.displacement, axis=0) == pytest.approx([-8.0, 0.0], abs=0.2)
