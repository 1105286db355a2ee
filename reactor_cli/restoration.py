"""Restoring: which snapshots make up the newest whole backup of an instance, and what volumes to make of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib import tags
from chalicelib.models import Snapshot, State, Tags

# The default of EC2's console, for snapshots from before their tags said what the volume was.
USUAL_TYPE = "gp3"


@dataclass(frozen=True, slots=True)
class SnapshotSet:
    """The snapshots of an instance for one slot, one of each volume, by device.

    ``taken`` is the latest of their points in time; ``expected`` is how many there were to be.
    """

    slot: str
    taken: datetime
    snapshots: tuple[Snapshot, ...]
    expected: int

    @property
    def missing(self) -> str:
        """What a restore would lack, empty if nothing."""
        ready = sum(each.state == State.COMPLETED for each in self.snapshots)
        return "" if ready == self.expected else f"{ready} of {self.expected} volumes"


@dataclass(frozen=True, slots=True)
class CreateVolume:
    """Create a volume of a snapshot; ``type_recorded`` is False if the type is a guess. Throughput is in MiB/s."""

    snapshot_id: str
    zone: str
    device: str
    size_gib: int
    type: str
    iops: int | None
    throughput: int | None
    tags: Tags
    type_recorded: bool = True


def sets_of(snapshots: Iterable[Snapshot]) -> list[SnapshotSet]:
    """Return the sets that the snapshots of one instance make up in one Region, the newest first."""
    by_slot: dict[str, dict[str, Snapshot]] = {}
    for snapshot in sorted(snapshots, key=_best_last):
        volumes = by_slot.setdefault(snapshot.slot or snapshot.id, {})
        volumes[snapshot.source_volume_id or snapshot.volume_id] = snapshot
    sets = [_set(slot, tuple(volumes.values())) for slot, volumes in by_slot.items()]
    return sorted(sets, key=lambda each: (each.taken, each.slot), reverse=True)


def _best_last(snapshot: Snapshot) -> tuple[bool, bool, datetime, str]:
    """Order snapshots so that of several of one volume and slot the one to restore comes last."""
    return (snapshot.state == State.COMPLETED, not snapshot.is_copy, snapshot.started, snapshot.id)


def _set(slot: str, snapshots: Sequence[Snapshot]) -> SnapshotSet:
    expected = max(len(snapshots), *(each.set_size or 0 for each in snapshots))
    ordered = tuple(sorted(snapshots, key=lambda each: (each.device or "", each.id)))
    return SnapshotSet(slot, max(each.taken for each in snapshots), ordered, expected)


def newest_whole(sets: Iterable[SnapshotSet], at: datetime) -> SnapshotSet | None:
    """Return the newest complete set that was taken at ``at`` (aware) or before."""
    return next((each for each in sets if each.taken <= at and not each.missing), None)


def volumes_of(snapshots: Iterable[Snapshot], zone: str, purpose: str) -> list[CreateVolume]:
    """Return the volumes to create in a zone, as the tags of the snapshots say that they were.

    ``purpose`` is what their tags say that they are for.
    """
    return [
        CreateVolume(
            snapshot_id=each.id,
            zone=zone,
            device=each.device or "",
            size_gib=each.volume_gib,
            type=(kind := each.volume_type or USUAL_TYPE),
            iops=each.iops if kind in tags.TYPES_WITH_IOPS else None,
            throughput=each.throughput if kind in tags.TYPES_WITH_THROUGHPUT else None,
            tags=tags.restored_tags(each, purpose),
            type_recorded=each.volume_type is not None,
        )
        for each in snapshots
    ]
