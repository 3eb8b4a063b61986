"""Maps of Ncorr: files of MATLAB, of version 5 by scipy, of version 7.3 (HDF5) by h5py; one map for each image."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from microfem.base.errors import InputError, MicrofemError
from microfem.base.units import convert
from microfem.dic.presets import Preset
from microfem.dic.records import Floats
from microfem.dic.table import Table, refuse

HDF5 = b"MATLAB 7.3"
ROOT = "data_dic_save"
PX = "px"
UNITS = {"um": "um", "mm": "mm", "cm": "cm", "m": "m", "in": "inch", "inches": "inch", "pixels": PX}


def read_ncorr(file: str, data: bytes, preset: Preset) -> list[Table]:
    """Return a table for each image of a file of Ncorr.

    Points lie on a grid of spacing + 1 px, displacements are formatted in the unit of the file and at reference places.

    Raises:
        InputError: the file is damaged, or holds no displacements that are formatted.
        MicrofemError: h5py is missing for a file of version 7.3.
    """
    try:
        saved = (_hdf5 if data.startswith(HDF5) else _version_5)(data)
        return _tables(file, saved, preset)
    except (InputError, MicrofemError):
        raise
    except Exception as error:  # of libraries on damaged files: many kinds
        refuse(file, f"is no file of Ncorr that can be read: {type(error).__name__}: {error}")


def _version_5(data: bytes) -> Any:
    from scipy.io import loadmat

    return _plain(loadmat(io.BytesIO(data), variable_names=[ROOT], simplify_cells=True))


def _plain(value: Any) -> Any:
    """Return lists of structures as lists, so that both versions look alike."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_plain(one) for one in value.ravel()]
    return value


def _hdf5(data: bytes) -> Any:
    try:
        import h5py
    except ImportError:
        raise MicrofemError("MATLAB files of version 7.3 need h5py: pip install 'microfem[dic]'") from None
    with h5py.File(io.BytesIO(data), "r") as opened:
        return {ROOT: _node(opened[ROOT], opened)} if ROOT in opened else {}


def _node(node: Any, opened: Any) -> Any:
    """Return a group as a mapping, an array of references as a list, text as text; matrices are stored transposed."""
    import h5py

    if isinstance(node, h5py.Group):
        return {name: _node(one, opened) for name, one in node.items()}
    if node.dtype == h5py.ref_dtype:
        return [_node(opened[one], opened) for one in node[()].ravel()]
    if node.attrs.get("MATLAB_class") == b"char":
        return "".join(map(chr, node[()].ravel()))
    return np.asarray(node[()]).T


def _tables(file: str, saved: Mapping[str, Any], preset: Preset) -> list[Table]:
    root = saved.get(ROOT)
    if not isinstance(root, Mapping) or "displacements" not in root:
        refuse(file, f"has no '{ROOT}.displacements'; the nearest program is Ncorr: format the displacements and save")
    about = {name: _scalar(value) for name, value in root.get("dispinfo", {}).items()}
    displacements, strains = _images(root["displacements"]), _images(root.get("strains", []))
    strains += [{}] * (len(displacements) - len(strains))
    return [
        _table(file, {**strain, **moved}, about, preset) for moved, strain in zip(displacements, strains, strict=False)
    ]


def _images(saved: Any) -> list[Mapping[str, Any]]:
    """Return a structure for each image: of a list of them, or of one whose entries are lists."""
    if isinstance(saved, Mapping):
        count = max((len(one) for one in saved.values() if isinstance(one, list)), default=1)
        return [{name: one[k] if isinstance(one, list) else one for name, one in saved.items()} for k in range(count)]
    return [one for one in saved if isinstance(one, Mapping)]


def _scalar(value: Any) -> Any:
    """Return a single number or text, as it is."""
    return (
        np.asarray(value).ravel()[0].item() if np.size(value) == 1 and not isinstance(value, str | Mapping) else value
    )


def _table(file: str, image: Mapping[str, Any], about: Mapping[str, Any], preset: Preset) -> Table:
    """Return the table of one image."""
    fields = {what: image.get(names[0]) for what, names in preset.columns.items() if what not in ("x", "y", "mask")}
    grids = {what: np.atleast_2d(np.asarray(one, dtype=float)) for what, one in fields.items() if _is_matrix(one)}
    if not {"u", "v"} <= grids.keys():
        refuse(file, "its displacements are not formatted; use 'Format Displacements' in Ncorr and save again")
    mask = _mask(image)
    if mask is not None:
        grids["mask"] = mask
    shape = grids["u"].shape
    if wrong := [what for what, one in grids.items() if one.shape != shape]:
        refuse(file, f"{wrong[0]} has {grids[wrong[0]].shape} points and u {shape}")
    unit, scale = _scale(file, about)
    rows, columns = np.indices(shape)
    step = (int(about["spacing"]) + 1) * scale
    values = {what: one.ravel() for what, one in ({"x": columns * step, "y": rows * step} | grids).items()}
    head = [f"{name}: {value}" for name, value in about.items() if np.size(value) == 1]
    head += [f"pixel: {convert(unit, 'um', scale)!r}"] if unit != PX else []
    head += [names[0] for what, names in preset.columns.items() if what in grids]
    return Table(
        file=file,
        preset=preset,
        values=values,
        units={what: unit if what in ("x", "y", "u", "v") else "" for what in values},
        head="\n".join(head),
    )


def _is_matrix(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size > 1


def _mask(image: Mapping[str, Any]) -> Floats | None:
    """Return the region of interest of formatted displacements, None if the file keeps it as an object of MATLAB."""
    for name in ("roi_ref_formatted", "roi_dic"):
        region = image.get(name)
        if isinstance(region, Mapping) and _is_matrix(region.get("mask")):
            return np.asarray(region["mask"], dtype=float)
    return None


def _scale(file: str, about: Mapping[str, Any]) -> tuple[str, float]:
    """Return the unit of lengths, and how many of them a pixel has."""
    unit, scale = str(about.get("units", "")), about.get("pixtounits")
    if unit not in UNITS or not isinstance(scale, int | float) or "spacing" not in about:
        refuse(file, f"its scale is '{unit}' and {scale} a pixel: set the unit, one of {', '.join(UNITS)}, in Ncorr")
    return UNITS[unit], float(scale)
