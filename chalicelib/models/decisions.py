"""What a job decides, and the outcomes. ``chalicelib.wording`` makes sentences of both for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.models.calls import Call
from chalicelib.models.reasons import Reason


class Kind(StrEnum):
    """What a target is."""

    INSTANCE = "instance"
    VOLUME = "volume"
    SNAPSHOT = "snapshot"
    REGION = "region"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What a decision is about; ``destination`` is the Region to copy a snapshot to, empty if nothing is copied."""

    kind: Kind
    id: str
    region: str
    destination: str = ""


class Result(StrEnum):
    """What happened to a target.

    ``planned``: a dry run would have made the call. ``deferred`` is no failure: the next event or run continues.
    """

    DONE = "done"
    PLANNED = "planned"
    KEPT = "kept"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with some targets, and why: a call to make, or a result if there is no call.

    All targets of a decision are of one kind.
    """

    targets: tuple[Target, ...]
    reason: Reason
    call: Call | None = None
    result: Result = Result.KEPT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to the targets of a decision; ``created`` names new snapshots.

    ``details`` say what happened beyond the reason of the decision, in order.
    """

    decision: Decision
    result: Result
    details: tuple[Reason, ...] = ()
    created: tuple[str, ...] = ()
