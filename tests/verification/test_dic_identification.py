"""Parameters identified from displacements of known devices: strips in series in closed form, a comb by elements."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError, MicrofemError
from microfem.dic.computed import TopSurface, computed_path
from microfem.dic.identified import Identification, Place
from microfem.dic.identify import identify
from microfem.dic.level import displacements, place
from microfem.dic.misfit import Observed, apart
from microfem.dic.noise import Noise
from microfem.dic.records import DicMap, DicSettings, Registration
from microfem.dic.unknown import Unknown
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solved
from microfem.study.reader import load_study

WIDE, HIGH, PIXEL, NOISE = 4000.0, 2000.0, 12.0, 0.06  # um
SETTINGS = DicSettings(subset=17, step=5, window=5, pixel=PIXEL, measure="nominal")
WRONG = Registration(rotation=math.radians(0.4), scale=1.005, shift=(30.0, -20.0))
CONTRAST = Unknown(name="contrast", low=1.2, high=40.0, log=True)
STUDY = """
name: contrast
designs:
  comb:
    family: interdigital
    params: {margin: 1000 um, finger_length: 1500 um}
    materials: {electrolyte: none, substrate: elastomer, anode: film, cathode: film}
materials:
  none: {conductivity: {value: 0, unit: S/m, source: "no electrolyte in a test of the collector"}}
  elastomer: {neo_hooke_mu: {value: 0.03, unit: MPa, source: "illustrative"}}
  film: {neo_hooke_mu: {value: 0.6, unit: MPa, source: "illustrative: contrast 7 at 30 um on 100 um"}}
cases:
  pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 50 %, axis: x}}, steps: 4}
measured:
  seen: {virtual: pulled, pixel: 12 um}
identify:
  film: {vary: {materials.film.neo_hooke_mu: {from: 0.1 MPa, to: 3 MPa, log: true}}, from: seen}
