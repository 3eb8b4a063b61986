"""The controls in the panel of the viewer's page."""

from __future__ import annotations

from typing import Any

FLAT, SOLID, SECTION = "flat", "!flat", "flat || normal != 'none'"
SWITCHES = (  # name, label, condition of its display
    ("shared", "one colour range", "designs.length > 1 || sweep.length > 1"),
    ("log", "logarithmic", ""),
    ("extremes", "to the extremes", ""),
    ("outlines", "outlines", ""),
    ("mesh", "mesh", ""),
    ("isolines", "isolines", ""),
    ("streams", "flux lines", f"flows && ({SECTION})"),
    ("glass", "clear electrolyte", SOLID),
    ("ghost", "undeformed", "moves"),
)
SIDES = ("iso", "top", "front", "side")


def add_controls(viewer: Any, v: Any, html: Any) -> None:
    """Fill the panel."""
    _choices(viewer, v)
    _shape(v)
    with html.Div(classes="mf-switches"):
        for name, label, when in SWITCHES:
            extra = {"v_if": when} if when else {}
            v.VCheckbox(label=label, v_model=(name,), color="primary", **slim(name), **extra)
    _camera(viewer, v)
    _saving(viewer, v, html)


def _choices(viewer: Any, v: Any) -> None:
    """Designs, case and field."""
    v.VSelect(
        label=f"designs, up to {viewer.server.state.most}",
        v_model=("designs",),
        items=("all_designs",),
        multiple=True,
        chips=True,
        **slim("designs"),
    )
    with v.VContainer(classes="pa-0", v_if="sweep.length > 1"):
        v.VSlider(
            label=("designs.length == 1 ? sweep[at] : `through ${sweep.length} designs`",),
            v_model=("at",),
            min=0,
            max=("sweep.length - 1",),
            step=1,
            show_ticks="always",
            **slim("sweep"),
        )
    v.VSelect(label="case", v_model=("case_name",), items=("cases",), **slim("case"))
    v.VSelect(label="field", v_model=("quantity",), items=("quantities",), **slim("field"))
    v.VSelect(
        label="measured map over the field",
        v_model=("measured",),
        items=("maps",),
        v_if="maps.length > 1",
        **slim("measured"),
    )


def _shape(v: Any) -> None:
    """Deformation, clip plane, regions."""
    with v.VContainer(classes="pa-0", v_if="moves"):
        numbered_slider(v, "factor", "deformation", 2, 0.05)
    with v.VBtnToggle(v_model=("normal",), mandatory=True, density="compact", classes="mb-2 mf-wide control-normal"):
        v.VBtn("whole", value="none", size="small")
        v.VBtn("electrodes", value="electrodes", size="small", v_if=SOLID)
        v.VBtn("{{ axis }}", value=("axis",), v_for="axis in axes", key="axis", size="small")
    with v.VContainer(classes="pa-0", v_if="axes.includes(normal)"):
        numbered_slider(v, "place", "plane", 1, 0.02)
    v.VSelect(label="regions", v_model=("visible",), items=("regions",), multiple=True, **slim("regions"))


def numbered_slider(v: Any, name: str, label: str, most: float, step: float) -> None:
    """Add a slider from 0, with a field beside it for its number."""
    with (
        v.VSlider(label=label, v_model=(name,), min=0, max=most, step=step, **slim(name)),
        v.Template(v_slot_append=True),
    ):
        v.VTextField(
            model_value=(f"Number({name}).toFixed(2)",),
            update_modelValue=f"$event === '' || ({name} = Math.min(Math.max(Number($event), 0), {most}))",
            type="number",
            min=0,
            max=most,
            step=step,
            density="compact",
            hide_details=True,
            variant="plain",
            classes=f"mf-number number-{name}",
        )


def _camera(viewer: Any, v: Any) -> None:
    with v.VBtnGroup(density="compact", classes="mb-2 mt-1 mf-wide"):
        for name in SIDES:
            v.VBtn(name, size="small", click=(viewer.from_side, f"['{name}']"), v_if=SOLID)
        v.VBtn("fit", size="small", click=(viewer.from_side, "['usual']"))
    with v.VBtnToggle(v_model=("click",), mandatory=True, density="compact", classes="mb-2 mf-wide control-click"):
        v.VBtn("click: value", value="probe", size="small")
        v.VBtn("two clicks: line", value="line", size="small")


def _saving(viewer: Any, v: Any, html: Any) -> None:
    """Pictures, films and a link."""
    with html.Div(classes="mf-row"):
        v.VBtn("save PNG", size="small", click="utils.download('microfem.png', trigger('png'), 'image/png')")
        with v.VBtnToggle(v_model=("times",), mandatory=True, density="compact", classes="control-times"):
            for times in (1, 2, 3):
                v.VBtn(f"{times}x", value=(str(times),), size="small")
    with html.Div(classes="mf-row", v_if="loads.length > 1"):
        v.VBtn("save GIF", size="small", click="utils.download('microfem.gif', trigger('gif'), 'image/gif')")
        if viewer.films:
            v.VBtn("save MP4", size="small", click="utils.download('microfem.mp4', trigger('mp4'), 'video/mp4')")
    with html.Div(classes="mf-row"):
        v.VBtn("copy link", size="small", click="navigator.clipboard.writeText(window.location.href)")
        v.VBtn("keys ?", size="small", click="help = true")


def slim(name: str) -> dict[str, Any]:
    """Return the style of all controls, with a class name by which tests find a control."""
    return {"density": "compact", "hide_details": True, "variant": "outlined", "classes": f"mb-2 mx-1 control-{name}"}
