"""Dask's scheduler and worker without HTTP.

Dask serves status pages on the scheduler and on every worker. They ask for no token, and no option closes their ports:
every user of the machine could read them.
"""

from __future__ import annotations

from typing import Any

from distributed import Scheduler, Worker


class _Private:
    """A server of Dask that listens to its peers, which have its keys, and to nobody else."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Open no port."""


class PrivateScheduler(_Private, Scheduler):  # type: ignore[misc]
    """A scheduler without status pages."""


class PrivateWorker(_Private, Worker):  # type: ignore[misc]
    """A worker without status pages."""
