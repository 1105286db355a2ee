"""What was found, laid beside what was due: the common ground of the table and the checks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from emulator import Invocation
from emulator.demo.expected import Due, all_due
from emulator.demo.records import Digest, digest
from emulator.demo.world import Evidence, Seen


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not as it must be."""

    what: str
    expected: str
    found: str


@dataclass(slots=True)
class Verdict:
    """What one check claims, how many things it looked at, and what was wrong with them."""

    claim: str
    looked_at: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    def hold(self, true: bool, what: str, expected: object, found: object) -> None:
        """Counts one thing, and notes it if it is not true."""
        self.looked_at += 1
        if not true:
            self.wrong.append(Wrong(what, str(expected), str(found)))

    def settle(self) -> Verdict:
        """A check that looked at nothing proves nothing: that is wrong as well."""
        if not self.looked_at:
            self.wrong.append(Wrong("this check", "something to look at", "nothing"))
        return self


class Case:
    """The evidence, with its snapshots found by what they are of."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.facts = evidence.facts
        self.today = evidence.now.date()
        self.due = all_due(evidence.facts, evidence.now)
        self._primaries: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        self._copies: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for one in evidence.seen.values():
            if one.managed and one.state == "completed":
                self._file(one)

    @cached_property
    def by_day(self) -> dict[date, Digest]:
        """What the app said on each day, as far as it said anything."""
        by_day: dict[date, list[Invocation]] = defaultdict(list)
        for one in self.evidence.invocations:
            by_day[one.at.date()].append(one)
        return defaultdict(Digest, {day: digest(invocations) for day, invocations in by_day.items()})

    def _file(self, one: Seen) -> None:
        if one.primary_id is None:
            self._primaries[one.volume_id, one.tags.get("Backup_Slot", "")].append(one)
        else:
            self._copies[one.primary_id, one.region].append(one)

    def primaries(self, due: Due) -> list[Seen]:
        """The completed primaries ever seen that fill this slot: one, if all is well."""
        return self._primaries.get((due.volume_id, slot_tag(due.slot)), [])

    def copies(self, due: Due, region: str) -> list[Seen]:
        """The completed copies ever seen there of what fills this slot."""
        return [copy for primary in self.primaries(due) for copy in self._copies.get((primary.id, region), ())]

    def all_in(self, due: Due, region: str) -> list[Seen]:
        """The completed primaries or copies ever seen there, according to where the instance is."""
        return self.primaries(due) if region == due.instance.region else self.copies(due, region)

    def primary(self, one: Seen) -> Seen:
        """What a copy was made of; a primary itself."""
        return self.evidence.seen[one.primary_id] if one.primary_id else one

    def stand(self, ever: list[Seen]) -> list[Seen]:
        """Those of them that are still there."""
        return [one for one in ever if one.id in self.evidence.standing]

    @cached_property
    def goes(self) -> dict[str, date]:
        """The day on which each snapshot that was due is to go, or has gone: by id."""
        days: dict[str, date] = {}
        for due in self.due:
            days |= {one.id: due.goes for one in self.primaries(due)}
            for region, day in due.copies_go.items():
                days |= {one.id: day for one in self.copies(due, region)}
        return days

    def goes_on(self, one: Seen) -> date | None:
        """The day on which a snapshot is to go; one that was not due, or failed, on its own date."""
        return self.goes.get(one.id, one.delete_on)

    @cached_property
    def gone_on(self) -> dict[str, date]:
        """By id: the day on which each snapshot that the app deleted went."""
        return {one.snapshot_id: one.at.date() for one in self.evidence.deletions if one.function is not None}

    def of_volumes(self, volume_ids: tuple[str, ...]) -> list[Seen]:
        """Everything managed that was ever seen of these volumes: primaries, their copies, failed ones."""
        mine = {one.id: one for one in self.evidence.seen.values() if one.managed and one.volume_id in volume_ids}
        return [*mine.values(), *(one for one in self.evidence.seen.values() if one.primary_id in mine)]


def slot_tag(slot: datetime) -> str:
    """As the tag Backup_Slot writes it."""
    return f"{slot:%Y-%m-%dT%H:%MZ}"
