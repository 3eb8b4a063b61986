"""The viewer's page: a drawer of controls, the picture, and the picked values."""

from __future__ import annotations

from typing import Any

WIDE = 330  # pixels of the drawer
SIZE = ", ".join(
    f"$event.currentTarget.{side} * $event.view.devicePixelRatio" for side in ("clientWidth", "clientHeight")
)
ROOM = "`min-height: ${loads.length > 1 ? 20 * Math.min(most, all_designs.length) : 0}px`"  # a line is 20 pixels high
SWITCHES = (  # name, label, condition of its display
    ("shared", "shared colour range", "designs.length > 1 || sweep.length > 1"),
    ("log", "logarithmic", ""),
    ("outlines", "electrode outlines", ""),
    ("ghost", "undeformed ghost", "moves"),
)


def build_page(viewer: Any) -> Any:
    """Lay out the page and return the view that shows the picture."""
    from trame.ui.vuetify3 import VAppLayout
    from trame.widgets import html, vtk
    from trame.widgets import vuetify3 as v

    with VAppLayout(viewer.server) as page:
        page.root.theme = "light"
        viewer.server.state.trame__title = f"microfem: {viewer.run.summary.study}"
        with v.VNavigationDrawer(permanent=True, width=WIDE), v.VContainer(classes="px-3 pt-5"):
            _choices(viewer, v)
            _shape(v)
            _looks(viewer, v)
        with v.VMain(style="height: 100vh; overflow: hidden; display: flex; flex-direction: column"):
            with html.Div(
                style="flex: 1; min-height: 0", mouseenter=(viewer.sized, f"[{SIZE}]"), __events=["mouseenter"]
            ):
                view = vtk.VtkRemoteView(viewer.plotter.render_window, interactive_ratio=1)
            v.VImg(
                src=("picture",),
                v_if="picture && click == 'line'",
                max_height=300,
                style="flex: 0 0 300px; background: white",
            )
            _readings(html, v)
    return view


def _choices(viewer: Any, v: Any) -> None:
    """Designs, case and field."""
    v.VSelect(
        label=f"designs, up to {viewer.server.state.most}",
        v_model=("designs",),
        items=("all_designs",),
        multiple=True,
        chips=True,
        **_slim("designs"),
    )
    with v.VContainer(classes="pa-0", v_if="sweep.length > 1"):
        v.VSlider(
            label=("designs.length == 1 ? sweep[at] : `through ${sweep.length} designs`",),
            v_model=("at",),
            min=0,
            max=("sweep.length - 1",),
            step=1,
            show_ticks="always",
            **_slim("sweep"),
        )
    v.VSelect(label="case", v_model=("case_name",), items=("cases",), **_slim("case"))
    v.VSelect(label="field", v_model=("quantity",), items=("quantities",), **_slim("field"))
    v.VSelect(
        label="measured map over the field",
        v_model=("measured",),
        items=("maps",),
        v_if="maps.length > 1",
        **_slim("measured"),
    )


def _shape(v: Any) -> None:
    """Deformation, load path, clip plane, regions."""
    with v.VContainer(classes="pa-0", v_if="moves"):
        v.VSlider(
            label=("'deformation ' + Number(factor).toFixed(2)",),
            v_model=("factor",),
            min=0,
            max=2,
            step=0.05,
            **_slim("factor"),
        )
    with v.VContainer(classes="pa-0", v_if="loads.length > 1"):
        v.VSlider(
            label=("places[step]",),
            v_model=("step",),
            min=0,
            max=("loads.length - 1",),
            step=1,
            show_ticks="always",
            **_slim("step"),
        )
    with v.VBtnToggle(v_model=("normal",), mandatory=True, density="compact", classes="mb-2"):
        v.VBtn("no clip", value="none", size="small")
        v.VBtn("{{ axis }}", value=("axis",), v_for="axis in axes", key="axis", size="small")
    with v.VContainer(classes="pa-0", v_if="normal && normal != 'none'"):
        v.VSlider(label="plane", v_model=("place",), min=0, max=1, step=0.02, **_slim("place"))
    v.VSelect(label="regions", v_model=("visible",), items=("regions",), multiple=True, **_slim("regions"))


def _looks(viewer: Any, v: Any) -> None:
    """Switches, camera, action of a click, saving."""
    for name, label, when in SWITCHES:
        extra = {"v_if": when} if when else {}
        v.VSwitch(label=label, v_model=(name,), color="primary", **_slim(name), **extra)
    with v.VBtnGroup(density="compact", classes="mb-2 mt-1"):
        for name in ("iso", "top", "front", "side"):
            v.VBtn(name, size="small", click=(viewer.from_side, f"['{name}']"))
        v.VBtn("fit", size="small", click=(viewer.from_side, "['usual']"))
    with v.VBtnToggle(v_model=("click",), mandatory=True, density="compact", classes="mb-2"):
        v.VBtn("click: value", value="probe", size="small")
        v.VBtn("two clicks: line", value="line", size="small")
    v.VBtn("save PNG", size="small", block=True, click="utils.download('microfem.png', trigger('png'), 'image/png')")


def _readings(html: Any, v: Any) -> None:
    """The picked value, and the numbers of each state, with a line for every design that may be shown: the picture
    would change its size with the number of designs.
    """
    with v.VSheet(classes="px-3 py-1 text-body-2", style="flex: 0 0 auto; max-height: 120px; overflow: auto"):
        html.Div("{{ probe || 'click on a layout to pick a value' }}", id="probe")
        with html.Div(style=(ROOM,)), html.Div(v_for="one in readings", key="one.design"):
            html.Div("{{ one.design }}: {{ one.lines.join(', ') }}", classes="text-caption")


def _slim(name: str) -> dict[str, Any]:
    """Return the style of all controls, with a class name by which tests find a control."""
    return {"density": "compact", "hide_details": True, "variant": "outlined", "classes": f"mb-2 mx-1 control-{name}"}
