"""Workers: local processes, workers of a running Dask scheduler, or Slurm jobs; each runs one design at a time."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import copy_context
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from microfem.base.errors import MicrofemError
from microfem.base.progress import Stage, hear, listening

CLOSING = 30.0  # s for the scheduler to close once its workers are gone
WAIT = 1.0  # s between two counts of the workers, and longest wait for a result
OFTEN = 0.5  # s between two progress reports of a worker
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
RENEW = 20, 150_000_000  # least tasks, and growth in bytes, after which a worker process is replaced
_BEGUN: list[int] = []  # bytes of this process before each of its tasks
PATIENT = 100  # deaths of workers that dask tolerates; trials count which design they died with
QUIET = 50  # level of the logs of dask
SLURM = {"cpus": "cores", "memory": "memory", "time": "walltime", "queue": "queue", "account": "account"}


class Lost(Exception):
    """The result of a task whose worker died during the task or before it handed the result over."""


class Pool(Protocol):
    """The interface of workers to a search."""

    def room(self) -> int:
        """Return how many tasks can run at a time: the number of workers."""

    def submit(self, key: str, function: Callable[..., Any], *args: Any) -> None:
        """Submit a function call to a worker."""

    def ended(self) -> list[tuple[str, Any]]:
        """Wait one second at most; return keys and results, or exceptions, of finished tasks."""


class CtrlC:
    """Notes Ctrl-C: Python drops the interrupt that it raises in a finaliser, such as that of a finished future."""

    pressed = False

    def check(self) -> None:
        """Raise the interrupt if one was raised before.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self.pressed:
            raise KeyboardInterrupt

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note Ctrl-C within the context, where it interrupts this process; only a main thread can hear it."""
        hears = threading.current_thread() is threading.main_thread()
        if not hears or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _press(self, *_: object) -> None:
        self.pressed = True
        raise KeyboardInterrupt


class DaskPool:
    """Workers of a dask scheduler."""

    def __init__(self, client: Any, ctrl_c: CtrlC) -> None:
        self.ctrl_c = ctrl_c
        self.client, self.topic = client, f"microfem-{uuid.uuid4().hex}"
        self.done: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.futures: dict[str, Any] = {}
        self.looked, self.seen = -WAIT, 0
        context = copy_context()
        client.subscribe_topic(self.topic, lambda event: context.run(hear, Stage(**event[1]["stage"])))

    def room(self) -> int:
        """Return how many workers there are."""
        if time.monotonic() - self.looked > WAIT:
            try:
                self.seen, self.looked = sum(self.client.nthreads().values()), time.monotonic()
            except Exception as error:  # dask and its transport raise errors of their own
                raise MicrofemError(f"the scheduler is gone; the same command resumes: {error}") from error
        return self.seen

    def submit(self, key: str, function: Callable[..., Any], *args: Any) -> None:
        """Submit a function call to a worker, which reports its progress."""
        future = self.client.submit(_telling, self.topic, key, function, *args, pure=False, key=f"{key}-{uuid.uuid4()}")
        self.futures[key] = future
        future.add_done_callback(lambda future: self.done.put((key, future)))

    def ended(self) -> list[tuple[str, Any]]:
        """Wait one second at most; return the finished tasks.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed, also where Python dropped its interrupt.
        """
        self.ctrl_c.check()
        ended: list[tuple[str, Any]] = []
        try:
            ended.append(self.done.get(timeout=WAIT))
            while True:
                ended.append(self.done.get_nowait())
        except queue.Empty:
            return [(key, self._result(key, future)) for key, future in ended]

    def _result(self, key: str, future: Any) -> Any:
        from distributed import KilledWorker

        self.futures.pop(key, None)
        if future.status == "cancelled":
            raise MicrofemError("the scheduler is gone; the same command resumes")
        if future.status == "lost":
            return Lost()
        error = future.exception() if future.status == "error" else None
        return (Lost() if isinstance(error, KilledWorker) else error) or future.result()


def _telling(topic: str, key: str, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a worker and send its progress reports, at most one in OFTEN seconds, to the driver."""
    from distributed import Reschedule, get_worker

    worker, last = get_worker(), -OFTEN

    def tell(stage: Stage) -> None:
        nonlocal last
        if stage.detail or time.monotonic() - last > OFTEN:
            last = time.monotonic()
            worker.log_event(topic, {"stage": asdict(replace(stage, design=key))})

    if _grown():
        worker.loop.add_callback(worker.close_gracefully, restart=True, reason="microfem-renewal")
        raise Reschedule  # on another worker, or on the replacement of this one
    with listening(tell):
        return function(*args)


def _grown() -> bool:
    """Record the start of a task; tell whether this process has grown so much that a new one must replace it.

    The libraries below leak some 70 kB per small design.
    """
    import psutil

    size = psutil.Process().memory_info().rss
    _BEGUN.append(size)
    return len(_BEGUN) > RENEW[0] and size > _BEGUN[1] + RENEW[1]  # before the first task few libraries are imported


