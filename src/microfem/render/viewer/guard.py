"""Access to the viewer: loopback only, a token in the address, then the same token in a cookie."""

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


def guarded(token: str, port: int) -> Any:
    """Return a middleware that refuses every request without the token, also on the websocket.

    The address of the first request holds the token; the response sets it as a cookie for later requests. Requests
    from pages of other servers, also on this machine, and with other host names are refused.
    """
    from aiohttp import web

    cookie = f"microfem-{port}"

    def same(value: str) -> bool:
        return hmac.compare_digest(value.encode(), token.encode())

    async def check(request: Any, handler: Handler) -> Any:
        token_sent, origin = request.query.get("token", ""), request.headers.get("Origin", "")
        here = request.host.partition(":")[0] in (HOST, "localhost") and origin in ("", f"http://{request.host}")
        if not here or not (same(token_sent) or same(request.cookies.get(cookie, ""))):
            return web.Response(status=403, text="refused: open the address printed by microfem view\n")
        if not token_sent:
            return await handler(request)
        response = web.Response(status=302, headers={"Location": "/index.html"})
        response.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
        return response

    return web.middleware(check)
