"""Where optuna keeps trials: a journal in the folder of a search, or a database that several commands share."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.optimise.pool import missing

WAITS = 0.1, 0.3, 1.0, 3.0  # s between tries while another command makes the tables
DRIVER = "postgresql+psycopg"


def open_storage(folder: Path, url: str) -> Any:
    """Return the storage of trials: a journal in the folder, or the database at an address.

    Raises:
        MicrofemError: the database cannot be used.
    """
    if url:
        return _database(url)
    from optuna.storages import JournalStorage

    path = folder / "journal.log"
    _mend(path)
    return JournalStorage(_journal(path))


def _database(url: str) -> Any:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except ArgumentError:
        raise MicrofemError("--storage: expected an address such as postgresql://user@host/database") from None
    if address.get_backend_name() == "sqlite":
        raise MicrofemError(
            "SQLite is refused: it does not support concurrent writers; name a PostgreSQL server, or "
            "leave --storage out: the folder then keeps the trials"
        )
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername=DRIVER)
    try:
        if address.drivername == DRIVER:
            import psycopg  # noqa: F401
    except ImportError:
        raise missing("postgresql") from None
    try:
        return _with_tables(address.render_as_string(hide_password=False))
    except Exception as error:  # each database driver raises errors of its own
        raise MicrofemError(f"the storage {place(url)} cannot be used: {_cause(error)}") from error


def _with_tables(url: str) -> Any:
    """Return a database with optuna's tables. If another command makes them at the same time, this one tries again."""
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for wait in WAITS:
        try:
            return RDBStorage(url)
        except (IntegrityError, ProgrammingError):
            time.sleep(wait)
    return RDBStorage(url)


@contextmanager
def reachable(url: str) -> Iterator[None]:
    """Tell of a database that is lost while it is used.

    Raises:
        MicrofemError: the database no longer answers.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        raise MicrofemError(f"the storage {place(url)} is gone; the same command resumes: {_cause(error)}") from error


def place(url: str) -> str:
    """Return the address of a database without the user and the password."""
    return url.partition("://")[2].rpartition("@")[2]


def _cause(error: BaseException) -> str:
    """Return the first line of the error that a database driver raised."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).partition("\n")[0]


def _journal(path: Path) -> Any:
    """Return optuna's journal without its lock file and without waiting for the disk.

    One command holds the folder, and a lock file would outlive a killed command. Written lines survive a killed
    command; when power fails the last lines may be lost, as the last results may.
    """
    from optuna.storages.journal import JournalFileBackend

    class Journal(JournalFileBackend):  # type: ignore[misc]
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            text = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in logs)
            try:
                with open(path, "r+b") as file:  # never create it: a new file would lack the earlier trials
                    file.seek(0, 2)
                    file.write(text.encode())
            except OSError as error:
                raise MicrofemError(f"cannot write {path}: {error.strerror}") from error

    return Journal(str(path))


def _mend(path: Path) -> None:
    """Remove a partial line that a killed driver left at the end: later lines would be lost with it."""
    if not path.is_file():
        return
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    last = whole.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        json.loads(last or b"{}")
    except ValueError:
        whole = whole[: -len(last) - 1]
    if whole != text:
        with open(path, "r+b") as file:
            file.truncate(len(whole))
