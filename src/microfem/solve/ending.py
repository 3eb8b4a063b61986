"""Why a refinement ended: one of few reasons, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a refinement ended."""

    ACCURATE = "accurate"
    UNKNOWNS = "limit of unknowns"
    TIME = "limit of time"
    MEMORY = "limit of memory"
    NO_INDICATOR = "no indicator"
    PATH_STOPPED = "load path stopped"
    FAILED = "finer mesh failed"


TEXTS = {
    Reason.ACCURATE: "within the accuracy",
    Reason.UNKNOWNS: "limits.unknowns, {detail}",
    Reason.TIME: "limits.time, {detail}",
    Reason.MEMORY: "limits.memory, {detail}",
    Reason.NO_INDICATOR: "nothing tells where to refine",
    Reason.PATH_STOPPED: "the load path {detail}",
    Reason.FAILED: "a finer mesh failed: {detail}",
}


@dataclass(frozen=True)
class Ended:
    """Why a refinement ended, with the limit that it met or the error of the mesh that failed."""

    reason: Reason
    detail: str = ""

    @property
    def text(self) -> str:
        """The end in words."""
        return TEXTS[self.reason].format(detail=self.detail)
