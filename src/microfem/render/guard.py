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
    A name of another machine that has been pointed to this one is refused as well.
    """
    from aiohttp import web

    cookie = f"microfem-{port}"

    async def check(request: Any, handler: Handler) -> Any:
        asked = request.query.get("token", "")
        known = hmac.compare_digest(request.cookies.get(cookie, "").encode(), token.encode())
        if request.host != f"{HOST}:{port}" or not (known or hmac.compare_digest(asked.encode(), token.encode())):
            return web.Response(status=403, text="refused: open the address that microfem view has printed\n")
        if asked:
            answer = web.Response(status=302, headers={"Location": "/index.html"})
            answer.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
        else:
            answer = await handler(request)
        return answer

    return web.middleware(check)
