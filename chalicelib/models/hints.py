"""What an event says, checked: a hint, which a job looks up again before it decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What an event asks for: a snapshot of one instance, now. ``id`` is the event's, the same if it comes twice."""

    id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What an event says of snapshots that were created: each id, and whether it failed."""

    snapshots: tuple[tuple[str, bool], ...]
    cause: str = ""
