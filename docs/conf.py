"""Sphinx: how the site is made from the pages that `docs/pages.py`, `gallery.py` and `verification.py` gather."""

project = "microfem"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
autodoc_typehints = "signature"
nitpick_ignore_regex = [("py:.*", ".*")]  # types in signatures: those of other libraries have no pages here
html_theme = "furo"
html_title = "microfem"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
highlight_language = "text"
