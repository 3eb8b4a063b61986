"""PDF of a page, printed by an installed browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.results.files import write_bytes

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)
PATIENCE = 180.0  # s


def find_browser() -> str:
    """Return the path of an installed browser that can print; "" if there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def print_pdf(page: Path, pdf: Path) -> None:
    """Print an HTML file to PDF, completely or not at all.

    Raises:
        MicrofemError: there is no browser, it fails, or the file cannot be written.
    """
    browser = find_browser()
    if not browser:
        raise MicrofemError(
            f"no browser to print the PDF with (looked for {', '.join(BROWSERS)}); install "
            f"chromium, or open {page} in any browser and print it to a file"
        )
    root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        command = [
            browser,
            *QUIET,
            *root,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MicrofemError(f"{browser} did not print {page}: {error}") from error
        if not made.is_file() or not made.stat().st_size:
            last = (ended.stderr.strip().splitlines() or ["it printed no message"])[-1]
            raise MicrofemError(f"{browser} did not print {page} (status {ended.returncode}): {last}")
        write_bytes(pdf, made.read_bytes())
