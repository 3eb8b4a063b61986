"""A cell that is killed in mid-step goes on from its last stored state, and ends as if it had not been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.checkpoints import keeping
from microfem.electrochemistry import kept, path
from microfem.electrochemistry.kept import Keeper, key_of
from microfem.electrochemistry.model import model_of
from microfem.electrochemistry.path import Followed
from microfem.electrochemistry.solving import followed
from microfem.physics.electrochemistry.cell import CellCase
from support.electrochemical_cells import even, paste, salt, strip, zinc

TOLERANCE = 1e-3


class Killed(Exception):
    """Stands for the end of a process."""


def plates_case(current: str = "1 mA/cm2") -> CellCase:
    return CellCase.model_validate(
        {
            "physics": "cell",
            "dimension": "section",
            "electrodes": {"anode": "metal", "cathode": "porous"},
            "start": {"cathode": "10 %"},
            "protocol": [f"discharge at {current} for 60 s", "rest 30 s", f"discharge at {current} for 60 s"],
        }
    )


def follow(case: CellCase) -> Followed:
    mesh = strip(
        ("anode", zinc(), even(1.0, 1)),
        ("electrolyte", salt(), even(20.0, 4)),
        ("cathode", paste(((0.0, 1.5), (1.0, 1.0))), even(20.0, 4)),
    )
    return followed(model_of(mesh, case.statement), case.statement, TOLERANCE, key_of(mesh, case.statement, TOLERANCE))


def killed_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the follower die after a number of steps that were kept."""
    keep, count = Keeper.keep, [0]

    def dying(self: Keeper, stand: Any, now: bool = False) -> None:
        keep(self, stand, now)
        count[0] += 1
        if count[0] == steps:
            raise Killed

    monkeypatch.setattr(Keeper, "keep", dying)


@pytest.mark.parametrize("steps", [3, 11, 19])
def test_a_killed_path_goes_on(steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, whole = plates_case(), follow(plates_case())
    monkeypatch.setattr(kept, "EVERY", -1.0)
    with keeping(tmp_path):
        with monkeypatch.context() as patch:
            killed_after(steps, patch)
            with pytest.raises(Killed):
                follow(case)
        started = [0]
        begin = path.TimeStepper.begin
        monkeypatch.setattr(
            path.TimeStepper, "begin", lambda *given: (started.__setitem__(0, started[0] + 1), begin(*given))[1]
        )
        again = follow(case)
    assert started[0] < len(case.protocol), "the first line began anew"
    assert again.steps[-1].t == pytest.approx(whole.steps[-1].t, rel=1e-9)
    np.testing.assert_allclose(again.steps[-1].y, whole.steps[-1].y, rtol=1e-3 * TOLERANCE, atol=1e-9)
    assert [one.text for one in again.done] == [one.text for one in whole.done]


@pytest.mark.parametrize("steps", [5, 14, 26])
def test_a_killed_line_with_a_jumping_load_goes_on(steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulses = {"table": [[0, 1], [20, 1], [20, 3], [40, 3]], "of": "time", "unit": "mA/cm2", "source": "made up"}
    stated = {
        "loads": {"pulses": {"current": {**pulses, "every": "40 s"}}},
        "protocol": ["discharge into pulses for 80 s"],
    }
    case = CellCase.model_validate({**plates_case().model_dump(), **stated})
    whole = follow(case)
    monkeypatch.setattr(kept, "EVERY", -1.0)
    with keeping(tmp_path):
        with monkeypatch.context() as patch:
            killed_after(steps, patch)
            with pytest.raises(Killed):
                follow(case)
        again = follow(case)
    assert [one.t for one in again.steps if one.t in (20.0, 40.0, 60.0)] == [20.0, 20.0, 40.0, 40.0, 60.0, 60.0]
    assert again.steps[-1].t == 80.0
    np.testing.assert_allclose(again.steps[-1].y, whole.steps[-1].y, rtol=1e-3 * TOLERANCE, atol=1e-9)


def test_a_finished_path_is_read_and_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with keeping(tmp_path):
        whole = follow(plates_case())
        monkeypatch.setattr(path.TimeStepper, "begin", lambda *_: pytest.fail("a line began"))
        again = follow(plates_case())
    assert [one.t for one in again.steps] == [one.t for one in whole.steps]
    np.testing.assert_array_equal(again.steps[-1].y, whole.steps[-1].y)


def test_another_case_or_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    with keeping(tmp_path):
        first = follow(plates_case())
        other = follow(plates_case(current="2 mA/cm2"))
        assert other.steps[-1].y[-1] != first.steps[-1].y[-1]
        for file in tmp_path.iterdir():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        again = follow(plates_case())
    np.testing.assert_array_equal(again.steps[-1].y, first.steps[-1].y)


def test_nothing_is_kept_outside_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    follow(plates_case())
    assert list(tmp_path.iterdir()) == []
