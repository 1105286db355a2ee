"""The archive tier of snapshots: archiving, temporary and permanent restores, on the emulated clock.

https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html
AWS documents what is refused, but not the codes of the refusals: IncorrectState and ResourceLimitExceeded are guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2 import notifications
from emulator.ec2.filters import TIER_STATUS, compile_filters, timestamp
from emulator.ec2.model import BOGUS_VOLUME, Region, Snapshot, Tiering, TieringOperation
from emulator.ec2.pages import cut, tag_set
from emulator.ec2.snapshots import owned
from emulator.errors import AWSError, dry_run, invalid_value

Params = Mapping[str, Any]

# https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html#archive-quotas
MAX_ARCHIVED_OF_VOLUME = 25
MAX_ARCHIVALS = 25
MAX_RESTORES = 5
# https://docs.aws.amazon.com/cli/latest/reference/ec2/restore-snapshot-tier.html
DEFAULT_RESTORE_DAYS = 1
MAX_RESTORE_DAYS = 180


def modify_snapshot_tier(cloud: Cloud, region: Region, params: Params) -> str:
    """Archives a snapshot. It can be used until the archival ends.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotTier.html
    """
    snapshot = owned(region, params["SnapshotId"])
    if params.get("StorageTier") != "archive":
        raise invalid_value(f"Value ({params.get('StorageTier')}) for parameter storageTier is invalid: use archive.")
    _check_archivable(region, snapshot)
    if params.get("DryRun"):
        raise dry_run()
    snapshot.tiering = Tiering(
        "archival", cloud.now, cloud.now + cloud.conditions.archive_duration(snapshot.volume_size)
    )
    _schedule(cloud, region, snapshot, snapshot.tiering, lambda: _archived(cloud, snapshot))
    return f"<snapshotId>{snapshot.snapshot_id}</snapshotId><tieringStartTime>{timestamp(cloud.now)}</tieringStartTime>"


def _check_archivable(region: Region, snapshot: Snapshot) -> None:
    if snapshot.state != "completed":
        raise AWSError("IncorrectState", f"Snapshot {snapshot.snapshot_id} is not in the completed state.")
    if snapshot.storage_tier == "archive" or snapshot.restore_expires is not None or _is_tiering(snapshot):
        raise AWSError(
            "IncorrectState", f"Snapshot {snapshot.snapshot_id} is archived, or is being archived or restored."
        )
    for image in region.images.values():
        if image.state != "disabled" and any(snapshot.snapshot_id == held for held, _ in image.snapshots.values()):
            raise AWSError(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot.snapshot_id} is in use by {image.image_id}"
            )
    archived = [
        other
        for other in region.snapshots.values()
        if other.volume_id == snapshot.volume_id and (other.storage_tier == "archive" or _is_tiering(other, "archival"))
    ]
    # AWS does not say how it counts copies, whose volume id is not a real one.
    if snapshot.volume_id != BOGUS_VOLUME and len(archived) >= MAX_ARCHIVED_OF_VOLUME:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_ARCHIVED_OF_VOLUME} snapshots of a volume are archived.")
    if _count(region, "archival") >= MAX_ARCHIVALS:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_ARCHIVALS} snapshots are archived at a time.")


def restore_snapshot_tier(cloud: Cloud, region: Region, params: Params) -> str:
    """Restores an archived snapshot for some days or for good, or changes the period of a temporary restore.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreSnapshotTier.html
    """
    snapshot = owned(region, params["SnapshotId"])
    permanent = bool(params.get("PermanentRestore"))
    days = params.get("TemporaryRestoreDays")
    if permanent and days is not None:
        raise AWSError("InvalidParameterCombination", "TemporaryRestoreDays and PermanentRestore exclude each other.")
    if days is not None and not 1 <= days <= MAX_RESTORE_DAYS:
        raise invalid_value(f"Value ({days}) for parameter temporaryRestoreDays is invalid: 1 to {MAX_RESTORE_DAYS}.")
    if _is_tiering(snapshot) or (snapshot.storage_tier == "standard" and snapshot.restore_expires is None):
        raise AWSError("IncorrectState", f"Snapshot {snapshot.snapshot_id} is not archived.")
    if snapshot.restore_expires is None and _count(region, "restore") >= MAX_RESTORES:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_RESTORES} archived snapshots are restored at a time.")
    if params.get("DryRun"):
        raise dry_run()
    period = None if permanent else timedelta(days=days or DEFAULT_RESTORE_DAYS)
    if snapshot.restore_expires is None:
        _restore(cloud, region, snapshot, period)
    else:
        _restored(cloud, region, snapshot, period)
    return _restore_fields(cloud, snapshot, period)


def _restore(cloud: Cloud, region: Region, snapshot: Snapshot, period: timedelta | None) -> None:
    kind: TieringOperation = "permanent-restore" if period is None else "temporary-restore"
    snapshot.tiering = Tiering(kind, cloud.now, cloud.now + cloud.conditions.restore_duration(snapshot.volume_size))
    _schedule(cloud, region, snapshot, snapshot.tiering, lambda: _restored(cloud, region, snapshot, period))


def _restore_fields(cloud: Cloud, snapshot: Snapshot, period: timedelta | None) -> str:
    return (
        f"<snapshotId>{snapshot.snapshot_id}</snapshotId><restoreStartTime>{timestamp(cloud.now)}</restoreStartTime>"
        + (f"<restoreDuration>{period.days}</restoreDuration>" if period is not None else "")
        + f"<isPermanentRestore>{str(period is None).lower()}</isPermanentRestore>"
    )


def describe_snapshot_tier_status(region: Region, params: Params) -> str:
    """The snapshots that are or were archived, or are about to be.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotTierStatus.html
    """
    matches = compile_filters(params.get("Filters", ()), TIER_STATUS)
    if params.get("DryRun"):
        raise dry_run()
    tiered = [
        snapshot
        for snapshot in region.snapshots.values()
        if snapshot.mine and snapshot.tiering is not None and matches(snapshot)
    ]
    page, token = cut(tiered, [snapshot.sequence for snapshot in tiered], params, "SnapshotIds")
    items = "".join(
        f"<item>{_status(snapshot, snapshot.tiering)}</item>" for snapshot in page if snapshot.tiering is not None
    )
    following = f"<nextToken>{token}</nextToken>" if token else ""
    return f"<snapshotTierStatusSet>{items}</snapshotTierStatusSet>{following}"


def _status(snapshot: Snapshot, tiering: Tiering) -> str:
    optional = (
        f"<archivalCompleteTime>{timestamp(snapshot.archived_at)}</archivalCompleteTime>"
        if snapshot.archived_at
        else ""
    ) + (
        f"<restoreExpiryTime>{timestamp(snapshot.restore_expires)}</restoreExpiryTime>"
        if snapshot.restore_expires
        else ""
    )
    return (
        f"<snapshotId>{snapshot.snapshot_id}</snapshotId><volumeId>{snapshot.volume_id}</volumeId><status>{snapshot.state}</status>"
        f"<ownerId>{snapshot.owner_id}</ownerId><storageTier>{snapshot.storage_tier}</storageTier>{tag_set(snapshot.tags)}"
        f"<lastTieringStartTime>{timestamp(tiering.started)}</lastTieringStartTime>"
        f"<lastTieringProgress>{100 if tiering.ended else 0}</lastTieringProgress>"
        f"<lastTieringOperationStatus>{tiering.status}</lastTieringOperationStatus>{optional}"
    )


def _schedule(cloud: Cloud, region: Region, snapshot: Snapshot, tiering: Tiering, then: Callable[[], None]) -> None:
    def end() -> None:
        tiering.ended = True
        then()
        _changed(region, snapshot)
        if snapshot.snapshot_id in region.snapshots:
            event = "archiveSnapshot" if tiering.operation == "archival" else "restoreSnapshot"
            notifications.tier_changed(cloud, snapshot, event, tiering.started)

    cloud.timeline.change(tiering.ends_at, end)


def _archived(cloud: Cloud, snapshot: Snapshot) -> None:
    snapshot.storage_tier, snapshot.archived_at = "archive", cloud.now


def _restored(cloud: Cloud, region: Region, snapshot: Snapshot, period: timedelta | None) -> None:
    """In the standard tier for `period` from now; for good if it is None."""
    snapshot.storage_tier, snapshot.restore_expires = "standard", None
    if period is None:
        snapshot.archived_at = None
    else:
        expires = snapshot.restore_expires = cloud.now + period
        cloud.timeline.change(expires, lambda: _expire(cloud, region, snapshot, expires))
    _changed(region, snapshot)


def _expire(cloud: Cloud, region: Region, snapshot: Snapshot, expires: datetime) -> None:
    if snapshot.restore_expires != expires:
        return  # the period was changed meanwhile
    snapshot.storage_tier, snapshot.restore_expires = "archive", None
    _changed(region, snapshot)
    if snapshot.snapshot_id in region.snapshots:
        notifications.tier_changed(cloud, snapshot, "restoreExpiry", expires)


def _changed(region: Region, snapshot: Snapshot) -> None:
    snapshot.touch()
    region.version += 1


def _is_tiering(snapshot: Snapshot, kind: str = "") -> bool:
    return snapshot.tiering is not None and not snapshot.tiering.ended and kind in snapshot.tiering.operation


def _count(region: Region, kind: str) -> int:
    return sum(_is_tiering(snapshot, kind) for snapshot in region.snapshots.values())
