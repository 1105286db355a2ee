"""Sets: the snapshots of an instance for one slot. A restore of the instance needs the whole set. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.models import Snapshot
from chalicelib.plan.history import by_age_of_data

# EC2 gives all snapshots of one call the same time. With VSS, an agent may create them one by one while Windows holds
# writes back, for ten seconds at most. Two calls cannot be so close: EC2 takes one snapshot of a volume in 15 seconds.
# https://learn.microsoft.com/en-us/windows/win32/vss/overview-of-processing-a-backup-under-vss
SAME_POINT_IN_TIME = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The snapshots of an instance for one slot, one of each volume, by device.

    ``taken`` is the latest of their points in time; ``expected`` is the number of volumes in a whole set: of all
    that the tags of one of its snapshots name, and of all that it has snapshots of.
    """

    slot: str
    taken: datetime
    snapshots: tuple[Snapshot, ...]
    expected: int

    @property
    def first_taken(self) -> datetime:
        """The earliest of their points in time."""
        return min(snapshot.taken for snapshot in self.snapshots)

    @property
    def is_one_point_in_time(self) -> bool:
        """Whether all its snapshots hold the same moment; copies that do not say when count as such."""
        known = [snapshot.taken for snapshot in self.snapshots if _says_when(snapshot)]
        return not known or max(known) - min(known) <= SAME_POINT_IN_TIME

    @property
    def is_whole(self) -> bool:
        """Whether every volume has a completed snapshot in the standard tier."""
        return sum(snapshot.is_backup for snapshot in self.snapshots) >= self.expected

    @property
    def is_restorable(self) -> bool:
        """Whether EC2 can create a volume from each of the snapshots at once."""
        return sum(snapshot.is_restorable for snapshot in self.snapshots) >= self.expected


def sets_of(snapshots: Iterable[Snapshot]) -> list[SnapshotSet]:
    """Return the sets that the snapshots of one instance make up in one Region, the newest first.

    A set is one point in time: what was taken later for the same slot is a set of its own.
    """
    return _newest_first(
        _set(slot, members) for slot, history in _by_slot(snapshots).items() for members in _by_point_in_time(history)
    )


def slots_of(snapshots: Iterable[Snapshot]) -> list[SnapshotSet]:
    """Return all snapshots of one instance for each slot, the newest first, of one point in time or several."""
    return _newest_first(_set(slot, history) for slot, history in _by_slot(snapshots).items())


def _by_slot(snapshots: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    by_slot: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        by_slot[snapshot.slot or snapshot.id].append(snapshot)
    return by_slot


def _by_point_in_time(history: Iterable[Snapshot]) -> list[list[Snapshot]]:
    groups: list[list[Snapshot]] = []
    for snapshot in sorted(history, key=lambda snapshot: (_says_when(snapshot), by_age_of_data(snapshot))):
        if groups and _belongs(snapshot, groups[-1][0]):
            groups[-1].append(snapshot)
        else:
            groups.append([snapshot])
    return groups


def _belongs(snapshot: Snapshot, first: Snapshot) -> bool:
    if not _says_when(snapshot):
        return True  # only the slot is known of it and of all before it
    return _says_when(first) and snapshot.taken - first.taken <= SAME_POINT_IN_TIME


def _says_when(snapshot: Snapshot) -> bool:
    return not snapshot.is_copy or snapshot.source_started is not None


def _newest_first(sets: Iterable[SnapshotSet]) -> list[SnapshotSet]:
    return sorted(sets, key=lambda snapshot_set: (snapshot_set.taken, snapshot_set.slot), reverse=True)


def volume_of(snapshot: Snapshot) -> str:
    """Return the id of a snapshot's volume: EC2's for a primary, the tag's for a copy."""
    return (snapshot.source_volume_id if snapshot.is_copy else None) or snapshot.volume_id


def _best_last(snapshot: Snapshot) -> tuple[bool, bool, bool, datetime, str]:
    """Sort key that puts the best snapshot for a restore last, among those of one volume and slot."""
    return (
        snapshot.is_restorable,
        snapshot.is_backup,
        not snapshot.is_copy,
        snapshot.started,
        snapshot.id,
    )


def _set(slot: str, history: Iterable[Snapshot]) -> SnapshotSet:
    snapshots = {volume_of(snapshot): snapshot for snapshot in sorted(history, key=_best_last)}
    named = {volume_id for snapshot in snapshots.values() for volume_id in snapshot.set_volumes}
    expected = max(len(named | set(snapshots)), *(snapshot.set_size or 0 for snapshot in snapshots.values()))
    ordered = tuple(sorted(snapshots.values(), key=lambda snapshot: (snapshot.device or "", snapshot.id)))
    return SnapshotSet(slot, max(snapshot.taken for snapshot in ordered), ordered, expected)


def newest_whole(sets: Iterable[SnapshotSet]) -> SnapshotSet | None:
    """Return the newest whole set; ``sets`` are sorted, the newest first."""
    return next((snapshot_set for snapshot_set in sets if snapshot_set.is_whole), None)


def newest_whole_sets(snapshots: Sequence[Snapshot]) -> list[SnapshotSet]:
    """Return what to keep of an instance's snapshots: the newest whole set, and the newest slot that is filled.

    They differ if a slot was filled at different times: a restore may have nothing newer than that.
    """
    both = (newest_whole(sets_of(snapshots)), newest_whole(slots_of(snapshots)))
    return [snapshot_set for snapshot_set in both if snapshot_set]
