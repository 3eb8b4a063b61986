"""A virtual experiment by the command line: three images of a stretched comb, maps, a comparison; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import Command
from support.studies import results_of

STUDY = """
name: bar
designs:
  bar:
    family: interdigital
    params: {finger_pairs: 1, finger_length: 1000 um, margin: 300 um}
    materials: {electrolyte: none, substrate: elastomer, anode: film, cathode: film}
materials:
  none: {conductivity: {value: 0, unit: S/m, source: illustrative}}
  elastomer: {neo_hooke_mu: {value: 0.03, unit: MPa, source: illustrative}}
  film: {neo_hooke_mu: {value: 0.2, unit: MPa, source: illustrative}}
accuracy: 50 %
cases:
  pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 10 %, axis: x}}, steps: 2}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the results of the study."""
    return results_of(tmp_path_factory.mktemp("bar"), STUDY)


@pytest.mark.slow
def test_images_maps_and_a_comparison(results: Path, tmp_path: Path, microfem: Command) -> None:
    """Three frames; what is rendered is found again: the strain as a whole within 1 %, most points within noise."""
    images, maps, out = (tmp_path / name for name in ("images", "maps", "out"))
    rendered = microfem("dic", "render", results, "--pixel", "8um", "--frames", 3, "-o", images, "-q")
    assert (rendered.status, rendered.err) == (0, "")
    assert "strain from 0 to 0.1" in rendered.out
    frames = sorted(images.glob("frame_*.tif"))
    assert Image.open(frames[0]).mode == "L"
    ran = microfem(
        "dic", "run", *frames, "--pixel", "8um", "--mask", images / "mask.png", "--loads", "0..0.1", "--blur", "0.8",
        "--static", frames[0], images / "static.tif", "-o", maps, "-q",
    )  # fmt: skip
    assert (ran.status, ran.err) == (0, "")
    assert "at rest: noise" in ran.out
    static = ("--static", maps / "static.csv")
    compared = microfem("dic", "compare", results, maps / "frame_001.csv", maps / "frame_002.csv", *static, "-o", out)
    assert compared.status == 0, compared.err
    told = json.loads((out / "comparison.json").read_text())
    assert [one["load"] for one in told] == [pytest.approx(0.05), pytest.approx(0.1)]
    whole = told[1]["global_nominal_strain"]["exx"]
    assert whole["measured"] == pytest.approx(whole["computed"], rel=0.01)
    assert told[0]["differences"]["exx"]["share_within_noise"] > 0.7
    assert np.asarray(Image.open(out / "frame_002-exx.png")).shape[1] > 2000
    other = microfem("dic", "compare", results, maps / "frame_002.csv", "--loads", "0.07", "-o", out)
    assert (other.status, "--match strain" in other.err) == (2, True)


@pytest.mark.parametrize(("words", "told"), [
    (["run", "a.tif", "--pixel", "12um"], "one image alone shows no displacement"),
    (["run", "a.tif", "b.tif", "--pixel", "12"], "--pixel"),
    (["run", "a.tif", "b.tif", "--pixel", "12um", "--subset", "16"], "state 17"),
    (["run", "a.tif", "b.tif", "--pixel", "12um", "--shape", "afine"], "did you mean 'affine'"),
    (["run", "a.tif", "b.tif", "--pixel", "12um", "--loads", "0,1,2"], "3 loads do not fit 2"),
    (["run", "a.tif", "b.tif", "--pixel", "12um"], "a.tif: there is no such file"),
    (["render", "nowhere", "--pixel", "12um", "--speckle", "0px"], "nowhere"),
    (["compare", "nowhere", "a.csv", "--level", "subsets"], "did you mean 'subset'"),
    (["compare", "nowhere", "a.csv", "--axis", "z"], "--axis = 'z' is impossible"),
])  # fmt: skip
def test_what_cannot_be_is_refused(words: list[str], told: str, tmp_path: Path, microfem: Command) -> None:
    """With status 2, one line and a remedy, and nothing written."""
    ended = microfem("dic", *words, "-o", tmp_path / "out")
    assert (ended.status, told in ended.err) == (2, True), ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "out").exists()