"""


def strips(contrast: float, strain: float = 0.2) -> TopSurface:
    """Return strips in series along x, the middle third stiffer by a contrast: e1 = k e2, (2 e1 + e2) / 3 = strain."""
    x = np.array([-0.5, -1.0 / 6.0, 1.0 / 6.0, 0.5]) * WIDE
    stiff = 3.0 * strain / (2.0 * contrast + 1.0)
    moved = np.cumsum([0.0, contrast * stiff, stiff, contrast * stiff]) * WIDE / 3.0
    points = np.array([(a, b) for a in x for b in (-0.5 * HIGH, 0.5 * HIGH)])
    displacement = np.zeros((8, 3))
    displacement[:, 0] = np.repeat(moved, 2)
    displacement[:, 1] = -0.1 * points[:, 1]
    triangles = np.array([t for k in (0, 2, 4) for t in ((k, k + 2, k + 1), (k + 1, k + 2, k + 3))])
    region = np.array([0, 0, 1, 1, 0, 0])
    return TopSurface(
        points=points, height=np.zeros(8), nodes=triangles, region=region, regions=("soft", "stiff"),
        displacement=displacement,
    )  # fmt: skip


def seen(surface: TopSurface, seed: int, on: Registration = WRONG) -> DicMap:
    """Return what subsets find of a surface, on axes that are turned and scaled, with noise."""
    low, high = surface.box[0] + 120.0, surface.box[1] - 120.0
    x, y = np.meshgrid(*(np.arange(a, b, 5.0 * PIXEL) for a, b in zip(low, high, strict=True)))
    points = on.on_map(np.stack([x.ravel(), y.ravel()], axis=1))
    still = np.zeros_like(points)
    one = DicMap(points=points, displacement=still, valid=np.ones(len(points), dtype=bool), settings=SETTINGS)
    found = displacements(one, place(one, surface, on), "subset")
    valid = np.isfinite(found).all(axis=1)
    noisy = found + NOISE * np.random.default_rng(seed).standard_normal(found.shape)
    return replace(one, displacement=np.where(valid[:, None], noisy, np.nan), valid=valid)


def observed(one: DicMap) -> Observed:
    return Observed(map=one, noise=Noise(displacement=NOISE, gradient=NOISE / 480.0, static=True))


def of_loads(shares: Place) -> list[TopSurface]:
    return [strips(CONTRAST.value(shares[0]), strain) for strain in (0.1, 0.2)]


def contrast_of(one: DicMap, unknowns: tuple[Unknown, ...] = (CONTRAST,)) -> Identification:
    return identify([observed(one)], unknowns, lambda shares: [strips(unknowns[0].value(shares[0]))])


def test_the_contrast_of_strips_in_series_is_found_on_wrong_axes() -> None:
    found = contrast_of(seen(strips(7.0), 1))
    [one] = found.estimates
    assert abs(one.value - 7.0) < 2.0 * one.error < 0.02
    assert found.solves <= 6
    assert found.on.scale == pytest.approx(1.005, abs=2e-4)
    assert found.on.rotation == pytest.approx(math.radians(0.4), abs=2e-4)
    assert one.error >= one.noise > 0.0


@pytest.mark.slow
def test_the_stated_error_holds_in_nineteen_of_twenty_maps() -> None:
    """And it is no larger than it need be: the deviations over it have about unit size."""
    estimates = [contrast_of(seen(strips(7.0), seed)).estimates[0] for seed in range(20)]
    off = np.array([(one.value - 7.0) / one.error for one in estimates])
    assert np.sum(np.abs(off) < 2.0) >= 19
    assert 0.5 < np.sqrt(np.mean(off**2)) < 1.5


def test_a_parameter_that_moves_nothing_is_refused_by_name() -> None:
    idle = Unknown(name="idle", low=1.0, high=2.0)
    with pytest.raises(MicrofemError, match=r"idle moves the map by .* the map does not tell it"):
        contrast_of(seen(strips(7.0), 1), (CONTRAST, idle))


@pytest.mark.slow
def test_axes_that_are_believed_when_they_are_wrong_spoil_the_value() -> None:
    """Negative control: a scale wrong by 0.5 % that is no unknown is taken for another contrast."""
    one = seen(strips(7.0), 1, Registration(scale=1.005))
    found = identify([observed(one)], (CONTRAST,), lambda shares: [strips(CONTRAST.value(shares[0]))], ("shift",))
    [wrong] = found.estimates
    assert abs(wrong.value - 7.0) > 10.0 * wrong.noise


@pytest.mark.slow
def test_maps_of_all_loads_tell_more_than_one() -> None:
    """On axes that they share: the value holds, and the noise leaves less of it than of the last map alone."""
    maps = [seen(strips(7.0, strain), seed) for seed, strain in ((1, 0.1), (2, 0.2))]
    found, alone = identify([observed(one) for one in maps], (CONTRAST,), of_loads), contrast_of(maps[1])
    [one], [last] = found.estimates, alone.estimates
    assert abs(one.value - 7.0) < 2.0 * one.error
    assert one.noise < last.noise
    assert (found.maps, found.n) == (2, 2 * alone.n)
    assert found.solves <= 6


@pytest.mark.slow
def test_the_contrast_of_strips_is_found_from_strains() -> None:
    """Through the same gauge on both sides, with the axes' scale and turn unknown."""
    one = seen(strips(7.0), 1)
    found = identify([observed(one)], (CONTRAST,), lambda shares: [strips(CONTRAST.value(shares[0]))], of="strain")
    [value] = found.estimates
    assert abs(value.value - 7.0) < 2.0 * value.error < 0.2
    assert (found.unit, found.solves <= 6) == ("", True)


@pytest.mark.slow
def test_a_value_beyond_the_range_is_refused() -> None:
    narrow = replace(CONTRAST, high=6.0)
    with pytest.raises(MicrofemError, match=r"contrast comes to the end of its range, 6: the value lies beyond"):
        contrast_of(seen(strips(7.0), 1), (narrow,))


@pytest.mark.slow
def test_a_map_that_no_value_explains_is_refused() -> None:
    """Negative control: a device that contracts twice as much across its length."""
    true = strips(7.0)
    other = replace(true, displacement=true.displacement * [1.0, 2.0, 1.0])
    with pytest.raises(MicrofemError, match=r"what remains is .* % of the displacement .* not of such a device"):
        contrast_of(seen(other, 1, Registration()))


