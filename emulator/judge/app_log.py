"""What the app says: its log, one record per outcome, as it would stand in CloudWatch. See docs/logs.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulator import Invocation

SWEEP = "sweep_snapshots"


@dataclass(frozen=True, slots=True)
class Record:
    """One outcome. `targets` are ids of volumes or snapshots, `at` is UTC, `reason` is a sentence for people.

    `code` and `parameters` are the reason as data; `details` are the codes of what happened beyond it.
    """

    at: datetime
    region: str
    function: str
    event_id: str
    action: str
    result: str
    reason: str
    code: str
    parameters: Mapping[str, Any]
    details: tuple[str, ...]
    targets: tuple[str, ...]
    destination: str
    created: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of the reason, and those of the details: the same for records that differ in ids and dates only."""
        return (self.code, *self.details)


@dataclass(frozen=True, slots=True)
class Problem:
    """A tag that the app did not understand: where, what is wrong with it, what was read, and what is accepted.

    `wrong` is a code; `read` and `accepted` are for people.
    """

    region: str
    target: str
    wrong: str
    read: str
    accepted: str


@dataclass(slots=True)
class Digest:
    """The records of some invocations, sorted by what became of the targets."""

    created: list[Record] = field(default_factory=list)
    copied: list[Record] = field(default_factory=list)
    tagged: list[Record] = field(default_factory=list)
    deleted: list[Record] = field(default_factory=list)
    kept: list[Record] = field(default_factory=list)  # by the sweep only
    deferred: list[Record] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    silent: list[Invocation] = field(default_factory=list)  # they failed, and no record says at what


def digest(invocations: Iterable[Invocation]) -> Digest:
    """Sorts the records of `invocations`. A sweep that is tried again says again what it keeps: it counts once."""
    sorted_records = Digest()
    problems: dict[Problem, None] = {}
    kept: dict[tuple[str, ...], Record] = {}
    for invocation in invocations:
        failed = len(sorted_records.failed)
        for line in _lines(invocation):
            if line["message"] == "tag_problem":
                problem = Problem(invocation.region, line["target"], line["wrong"], line["read"], line["accepted"])
                problems[problem] = None
            elif line["result"] == "kept":
                if invocation.function == SWEEP:
                    record = _record(invocation, line)
                    kept[record.targets] = record
            else:
                _sort(sorted_records, _record(invocation, line))
        if invocation.error and len(sorted_records.failed) == failed:
            sorted_records.silent.append(invocation)
    sorted_records.problems = list(problems)
    sorted_records.kept = list(kept.values())
    return sorted_records


def _lines(invocation: Invocation) -> Iterator[Mapping[str, Any]]:
    """The outcomes and tag problems; of what was kept (DEBUG), only what the sweep says. Other lines may be no JSON."""
    for text in invocation.log.splitlines():
        if '"level":"DEBUG"' in text and invocation.function != SWEEP:
            continue
        if text.startswith("{") and ('"outcome"' in text or '"tag_problem"' in text):
            line = json.loads(text)
            if line.get("message") in ("outcome", "tag_problem"):
                yield line


def _record(invocation: Invocation, line: Mapping[str, Any]) -> Record:
    return Record(
        at=invocation.at,
        region=invocation.region,
        function=invocation.function,
        event_id=invocation.event["id"],
        action=line["action"],
        result=line["result"],
        reason=line["reason"],
        code=line["reason_code"],
        parameters=line["reason_parameters"],
        details=tuple(detail["code"] for detail in line["details"]),
        targets=tuple(line["targets"]),
        destination=line.get("destination") or "",  # left out unless it is a copy
        created=tuple(line["created_snapshots"]),
    )


def _sort(digest: Digest, record: Record) -> None:
    if record.result in ("deferred", "failed"):
        (digest.deferred if record.result == "deferred" else digest.failed).append(record)
        return
    by_action = {
        "create": digest.created,
        "copy": digest.copied,
        "tag": digest.tagged,
        "delete": digest.deleted,
    }
    if record.action in by_action:
        by_action[record.action].append(record)
