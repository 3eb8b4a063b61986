"""Sphinx: how the site is made from the pages that `pages.py`, `gallery.py` and `verification.py` gather."""

import re
from importlib.metadata import version as installed

project = "microfem"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]
default_role = "code"
autodoc_typehints = "none"  # the docstrings tell shapes and units, which types do not
autodoc_preserve_defaults = True
html_theme = "furo"
release = version = installed("microfem")
html_title = f"microfem {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
html_copy_source = html_show_sourcelink = html_show_copyright = False
highlight_language = "text"


def listed(*event):
    """Set lines of a docstring such as `points: (npoints, dim) um` as a list; they come last in Sphinx's event."""
    lines, inside = event[-1], False
    for k, line in enumerate(lines):
        head = re.match(r"(\w+): (?=\S)", line)
        inside = bool(head) or (inside and bool(line))
        lines[k] = f"* **{head[1]}**: {line[head.end() :]}" if head else f"  {line}" if inside else line


def setup(app):
    """Have Sphinx show each docstring to `listed`."""
    app.connect("autodoc-process-docstring", listed)