@contextmanager
def workers(jobs: int, scheduler: str = "", slurm: str = "", folder: Path | None = None) -> Iterator[DaskPool]:
    """Yield workers: of a Dask scheduler at an address, of Slurm, or `jobs` local processes.

    folder: folder for the logs of Slurm jobs, on a disk that the nodes share with this machine.

    Raises:
        MicrofemError: dask is not installed, or the scheduler cannot be reached.
    """
    try:
        import dask
        import distributed
    except ImportError:
        raise missing("optimise") from None
    settings = {
        "distributed.scheduler.allowed-failures": PATIENT,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.target": False,
        "distributed.admin.low-level-log-length": 1000,
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        ctrl_c = CtrlC()
        stack.enter_context(ctrl_c.noted())
        if scheduler:
            address: Any = scheduler
        elif slurm:
            address = stack.enter_context(_slurm(slurm, folder or Path.cwd()))
            address.adapt(minimum=jobs, maximum=jobs)  # finished jobs are started again
        else:
            address = stack.enter_context(_local(jobs))
        try:
            client = stack.enter_context(distributed.Client(address, set_as_default=False))
        except (OSError, ValueError) as error:
            raise MicrofemError(f"no Dask scheduler answers at {scheduler}: {error}") from error
        if not (scheduler or slurm):
            stack.enter_context(_killed_on_error(address))
        yield DaskPool(client, ctrl_c)


@contextmanager
def _local(jobs: int) -> Iterator[Any]:
    """Yield local processes, one thread each; only clients with the keys of this run can reach them."""
    from distributed import Nanny, Security, SpecCluster
    from distributed.system import MEMORY_LIMIT

    from microfem.optimise.private import private_scheduler, private_worker

    shared = {"host": "127.0.0.1", "protocol": "tls://", "security": Security.temporary()}
    scheduler = {"cls": private_scheduler, "options": {**shared, "port": 0, "dashboard": False}}
    env = {**THREADS, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    options = {"worker_class": private_worker, "nthreads": 1, "memory_limit": MEMORY_LIMIT // jobs, "env": env}
    worker = {"cls": Nanny, "options": {**shared, **options, "silence_logs": QUIET}}
    cluster = SpecCluster(
        workers=dict.fromkeys(range(jobs), worker),
        scheduler=scheduler,
        security=shared["security"],
        silence_logs=QUIET,
    )
    try:
        yield cluster
    finally:
        with suppress(TimeoutError):  # its threads end with this process
            cluster.close(timeout=CLOSING)


@contextmanager
def _killed_on_error(cluster: Any) -> Iterator[None]:
    """Kill local processes on Ctrl-C or an error, because a running solve cannot be interrupted.

    It is the first thing then: nothing that waits for an answer of a worker may come before.
    """
    try:
        yield
    except BaseException:
        for nanny in cluster.workers.values():
            nanny.auto_restart = False
            if nanny.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(nanny.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        raise


def _slurm(text: str, folder: Path) -> Any:
    """Return a cluster of Slurm jobs from `cpus=4,memory=8GB,time=2:00:00,queue=short`, one worker per CPU."""
    options: dict[str, Any] = {}
    for option in text.split(","):
        key, equals, value = option.partition("=")
        if not equals or key.strip() not in SLURM:
            raise MicrofemError(f"--slurm: expected {'=..,'.join(SLURM)}=.., got '{option}'")
        options[SLURM[key.strip()]] = value.strip()
    if not {"cores", "memory", "walltime"} <= set(options):
        raise MicrofemError("--slurm: state cpus, memory and time, such as cpus=4,memory=8GB,time=2:00:00")
    if not options["cores"].isdigit() or not 1 <= int(options["cores"]) <= 1024:
        raise MicrofemError(f"--slurm: cpus must be a whole number from 1 to 1024, got '{options['cores']}'")
    cores = int(options.pop("cores"))
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise missing("cluster") from None
    from microfem.optimise.private import private_scheduler, private_worker

    return SLURMCluster(
        cores=cores,
        processes=cores,
        **options,
        log_directory=str(folder / "slurm"),
        security=True,
        shared_temp_directory=str(folder),
        scheduler_cls=private_scheduler,
        scheduler_options={"dashboard": False},
        worker_extra_args=[
            "--worker-class",
            f"{private_worker.__module__}.{private_worker.__name__}",
            "--no-dashboard",
        ],
        job_script_prologue=[f"export {name}={value}" for name, value in THREADS.items()],
    )


def missing(extra: str) -> MicrofemError:
    """Return the error for an extra that is not installed."""
    return MicrofemError(f"this command needs more libraries; install them with: pip install 'microfem[{extra}]'")
