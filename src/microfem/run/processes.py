"""Processes that run designs in parallel, and that never outlive the program that started them."""

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

WAIT = 0.2  # s between checks for the end of the relay


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes; they end with the context, on Ctrl-C, on an error, and when the parent dies.

    Their progress reports reach the listeners of this process.
    """
    context = get_context("spawn")
    reports = context.Queue()
    with (
        _relayed(reports),
        ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(reports,)) as pool,
    ):
        try:
            yield pool
        except BaseException:
            for child in active_children():
                child.terminate()
            raise


@contextmanager
def ctrl_c_later() -> Iterator[None]:
    """Block Ctrl-C while processes start: they inherit the blocked signal, also before `_begin` has run."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _relayed(reports: Any) -> Iterator[None]:
    """Relay progress reports from a queue to the listeners here; a process killed in mid-report must not block."""
    over = threading.Event()

    def relay() -> None:
        while True:
            try:
                stage = reports.get(timeout=WAIT)
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


def _begin(reports: Any) -> None:
    """Set up a process: ignore Ctrl-C, end when the parent is gone, send progress reports to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reports.cancel_join_thread()  # a process must not wait for a reader before it ends
    listen(reports.put)
    threading.Thread(target=_end_after, args=[parent_process()], daemon=True).start()


def _end_after(process: Any) -> None:
    process.join()
    os._exit(1)
