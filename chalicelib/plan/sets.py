"""Sets: the snapshots of an instance for one slot. A restore of the instance needs the whole set. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.models import Snapshot


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The snapshots of an instance for one slot, one of each volume, by device.

    ``taken`` is the latest point in time of them; ``expected`` is the number of volumes in a whole set.
    """

    slot: str
    taken: datetime
    snapshots: tuple[Snapshot, ...]
    expected: int

    @property
    def is_whole(self) -> bool:
        """Whether every volume has a completed snapshot in the standard tier."""
        return sum(snapshot.is_backup for snapshot in self.snapshots) >= self.expected

    @property
    def is_restorable(self) -> bool:
        """Whether EC2 can create a volume from each of the snapshots at once."""
        return sum(snapshot.is_restorable for snapshot in self.snapshots) >= self.expected


def sets_of(snapshots: Iterable[Snapshot]) -> list[SnapshotSet]:
    """Return the sets of one instance in one Region, the newest first."""
    by_slot: dict[str, dict[str, Snapshot]] = {}
    for snapshot in sorted(snapshots, key=_best_last):
        volumes = by_slot.setdefault(snapshot.slot or snapshot.id, {})
        volumes[volume_of(snapshot)] = snapshot
    sets = [_set(slot, tuple(volumes.values())) for slot, volumes in by_slot.items()]
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


def _set(slot: str, snapshots: Sequence[Snapshot]) -> SnapshotSet:
    expected = max(len(snapshots), *(snapshot.set_size or 0 for snapshot in snapshots))
    ordered = tuple(sorted(snapshots, key=lambda snapshot: (snapshot.device or "", snapshot.id)))
    return SnapshotSet(slot, max(snapshot.taken for snapshot in snapshots), ordered, expected)


def newest_whole(sets: Iterable[SnapshotSet]) -> SnapshotSet | None:
    """Return the newest whole set; ``sets`` are sorted, the newest first."""
    return next((snapshot_set for snapshot_set in sets if snapshot_set.is_whole), None)
