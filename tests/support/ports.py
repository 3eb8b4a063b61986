"""Ports on which processes listen, and what they answer to a stranger."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

Port = tuple[str, int]
REQUEST = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def listening(pid: int) -> list[Port]:
    """Return the addresses and ports on which a process and its descendants listen."""
    import psutil

    parent = psutil.Process(pid)
    found = [one for each in (parent, *parent.children(recursive=True)) for one in each.net_connections("inet")]
    return [tuple(one.laddr) for one in found if one.status == psutil.CONN_LISTEN]


def answer(port: Port, encrypted: bool) -> bytes:
    """Return what a port answers to a request for a page from someone who has no key."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), socket.create_connection(port, timeout=10.0) as connection:
        peer = context.wrap_socket(connection) if encrypted else connection
        peer.sendall(REQUEST)
        return peer.recv(4096)
    return b""
