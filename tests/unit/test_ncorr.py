"""Files of Ncorr, of both versions of MATLAB's format, made by scipy and h5py as MATLAB lays them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from microfem.base.errors import InputError
from microfem.dic.read import MapReading, read_maps

ROWS, COLUMNS, SPACING, PIXEL = 3, 4, 4, 0.012  # mm


def fields(scale: float) -> dict[str, np.ndarray]:
    """Return what Ncorr stores of one image: 0 outside the mask, v downwards, in mm."""
    row, column = np.indices((ROWS, COLUMNS))
    mask = np.ones((ROWS, COLUMNS))
    mask[0, 0] = 0.0
    step = (SPACING + 1) * PIXEL
    u, v = scale * 0.03 * column * step + 0.001, scale * 0.01 * row * step
    return {"plot_u_ref_formatted": u * mask, "plot_v_ref_formatted": v * mask, "mask": mask,
            "plot_exx_ref_formatted": 0.03 * mask, "plot_eyy_ref_formatted": 0.01 * mask,
            "plot_exy_ref_formatted": 0.002 * mask}  # fmt: skip


INFO: dict[str, Any] = {"radius": 20.0, "spacing": float(SPACING), "pixtounits": PIXEL, "units": "mm"}


def image(scale: float) -> tuple[dict[str, Any], dict[str, Any]]:
    held = fields(scale)
    region = {"mask": held.pop("mask")}
    moved = {name: held.pop(name) for name in ("plot_u_ref_formatted", "plot_v_ref_formatted")}
    return moved | {"roi_ref_formatted": region}, held | {"roi_ref_formatted": region}


def version_5(path: Path) -> None:
    moved, strains = zip(*(image(scale) for scale in (1.0, 2.0)), strict=True)
    records = [np.array([tuple(one.values()) for one in each], dtype=[(name, object) for name in each[0]])
               for each in (moved, strains)]  # fmt: skip
    root = {"displacements": records[0], "strains": records[1], "dispinfo": INFO}
    savemat(path, {"data_dic_save": root, "reference_save": {"name": "a.tif"}})


def version_7(path: Path) -> None:
    """Write HDF5 behind MATLAB's block of 512 bytes: arrays of structures are references, matrices transposed."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=512) as file:
        hidden, root = file.create_group("#refs#"), file.create_group("data_dic_save")

        def put(group: Any, name: str, value: Any) -> None:
            if isinstance(value, dict):
                inner = group.create_group(name)
                for key, one in value.items():
                    put(inner, key, one)
            elif isinstance(value, str):
                text = np.array([[ord(one)] for one in value], dtype=np.uint16)
                group.create_dataset(name, data=text).attrs["MATLAB_class"] = np.bytes_("char")
            else:
                group.create_dataset(name, data=np.atleast_2d(value).T)

        put(root, "dispinfo", INFO)
        for place, name in enumerate(("displacements", "strains")):
            inner = root.create_group(name)
            images = [image(scale)[place] for scale in (1.0, 2.0)]
            for key in images[0]:
                for k, one in enumerate(images):
                    put(hidden, f"{name}_{key}_{k}", one[key])
                references = np.array([[hidden[f"{name}_{key}_{k}"].ref] for k in range(2)], dtype=h5py.ref_dtype)
                inner.create_dataset(key, data=references)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


@pytest.mark.parametrize("write", [version_5, version_7])
def test_maps_of_all_images_are_read(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "ncorr.mat"
    write(path)
    first, second = read_maps(path)
    assert first.shape == (ROWS, COLUMNS)
    assert first.points[0] == pytest.approx((0.0, 0.0), abs=1e-9)
    assert first.points[-1] == pytest.approx((3 * 60.0, -2 * 60.0))
    assert first.displacement[-1] == pytest.approx((0.03 * 180.0 + 1.0, -0.01 * 120.0))
    assert second.displacement[-1] == pytest.approx((2 * 0.03 * 180.0 + 1.0, -2 * 0.01 * 120.0))
    assert np.isnan(first.displacement[0]).all(), "0 outside the mask is no displacement"
    assert first.why_lost == (("outside the mask of the region of interest", 1),)
    assert first.strain is not None
    assert first.strain[-1] == pytest.approx((0.03, 0.01, -0.002))
    settings = first.settings
    assert (settings.subset, settings.step, settings.measure) == (41, 5, "green_lagrange")
    assert settings.pixel == pytest.approx(12.0)


def test_without_a_scale_a_pixel_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INFO, "units", "pixels")
    monkeypatch.setitem(INFO, "pixtounits", 1.0)
    path = tmp_path / "ncorr.mat"
    version_5(path)
    with pytest.raises(InputError, match="x is in px; state how large a pixel is"):
        read_maps(path)
    assert read_maps(path, MapReading(pixel=12.0))[0].points[-1] == pytest.approx((180.0, -120.0))


@pytest.mark.parametrize("write", [version_5, version_7])
def test_damaged_files_are_refused(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "ncorr.mat"
    write(path)
    whole = path.read_bytes()
    for size in (130, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:size])
        try:
            read_maps(path)
        except InputError as error:
            assert str(error).startswith(str(path))  # noqa: PT017
    savemat(path, {"other": 1.0})
    with pytest.raises(InputError, match=r"has no 'data_dic_save\.displacements'"):
        read_maps(path)
