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
    """Archives a snapshot. It can be used until that is done, and not after it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotTier.html
    """
    one = owned(region, params["SnapshotId"])
    if params.get("StorageTier") != "archive":
        raise invalid_value(f"Value ({params.get('StorageTier')}) for parameter storageTier is invalid: use archive.")
    _check_archivable(region, one)
    if params.get("DryRun"):
        raise dry_run()
    one.tiering = Tiering("archival", cloud.now, cloud.now + cloud.conditions.archive_duration(one.volume_size))
    _carry_out(cloud, region, one, one.tiering, lambda: _archived(cloud, one))
    return f"<snapshotId>{one.snapshot_id}</snapshotId><tieringStartTime>{timestamp(cloud.now)}</tieringStartTime>"


def _check_archivable(region: Region, one: Snapshot) -> None:
    if one.state != "completed":
        raise AWSError("IncorrectState", f"Snapshot {one.snapshot_id} is not in the completed state.")
    if one.storage_tier == "archive" or one.restore_expires is not None or _under_way(one):
        raise AWSError("IncorrectState", f"Snapshot {one.snapshot_id} is archived, or is being archived or restored.")
    for image in region.images.values():
        if image.state != "disabled" and any(one.snapshot_id == held for held, _ in image.snapshots.values()):
            raise AWSError("InvalidSnapshot.InUse", f"The snapshot {one.snapshot_id} is in use by {image.image_id}")
    archived = [
        other
        for other in region.snapshots.values()
        if other.volume_id == one.volume_id and (other.storage_tier == "archive" or _under_way(other, "archival"))
    ]
    # AWS does not say what counts as the volume of a copy.
    if one.volume_id != BOGUS_VOLUME and len(archived) >= MAX_ARCHIVED_OF_VOLUME:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_ARCHIVED_OF_VOLUME} snapshots of a volume are archived.")
    if _count(region, "archival") >= MAX_ARCHIVALS:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_ARCHIVALS} snapshots are archived at a time.")


def restore_snapshot_tier(cloud: Cloud, region: Region, params: Params) -> str:
    """Restores an archived snapshot for some days or for good, or changes the period of a temporary restore.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreSnapshotTier.html
    """
    one = owned(region, params["SnapshotId"])
    permanent = bool(params.get("PermanentRestore"))
    days = params.get("TemporaryRestoreDays")
    if permanent and days is not None:
        raise AWSError("InvalidParameterCombination", "TemporaryRestoreDays and PermanentRestore exclude each other.")
    if days is not None and not 1 <= days <= MAX_RESTORE_DAYS:
        raise invalid_value(f"Value ({days}) for parameter temporaryRestoreDays is invalid: 1 to {MAX_RESTORE_DAYS}.")
    if _under_way(one) or (one.storage_tier == "standard" and one.restore_expires is None):
        raise AWSError("IncorrectState", f"Snapshot {one.snapshot_id} is not archived.")
    if one.restore_expires is None and _count(region, "restore") >= MAX_RESTORES:
        raise AWSError("ResourceLimitExceeded", f"At most {MAX_RESTORES} archived snapshots are restored at a time.")
    if params.get("DryRun"):
        raise dry_run()
    period = None if permanent else timedelta(days=days or DEFAULT_RESTORE_DAYS)
    if one.restore_expires is None:
        _restore(cloud, region, one, period)
    else:
        _restored(cloud, region, one, period)
    return _restore_fields(cloud, one, period)


def _restore(cloud: Cloud, region: Region, one: Snapshot, period: timedelta | None) -> None:
    kind: TieringOperation = "permanent-restore" if period is None else "temporary-restore"
    one.tiering = Tiering(kind, cloud.now, cloud.now + cloud.conditions.restore_duration(one.volume_size))
    _carry_out(cloud, region, one, one.tiering, lambda: _restored(cloud, region, one, period))


def _restore_fields(cloud: Cloud, one: Snapshot, period: timedelta | None) -> str:
    return (
        f"<snapshotId>{one.snapshot_id}</snapshotId><restoreStartTime>{timestamp(cloud.now)}</restoreStartTime>"
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
    tiered = [one for one in region.snapshots.values() if one.mine and one.tiering is not None and matches(one)]
    page, token = cut(tiered, [one.sequence for one in tiered], params, "SnapshotIds")
    items = "".join(f"<item>{_status(one, one.tiering)}</item>" for one in page if one.tiering is not None)
    following = f"<nextToken>{token}</nextToken>" if token else ""
    return f"<snapshotTierStatusSet>{items}</snapshotTierStatusSet>{following}"


def _status(one: Snapshot, tiering: Tiering) -> str:
    optional = (
        f"<archivalCompleteTime>{timestamp(one.archived_at)}</archivalCompleteTime>" if one.archived_at else ""
    ) + (f"<restoreExpiryTime>{timestamp(one.restore_expires)}</restoreExpiryTime>" if one.restore_expires else "")
    return (
        f"<snapshotId>{one.snapshot_id}</snapshotId><volumeId>{one.volume_id}</volumeId><status>{one.state}</status>"
        f"<ownerId>{one.owner_id}</ownerId><storageTier>{one.storage_tier}</storageTier>{tag_set(one.tags)}"
        f"<lastTieringStartTime>{timestamp(tiering.started)}</lastTieringStartTime>"
        f"<lastTieringProgress>{100 if tiering.ended else 0}</lastTieringProgress>"
        f"<lastTieringOperationStatus>{tiering.status}</lastTieringOperationStatus>{optional}"
    )


def _carry_out(cloud: Cloud, region: Region, one: Snapshot, tiering: Tiering, then: Callable[[], None]) -> None:
    def end() -> None:
        tiering.ended = True
        then()
        _changed(region, one)
        if one.snapshot_id in region.snapshots:
            event = "archiveSnapshot" if tiering.operation == "archival" else "restoreSnapshot"
            notifications.tier_changed(cloud, one, event, tiering.started)

    cloud.timeline.change(tiering.ends_at, end)


def _archived(cloud: Cloud, one: Snapshot) -> None:
    one.storage_tier, one.archived_at = "archive", cloud.now


def _restored(cloud: Cloud, region: Region, one: Snapshot, period: timedelta | None) -> None:
    """In the standard tier for `period` from now; for good if it is None."""
    one.storage_tier, one.restore_expires = "standard", None
    if period is None:
        one.archived_at = None
    else:
        expires = one.restore_expires = cloud.now + period
        cloud.timeline.change(expires, lambda: _expire(cloud, region, one, expires))
    _changed(region, one)


def _expire(cloud: Cloud, region: Region, one: Snapshot, expires: datetime) -> None:
    if one.restore_expires != expires:
        return  # the period was changed meanwhile
    one.storage_tier, one.restore_expires = "archive", None
    _changed(region, one)
    if one.snapshot_id in region.snapshots:
        notifications.tier_changed(cloud, one, "restoreExpiry", expires)


def _changed(region: Region, one: Snapshot) -> None:
    one.touch()
    region.version += 1


def _under_way(one: Snapshot, kind: str = "") -> bool:
    return one.tiering is not None and not one.tiering.ended and kind in one.tiering.operation


def _count(region: Region, kind: str) -> int:
    return sum(_under_way(one, kind) for one in region.snapshots.values())
