"""What an event says, validated. It is only a hint: a job describes the snapshots again before it decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """A request to back up one instance now. ``id`` is the event's: the same if EventBridge delivers it twice."""

    id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of creations: the id of each snapshot, and whether it failed. ``cause`` is empty if AWS gave none."""

    snapshots: tuple[tuple[str, bool], ...]
    cause: str = ""
