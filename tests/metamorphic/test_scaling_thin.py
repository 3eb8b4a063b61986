"""All lengths times a factor in the models that know no cells of their own: rods, ribbons, films on surfaces, rolls.

Each is run anew at the other size, since what it solves is made from the layout and not from a mesh alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from microfem_cases import RUBBER
from relations import differs, read_case, scaled_layout, solve, value

from microfem.adapt import first_mesh
from microfem.study import Limits
