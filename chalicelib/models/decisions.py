"""What a job decides, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.models.calls import Call


class Result(StrEnum):
    """How a target ended; ``deferred`` is no failure: the next event or run goes on."""

    DONE = "done"
    KEPT = "kept"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to some targets, and why: a call to make, or a result without one.

    Targets are volumes for a creation, snapshots for a deletion, and
    ``snapshot -> destination`` for a copy.
    """

    targets: tuple[str, ...]
    reason: str
    call: Call | None = None
    result: Result = Result.KEPT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to the targets of a decision; ``created`` names new snapshots."""

    decision: Decision
    result: Result
    reason: str
    created: tuple[str, ...] = ()
