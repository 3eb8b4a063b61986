"""Photographs of a speckled device: read, and refused where nothing can be measured on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.records import Bools, Floats
from microfem.dic.speckle import pattern_of

LARGEST = 2**28  # pixels of an image
SATURATED = 0.01  # share of pixels at one end of the range above which grey levels are cut off
FLAT = 3.0  # grey levels of noise below which a mean gradient tells nothing
BITS = 256  # grey levels of a byte
FEW_SPECKLES = 3.0  # along the side of a subset


def read_image(file: Path) -> Floats:
    """Return the grey levels (rows, columns) of a TIFF, PNG, BMP or JPEG file; colours by their luminance.

    Raises:
        MicrofemError: the file is missing, damaged, no image, or too large; with a remedy.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            if opened.width * opened.height > LARGEST:
                raise MicrofemError(f"{file}: {opened.width} x {opened.height} px are too many; crop the image")
            if getattr(opened, "n_frames", 1) > 1:
                raise MicrofemError(f"{file}: holds {opened.n_frames} images; save each in a file of its own")
            grey = opened if opened.mode in ("L", "F", "I", "I;16", "I;16B", "I;16L") else opened.convert("L")
            levels = np.asarray(grey, dtype=float)
    except UnidentifiedImageError:
        raise MicrofemError(f"{file}: is no image that can be read; save it as TIFF or PNG") from None
    except FileNotFoundError:
        raise MicrofemError(f"{file}: there is no such file") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MicrofemError(f"{file}: is a damaged image ({error}); copy it again or save it as TIFF") from None
    if levels.ndim != 2 or not np.isfinite(levels).all():
        raise MicrofemError(f"{file}: has no grey levels that are finite numbers; save it as TIFF or PNG")
    return levels


def read_series(files: Sequence[Path], shape: tuple[int, ...]) -> Iterator[Floats]:
    """Yield images of one size (rows, columns), each read when its turn comes: a series may be larger than the memory.

    Raises:
        MicrofemError: one cannot be read, or has another size.
    """
    for number, file in enumerate(files, 1):
        tell(f"image {number} of {len(files)}: reading {file.name}")
        grey = read_image(file)
        if grey.shape != shape:
            own, first = (f"{one[1]} x {one[0]} px" for one in (grey.shape, shape))
            raise MicrofemError(f"{file}: has {own}, the first image has {first}; crop all images alike")
        yield grey


def read_mask(file: Path, shape: tuple[int, ...]) -> Bools:
    """Return the pixels (rows, columns) of the specimen: those of an image of its size that are not black.

    Raises:
        MicrofemError: the file cannot be read, has another size, or is black.
    """
    mask = read_image(file) > 0.0
    if mask.shape != shape or not mask.any():
        told = "is black everywhere" if mask.shape == shape else f"has {mask.shape[1]} x {mask.shape[0]} px"
        raise MicrofemError(f"{file}: {told}; draw the specimen in white on an image of {shape[1]} x {shape[0]} px")
    return mask


def doubts(file: Path, grey: Floats, subset: int | None = None) -> list[str]:
    """Return what makes an image hard to correlate: grey levels that are cut off, no contrast, coarse speckles.

    subset: px, that of a reference; None where speckles may be stretched.
    """
    seen, found = pattern_of(grey), []
    if seen.saturated > SATURATED:
        found.append(
            f"{file}: {100.0 * seen.saturated:.2g} % of the pixels are at an end of the range of grey levels, where "
            "the pattern is cut off; expose less"
        )
    step = (grey.max() - grey.min()) / BITS
    if seen.slope < FLAT * step:
        found.append(f"{file}: the mean gradient is {seen.slope:.2g} grey levels a pixel, no more than noise")
    if subset is not None and seen.size * FEW_SPECKLES > subset:
        found.append(
            f"{file}: a subset of {subset} px holds fewer than {FEW_SPECKLES:g} speckles of {seen.size:.2g} px along "
            f"its side; state subset: {int(np.ceil(FEW_SPECKLES * seen.size)) | 1} px"
        )
    return found
