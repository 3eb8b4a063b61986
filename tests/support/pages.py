"""What a page of HTML asks for."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NO_BROWSER = "no chromium here: install it (Debian: apt-get install chromium) to see the page as a reader does"


class Asks(HTMLParser):
    """What a page would fetch: every attribute that names another place, and elements that may run."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        names = ("src", "href", "srcset", "data", "action", "poster", "background")
        self.places += [value or "" for name, value in attrs if name in names]


def asked(text: str) -> list[str]:
    """Return all that a page asks for: places outside it, elements that run, imports of styles."""
    found = Asks()
    found.feed(text)
    outside = [place for place in found.places if not place.startswith("data:")]
    running = [tag for tag in found.elements if tag in ("script", "iframe", "object", "embed")]
    return outside + running + re.findall(r"url\(|@import", text)
