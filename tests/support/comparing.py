"""How found numbers are held against closed forms, and how errors fall from mesh to mesh."""

from __future__ import annotations

import numpy as np
import pytest


def check(found, wanted, tolerance):
    """Assert that two numbers agree, relative; negative controls show that it can fail."""
    assert found == pytest.approx(wanted, rel=tolerance, abs=0.0)


def rates(errors, factor=2.0):
    """Return the orders at which errors fall while elements shrink by a factor."""
    return np.log(np.array(errors[:-1]) / np.array(errors[1:])) / np.log(factor)
