"""The libraries of the extra `fab`, imported at their first use."""

from __future__ import annotations

import importlib
from typing import Any

from microfem.base.errors import MicrofemError


def library(name: str) -> Any:
    """Return gdstk or ezdxf.

    Raises:
        MicrofemError: the library is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MicrofemError(f"{name} is not installed; get it with: pip install 'microfem[fab]'") from None
