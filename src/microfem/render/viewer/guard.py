"""Access to the viewer: loopback only, a token in the address, then the same token in a cookie."""

from __future__ import annotations

import hmac
import html
import logging
import secrets
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from microfem.base.errors import MicrofemError

HOST = "127.0.0.1"
PORT = 8650
REDIRECT = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}"><title>microfem</title></head>
<body><a href="{url}">microfem view</a></body>
</html>
"""
HEADERS = {  # what the page may load, and that no other page may show it; trame compiles its templates in the browser
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; object-src 'none'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[Any], Awaitable[Any]]


def new_token() -> str:
    """Return a random token of 256 bits."""
    return secrets.token_urlsafe(32)


def free_port(wanted: int = PORT) -> int:
    """Return a free port of this machine: the wanted one, else another."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port of {HOST} is free")


def address(port: int, token: str) -> str:
    """Return the address that opens the viewer."""
    return f"http://{HOST}:{port}/?token={token}"


@contextmanager
def redirecting(url: str) -> Iterator[Path]:
    """Yield a page that only its owner can read and that leads to an address with a token.

    Other users see the arguments of a browser's process; the path of this page tells them nothing.

    Raises:
        MicrofemError: the page cannot be written.
    """
    with ExitStack() as stack:
        try:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="microfem-"))) / "view.html"
            path.touch(mode=0o600)
            path.write_text(redirect(url), encoding="utf-8")
        except OSError as error:
            raise MicrofemError(f"cannot write a page for the browser: {error}; use --no-browser") from error
        yield path


def redirect(url: str) -> str:
    """Return a page that leads to an address."""
    return REDIRECT.format(url=html.escape(url))


def protect(on: Any, token: str, port: int) -> None:
    """Guard the server of trame from the moment when it is bound; `on` is trame's controller."""

    def guard(web: Any) -> None:
        web.app.middlewares.append(guarded(token, port))
        on.on_server_ready.add(lambda **_: shield(web.runner.server))

    on.on_server_bind.add(guard)


def guarded(token: str, port: int) -> Any:
    """Return a middleware that refuses every request without the token, also on the websocket.

    The address of the first request holds the token; the response sets it as a cookie for later requests, and leads on
    to the page: a browser that comes from a file sends the strict cookie only where this server's own page leads.
    Requests from pages of other servers, also on this machine, and with other host names are refused.
    """
    from aiohttp import web

    cookie = f"microfem-{port}"

    def same(value: str) -> bool:
        return hmac.compare_digest(value.encode(errors="surrogatepass"), token.encode())

    async def check(request: Any, handler: Handler) -> Any:
        token_sent, origin = request.query.get("token", ""), request.headers.get("Origin", "")
        here = request.host.partition(":")[0] in (HOST, "localhost") and origin in ("", f"http://{request.host}")
        if not here or not (same(token_sent) or same(request.cookies.get(cookie, ""))):
            return web.Response(status=403, text="refused: open the address printed by microfem view\n")
        if not token_sent:
            return await handler(request)
        scene = urlencode([pair for pair in request.query.items() if pair[0] != "token"])
        page = redirect(f"/index.html?{scene}" if scene else "/index.html")
        response = web.Response(text=page, content_type="text/html")
        response.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
        return response

    return web.middleware(check)


def shield(server: Any) -> None:
    """Add headers to every response of aiohttp's server, and keep what strangers send off the terminal.

    Malformed requests reach no middleware, so the headers are added where responses are written.
    """
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    logging.getLogger("wslink.protocol").addFilter(_of_an_open_tab)
    make = server.request_factory

    def make_shielded(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> Any:
        write = writer.write_headers

        async def write_headers(status: str, own: Any) -> None:
            own.update(HEADERS)
            await write(status, own)

        writer.write_headers = write_headers
        return make(message, payload, protocol, writer, task)

    server.request_factory = make_shielded


def _of_an_open_tab(_: logging.LogRecord) -> bool:
    """Tell whether a message is not about an answer to a tab that has been closed meanwhile."""
    return not isinstance(sys.exc_info()[1], ConnectionResetError)
