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


def _noise() -> str:
    os.write(1, b"a library prints")
    return "answer"


def test_a_call_returns_what_the_function_returns_in_one_kept_process() -> None:
    assert in_child(divmod, 17, 5) == (3, 2)
    child = in_child(os.getpid)
    assert child != os.getpid()
    assert in_child(os.getpid) == child


def test_errors_keep_their_type_and_data() -> None:
    with pytest.raises(LayoutError) as caught:
        in_child(_refuse, -1.0)
    assert (caught.value.parameter, caught.value.value) == ("gap", -1.0)
    assert str(caught.value) == "gap = -1.0 is impossible: must be above 0 um"


def test_unforeseen_errors_are_told_by_kind() -> None:
    with pytest.raises(ChildError, match="KeyError: 'entity'") as caught:
        in_child(_odd)
    assert caught.value.kind == "error"


def test_a_crash_ends_the_child_alone_and_the_next_call_works() -> None:
    with pytest.raises(ChildError, match="SIGSEGV") as caught:
        in_child(_fault)
    assert caught.value.kind == "crash"
    assert in_child(abs, -2) == 2


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
    child, started = in_child(os.getpid), time.monotonic()
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        in_child(time.sleep, 60.0)
    assert time.monotonic() - started < 5.0
    assert in_child(os.getpid) != child


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
def test_a_child_does_not_outlive_a_killed_parent() -> None:
    program = (
        "import os, time; from microfem.base.child import in_child; print(in_child(os.getpid), flush=True); "
        "in_child(time.sleep, 60.0)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not _alive(child):
            return
        time.sleep(0.1)
    raise AssertionError("the child lives 10 s after its parent")


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
