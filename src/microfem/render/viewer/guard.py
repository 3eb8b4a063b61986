"""Who may talk to the viewer: loopback, a token in the address, the same token in a cookie afterwards."""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import Any

HOST = "127.0.0.1"
PORT = 8650

Handler = Callable[[Any], Awaitable[Any]]


def new_token() -> str:
    """Return a token that nobody guesses: 256 random bits."""
    return secrets.token_urlsafe(32)


def free_port(wanted: int = PORT) -> int:
    """Return a port of this machine that is free: the wanted one if it is, else another."""
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


def guarded(token: str, port: int) -> Any:
    """Return a middleware that refuses every request without the token, the websocket's too.

    The first request has it in its address; the answer puts it into a cookie, which the browser sends with the rest.
    Pages of other servers are refused as well, also of those on this machine, and names that point to it.
    """
    from aiohttp import web

    cookie = f"microfem-{port}"

    def same(found: str) -> bool:
        return hmac.compare_digest(found.encode(), token.encode())

    async def check(request: Any, handler: Handler) -> Any:
        asked, origin = request.query.get("token", ""), request.headers.get("Origin", "")
        here = request.host.partition(":")[0] in (HOST, "localhost") and origin in ("", f"http://{request.host}")
        if not here or not (same(asked) or same(request.cookies.get(cookie, ""))):
            return web.Response(status=403, text="refused: open the address that microfem view has printed\n")
        if not asked:
            return await handler(request)
        answer = web.Response(status=302, headers={"Location": "/index.html"})
        answer.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
        return answer

    return web.middleware(check)
