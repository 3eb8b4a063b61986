"""The command `microfem dic render`: images of a computed device as a camera takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.cli.dic_options import Design, OfCase, Pixel, dot_of, pixel_of, size_of
from microfem.cli.files import length
from microfem.cli.options import Quiet, fail

if TYPE_CHECKING:
    from microfem.dic.records import Floats
    from microfem.dic.virtual import Experiment


def render_images(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of the images", show_default=False)],
    pixel: Pixel,
    design: Design = "",
    case: OfCase = "",
    frames: Annotated[int, typer.Option(min=2, max=10_000, help="images from no load to the largest")] = 21,
    size: Annotated[str, typer.Option(help="columns x rows: 800x600 (default: all of the device)")] = "",
    rotation: Annotated[str, typer.Option(help="of the device in the image, anticlockwise: 0.4deg")] = "0 deg",
    standoff: Annotated[str, typer.Option(help="distance of the lens: 200mm (default: a telecentric lens)")] = "",
    distortion: Annotated[
        float, typer.Option(min=-0.2, max=0.2, help="change of a radius at the image's corner")
    ] = 0.0,
    noise: Annotated[float, typer.Option(min=0.0, max=1000.0, help="standard deviation, grey levels")] = 2.0,
    bits: Annotated[int, typer.Option(min=8, max=16, help="of a grey level: 8, or up to 16")] = 8,
    speckle: Annotated[str, typer.Option(help="diameter of the dots: 4px")] = "4px",
    seed: Annotated[int, typer.Option(min=0, help="of the pattern and of the noise")] = 0,
    quiet: Quiet = False,
) -> None:
    """Render speckle images of a computed device along its load path, with the true displacements beside."""
    from microfem.base.units import quantity
    from microfem.cli.progress_board import showing
    from microfem.dic.camera import Camera
    from microfem.dic.virtual import Experiment, camera_over
    from microfem.results.surfaces import stored_path

    path = stored_path(folder, design, case)
    camera = Camera(
        pixel=pixel_of(pixel),
        size=(2, 2),
        rotation=length("--rotation", rotation, quantity("rad", -7.0, 7.0)),
        standoff=length("--standoff", standoff, quantity("um", 1.0)) if standoff else float("inf"),
        distortion=distortion,
        noise=noise,
        bits=bits,
        seed=seed,
    )
    over = camera_over(path, camera, size_of(size) if size else None)
    try:
        with showing(quiet, 0):
            _render(Experiment(path=path, camera=over, dot=dot_of(speckle), seed=seed), frames, out)
    except KeyboardInterrupt:
        fail(f"stopped; the images that were finished are in {out}", 130)


def _render(experiment: Experiment, frames: int, out: Path) -> None:
    """Write the images, the mask of the device, and the truth."""
    import numpy as np

    from microfem.dic.virtual import specimen, truth
    from microfem.dic.write import csv_of
    from microfem.results.files import write_text

    path, camera = experiment.path, experiment.camera
    loads = np.linspace(path.loads[0], path.loads[-1], frames).tolist()
    names = [f"frame_{k:03d}" for k in range(frames)]
    _write_image(out / "mask.png", np.where(specimen(path, camera), 255.0, 0.0), 8)
    for name, load, grey in zip(
        ["static", *names], [loads[0], *loads], experiment.images([loads[0], *loads]), strict=True
    ):
        _write_image(out / f"{name}.tif", grey, camera.bits)
        write_text(out / "truth" / f"{name}.csv", csv_of(truth(path, camera, load, name)))
    columns, rows = camera.size
    print(f"{out}: {frames} images of {columns} x {rows} px, {path.quantity} from {loads[0]:g} to {loads[-1]:g}")
    if not all(path.stored(load) for load in loads):
        error = f"about {path.error:.2g} um, {path.error / camera.pixel:.2g} px"
        told = error if np.isfinite(path.error) else "an unknown distance"
        print(f"between the {len(path.loads)} stored states displacements are off by {told}; more `steps:` lower it")


def _write_image(path: Path, grey: Floats, bits: int) -> None:
    import numpy as np
    from PIL import Image

    from microfem.results.files import writing

    with writing(path) as partial:
        Image.fromarray(grey.astype(np.uint8 if bits == 8 else np.uint16)).save(partial)
