"""Commands that share a search: each shows that it lives, and the others see when it does not."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

BEAT = 30.0  # s between two signs of life of a command
LOST = 300.0  # s without a sign of life after which a command counts as killed
SIGN = "sign of "  # with the name of a command: the attribute of optuna's study that changes while it lives


def command_name(folder: Path) -> str:
    """Return the name of the command that works in a folder of this machine: `host:/folder`."""
    return f"{socket.gethostname()}:{folder}"


class Pulse:
    """The signs of life of the commands that share a search.

    An observer measures with its own clock how long a sign has not changed, so clocks of machines need not agree. A
    trial without a command was begun by one that was killed at once, and never changes its sign.
    """

    def __init__(self, study: Any, command: str) -> None:
        self.study, self.command = study, command
        self.signed = -BEAT
        self.seen: dict[str, tuple[Any, float]] = {}

    def sign(self) -> None:
        """Change the sign of this command, once in BEAT seconds."""
        if self.command and time.monotonic() - self.signed > BEAT:
            self.signed = time.monotonic()
            self.study.set_user_attr(SIGN + self.command, time.time())

    def lost(self, command: str) -> bool:
        """Tell whether the sign of another command has not changed for LOST seconds."""
        sign, now = self.study.user_attrs.get(SIGN + command), time.monotonic()
        if command not in self.seen or self.seen[command][0] != sign:
            self.seen[command] = sign, now
        return now - self.seen[command][1] > LOST
