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
    """Takes LockMode and LockDuration (days) only."""
    one = owned(region, params["SnapshotId"])
    if not params.get("LockDuration"):
        raise AWSError("MissingParameter", "The request must contain the parameter LockDuration")
    if params.get("DryRun"):
        raise dry_run()
    expires = cloud.now + timedelta(days=params["LockDuration"])
    one.lock = Lock(params["LockMode"], cloud.now, expires)
    return _fields(one, one.lock)


def unlock_snapshot(cloud: Cloud, region: Region, params: Params) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnlockSnapshot.html"""
    one = owned(region, params["SnapshotId"])
    if not is_locked(one, cloud.now):
        raise AWSError("SnapshotNotLocked", f"The snapshot {one.snapshot_id} is not locked.")
    if one.lock is not None and one.lock.mode == "compliance":
        raise AWSError("OperationNotPermitted", f"The snapshot {one.snapshot_id} is locked in compliance mode.")
    if params.get("DryRun"):
        raise dry_run()
    one.lock = None
    return f"<snapshotId>{one.snapshot_id}</snapshotId>"


def describe_locked_snapshots(cloud: Cloud, region: Region, params: Params) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html"""
    if params.get("Filters"):
        raise NotImplementedError("the emulator does not filter DescribeLockedSnapshots")
    wanted = set(params.get("SnapshotIds", ()))
    check_ids(wanted, "snap")
    locked = [
        (one, one.lock)
        for one in region.snapshots.values()
        if one.lock is not None and is_locked(one, cloud.now) and (not wanted or one.snapshot_id in wanted)
    ]
    items = "".join(f"<item><ownerId>{ACCOUNT}</ownerId>{_fields(one, lock)}</item>" for one, lock in locked)
    return f"<snapshotSet>{items}</snapshotSet>"


def _fields(one: Snapshot, lock: Lock) -> str:
    return (
        f"<snapshotId>{one.snapshot_id}</snapshotId><lockState>{lock.mode}</lockState>"
        f"<lockDuration>{(lock.expires - lock.created).days}</lockDuration>"
        f"<lockCreatedOn>{timestamp(lock.created)}</lockCreatedOn><lockExpiresOn>{timestamp(lock.expires)}</lockExpiresOn>"
    )