@pytest.mark.slow
def test_a_start_on_no_axes_finds_the_value() -> None:
    """Amid the range the strips fit the map on no axes: their scale would have to take up the contrast."""
    found = contrast_of(seen(strips(14.0), 1))
    [one] = found.estimates
    assert abs(one.value - 14.0) < 2.0 * one.error < 0.2


@pytest.mark.slow
def test_points_that_leave_the_device_in_a_trial_count_no_more() -> None:
    """A device that is found shorter than its map: the points beyond are told, and the value holds."""
    length = Unknown(name="length", low=0.8, high=1.02)

    def surface(shares: Place) -> list[TopSurface]:
        whole = strips(7.0)
        return [replace(whole, points=whole.points * [length.value(shares[0]), 1.0])]

    true = replace(strips(7.0), points=strips(7.0).points * [0.98, 1.0])
    found = identify([observed(seen(true, 1, Registration()))], (length,), surface, ("shift",))
    [one] = found.estimates
    assert found.off > 0
    assert abs(one.value - 0.98) < 2.0 * one.error < 0.002


def test_points_are_thinned_to_those_that_share_few_pixels() -> None:
    one = seen(strips(7.0), 1, Registration())
    x = np.unique(one.points[apart(one)][:, 0])
    assert np.diff(x).min() == pytest.approx(20.0 * PIXEL)  # 4 steps of 5 px: a subset has 17


@pytest.mark.slow
def test_the_contrast_of_a_comb_is_within_its_stated_error(tmp_path: Path) -> None:
    """Maps with noise of their own, on wrong axes, in six solves; the true value is that of the same mesh."""
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    loaded = load_study(study)
    wanted, case = loaded.identify["film"], loaded.cases["pulled"]
    mesh = first_mesh(loaded.designs["comb"].layout(), case, loaded.limits)
    known: dict[Place, TopSurface] = {}

    def surface(shares: Place) -> TopSurface:
        key = tuple(round(share, 9) for share in shares)
        if key not in known:
            layout = load_study(study, wanted.changes(shares)).designs["comb"].layout()
            path = computed_path(solved(replace(mesh, layout=layout), case))
            known[key] = path.at(float(path.loads[-1]))
        return known[key]

    share = math.log(0.6 / 0.1) / math.log(3.0 / 0.1)
    true, off = surface((share,)), []
    for seed in range(6):
        found = identify([observed(seen(true, seed))], wanted.unknowns, lambda at: [surface(at)])
        [one] = found.estimates
        assert found.solves <= 6
        off.append((one.value - 0.6) / one.error)
    assert np.sum(np.abs(off) < 2.0) >= 5
    assert 0.4 < np.sqrt(np.mean(np.square(off))) < 1.6  # and the error is no larger than it need be


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("materials.film.neo_hooke_mu", "materials.flim.neo_hooke_mu", "did you mean 'film'"),
        ("materials.film.neo_hooke_mu", "materials.film.youngs_modulus", "states no youngs_modulus"),
        ("materials.film.neo_hooke_mu", "comb.gap", "expected materials.NAME.PROPERTY or designs.NAME.params"),
        ("materials.film.neo_hooke_mu", "designs.comp.params.gap", "'comp' is not the design that was measured"),
        ("materials.film.neo_hooke_mu", "designs.comb.params.gup", "did you mean 'gap'"),
        ("materials.film.neo_hooke_mu", "designs.comb.params.finger_pairs", "count or a choice"),
        ("materials.film.neo_hooke_mu", "designs.comb.params.gap", "not a unit of the same kind as .um"),
        ("from: seen}", "from: seen, of: temperature}", "'displacement' or 'strain'"),
        ("from: seen}", "from: seen, nuisances: [shift, zoom]}", "'shift', 'rotation' or 'scale'"),
        ("from: 0.1 MPa, to: 3 MPa", "from: 3 MPa, to: 0.1 MPa", "from must lie below to"),
        ("from: 0.1 MPa", "from: 0.1 um", "MPa"),
        ("from: seen}", "from: sean}", "did you mean 'seen'"),
    ],
)
def test_what_is_identified_is_checked(tmp_path: Path, old: str, new: str, told: str) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace(old, new))
    with pytest.raises(InputError, match=told):
        load_study(study)
