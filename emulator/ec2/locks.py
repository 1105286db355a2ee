"""Snapshot locks. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.filters import timestamp
from emulator.ec2.limits import check_ids
from emulator.ec2.model import ACCOUNT, Lock, Region, Snapshot
from emulator.ec2.snapshots import is_locked, owned
from emulator.errors import AWSError, dry_run

Params = Mapping[str, Any]


def lock_snapshot(cloud: Cloud, region: Region, params: Params) -> str:
    """Only LockMode and LockDuration (days) are supported."""
    snapshot = owned(region, params["SnapshotId"])
    if not params.get("LockDuration"):
        raise AWSError("MissingParameter", "The request must contain the parameter LockDuration")
    if params.get("DryRun"):
        raise dry_run()
    expires = cloud.now + timedelta(days=params["LockDuration"])
    snapshot.lock = Lock(params["LockMode"], cloud.now, expires)
    return _fields(snapshot, snapshot.lock)


def unlock_snapshot(cloud: Cloud, region: Region, params: Params) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnlockSnapshot.html"""
    snapshot = owned(region, params["SnapshotId"])
    if not is_locked(snapshot, cloud.now):
        raise AWSError("SnapshotNotLocked", f"The snapshot {snapshot.snapshot_id} is not locked.")
    if snapshot.lock is not None and snapshot.lock.mode == "compliance":
        raise AWSError("OperationNotPermitted", f"The snapshot {snapshot.snapshot_id} is locked in compliance mode.")
    if params.get("DryRun"):
        raise dry_run()
    snapshot.lock = None
    return f"<snapshotId>{snapshot.snapshot_id}</snapshotId>"


def describe_locked_snapshots(cloud: Cloud, region: Region, params: Params) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html"""
    if params.get("Filters"):
        raise NotImplementedError("the emulator does not filter DescribeLockedSnapshots")
    wanted = set(params.get("SnapshotIds", ()))
    check_ids(wanted, "snap")
    items = "".join(
        f"<item><ownerId>{ACCOUNT}</ownerId>{_fields(snapshot, snapshot.lock)}</item>"
        for snapshot in region.snapshots.values()
        if snapshot.lock is not None
        and is_locked(snapshot, cloud.now)
        and (not wanted or snapshot.snapshot_id in wanted)
    )
    return f"<snapshotSet>{items}</snapshotSet>"


def _fields(snapshot: Snapshot, lock: Lock) -> str:
    return (
        f"<snapshotId>{snapshot.snapshot_id}</snapshotId><lockState>{lock.mode}</lockState>"
        f"<lockDuration>{(lock.expires - lock.created).days}</lockDuration>"
        f"<lockCreatedOn>{timestamp(lock.created)}</lockCreatedOn><lockExpiresOn>{timestamp(lock.expires)}</lockExpiresOn>"
    )
