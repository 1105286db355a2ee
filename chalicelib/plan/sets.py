"""Sets: the snapshots of an instance for one slot. A restore needs all of a set. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.models import Snapshot


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The snapshots of an instance for one slot, one of each volume, by device.

    ``taken`` is the latest of their points in time; ``expected`` is how many volumes the set has to have.
    """

    slot: str
    taken: datetime
    snapshots: tuple[Snapshot, ...]
    expected: int

    @property
    def is_whole(self) -> bool:
        """Whether every volume of it has a completed snapshot in the standard tier."""
        return sum(snapshot.is_backup for snapshot in self.snapshots) >= self.expected

    @property
    def is_restorable(self) -> bool:
        """Whether a volume can be made of each of its snapshots at once."""
        return sum(snapshot.is_restorable for snapshot in self.snapshots) >= self.expected


def sets_of(snapshots: Iterable[Snapshot]) -> list[SnapshotSet]:
    """Return the sets that the snapshots of one instance make up in one Region, the newest first."""
    by_slot: dict[str, dict[str, Snapshot]] = {}
    for snapshot in sorted(snapshots, key=_best_last):
        volumes = by_slot.setdefault(snapshot.slot or snapshot.id, {})
        volumes[volume_of(snapshot)] = snapshot
    sets = [_set(slot, tuple(volumes.values())) for slot, volumes in by_slot.items()]
    return sorted(sets, key=lambda one: (one.taken, one.slot), reverse=True)


def volume_of(snapshot: Snapshot) -> str:
    """Return the volume that a snapshot holds: EC2's own word for a primary, the tag's for a copy."""
    return (snapshot.source_volume_id if snapshot.is_copy else None) or snapshot.volume_id


def _best_last(snapshot: Snapshot) -> tuple[bool, bool, bool, datetime, str]:
    """Order snapshots so that of several of one volume and slot the one to restore comes last."""
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
    """Return the first whole set of some that are in order, the newest first."""
    return next((one for one in sets if one.is_whole), None)
