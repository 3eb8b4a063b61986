"""Ports of a search: its own processes alone are let in, and nothing speaks HTTP."""

from __future__ import annotations

import os

import pytest

from microfem.optimise.pool import workers
from support.ports import answer, listening


@pytest.mark.slow
def test_workers_listen_on_loopback_and_answer_nobody_without_their_keys() -> None:
    before = set(listening(os.getpid()))
    with workers(2) as pool:
        assert pool.room() == 2
        ports = sorted(set(listening(os.getpid())) - before)
        assert len(ports) == 5  # the scheduler, two workers, and the nanny of each
        assert {host for host, _ in ports} == {"127.0.0.1"}
        assert [answer(port, encrypted) for port in ports for encrypted in (False, True)] == [b""] * 10
    assert set(listening(os.getpid())) <= before


@pytest.mark.slow
def test_pages_of_dask_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: Dask's own scheduler and workers answer."""
    import distributed

    from microfem.optimise import private

    monkeypatch.setattr(private, "private_scheduler", distributed.Scheduler)
    monkeypatch.setattr(private, "private_worker", distributed.Worker)
    before = set(listening(os.getpid()))
    with workers(1) as pool:
        assert pool.room() == 1
        ports = sorted(set(listening(os.getpid())) - before)
        assert sum(answer(port, encrypted=False).startswith(b"HTTP/1.1 ") for port in ports) == 2
