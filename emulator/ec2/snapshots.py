"""CreateSnapshot, CreateSnapshots and DeleteSnapshot, with the errors of the real EC2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2 import notifications, recycle_bin
from emulator.ec2.limits import check_count, check_description, check_id, specified_tags
from emulator.ec2.model import Deletion, Origin, Region, Snapshot, Tags
from emulator.errors import AWSError, dry_run, invalid_value, snapshot_not_found
from emulator.functions import running

# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
PENDING_PER_VOLUME = {"st1": 1, "sc1": 1}
DEFAULT_PENDING_PER_VOLUME = 5
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
MIN_SECONDS_BETWEEN = 15
MAX_EXCLUDED = 40
MAX_VOLUMES = 128

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What a call asks of a new snapshot, and the failure that a test ordered for it."""

    origin: Origin
    description: str
    tags: Tags
    failure: str | None


def create_snapshot(cloud: Cloud, region: Region, params: Params) -> Snapshot:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html"""
    check_id(params["VolumeId"], "vol")
    tags = request_tags(params)
    volume = moto_bridge.volume(region.name, params["VolumeId"])
    _check_rates(cloud, region, [volume])
    if params.get("DryRun"):
        raise dry_run()
    return make(cloud, region, volume, params.get("Description", ""), tags)


def make(
    cloud: Cloud, region: Region, volume: moto_bridge.Volume, description: str, tags: Tags | None = None
) -> Snapshot:
    """Adds a pending snapshot, without any check."""
    failure = cloud.failing_volumes.pop(volume.volume_id, None)
    snapshot = _new(cloud, region, volume, Order("create", description, tags or {}, failure))
    cloud.timeline.change(snapshot.ends_at, lambda: end(cloud, region, snapshot))
    return snapshot


def create_snapshots(cloud: Cloud, region: Region, params: Params) -> list[Snapshot]:
    """All volumes of an instance at one point in time.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
    """
    tags = request_tags(params)
    volumes = _chosen(region, params["InstanceSpecification"])
    copied = params.get("CopyTagsFromSource")
    if copied not in (None, "volume"):
        raise invalid_value(f"Value ({copied}) for parameter copyTagsFromSource is invalid.")
    merged = [_with_volume_tags(volume, tags) if copied else dict(tags) for volume in volumes]
    _check_rates(cloud, region, volumes)
    if params.get("DryRun"):
        raise dry_run()
    failures = [cloud.failing_volumes.pop(volume.volume_id, None) for volume in volumes]
    failure = next((failure for failure in failures if failure is not None), None)
    description = params.get("Description", "")
    members = [
        _new(cloud, region, volume, Order("set", description, own, failure))
        for volume, own in zip(volumes, merged, strict=True)
    ]
    for snapshot in members:
        cloud.timeline.change(snapshot.ends_at, lambda snapshot=snapshot: end(cloud, region, snapshot, members))  # type: ignore[misc]  # binds the loop's value
    return members


def request_tags(params: Params) -> Tags:
    """The tags for the new snapshots. AWSError for a tag or description that EC2 refuses."""
    check_description(params.get("Description", ""))
    return specified_tags(params.get("TagSpecifications", ()), "snapshot")


def _with_volume_tags(volume: moto_bridge.Volume, tags: Tags) -> Tags:
    merged = {key: value for key, value in volume.tags.items() if not key.lower().startswith("aws:")} | tags
    check_count(merged)
    return merged


def _chosen(region: Region, specification: Params) -> list[moto_bridge.Volume]:
    check_id(specification["InstanceId"], "i")
    root, devices = moto_bridge.attached(region.name, specification["InstanceId"])
    excluded = list(specification.get("ExcludeDataVolumeIds", ()))
    if len(excluded) > MAX_EXCLUDED:
        raise invalid_value(f"At most {MAX_EXCLUDED} volumes can be excluded, {len(excluded)} were given.")
    for volume_id in excluded:
        check_id(volume_id, "vol")
        if volume_id == devices.get(root):
            raise invalid_value(f"The root volume '{volume_id}' cannot be excluded as a data volume.")
        if volume_id not in devices.values():
            raise invalid_value(f"The volume '{volume_id}' is not attached to '{specification['InstanceId']}'.")
    left_out = set(excluded) | ({devices.get(root)} if specification.get("ExcludeBootVolume") else set())
    chosen = [volume_id for volume_id in devices.values() if volume_id not in left_out]
    if not 1 <= len(chosen) <= MAX_VOLUMES:
        raise invalid_value(f"A set has 1 to {MAX_VOLUMES} volumes, this one would have {len(chosen)}.")
    return [moto_bridge.volume(region.name, volume_id) for volume_id in chosen]


def _check_rates(cloud: Cloud, region: Region, volumes: Sequence[moto_bridge.Volume]) -> None:
    limit = cloud.conditions.pending_snapshots
    if limit is not None and region.pending_snapshots + len(volumes) > limit:
        raise AWSError("PendingSnapshotLimitExceeded", f"The maximum of {limit} pending snapshots is reached.")
    for volume in volumes:
        recent = region.recent.get(volume.volume_id, ())
        at_once = PENDING_PER_VOLUME.get(volume.volume_type, DEFAULT_PENDING_PER_VOLUME)
        if sum(1 for snapshot in recent if not snapshot.ended) >= at_once:
            raise AWSError(
                "ConcurrentSnapshotLimitExceeded",
                f"Maximum allowed in-progress snapshots ({at_once}) exceeded for volume '{volume.volume_id}'.",
            )
        if recent and cloud.now - max(snapshot.start_time for snapshot in recent) < timedelta(
            seconds=MIN_SECONDS_BETWEEN
        ):
            raise AWSError(
                "SnapshotCreationPerVolumeRateExceeded",
                f"Snapshots of volume '{volume.volume_id}' need {MIN_SECONDS_BETWEEN} seconds between them.",
            )


def _new(
    cloud: Cloud,
    region: Region,
    volume: moto_bridge.Volume,
    order: Order,
) -> Snapshot:
    snapshot = Snapshot(
        snapshot_id=region.new_id("snap"),
        sequence=region.next_sequence(),
        region=region.name,
        volume_id=volume.volume_id,
        volume_size=volume.size,
        description=order.description,
        start_time=cloud.now,
        ends_at=cloud.now + cloud.conditions.snapshot_duration(volume.size),
        origin=order.origin,
        encrypted=volume.encrypted,
        kms_key_id=volume.kms_key_id if volume.encrypted else None,
        tags=dict(order.tags),
        failure=order.failure,
        lineage=volume.volume_id,
    )
    region.add(snapshot)
    return snapshot


def end(cloud: Cloud, region: Region, snapshot: Snapshot, members: Sequence[Snapshot] = ()) -> None:
    """Ends a pending snapshot and sends its event; the last of the `members` of a set sends that of the set too."""
    region.end(snapshot)
    if snapshot.delete_when_ended:
        recycle_bin.delete(cloud, region, snapshot)
    if not members or cloud.conditions.individual_events_of_sets:
        notifications.snapshot_ended(cloud, snapshot)
    if members and all(member.ended for member in members):
        notifications.set_ended(cloud, members)


def find(region: Region, snapshot_id: str) -> Snapshot:
    """AWSError if it does not exist."""
    snapshot = region.snapshots.get(snapshot_id)
    if snapshot is None:
        raise snapshot_not_found([snapshot_id])
    return snapshot


def owned(region: Region, snapshot_id: str) -> Snapshot:
    """AWSError if it does not exist, or belongs to somebody else."""
    check_id(snapshot_id, "snap")
    snapshot = find(region, snapshot_id)
    if not snapshot.mine:
        raise AWSError("UnauthorizedOperation", "You are not authorized to perform this operation.")
    return snapshot


def usable(snapshot: Snapshot) -> Snapshot:
    """The snapshot itself; AWSError if it is not completed or is archived.

    An archived snapshot has to be restored first: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html
    """
    if snapshot.state != "completed":
        raise AWSError("IncorrectState", f"Snapshot {snapshot.snapshot_id} is not in the completed state.")
    if snapshot.storage_tier == "archive":
        raise AWSError("IncorrectState", f"Snapshot {snapshot.snapshot_id} is archived: restore it first.")
    return snapshot


def delete_snapshot(cloud: Cloud, region: Region, params: Params) -> None:
    """A pending snapshot is deleted when it has ended. A rule of the Recycle Bin may keep it.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html
    """
    snapshot = owned(region, params["SnapshotId"])
    for image in region.images.values():
        if any(snapshot_id == snapshot.snapshot_id for snapshot_id, _ in image.snapshots.values()):
            raise AWSError(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot.snapshot_id} is currently in use by {image.image_id}"
            )
    if is_locked(snapshot, cloud.now):
        # AWS documents that a locked snapshot cannot be deleted, but not the code of the refusal.
        raise AWSError("OperationNotPermitted", f"The snapshot {snapshot.snapshot_id} is locked and cannot be deleted.")
    if params.get("DryRun"):
        raise dry_run()
    caller = running.current()
    region.deletions.append(Deletion(cloud.now, region.name, caller.function if caller else None, snapshot.summary()))
    if snapshot.ended:
        recycle_bin.delete(cloud, region, snapshot)
    else:
        snapshot.delete_when_ended = True


def is_locked(snapshot: Snapshot, now: datetime) -> bool:
    """Whether it is locked at `now`."""
    return snapshot.lock is not None and snapshot.lock.expires > now
