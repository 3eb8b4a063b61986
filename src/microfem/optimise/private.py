"""Dask's scheduler and worker without HTTP.

Dask serves status pages on the scheduler and on every worker. They ask for no token, and no option closes their ports:
every user of the machine could read them.
"""

from __future__ import annotations

from typing import Any


def private_scheduler(**options: Any) -> Any:
    """Return a scheduler that listens to its peers, which have its keys, and to nobody else."""
    from distributed import Scheduler

    class PrivateScheduler(Scheduler):  # type: ignore[misc]
        start_http_server = _open_no_port

    return PrivateScheduler(**options)


def private_worker(*scheduler: Any, **options: Any) -> Any:
    """Return a worker that listens to its peers, which have its keys, and to nobody else."""
    from distributed import Worker

    class PrivateWorker(Worker):  # type: ignore[misc]
        start_http_server = _open_no_port

    return PrivateWorker(*scheduler, **options)


def _open_no_port(*_: Any, **__: Any) -> None:
    """Stand in for the start of Dask's HTTP server."""
