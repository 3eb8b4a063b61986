"""Pictures from result folders: one row of panels a view, one column a design, one colour range, one scale."""

from microfem.render.history import draw_histories
from microfem.render.sheet import draw_views

__all__ = ["draw_histories", "draw_views"]
