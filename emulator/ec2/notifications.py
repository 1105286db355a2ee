"""The events that EBS and tag changes send to the default bus of a Region.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-tag-policies.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from emulator.cloud import Cloud, event_time
from emulator.ec2.model import ACCOUNT, Snapshot

NOTIFICATION = "EBS Snapshot Notification"
SET_STATUS = "EBS Multi-Volume Snapshots Completion Status"
TAG_CHANGE = "Tag Change on Resource"


def arn(cloud: Cloud, region: str, kind: str, resource_id: str) -> str:
    """An ARN in one of the two forms that AWS sends: the Region in its own field, or in that of the account."""
    place = f"{region}:" if cloud.rng.random() < 0.5 else f":{region}"
    return f"arn:aws:ec2:{place}:{kind}/{resource_id}"


def snapshot_ended(cloud: Cloud, snapshot: Snapshot) -> None:
    """Sends the event of a snapshot or copy that has ended, in its own Region."""
    copied = snapshot.origin == "copy"
    name = arn(cloud, snapshot.region, "snapshot", snapshot.snapshot_id)
    if copied:
        source = arn(cloud, snapshot.source_region, "snapshot", snapshot.source_id)
    else:
        source = arn(cloud, snapshot.region, "volume", snapshot.volume_id)
    detail = _detail("copySnapshot" if copied else "createSnapshot", [snapshot])
    detail |= {"snapshot_id": name, "source": source}
    if copied and snapshot.failure is None:
        detail |= {"incremental": str(snapshot.incremental).lower(), "transferType": "standard"}
    cloud.event(snapshot.region, NOTIFICATION, "aws.ec2", [name], detail)


def set_ended(cloud: Cloud, members: Sequence[Snapshot]) -> None:
    """Sends the event of a set, whose last snapshot has ended."""
    region = members[0].region
    names = [arn(cloud, region, "snapshot", snapshot.snapshot_id) for snapshot in members]
    detail = _detail("createSnapshots", members)
    detail["snapshots"] = [
        {"snapshot_id": name, "source": arn(cloud, region, "volume", snapshot.volume_id), "status": snapshot.state}
        for name, snapshot in zip(names, members, strict=True)
    ]
    cloud.event(region, SET_STATUS, "aws.ec2", names, detail)


def tier_changed(cloud: Cloud, snapshot: Snapshot, event: str, started: datetime) -> None:
    """Sends the event of an archival or restore that has ended, or of a temporary restore that has expired.

    https://docs.aws.amazon.com/ebs/latest/userguide/monitor-snapshot-archiving.html
    """
    name = arn(cloud, snapshot.region, "snapshot", snapshot.snapshot_id)
    detail: dict[str, Any] = {
        "event": event,
        "result": "succeeded",
        "cause": "",
        "request-id": "",
        "snapshot_id": name,
        "startTime": event_time(started),
        "endTime": event_time(cloud.now),
    }
    if snapshot.restore_expires is not None:
        detail["restoreExpiryTime"] = event_time(snapshot.restore_expires)
    cloud.event(snapshot.region, NOTIFICATION, "aws.ec2", [name], detail)


def tags_changed(cloud: Cloud, snapshot: Snapshot, keys: Sequence[str]) -> None:
    """Sends the event of a change to a snapshot's tags, with all tags that it has now."""
    snapshot.tag_version += 1
    detail = {
        "changed-tag-keys": list(keys),
        "service": "ec2",
        "resource-type": "snapshot",
        "version": snapshot.tag_version,
        "tags": dict(snapshot.tags),
    }
    name = f"arn:aws:ec2:{snapshot.region}:{ACCOUNT}:snapshot/{snapshot.snapshot_id}"
    cloud.event(snapshot.region, TAG_CHANGE, "aws.tag", [name], detail)


def _detail(event: str, ended: Sequence[Snapshot]) -> dict[str, Any]:
    failure = next((snapshot.failure for snapshot in ended if snapshot.failure is not None), None)
    return {
        "event": event,
        "result": "succeeded" if failure is None else "failed",
        "cause": failure or "",
        "request-id": "",
        "startTime": event_time(ended[0].start_time),
        "endTime": event_time(max(snapshot.ends_at for snapshot in ended)),
    }
