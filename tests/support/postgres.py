"""A PostgreSQL server of Debian's package `postgresql`, on loopback, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "team", "s3cret/@:"
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A server that can be stopped and started; only its password lets anybody in."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Address of its database."""
        from urllib.parse import quote

        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of the server, which refuses to work as root."""
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run([self.programs / program, *arguments], cwd=self.folder, check=True, timeout=120,
                       stdout=subprocess.DEVNULL, **user)  # type: ignore[call-overload]  # fmt: skip


@contextmanager
def postgres() -> Iterator[Server]:
    """Start a new server; skip the test where there is none."""
    pytest.importorskip("psycopg", reason="the driver is missing: pip install 'microfem[postgresql]'")
    found = shutil.which("initdb") or max(map(str, DEBIAN.glob("*/bin/initdb")), default="")
    if not found:
        pytest.skip("PostgreSQL is missing: apt-get install postgresql")
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        server = Server(Path(found).parent, Path(name), port)
        (server.folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (server.folder, server.folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        server.run("initdb", "-D", "data", "-U", USER, "-A", "scram-sha-256", "--pwfile", "password", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop()
