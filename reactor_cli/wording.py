"""How the commands say things; what the report says as well it says in the same words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from chalicelib import tags
from chalicelib.models import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    DeleteSnapshot,
    Result,
    Snapshot,
    TagProblem,
)
from chalicelib.quoting import printable

_VARIES = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}Z)?|\b(snap|vol|i|ami)-[0-9a-f]+")


def verb(call: Call | None) -> str:
    """Return EC2's word for what a call does, empty for none."""
    match call:
        case CreateSnapshot() | CreateSnapshots():
            return "create"
        case CopySnapshot():
            return "copy"
        case CreateTags():
            return "tag"
        case DeleteSnapshot():
            return "delete"
    return ""


def action(decision: Decision) -> str:
    """Return what a decision leads to: a verb, or how a target without a call ended."""
    return verb(decision.call) or decision.result.value


def moment(instant: datetime) -> str:
    """Return a time as people read it, UTC."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def shown(text: str) -> str:
    """Return a text from a tag without what a terminal would act on."""
    return printable(text)


def label(snapshot: Snapshot) -> str:
    """Return what a snapshot is of, as short as it is clear: the instance's name and the device."""
    name = tags.name_of(snapshot) or snapshot.source_volume_id or snapshot.volume_id
    return shown(f"{name} {snapshot.device}" if snapshot.device else name)


def reasons(decisions: Iterable[Decision]) -> list[tuple[int, str]]:
    """Return how many targets there are for each kind of reason, the most frequent first: ids and days left out."""
    counts: Counter[str] = Counter()
    for each in decisions:
        counts[_VARIES.sub("…", each.reason)] += len(each.targets)
    return sorted(((count, reason) for reason, count in counts.items()), key=lambda each: (-each[0], each[1]))


def needs_attention(decision: Decision) -> bool:
    """Return whether a person should look at what a decision found."""
    return decision.result == Result.FAILED


def problem_data(problem: TagProblem) -> dict[str, str]:
    """Return a tag problem as JSON has it, in a function's summary too."""
    return {"target": problem.target, "read": problem.read, "accepted": problem.accepted}
