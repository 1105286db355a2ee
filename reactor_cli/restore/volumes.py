"""Which volumes to create from snapshots, and whether a set has all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib import tags
from chalicelib.models import Snapshot, Tags
from chalicelib.plan.sets import SnapshotSet
from chalicelib.wording import moment

# What the tags of a restored volume say that it is for. IAM lets a drill delete its own volumes only.
RESTORE, DRILL = "restore", "drill"
# The default of EC2's console, for snapshots whose tags do not record the type of the volume.
DEFAULT_TYPE = "gp3"
MIXED = "not one point in time"


@dataclass(frozen=True, slots=True)
class CreateVolume:
    """Create a volume from a snapshot; ``type_recorded`` is False if the type is a guess. Throughput is in MiB/s."""

    snapshot_id: str
    zone: str
    device: str
    size_gib: int
    type: str
    iops: int | None
    throughput: int | None
    tags: Tags
    type_recorded: bool = True


def newest_restorable(sets: Iterable[SnapshotSet]) -> SnapshotSet | None:
    """Return the first of some sets, the newest first, from which all volumes can be created at once."""
    return next((snapshots for snapshots in sets if snapshots.is_restorable), None)


def count_restorable(snapshots: SnapshotSet) -> int:
    """Return from how many snapshots of a set a volume can be created at once."""
    return sum(snapshot.is_restorable for snapshot in snapshots.snapshots)


def times_text(snapshots: SnapshotSet) -> str:
    """Return the point in time of a set, or the first and the last if there are several."""
    if snapshots.is_one_point_in_time:
        return moment(snapshots.taken)
    return f"{moment(snapshots.first_taken)} to {moment(snapshots.taken)}"


def missing_text(snapshots: SnapshotSet) -> str:
    """Return why a set cannot be restored to one point in time; empty if it can."""
    restorable = count_restorable(snapshots)
    if restorable >= snapshots.expected:
        return "" if snapshots.is_one_point_in_time else f"snapshots of {times_text(snapshots)}, which are {MIXED}"
    archived = sum(snapshot.archived and not snapshot.is_restorable for snapshot in snapshots.snapshots)
    note = f", {archived} archived: EC2 takes up to 72 hours to restore one" if archived else ""
    return f"{restorable} of {snapshots.expected} volumes{note}"


def volumes_to_create(snapshots: Iterable[Snapshot], zone: str, purpose: str) -> list[CreateVolume]:
    """Return the volumes to create in a zone, with the properties that the tags of the snapshots record.

    ``purpose`` is ``RESTORE`` or ``DRILL``, for the tags of the volumes.
    """
    return [
        CreateVolume(
            snapshot_id=snapshot.id,
            zone=zone,
            device=snapshot.device or "",
            size_gib=snapshot.volume_gib,
            type=(type := snapshot.volume_type or DEFAULT_TYPE),
            iops=snapshot.iops if type in tags.TYPES_WITH_IOPS else None,
            throughput=snapshot.throughput if type in tags.TYPES_WITH_THROUGHPUT else None,
            tags=tags.restored_tags(snapshot, purpose),
            type_recorded=snapshot.volume_type is not None,
        )
        for snapshot in snapshots
    ]
