"""Studies that are run into folders, and what they leave there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def summary_of(out: Path) -> Any:
    """Return the summary that a run wrote."""
    return json.loads((out / "summary.json").read_text())
