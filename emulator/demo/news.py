"""What is out of the ordinary on a day: failures, bad tags, late snapshots, and what is kept past its date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from emulator.demo.lines import Line, Memory, by_reason, counted, reason_of, times
from emulator.judge import Snapshot, World
from emulator.judge.app_log import Digest, Problem, Record

LATE = timedelta(hours=1)


@dataclass
class News:
    """Compares each day with those before it: the days have to come in order."""

    world: World
    memory: Memory
    _last_days: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))

    def failures(self, log: Digest) -> Iterator[Line]:
        """What failed, how often it was reported, and whether it ended as a dead letter."""
        groups: dict[tuple[str, ...], list[Record]] = {}
        for record in log.failed:
            groups.setdefault((*record.targets, record.destination, *record.codes), []).append(record)
        for group in groups.values():
            first = group[0]
            about_region = first.targets == (first.region,)
            names = [first.function if about_region else self.world.name(target) for target in first.targets]
            text = (
                f"{counted(names) if len(names) > 1 else names[0]}, {', '.join(first.targets)}: {reason_of(group)}; "
                f"reported {times(len(group), 'time')} from {first.at:%H:%M} on"
            )
            yield Line("FAILED", text + (", then left as a dead letter" if self._is_dead_letter(group) else ""), "red")
        silent = Counter((invocation.function, invocation.region, invocation.error) for invocation in log.silent)
        for (function, region, error), count in silent.items():
            yield Line("FAILED", f"{function} in {region}, {times(count, 'time')}: {error}", "red")

    def _is_dead_letter(self, group: list[Record]) -> bool:
        events = {(record.function, record.region, record.event_id) for record in group}
        return any(
            (letter.function, letter.region, letter.event["id"]) in events for letter in self.world.aws.dead_letters
        )

    def others(self, log: Digest, overdue: Mapping[str, Snapshot]) -> Iterator[Line]:
        """Everything else; `overdue` is what stands past its DeleteOn since this day."""
        yield from self._tag_problems(log)
        yield from self._fewer(log)
        yield from self._late(log)
        yield from self._deferred(log)
        yield from self._kept_one_by_one(log, overdue)
        yield from self._deleted_late(log)
        yield from self._last_ones(log)

    def _tag_problems(self, log: Digest) -> Iterator[Line]:
        """One line for all that have the same tag."""
        groups: dict[str, list[Problem]] = {}
        for problem in log.problems:
            if self.memory.is_new("tag problem", problem.target, problem.read):
                groups.setdefault(problem.read, []).append(problem)
        for read, [first, *others] in groups.items():
            name = self.world.name(first.target)
            text = f"{name}, {first.target}: read {read}; accepted: {first.accepted}"
            if others:
                names = counted(self.world.name(problem.target) for problem in (first, *others))
                text = f"{len(others) + 1}: {names}; for example {text}"
            yield Line("tags", text, "yellow")

    def _fewer(self, log: Digest) -> Iterator[Line]:
        """Fewer snapshots than on both days before; one day alone may have had something to catch up on."""
        today = Counter(self.world.name(target) for record in log.created for target in record.targets)
        usual = self._last_days[0] & self._last_days[1]
        fewer = [f"{name} {today[name]} instead of {usual[name]}" for name in sorted(usual - today)]
        self._last_days = (self._last_days[1], today)
        if fewer:
            yield Line("fewer", f"snapshots than on the days before: {', '.join(fewer)}", "yellow")

    def _late(self, log: Digest) -> Iterator[Line]:
        late: dict[datetime, dict[datetime, list[str]]] = {}
        for record in log.created:
            for snapshot in (self.world.seen[id] for id in record.created if id in self.world.seen):
                slot = _slot(snapshot)
                if slot and record.at - slot > LATE:
                    late.setdefault(record.at, {}).setdefault(slot, []).append(self.world.name(snapshot.id))
        for run, slots in sorted(late.items()):
            text = "; ".join(f"{counted(names)} (slot {slot:%d %b %H:%M})" for slot, names in sorted(slots.items()))
            yield Line("late", f"created at {run:%H:%M}, as the slot had no snapshot: {text}", "yellow")

    def _deferred(self, log: Digest) -> Iterator[Line]:
        started = {(target, record.destination): record.at for record in log.copied for target in record.targets}
        for group in by_reason(log.deferred):
            waiting = {(target, record.destination) for record in group for target in record.targets}
            later = [started[copy] for copy in waiting if copy in started]
            end = f"{len(later)} of them started by {max(later):%H:%M}" if later else "none of them started today"
            yield Line("deferred", f"{times(len(waiting), 'copy', 'copies')}; {reason_of(group)}; {end}", "yellow")

    def newly_overdue(self, day: date) -> dict[str, Snapshot]:
        """By id: what stands although its DeleteOn has come, and was not so on the day before."""
        return {
            id: snapshot
            for id, snapshot in self.world.look().items()
            if snapshot.delete_on is not None and snapshot.delete_on <= day and self.memory.is_new("overdue", id)
        }

    def kept_together(self, log: Digest) -> list[Record]:
        """What the sweep kept, except for reasons that it gives for overdue snapshots only: `others` names each."""
        return [
            record
            for group in by_reason(log.kept)
            if not all(self.memory.knows("overdue", target) for record in group for target in record.targets)
            for record in group
        ]

    def _kept_one_by_one(self, log: Digest, overdue: Mapping[str, Snapshot]) -> Iterator[Line]:
        """Told once: what the sweep kept, and what it never looks at because it is not the app's."""
        reasons = {target: record.reason for record in log.kept for target in record.targets}
        together = {target for record in self.kept_together(log) for target in record.targets}
        for id, snapshot in overdue.items():
            if id in together:
                continue
            reason = f"“{reasons[id]}”" if id in reasons else "the app did not say why"
            if not snapshot.managed:
                reason = "it is not the app's, because it has no Type=Automated"
            kind = "copy" if snapshot.primary_id else "snapshot"
            text = f"{self.world.name(id)}, {kind} {id}, past its DeleteOn {snapshot.delete_on}: {reason}"
            yield Line("kept", text, "green")

    def _deleted_late(self, log: Digest) -> Iterator[Line]:
        late = [target for record in log.deleted for target in record.targets if self.memory.knows("overdue", target)]
        if late:
            text = f"{len(late)} that had been kept past their DeleteOn: {counted(map(self.world.name, late))}"
            yield Line("deleted", text, "green")

    def _last_ones(self, log: Digest) -> Iterator[Line]:
        left = {self.world.name(id) for id in self.world.look()}
        deleted = {self.world.name(target) for record in log.deleted for target in record.targets}
        for name in sorted(deleted - left):
            yield Line("deleted", f"the last snapshot of {name}: no backup of it is left", "green")


def _slot(snapshot: Snapshot) -> datetime | None:
    """The slot that a snapshot fills; None for a copy, and for one on request."""
    if snapshot.primary_id or not snapshot.slot.endswith("Z"):
        return None
    return datetime.fromisoformat(snapshot.slot)
