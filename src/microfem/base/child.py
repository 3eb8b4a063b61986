"""Calls in a child process with limits of time and memory.

Libraries that read files or make meshes can crash, hang or fill the memory, and no handler of Ctrl-C runs while they
work. In a child process they can be ended. The child is started at the first call and kept for later ones, with the
modules that they need; where the system can, each call runs in a copy (fork) of it, so that a crash costs no new start
and each call begins alike. Data go through pipes between these processes alone.
"""

from __future__ import annotations

import atexit
import importlib
import json
import math
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, TypeAlias, TypeVar

from microfem.base.errors import ChildError, MicrofemError

Result = TypeVar("Result")
Call: TypeAlias = tuple[Callable[..., Any], tuple[object, ...], float, tuple[str, ...]]  # function to modules

POLL = 0.5  # s between checks of the child whether its parent lives
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # idle threads would reserve memory
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from microfem.base.child import serve; serve({parent})"
)


@dataclass(frozen=True)
class CallLimits:
    """Limits of one call: seconds of wall-clock time, and megabytes beside what the child holds before the call."""

    seconds: float = math.inf
    megabytes: float = math.inf


def in_child(
    function: Callable[..., Result],
    *arguments: object,
    limits: CallLimits = CallLimits(),
    needs: Sequence[str] = (),
) -> Result:
    """Return `function(*arguments)`, computed in the child process of this process.

    function: a function of a module; arguments and result can be pickled; needs: modules that are imported once, before
    the limits count.

    Raises:
        ChildError: the call took too long, needed too much memory, or the child died.
        Exception: the one that the function raised.
    """
    with _lock:
        child = _Child.of_this_process()
        try:
            return child.call((function, arguments, limits.megabytes, tuple(needs)), limits)
        except BaseException:
            if child.busy:
                child.end()
            raise


class _Child:
    """A child process that answers one call after the other."""

    kept: _Child | None = None

    def __init__(self) -> None:
        program = PROGRAM.format(parent=os.getpid())
        self.parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **SINGLE},
            start_new_session=True,  # Ctrl-C is this process's to handle, and copies of the child end with it
        )
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.busy = False
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def of_this_process(cls) -> _Child:
        """Return the living child of this process, not one of the process that this one was forked from."""
        kept = cls.kept
        if kept is None or kept.parent != os.getpid() or kept.process.poll() is not None:
            kept = cls.kept = cls()
        return kept

    def call(self, call: Call, limits: CallLimits) -> Any:
        self.busy = True
        assert self.process.stdin is not None
        try:
            pickle.dump(call, self.process.stdin)
            self.process.stdin.flush()
        except OSError:
            raise _death(self.process.wait(), limits) from None
        kind, answer = self._answer(limits)
        if kind == "ended":
            raise _death(self.process.wait(), limits)
        self.busy = False
        if kind == "died":
            raise _death(answer, limits)
        if kind == "raised":
            raise answer
        return answer

    def _answer(self, limits: CallLimits) -> tuple[str, Any]:
        wait = None if math.isinf(limits.seconds) else limits.seconds
        try:
            return self.answers.get(timeout=wait)
        except queue.Empty:
            raise ChildError(f"it takes longer than {limits.seconds:.3g} s", "time") from None

    def end(self) -> None:
        """Kill the child; the next call starts another."""
        with suppress(OSError):
            if hasattr(os, "killpg") and self.process.returncode is None:  # else its number may be another's by now
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        self.process.wait()
        if _Child.kept is self:
            _Child.kept = None

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                self.answers.put(pickle.load(self.process.stdout))
            except (EOFError, OSError, pickle.UnpicklingError):
                self.answers.put(("ended", None))
                return


def _death(code: int, limits: CallLimits) -> ChildError:
    """Return the reason of a death: a library that meets a limit of memory ends its process with SIGABRT."""
    name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    if name in ("SIGABRT", "SIGKILL") and not math.isinf(limits.megabytes):
        return ChildError(f"it needs more than {limits.megabytes:.4g} MB", "memory")
    return ChildError(f"its process died with {name}", "crash")


_lock = threading.Lock()


@atexit.register
def end_child() -> None:
    """End the child of this process, if there is one."""
    if _Child.kept is not None and _Child.kept.parent == os.getpid():
        _Child.kept.end()


def serve(parent: int) -> None:
    """Answer calls from the standard input until it ends; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # libraries that print would break the answers
    threading.Thread(target=_end_after, args=[parent], daemon=True).start()
    while True:
        try:
            call: Call = pickle.load(calls)
        except EOFError:
            return
        if hasattr(os, "fork"):
            _answer_in_copy(call, answers)
        else:
            _send(answers, _outcome(*call))


def _answer_in_copy(call: Call, answers: IO[bytes]) -> None:
    """Answer a call in a copy of this process, or tell how the copy died."""
    with suppress(ImportError):  # the call tells the error
        for name in call[3]:
            importlib.import_module(name)
    copy = os.fork()
    if not copy:
        code = 1
        try:
            _send(answers, _outcome(*call))
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
    if code:
        _send(answers, ("died", code))


def _outcome(
    function: Callable[..., Any], arguments: tuple[object, ...], megabytes: float, needs: Sequence[str]
) -> tuple[str, Any]:
    try:
        for name in needs:
            importlib.import_module(name)
        _limit_memory(megabytes)
        return "returned", function(*arguments)
    except MemoryError:
        return "raised", ChildError(f"it needs more than {megabytes:.4g} MB", "memory")
    except MicrofemError as error:
        return "raised", error
    except Exception as error:
        return "raised", ChildError(f"{type(error).__name__}: {error}", "error")
    finally:
        _limit_memory(math.inf)


def _send(answers: IO[bytes], outcome: tuple[str, Any]) -> None:
    answers.write(pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL))  # whole: a death must not leave a part
    answers.flush()


def _limit_memory(megabytes: float) -> None:
    """Limit the address space of this process to what it has and some megabytes; infinity removes the limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = hard
    if not math.isinf(megabytes):
        limit = int(_address_space() + 1e6 * megabytes)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _address_space() -> float:
    """Return the address space that this process has, bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return float(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0.0


def _end_after(parent: int) -> None:
    """End this process and its copy when its parent is gone, even in the middle of a call."""
    while os.getppid() == parent:
        time.sleep(POLL)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
