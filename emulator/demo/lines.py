"""The lines of a day's story: many log records with the same reason become one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from emulator.judge import World
from emulator.judge.app_log import Record


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: a label, what happened, and its style."""

    label: str
    text: str
    style: str = ""


@dataclass
class Memory:
    """The facts that have been told, so that each is told once."""

    _facts: set[tuple[Hashable, ...]] = field(default_factory=set)

    def is_new(self, *fact: Hashable) -> bool:
        """Whether this fact comes up for the first time; remembers it."""
        new = fact not in self._facts
        self._facts.add(fact)
        return new

    def knows(self, *fact: Hashable) -> bool:
        """Whether this fact has come up."""
        return fact in self._facts


def grouped(world: World, label: str, records: Iterable[Record], how: str = "") -> list[Line]:
    """One line for all records with the same reason: how many targets, of which instances, and the reason."""
    lines = []
    for group in by_reason(records):
        names = [world.name(target) for record in group for target in record.targets]
        lines.append(Line(label, f"{len(names)}{how}: {counted(names)}; {reason_of(group)}"))
    return lines


def by_reason(records: Iterable[Record]) -> list[list[Record]]:
    """The records in groups: in each, they differ in ids, Regions and dates only."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(record.codes, []).append(record)
    return list(groups.values())


def reason_of(group: Sequence[Record]) -> str:
    """The reason in the app's own words; that of the first record if they are not all the same."""
    reasons = {record.reason for record in group}
    return f"{'' if len(reasons) == 1 else 'for example '}“{group[0].reason}”"


def counted(names: Iterable[str]) -> str:
    """`shop-db 3, shop-web 1`, the most frequent first."""
    counts = Counter(names)
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def times(count: int, noun: str, plural: str = "") -> str:
    """`1 copy`, `2 copies`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
