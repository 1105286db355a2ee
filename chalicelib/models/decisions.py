"""What a job decides, and what the decisions led to. People read both through ``chalicelib.wording``."""

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
    """How a target ended.

    ``planned`` is what a dry run would have done. ``deferred`` is no failure: the next event or run goes on.
    """

    DONE = "done"
    PLANNED = "planned"
    KEPT = "kept"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to some targets, and why: a call to make, or a result without one.

    Targets are volumes for a creation, snapshots for everything else; one decision never mixes kinds.
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
