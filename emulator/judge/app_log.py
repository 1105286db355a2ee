"""What the app says of a day: its own log records, one per outcome, as they would stand in CloudWatch."""

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
    """One outcome. `targets` are volumes, snapshots, or for a copy `snapshot -> Region`. `at` is UTC."""

    at: datetime
    region: str
    function: str
    result: str
    reason: str
    targets: tuple[str, ...]
    created: tuple[str, ...]

    @property
    def is_copy(self) -> bool:
        """Whether it is about a copy to another Region."""
        return " -> " in self.targets[0]

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The ids that the targets start with."""
        return tuple(target.split(" -> ")[0] for target in self.targets)


@dataclass(frozen=True, slots=True)
class Problem:
    """A tag that the app did not understand: where, what was read, and what is accepted."""

    region: str
    target: str
    read: str
    accepted: str


@dataclass(slots=True)
class Digest:
    """The records of some invocations, sorted into what became of the targets."""

    created: list[Record] = field(default_factory=list)
    copied: list[Record] = field(default_factory=list)
    deleted: list[Record] = field(default_factory=list)
    mended: list[Record] = field(default_factory=list)  # tags and duplicates put right
    kept: list[Record] = field(default_factory=list)
    deferred: list[Record] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    silent: list[Invocation] = field(default_factory=list)  # they failed, and no record says at what


def digest(invocations: Iterable[Invocation]) -> Digest:
    """Sorts the records of `invocations`; only the sweep's verdicts are read of what was kept."""
    found = Digest()
    problems: dict[Problem, None] = {}
    kept: dict[tuple[str, ...], Record] = {}  # by target: a sweep that is tried again says it again
    for one in invocations:
        failed = len(found.failed)
        for line in _lines(one):
            if line["message"] == "tag_problem":
                problems[Problem(one.region, line["target"], line["read"], line["accepted"])] = None
            else:
                record = _record(one, line)
                if record.result == "kept":
                    kept[record.targets] = record
                else:
                    _sort(found, record)
        if one.error and len(found.failed) == failed:
            found.silent.append(one)
    found.problems = list(problems)
    found.kept = list(kept.values())
    return found


def _lines(one: Invocation) -> Iterator[Mapping[str, Any]]:
    for text in one.log.splitlines():
        outcome = '"message":"outcome"' in text and ('"result":"kept"' not in text or one.function == SWEEP)
        if outcome or '"message":"tag_problem"' in text:
            yield json.loads(text)


def _record(one: Invocation, line: Mapping[str, Any]) -> Record:
    return Record(
        at=one.at,
        region=one.region,
        function=one.function,
        result=line["result"],
        reason=line["reason"],
        targets=tuple(line["targets"]),
        created=tuple(line["created_snapshots"]),
    )


def _sort(found: Digest, record: Record) -> None:
    if record.result == "deferred":
        found.deferred.append(record)
    elif record.result == "failed":
        found.failed.append(record)
    elif record.function == SWEEP:
        found.deleted.append(record)
    elif not record.created:
        found.mended.append(record)
    elif record.is_copy:
        found.copied.append(record)
    else:
        found.created.append(record)
