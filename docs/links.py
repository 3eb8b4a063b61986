"""Check the site: `python docs/links.py FOLDER` fails if a link, an anchor or a picture of a page leads nowhere.

Links to other places of the net are not followed; but what a page fetches by itself must come from the site.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links, the anchors and what a page fetches by itself."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        """Note what a tag leads to and what it is called."""
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a":
            self.links |= {found["href"]} if "href" in found else set()
        else:
            self.fetched |= {found[name] for name in ("src", "href") if name in found}


def broken(site: Path) -> list[str]:
    """Return what leads nowhere: `page: target` of each."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    lost = []
    for path, page in pages.items():
        for target in sorted(page.links | page.fetched):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if target in page.fetched and parts.scheme != "data":
                    lost.append(f"{path.relative_to(site)}: {target} comes from the network")
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            known = pages[there].anchors if there in pages else {parts.fragment}
            if not there.exists() or (parts.fragment and unquote(parts.fragment) not in known):
                lost.append(f"{path.relative_to(site)}: {target}")
    return lost


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    if found := broken(folder):
        sys.exit("links that lead nowhere:\n" + "\n".join(found))
    print(f"{len(list(folder.rglob('*.html')))} pages, every link leads somewhere\n{folder / 'index.html'}")
