"""`import microfem` gives the public names, and costs little until one is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import microfem


@pytest.mark.parametrize("name", microfem.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(microfem, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'run_stuy'"):
        _ = microfem.run_stuy


def test_import_alone_loads_no_numpy() -> None:
    code = "import microfem, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
