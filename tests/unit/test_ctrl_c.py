"""Ctrl-C in a search: heard wherever Python is when it comes, and workers that answer nothing are killed at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from microfem.optimise.pool import CtrlC, DaskPool, _killed_on_error

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ASLEEP = "import time; time.sleep(600)"


class Finalised:
    """An object in whose finaliser Ctrl-C comes, as in that of a finished future, which waits for another thread."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def hears() -> Iterator[None]:
    """Let this process hear Ctrl-C as a command does, also where its tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> DaskPool:
    monkeypatch.setattr("microfem.optimise.pool.WAIT", 0.01)
    return DaskPool(SimpleNamespace(subscribe_topic=lambda *_: None), CtrlC())


def finalise() -> None:
    one = Finalised()
    del one


def test_an_interrupt_in_a_finaliser_ends_the_search(pool: DaskPool) -> None:
    with pool.ctrl_c.noted():
        assert pool.ended() == []
        finalise()
        with pytest.raises(KeyboardInterrupt):
            pool.ended()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_python_drops_an_interrupt_in_a_finaliser(pool: DaskPool) -> None:
    """The negative control: nothing notes it, and the search goes on."""
    finalise()
    assert pool.ended() == []


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it(pool: DaskPool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pool.ctrl_c.noted():
        finalise()
        assert pool.ended() == []
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_workers_that_are_stopped_are_killed_before_anything_else() -> None:
    alive = [subprocess.Popen([sys.executable, "-c", ASLEEP]) for _ in range(2)]
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    nannies = [SimpleNamespace(auto_restart=True, pid=one.pid) for one in (gone, *alive)]
    cluster = SimpleNamespace(workers=dict(enumerate([SimpleNamespace(auto_restart=True, pid=None), *nannies])))
    for one in alive:
        one.send_signal(signal.SIGSTOP)
    with pytest.raises(KeyboardInterrupt), _killed_on_error(cluster):
        raise KeyboardInterrupt
    assert [one.wait(10.0) for one in alive] == [-signal.SIGKILL] * 2
    assert not any(one.auto_restart for one in cluster.workers.values())
