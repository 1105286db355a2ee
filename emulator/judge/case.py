"""What was seen, arranged beside what was due, for the checks to look up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property

from emulator import Invocation
from emulator.judge.app_log import SWEEP, Digest, digest
from emulator.judge.due import Due, Runs, all_due
from emulator.judge.evidence import Evidence, Snapshot


class Excuses:
    """What the course of events excuses: by default nothing.

    A story in which runs are lost, overlap or see an API that lags behind gives a subclass.
    """

    def may_be_missing(self, due: Due) -> bool:
        """Whether no snapshot had to be created for this slot after all."""
        return False

    def may_double(self, first: Snapshot, second: Snapshot) -> bool:
        """Whether no run could have known of the first snapshot for a slot when the second was created."""
        return False

    def may_stand(self, copies: Sequence[Snapshot]) -> bool:
        """Whether these copies of one primary in one Region are in order, though they are not one completed copy."""
        return False


NO_EXCUSES = Excuses()


class Case:
    """The evidence and what was due, with ways to look both up."""

    def __init__(self, evidence: Evidence, excuses: Excuses = NO_EXCUSES, runs: Runs | None = None) -> None:
        """`runs` are those of the creator, if they are others than its schedule starts."""
        self.evidence = evidence
        self.excuses = excuses
        self.facts = evidence.facts
        self.today = evidence.now.date()
        self.due = all_due(evidence.facts, evidence.now, runs)
        self.instances = {
            volume_id: instance
            for name, instance in self.facts.instances.items()
            for volume_id in self.facts.volume_ids[name]
        }
        self.primaries: list[Snapshot] = []  # of instances that are to be backed up, by start and id
        self._by_slot: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        self._copies: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        for snapshot in sorted(evidence.seen.values(), key=lambda snapshot: (snapshot.started, snapshot.id)):
            if snapshot.managed:
                self._file(snapshot)

    def _file(self, snapshot: Snapshot) -> None:
        if snapshot.primary_id is not None:
            self._copies[snapshot.primary_id, snapshot.region].append(snapshot)
            return
        self._by_slot[snapshot.volume_id, snapshot.slot].append(snapshot)
        instance = self.instances.get(snapshot.volume_id)
        if instance and instance.promise and instance.region == snapshot.region:
            self.primaries.append(snapshot)

    @cached_property
    def log_by_day(self) -> dict[date, Digest]:
        """What the app said on each day, as far as it said anything."""
        by_day: dict[date, list[Invocation]] = defaultdict(list)
        for invocation in self.evidence.invocations:
            by_day[invocation.at.date()].append(invocation)
        return defaultdict(Digest, {day: digest(invocations) for day, invocations in by_day.items()})

    def filling(self, due: Due) -> list[Snapshot]:
        """The completed primaries ever seen that fill this slot: one, if all is well."""
        primaries = self._by_slot.get((due.volume_id, due.slot), ())
        return [primary for primary in primaries if primary.state == "completed"]

    def copies_of(self, primary: Snapshot, region: str) -> list[Snapshot]:
        """The copies of a primary ever seen in a Region, in whatever state."""
        return self._copies.get((primary.id, region), [])

    def completed_copies(self, due: Due, region: str) -> list[Snapshot]:
        """The completed copies ever seen in a Region of what fills this slot."""
        return [
            copy
            for primary in self.filling(due)
            for copy in self.copies_of(primary, region)
            if copy.state == "completed"
        ]

    def completed_in(self, due: Due, region: str) -> list[Snapshot]:
        """The completed primaries ever seen for this slot in the instance's Region; in another one, the copies."""
        return self.filling(due) if region == due.instance.region else self.completed_copies(due, region)

    def primary_of(self, snapshot: Snapshot) -> Snapshot:
        """What a copy was made from, if it was ever seen; a primary itself."""
        return self.evidence.seen.get(snapshot.primary_id or snapshot.id, snapshot)

    def taken(self, snapshot: Snapshot) -> datetime:
        """The point in time that a snapshot or copy holds."""
        return self.primary_of(snapshot).started

    def lineage(self, snapshot: Snapshot) -> tuple[str, str]:
        """The volume that a snapshot or copy comes from, and its Region."""
        primary = self.primary_of(snapshot)
        volume_id = primary.volume_id if primary.primary_id is None else primary.tags.get("Source_VolumeId", "")
        return volume_id, snapshot.region

    @cached_property
    def _families(self) -> dict[tuple[str, str], list[Snapshot]]:
        """The managed, completed snapshots ever seen, by instance and Region; by volume if it is of no instance."""
        families: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        for snapshot in self.evidence.seen.values():
            if snapshot.managed and snapshot.completed is not None:
                families[self._family(snapshot)].append(snapshot)
        return families

    def _family(self, snapshot: Snapshot) -> tuple[str, str]:
        volume_id, region = self.lineage(snapshot)
        instance = self.instances.get(volume_id)
        return instance.name if instance else volume_id, region

    @cached_property
    def _ends(self) -> dict[str, tuple[datetime, int]]:
        """By id: when a snapshot was deleted, by whomever, and in which order those of one instant were."""
        return {deletion.snapshot.id: (deletion.at, place) for place, deletion in enumerate(self.evidence.deletions)}

    def others(self, snapshot: Snapshot, at: datetime, place: int = -1) -> list[Snapshot]:
        """The other completed snapshots of its instance in its Region that stood at `at`.

        `place` is that of the last deletion of this instant that had taken effect, among all deletions.
        """
        forever = (datetime.max.replace(tzinfo=UTC), 0)
        return [
            other
            for other in self._families[self._family(snapshot)]
            if other.id != snapshot.id
            and other.completed is not None
            and other.completed <= at
            and self._ends.get(other.id, forever) > (at, place)
        ]

    @cached_property
    def overwritten(self) -> set[str]:
        """The ids of the snapshots whose DeleteOn somebody overwrote by mistake."""
        return {id for mistake in self.facts.mistakes for id in mistake.before}

    @cached_property
    def last_sweeps(self) -> dict[str, datetime]:
        """By Region: when the sweep last ran without any failure."""
        return {
            invocation.region: invocation.at
            for invocation in self.evidence.invocations
            if invocation.function == SWEEP and invocation.error is None
        }

    @cached_property
    def oldest_promises(self) -> dict[str, datetime]:
        """By Region: when the oldest snapshot ever seen was taken whose description promises a date."""
        starts: dict[str, list[datetime]] = defaultdict(list)
        for snapshot in self.evidence.seen.values():
            if snapshot.managed and snapshot.promised:
                starts[snapshot.region].append(snapshot.started)
        return {region: min(times) for region, times in starts.items()}

    def still_standing(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        """Those of them that stand."""
        return [snapshot for snapshot in snapshots if snapshot.id in self.evidence.standing]

    @cached_property
    def goes(self) -> dict[str, date]:
        """The day on which each snapshot that was due is to go, or has gone: by id."""
        days: dict[str, date] = {}
        for due in self.due:
            days |= {snapshot.id: due.goes for snapshot in self.filling(due)}
            for region, day in due.copies_go.items():
                days |= {copy.id: day for copy in self.completed_copies(due, region)}
        return days | self.undeleted_until

    def goes_on(self, snapshot: Snapshot) -> date | None:
        """The day on which a snapshot is to go; one that was not due, or failed, goes on its own date."""
        return self.goes.get(snapshot.id, snapshot.delete_on)

    @cached_property
    def undeleted_until(self) -> dict[str, date]:
        """By id: the day that somebody wrote into DeleteOn of a snapshot in the Recycle Bin, to restore it."""
        return {undeletion.snapshot_id: undeletion.until for undeletion in self.facts.undeletions}

    @cached_property
    def gone_at(self) -> dict[str, datetime]:
        """By id: when the app deleted a snapshot."""
        return {
            deletion.snapshot.id: deletion.at for deletion in self.evidence.deletions if deletion.function is not None
        }

    def grace_was_over(self, primary: Snapshot) -> bool:
        """Whether the app deleted a primary when it no longer had to be kept for a copy that it owed."""
        went = self.gone_on.get(primary.id, date.min)
        return primary.delete_on is not None and went >= primary.delete_on + self.facts.grace

    @cached_property
    def gone_on(self) -> dict[str, date]:
        """By id: the day on which the app deleted a snapshot."""
        return {id: at.date() for id, at in self.gone_at.items()}

    def of_volumes(self, volume_ids: tuple[str, ...]) -> list[Snapshot]:
        """Every managed snapshot ever seen of these volumes: primaries, their copies, failed ones."""
        own = {
            snapshot.id: snapshot
            for snapshot in self.evidence.seen.values()
            if snapshot.managed and snapshot.volume_id in volume_ids
        }
        return [*own.values(), *(snapshot for snapshot in self.evidence.seen.values() if snapshot.primary_id in own)]
