"""Restoring: which snapshots make up the newest whole backup of an instance, and what volumes to make of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib import tags
from chalicelib.models import Snapshot, Tags
from chalicelib.plan.sets import SnapshotSet

# The default of EC2's console, for snapshots from before their tags said what the volume was.
USUAL_TYPE = "gp3"


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


def newest_restorable(sets: Iterable[SnapshotSet], at: datetime) -> SnapshotSet | None:
    """Return the newest set taken at ``at`` (aware) or before of which all volumes can be made at once."""
    return next((one for one in sets if one.taken <= at and one.is_restorable), None)


def missing(one: SnapshotSet) -> str:
    """Return what a restore of a set would lack, empty if nothing."""
    ready = sum(snapshot.is_restorable for snapshot in one.snapshots)
    archived = sum(snapshot.archived and not snapshot.is_restorable for snapshot in one.snapshots)
    cold = f", {archived} archived: EC2 takes up to 72 hours to restore one" if archived else ""
    return "" if ready >= one.expected else f"{ready} of {one.expected} volumes{cold}"


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
