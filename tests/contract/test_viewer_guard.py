"""Nobody but its user gets into the viewer, and nothing that strangers send shows on the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from microfem.render.viewer.guard import HEADERS, HOST, guarded, redirecting, shield
from support.closed_form_results import bent_strips
from support.commands import command_line

TOKEN = "t" * 43
MALFORMED = [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 64 + b"\r\n\r\n",
             b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n",
             b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
             b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
             b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]  # fmt: skip


def request(path: str, port: int, cookie: bytes = b"", **more: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}", *(f"{name}: {value}" for name, value in more.items())]
    sent = f"Cookie: microfem-{port}=".encode() + cookie
    return "\r\n".join(lines).encode() + b"\r\n" + sent + b"\r\nConnection: close\r\n\r\n"


def answer(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the answer to raw bytes; status 0 without an answer."""
    with socket.create_connection((HOST, port), timeout=30.0) as connection:
        connection.sendall(sent)
        received = b""
        while more := connection.recv(65536):
            received += more
    if not received:
        return 0, {}, b""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Guard a server with a file, a page that fails, and nothing else; return its port."""
    web = pytest.importorskip("aiohttp.web", reason="aiohttp is missing: pip install 'microfem[view]'")
    folder = tmp_path_factory.mktemp("static")
    (folder / "page.js").write_text("1")
    loop, told = asyncio.new_event_loop(), SimpleNamespace(port=0, ready=threading.Event())

    async def fail(_: Any) -> None:
        raise RuntimeError("a page that fails")

    async def run() -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            told.port = probe.getsockname()[1]
        app = web.Application(middlewares=[guarded(TOKEN, told.port)])
        app.add_routes([web.get("/fail", fail), web.static("/files", folder)])
        runner = web.AppRunner(app)
        await runner.setup()
        shield(runner.server)
        await web.TCPSite(runner, HOST, told.port).start()
        told.ready.set()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run())
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert told.ready.wait(30.0)
    yield told.port
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30.0)


def test_every_response_has_the_headers(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    own = TOKEN.encode()
    asked = {
        200: request("/files/page.js", port, own),
        403: request("/files/page.js", port, b"wrong"),
        404: request("/files/none", port, own),
        405: request("/fail", port, own).replace(b"GET", b"PUT"),
        500: request("/fail", port, own),
        400: MALFORMED[0],
    }
    for status, sent in asked.items():
        got, found, _ = answer(port, sent)
        assert got == status
        assert HEADERS.items() <= found.items()
    policy = HEADERS["Content-Security-Policy"]
    assert {"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} <= set(policy.split("; "))
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("cookie", [b"\xe9\xff", "\N{SNOWMAN}".encode(), b"\xed\xa0\x80", b"%ff", b'"\\377"', b""])
def test_a_cookie_beyond_ascii_is_refused(port: int, cookie: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert answer(port, request("/files/page.js", port, cookie))[0] == 403
    assert answer(port, request("/?token=%ff%ed%a0%80", port))[0] == 403
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("sent", MALFORMED)
def test_malformed_requests_are_silent(port: int, sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    status, found, body = answer(port, sent)
    assert status in (0, 400, 403)
    assert status == 0 or HEADERS.items() <= found.items()
    assert b"Traceback" not in body
    assert capfd.readouterr() == ("", "")


def test_the_token_sets_a_strict_cookie_and_leads_on(port: int) -> None:
    status, found, body = answer(port, request(f"/?token={TOKEN}", port))
    assert status == 200
    assert found["Set-Cookie"] == f"microfem-{port}={TOKEN}; HttpOnly; Path=/; SameSite=Strict"
    assert b'content="0; url=/index.html"' in body
    assert TOKEN.encode() not in body


def test_the_page_for_the_browser_is_for_its_user_alone() -> None:
    with redirecting("http://127.0.0.1:1/?token=abc&x") as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 or os.name == "nt"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700 or os.name == "nt"
        assert 'url=http://127.0.0.1:1/?token=abc&amp;x"' in path.read_text()
    assert not path.parent.exists()


# the command


@contextmanager
def viewing(folder: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    """View a run; end the viewer, whatever happens."""
    command = command_line("view", folder)
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **env}) as viewer:  # fmt: skip
        try:
            yield viewer
        finally:
            viewer.kill()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="its browser is a shell script")
def test_nobody_reads_the_token_in_the_list_of_processes(tmp_path: Path) -> None:
    """The browser gets a file; what strangers send to the command itself stays off its terminal."""
    import psutil

    pytest.importorskip("trame.app", reason="trame is missing: pip install 'microfem[view]'")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/opened.part\nmv {tmp_path}/opened.part {tmp_path}/opened\n'
                       "exec >&- 2>&-\nsleep 30\n")  # fmt: skip
    browser.chmod(0o755)
    folder = bent_strips(tmp_path / "run", {"one": 4000.0}, (0.0, 1.0))
    with viewing(folder, BROWSER=f"{browser} %s &") as viewer:
        assert viewer.stdout is not None
        base, token = viewer.stdout.readline().strip().split("/?token=")
        place = int(base.rpartition(":")[2])
        while not (tmp_path / "opened").exists():
            assert viewer.poll() is None
        found = re.fullmatch(r"file://(\S+)", (tmp_path / "opened").read_text().strip())
        assert found
        assert stat.S_IMODE(Path(found[1]).stat().st_mode) == 0o600
        assert token in Path(found[1]).read_text()
        words = [word for one in psutil.process_iter(["cmdline"]) for word in one.info["cmdline"] or ()]
        assert str(browser) in words
        assert not [word for word in words if token in word]
        for sent in (*MALFORMED, request("/index.html", place, b"\xff"), request("/ws", place)):
            assert answer(place, sent)[0] in (0, 400, 403)
        for path in ("/index.html", "/vue.global.js", "/none"):
            assert HEADERS.items() <= answer(place, request(path, place, token.encode()))[1].items()
        viewer.send_signal(signal.SIGINT)
        _, told = viewer.communicate(timeout=30)
    assert (viewer.returncode, told.strip()) == (0, "stopped")
    assert not Path(found[1]).exists()
