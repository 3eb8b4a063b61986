"""The reasons why a refinement ends, and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The reason why a refinement ended."""

    ACCURATE = "accurate"
    TIME_STEPS = "error of time steps"
    UNKNOWNS = "limit of unknowns"
    TIME = "limit of time"
    MEMORY = "limit of memory"
    NO_INDICATOR = "no indicator"
    PATH_STOPPED = "load path stopped"
    FAILED = "finer mesh failed"


TEXTS = {
    Reason.ACCURATE: "within the accuracy",
    Reason.TIME_STEPS: "the error of the time steps of {detail}, which no mesh lowers: state a smaller tolerance",
    Reason.UNKNOWNS: "limits.unknowns, {detail}",
    Reason.TIME: "limits.time, {detail}",
    Reason.MEMORY: "limits.memory, {detail}",
    Reason.NO_INDICATOR: "this physics has no error indicator",
    Reason.PATH_STOPPED: "the load path {detail}",
    Reason.FAILED: "a finer mesh failed: {detail}",
}


@dataclass(frozen=True)
class Ended:
    """The end of a refinement: its reason, with the limit, the metrics or the error message of the mesh that failed."""

    reason: Reason
    detail: str = ""

    @property
    def text(self) -> str:
        """The reason with its detail, as a message."""
        return TEXTS[self.reason].format(detail=self.detail)
