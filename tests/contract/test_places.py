"""Where the command runs: names that are not UTF-8, little memory, Ctrl-C while modules are imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.base.memory import LEAST_ADDRESS_SPACE, require_address_space
from microfem.cli.main import main
from microfem.results.folders import workspace

INTERRUPTED = """
import runpy, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "microfem.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
runpy.run_module("microfem", run_name="__main__")
"""


def test_names_that_are_not_utf_8_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["microfem", "run", "study.yaml", "-o", "out\udcff"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: the name 'out\\udcff' is not UTF-8")


def test_results_need_a_folder_whose_name_is_utf_8(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match="is not UTF-8"), workspace(tmp_path / "out\udcff"):
        pass


def test_ctrl_c_while_modules_are_imported_is_quiet() -> None:
    run = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (130, "")


def test_too_little_memory_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    for limit in (int(LEAST_ADDRESS_SPACE), resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, resource.RLIM_INFINITY))
        require_address_space()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**29, resource.RLIM_INFINITY))
    with pytest.raises(MicrofemError, match=r"ulimit -v 524288, is too low; raise it to 1953125"):
        require_address_space()
