"""The style of pages on screens, on telephones and on paper."""

STYLE = """
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1.5rem;
       color: #1b1b1b; background: #fff; overflow-wrap: break-word }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; line-height: 1.25 } h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem;
     border-bottom: 1px solid #bbb }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem } .of { margin: .6rem 0 0; font-weight: 600 }
.scroll { overflow-x: auto; margin: .6rem 0 } table { border-collapse: collapse }
th, td { padding: .25rem .7rem; text-align: right; vertical-align: top }
th { border-bottom: 2px solid #444; vertical-align: bottom }
td { border-bottom: 1px solid #ddd }
th:first-child, td:first-child, .text th, .text td, .last th:last-child, .last td:last-child { text-align: left }
th:first-child, td:first-child { padding-left: 0 } td i { color: #777 } .n { white-space: nowrap }
.small { font-size: .85rem; color: #333 } .ask { font-size: 1.05rem }
.bad { color: #b00020 } .good { color: #1b6b2f } .doubt { color: #8a5a00 }
.answer li, .warn li { margin: .3rem 0 } .warn { margin: .2rem 0 }
.flow { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start } .flow > div { max-width: 100% }
figure { margin: .8rem 0 } .flow figure { margin: 0; max-width: 100% } img { max-width: 100%; height: auto }
figcaption { color: #444; font-size: .85rem }
canvas { width: 100%; touch-action: none; cursor: grab } canvas[hidden], .still { display: none }
.scene { width: 470px }
footer { color: #666; font-size: .8rem; margin-top: 3rem }
@media (max-width: 600px) {
  body { margin: 1rem auto; padding: 0 .9rem } h1 { font-size: 1.35rem } th, td { padding: .2rem .45rem }
  ul { padding-left: 1.1rem } .text, .last { min-width: 560px }
}
@page { size: A4; margin: 15mm 14mm }
@media print {
  html, body { font-size: 9pt } body { margin: 0; max-width: none; padding: 0 } th, td { padding: 1mm 1.6mm }
  h2 { margin-top: 6mm } h2, h3, .of { break-after: avoid } tr, figure { break-inside: avoid }
  thead { display: table-header-group } .scroll { overflow: visible } p, li { orphans: 2; widows: 2 }
  img { max-height: 95mm } .drawn { gap: 4mm 6mm } .drawn figure { max-width: 86mm }
  canvas { display: none } .still { display: inline } .help { display: none }
  .scenes .scene { width: auto } .scenes img { max-height: 55mm; max-width: 80mm }
  footer { margin-top: 4mm; break-before: avoid }
}
"""
