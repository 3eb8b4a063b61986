"""Text of results as a reader expects it: names in words, powers of ten as powers, units with their symbols."""

from __future__ import annotations

import re
from html import escape

from microfem.base.rounding import power_of_ten
from microfem.base.symbols import symbol_html, words

NAME = re.compile(r"(?<![\w/.:@#-])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?![\w/@]|\.\w)")  # and no part of an address
POWER = re.compile(r"(?<=\d)e([+-])0*(\d+)\b")


def told(text: object) -> str:
    """Return text as HTML: `max_strain` as `largest strain`, `3e-10` as a power of ten."""
    return escape(POWER.sub(_power, NAME.sub(lambda match: words(match[0]), str(text))))


def _power(match: re.Match[str]) -> str:
    return f" × {power_of_ten(int(match[1] + match[2]))}"


def quantity(name: str, call: str = "", beside: str = "") -> str:
    """Return a quantity as HTML: its name in words, its symbol, and in brackets what it is and a remark.

    call: the registered metric that a study names so; beside: the remark.
    """
    symbol = symbol_html(name) or symbol_html(call)
    kind = words(call) if call not in ("", name) else ""
    remark = ", ".join(text for text in (kind, beside) if text)
    return told(words(name)) + (f" {symbol}" if symbol else "") + (f" ({told(remark)})" if remark else "")


def chapter(title: str, *parts: str) -> str:
    """Return a chapter of a page, "" without content."""
    body = "".join(parts)
    return f"<h2>{title}</h2>{body}" if body else ""


def section(title: str, *parts: str) -> str:
    """Return a section of a chapter, "" without content."""
    body = "".join(parts)
    return f"<h3>{title}</h3>{body}" if body else ""
