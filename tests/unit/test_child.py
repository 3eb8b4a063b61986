"""Calls in a child process: results, errors, limits, deaths, Ctrl-C, and the end of its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from microfem.base.child import CallLimits, in_child
from microfem.base.errors import ChildError, LayoutError


def _refuse(value: float) -> None:
    raise LayoutError("gap", value, "must be above 0 um")


def _fault() -> None:
    ctypes.string_at(0)


def _fill(megabytes: float) -> int:
    return len(bytearray(int(1e6 * megabytes)))


def _odd() -> None:
    raise KeyError("entity")


def _unsendable() -> object:
    return lambda: None


def _loaded(name: str) -> bool:
    return name in sys.modules


def _noise() -> str:
    os.write(1, b"a library prints")
    return "answer"


def test_a_call_returns_what_the_function_returns_in_one_kept_process() -> None:
    assert in_child(divmod, 17, 5) == (3, 2)
    child = in_child(os.getppid)  # each call runs in a copy of the kept process
    assert child not in (os.getpid(), os.getppid())
    assert in_child(os.getppid) == child


def test_errors_keep_their_type_and_data() -> None:
    with pytest.raises(LayoutError) as caught:
        in_child(_refuse, -1.0)
    assert (caught.value.parameter, caught.value.value) == ("gap", -1.0)
    assert str(caught.value) == "gap = -1.0 is impossible: must be above 0 um"


def test_unforeseen_errors_are_told_by_kind() -> None:
    with pytest.raises(ChildError, match="KeyError: 'entity'") as caught:
        in_child(_odd)
    assert caught.value.kind == "error"


def test_a_crash_ends_one_call_and_no_other() -> None:
    child = in_child(os.getppid)
    with pytest.raises(ChildError, match="SIGSEGV") as caught:
        in_child(_fault)
    assert caught.value.kind == "crash"
    assert in_child(os.getppid) == child


def test_time_is_limited() -> None:
    started = time.monotonic()
    with pytest.raises(ChildError, match=r"longer than 0\.5 s") as caught:
        in_child(time.sleep, 60.0, limits=CallLimits(seconds=0.5))
    assert caught.value.kind == "time"
    assert time.monotonic() - started < 10.0
    assert in_child(abs, -2) == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not limit the address space")
def test_memory_is_limited_for_one_call() -> None:
    with pytest.raises(ChildError, match="more than 100 MB") as caught:
        in_child(_fill, 1000.0, limits=CallLimits(megabytes=100.0))
    assert caught.value.kind == "memory"
    assert in_child(_fill, 200.0) == 200_000_000


def test_what_a_library_prints_does_not_break_the_answer() -> None:
    assert in_child(_noise) == "answer"


def test_ctrl_c_ends_a_call_at_once() -> None:
    child, started = in_child(os.getppid), time.monotonic()
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        in_child(time.sleep, 60.0)
    assert time.monotonic() - started < 5.0
    assert in_child(os.getppid) != child


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
def test_a_child_does_not_outlive_a_killed_parent() -> None:
    program = (
        "import os, time; from microfem.base.child import in_child; print(in_child(os.getppid), flush=True); "
        "in_child(time.sleep, 60.0)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        try:
            os.killpg(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the child or its copy lives 10 s after its parent")


def test_an_answer_that_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(ChildError, match="exit status 1"):
        in_child(_unsendable)
    assert in_child(abs, -2) == 2


def test_modules_that_a_call_needs_are_kept() -> None:
    assert in_child(_loaded, "wave", needs=("wave",))
    assert in_child(_loaded, "wave")
    with pytest.raises(ChildError, match="ModuleNotFoundError"):
        in_child(abs, -2, needs=("no_such_module",))
