"""The viewer's page: a panel of controls, a drawer on narrow screens; the picture; play, curve and picked values."""

from __future__ import annotations

from typing import Any

from microfem.render.viewer.controls import add_controls, slim
from microfem.render.viewer.keys import KEYS

ROOM = "`min-height: ${loads.length > 1 ? 20 * Math.min(most, all_designs.length) : 0}px`"  # a line is 20 pixels high
ADDRESS = "window.history.replaceState(null, '', window.location.pathname + '?' + link)"
SCREEN = ("window.devicePixelRatio",)  # pixels of the picture per pixel of the page
STYLE = """
html, body { overflow: hidden }
.mf { display: flex; flex-direction: column; width: 100vw; height: 100dvh }
.mf-head { flex: 0 0 40px; display: flex; align-items: center; gap: 12px; padding: 0 12px;
  border-bottom: 1px solid #ddd; cursor: default }
.mf-head label { cursor: pointer; font-size: 22px; line-height: 40px; padding: 0 8px }
.mf-name { flex: 1; min-width: 0; overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
.mf-body { flex: 1; min-height: 0; display: flex; position: relative }
.mf-panel { flex: 0 0 330px; overflow-y: auto; border-right: 1px solid #ddd; padding: 16px 12px; background: white }
.mf-stage { flex: 1; min-width: 0; display: flex; flex-direction: column }
.mf-picture { flex: 1; min-height: 0; touch-action: none }
.mf-play { display: flex; align-items: center; gap: 8px; padding: 0 12px; flex: 0 0 48px }
.mf-play .v-slider { flex: 1 }
.mf-speed { flex: 0 0 92px }
.mf-line { flex: 0 0 auto; padding: 0 12px; display: flex; flex-wrap: wrap; gap: 8px; align-items: center }
.mf-line .v-text-field { flex: 1 1 130px }
.mf-curve { flex: 0 1 260px; min-height: 120px; background: white }
.mf-switches { display: grid; grid-template-columns: 1fr 1fr; margin-bottom: 8px }
.mf-row { display: flex; gap: 8px; align-items: center; margin-bottom: 8px }
.mf-wide { width: 100%; display: flex }
.mf-wide .v-btn { flex: 1 1 auto; min-width: 0; padding: 0 6px; letter-spacing: 0 }
.mf-number { width: 64px }
.mf-panel .v-btn, .mf-panel .v-label { text-transform: none; letter-spacing: 0 }
.mf-panel .v-checkbox { height: 36px }
.mf-panel .v-checkbox .v-label { font-size: 14px; white-space: nowrap }
#mf-drawer:checked ~ .mf-body .mf-panel { display: none }
@media (max-width: 799px) {
  .mf-panel { display: none; position: absolute; inset: 0 auto 0 0; width: 330px; z-index: 900;
    box-shadow: 2px 0 12px #0004 }
  #mf-drawer:checked ~ .mf-body .mf-panel { display: block }
}
"""
SCRIPT = """
addEventListener('keydown', event => {
  const busy = event.target.closest('input, textarea, .v-slider, .v-overlay') && event.key !== 'Escape'
  const press = event.key === ' ' && event.target.closest('button')
  if (busy || press || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === ' ') event.preventDefault()
  window.trame.trigger('key', [event.key])
})
const waiting = setInterval(() => {
  const picture = document.querySelector('.mf-picture')
  if (!picture || !window.trame) return
  clearInterval(waiting)
  let soon = 0
  const tell = () => window.trame.trigger('size', [picture.clientWidth, picture.clientHeight, devicePixelRatio])
  new ResizeObserver(() => { clearTimeout(soon); soon = setTimeout(tell, 300) }).observe(picture)
  picture.addEventListener('mouseenter', tell)
}, 50)
"""


def build_page(viewer: Any) -> Any:
    """Lay out the page and return the view that shows the picture."""
    from trame.ui.vuetify3 import VAppLayout
    from trame.widgets import client, html
    from trame.widgets import vuetify3 as v

    with VAppLayout(viewer.server) as page:
        page.root.theme = "light"
        viewer.server.state.trame__title = f"microfem: {viewer.run.summary.study}"
        client.Style(STYLE)
        client.Script(SCRIPT)
        client.ClientTriggers(mounted=(viewer.opened_page, "[window.location.search]"))
        client.ClientStateChange(value="link", change=ADDRESS)
        with html.Div(classes="mf"):
            html.Input(type="checkbox", id="mf-drawer", hidden=True)
            with html.Div(classes="mf-head"):
                html.Label("☰", title="controls", **{"for": "mf-drawer"})
                html.Div(viewer.run.summary.study, classes="mf-name")
            with html.Div(classes="mf-body"):
                with html.Div(classes="mf-panel"):
                    add_controls(viewer, v, html)
                with html.Div(classes="mf-stage"):
                    view = _stage(viewer, v, html)
        _help(v, html)
    return view


def _stage(viewer: Any, v: Any, html: Any) -> Any:
    """Picture, play, curve along a line, picked values."""
    from trame.widgets import vtk

    with html.Div(classes="mf-picture"):
        view = vtk.VtkRemoteView(viewer.plotter.render_window, interactive_ratio=SCREEN, still_ratio=SCREEN)
    with html.Div(classes="mf-play", v_if="loads.length > 1"):
        v.VBtn(
            icon=("playing ? 'mdi-pause' : 'mdi-play'",),
            size="small",
            variant="text",
            click="playing = !playing",
            classes="control-play",
        )
        v.VSlider(label=("places[step]",), v_model=("step",), min=0, max=("loads.length - 1",), step=1, **slim("step"))
        v.VSelect(v_model=("speed",), items=("speeds",), density="compact", hide_details=True, variant="plain",
                  classes="mf-speed control-speed")  # fmt: skip
    with html.Div(classes="mf-line", v_if="click == 'line'"):
        for name, label in (("start", "from x, y, z (µm)"), ("stop", "to x, y, z (µm)")):
            v.VTextField(label=label, v_model=(name,), **slim(name))
        v.VBtn("CSV", size="small", v_if="picture", click="utils.download('line.csv', trigger('csv'), 'text/csv')")
    v.VImg(src=("picture",), v_if="picture && click == 'line'", classes="mf-curve")
    _readings(html, v)
    return view


def _readings(html: Any, v: Any) -> None:
    """The picked value, and the numbers of each state, with a line for every design that may be shown: the picture
    would change its size with the number of designs.
    """
    with v.VSheet(classes="px-3 py-1 text-body-2", style="flex: 0 0 auto; max-height: 120px; overflow: auto"):
        html.Div("{{ probe || 'click on a layout to pick a value' }}", id="probe")
        with html.Div(style=(ROOM,)), html.Div(v_for="one in readings", key="one.design"):
            html.Div("{{ one.design }}: {{ one.lines.join(', ') }}", classes="text-caption")


def _help(v: Any, html: Any) -> None:
    """The keys, as a table over the page."""
    with v.VDialog(v_model=("help",), max_width=360), v.VCard(classes="pa-4 mf-help"), html.Table():
        for key, (name, _) in KEYS.items():
            with html.Tr():
                html.Td("space" if key == " " else key, style="width: 96px; font-family: monospace")
                html.Td(name)
