"""Processes that work on designs at the same time, and end with whatever ends their use."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from microfem.base.progress import hear, listen

WAIT = 0.2  # s between looks whether there is still something to hear


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes that end with its use: by Ctrl-C, an error, the parent's death.

    What they tell is heard here.
    """
    context = get_context("spawn")
    told = context.Queue()
    with (
        _relayed(told),
        ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(told,)) as pool,
    ):
        try:
            yield pool
        except BaseException:
            for child in active_children():
                child.terminate()
            raise


@contextmanager
def ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back while processes start: they keep it blocked, also before `_begin` has run."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _relayed(told: Any) -> Iterator[None]:
    """Hear here what comes out of a queue; a process killed in the middle of a word holds up no one."""
    over = threading.Event()

    def relay() -> None:
        while True:
            try:
                stage = told.get(timeout=WAIT)
            except queue.Empty:
                if over.is_set():
                    return
            except (EOFError, OSError):
                return
            else:
                hear(stage)

    thread = threading.Thread(target=copy_context().run, args=[relay], daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10.0 * WAIT)


def _begin(told: Any) -> None:
    """Leave Ctrl-C to the parent process, end when it is gone, and tell it all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told.cancel_join_thread()  # a process that ends waits for no listener
    listen(told.put)
    threading.Thread(target=_end_after, args=[parent_process()], daemon=True).start()


def _end_after(process: Any) -> None:
    process.join()
    os._exit(1)
