"""Maps of each program, from texts as it writes them: one frame, one unit, lost points marked, settings found."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.dic.agreement import disagreements
from microfem.dic.presets import program_names
from microfem.dic.read import MapReading, read_maps
from microfem.dic.records import DicMap
from support import dic_texts as texts

PIXEL = 10.0  # um
PLACES = ((0.0, 0.0), (100.0, 0.0), (0.0, -100.0), (100.0, -100.0))
MOVED = ((5.0, 0.0), (7.0, 0.0), (5.0, 1.0), (7.0, 1.0))
PX, MM = MapReading(pixel=PIXEL), MapReading()
CASES = {
    "vic-3d": (texts.VIC, MM, (0.0202, -0.00995, 0.0), "green_lagrange"),
    "vic-2d": (texts.VIC_PIXELS, PX, (0.0198, -0.01005, 0.0), "hencky"),
    "matchid-2024": (texts.MATCHID_2024, MM, (0.02, -0.01, 0.0), None),
    "matchid-2023": (texts.MATCHID_2023, MapReading(unit="mm"), (0.02, -0.01, 0.0), None),
    "aramis": (texts.ARAMIS, MM, (0.02, -0.01, -0.000613267708104), None),
    "dice": (texts.DICE, PX, (0.0202, -0.00995, -0.001), "green_lagrange"),
    "opencorr": (texts.OPENCORR, PX, (0.02, -0.01, -0.001), None),
    "pyvale": (texts.PYVALE, PX, None, None),
    "mudic": (texts.MUDIC, PX, (0.0198026, -0.0100503, 0.0), "hencky"),
}


def read(folder: Path, text: str, how: MapReading = MM) -> DicMap:
    """Write a text and read its one map."""
    path = folder / "map.csv"
    path.write_text(text, encoding="utf-8")
    (one,) = read_maps(path, how)
    return one


def test_every_program_has_a_text_here() -> None:
    assert set(program_names()) == {*CASES, "ncorr", "microfem"}, "Ncorr and microfem have tests of their own"


@pytest.mark.parametrize("program", CASES)
def test_a_program_is_found_and_its_map_is_in_um_with_y_upwards(program: str, tmp_path: Path) -> None:
    text, how, strain, measure = CASES[program]
    one = read(tmp_path, text, how)
    assert one.settings.program.split()[0] == program
    assert one.points == pytest.approx(np.array(PLACES), abs=1e-9)
    lost = int(program != "mudic")  # which writes no lost points
    assert one.valid.tolist() == [True, True, True, not lost]
    assert sum(count for _, count in one.why_lost) == lost
    assert one.displacement[: 4 - lost] == pytest.approx(np.array(MOVED[: 4 - lost]), abs=1e-9)
    assert np.isnan(one.displacement[~one.valid]).all(), "0 of a lost point is no displacement"
    assert (one.strain is None) == (strain is None)
    if one.strain is not None:
        assert one.strain[0] == pytest.approx(strain, abs=1e-12)
        assert np.isnan(one.strain[~one.valid]).all()
    assert one.settings.measure == measure
    assert one.shape == (2, 2)


def test_settings_of_dice_are_found(tmp_path: Path) -> None:
    one = read(tmp_path, texts.DICE, PX)
    settings = one.settings
    assert (settings.subset, settings.step, settings.window, settings.shape) == (27, 10, 6, "affine")
    assert settings.program == "dice v1.0-28-g0aaeef"
    assert settings.gauge == pytest.approx((50 + 27) * PIXEL)


def test_the_frame_stays_right_handed(tmp_path: Path) -> None:
    """Where y is turned upwards, z is turned too: half a turn about x."""
    for text, along in ((texts.VIC, 1.0), (texts.MATCHID_2024, -1.0)):
        out = read(tmp_path, text).out_of_plane
        assert out is not None
        assert out[0] == pytest.approx(along)


def test_a_european_export_reads_as_the_same_map(tmp_path: Path) -> None:
    one, other = read(tmp_path, texts.VIC), read(tmp_path, texts.VIC_EUROPE)
    assert np.array_equal(one.displacement, other.displacement, equal_nan=True)
    assert other.notes == ("decimal commas read as points",)


def test_a_swapped_sign_is_seen(tmp_path: Path) -> None:
    """Negative control: with y of another direction the map is mirrored, and the check above fails."""
    one = read(tmp_path, texts.DICE, MapReading(pixel=PIXEL, y="up"))
    assert one.points != pytest.approx(np.array(PLACES), abs=1e-9)


@pytest.fixture
def real() -> Path:
    """Return the folder of real maps."""
    folder = os.environ.get("MICROFEM_DIC_DATA")
    if not folder:
        pytest.skip("MICROFEM_DIC_DATA names no folder with real maps")
    return Path(folder)


def test_real_files_of_dice_and_opencorr(real: Path) -> None:
    (one,) = read_maps(real / "dice_full_field" / "DICe_solution_0.txt", PX)
    assert len(one.points) == 972
    assert one.displacement[0] == pytest.approx((-0.86941, 6.9080))
    (other,) = read_maps(real / "opencorr" / "oht_cfrp_4_fftcc_icgn1_r16_every9th.csv", MapReading(pixel=1.0))
    assert other.points[0].tolist() == [30.0, -30.0]
    assert other.displacement[0].tolist() == [-0.41521394, 4.13914776]
    assert other.quality is not None
    assert other.quality[0] == 0.99734634
    assert other.valid.all()
    assert other.strain is not None
    assert disagreements(one) == disagreements(other) == [], "strains of both programs are those of their displacements"
    mirrored = replace(other, strain=other.strain * (1.0, 1.0, -1.0))
    assert len(disagreements(mirrored)) == 1, "negative control: the sign of the shear"
