"""The events that EBS and tagging send to the default bus of a Region.

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
    """One of the two shapes that occur: the Region in its own place, or in that of the account."""
    place = f"{region}:" if cloud.rng.random() < 0.5 else f":{region}"
    return f"arn:aws:ec2:{place}:{kind}/{resource_id}"


def snapshot_ended(cloud: Cloud, one: Snapshot) -> None:
    """The notification of one snapshot or copy, in the Region where it is."""
    copied = one.origin == "copy"
    name = arn(cloud, one.region, "snapshot", one.snapshot_id)
    source = arn(
        cloud, one.source_region or one.region, "snapshot" if copied else "volume", one.source_id or one.volume_id
    )
    detail = _detail("copySnapshot" if copied else "createSnapshot", [one])
    detail |= {"snapshot_id": name, "source": source}
    if copied and one.failure is None:
        detail |= {"incremental": "true", "transferType": "standard"}
    cloud.event(one.region, NOTIFICATION, "aws.ec2", [name], detail)


def set_ended(cloud: Cloud, members: Sequence[Snapshot]) -> None:
    """The one notification of a set, when the last of its snapshots has ended."""
    region = members[0].region
    names = [arn(cloud, region, "snapshot", one.snapshot_id) for one in members]
    detail = _detail("createSnapshots", members)
    detail["snapshots"] = [
        {"snapshot_id": name, "source": arn(cloud, region, "volume", one.volume_id), "status": one.state}
        for name, one in zip(names, members, strict=True)
    ]
    cloud.event(region, SET_STATUS, "aws.ec2", names, detail)


def tier_changed(cloud: Cloud, one: Snapshot, event: str, started: datetime) -> None:
    """The notification of an archival or a restore that has ended, or of a temporary restore that has expired.

    https://docs.aws.amazon.com/ebs/latest/userguide/monitor-snapshot-archiving.html
    """
    name = arn(cloud, one.region, "snapshot", one.snapshot_id)
    detail: dict[str, Any] = {
        "event": event,
        "result": "succeeded",
        "cause": "",
        "request-id": "",
        "snapshot_id": name,
        "startTime": event_time(started),
        "endTime": event_time(cloud.now),
    }
    if one.restore_expires is not None:
        detail["restoreExpiryTime"] = event_time(one.restore_expires)
    cloud.event(one.region, NOTIFICATION, "aws.ec2", [name], detail)


def tags_changed(cloud: Cloud, one: Snapshot, keys: Sequence[str]) -> None:
    """The event of a change to a snapshot's tags, with all tags after it."""
    one.tag_version += 1
    detail = {
        "changed-tag-keys": list(keys),
        "service": "ec2",
        "resource-type": "snapshot",
        "version": one.tag_version,
        "tags": dict(one.tags),
    }
    name = f"arn:aws:ec2:{one.region}:{ACCOUNT}:snapshot/{one.snapshot_id}"
    cloud.event(one.region, TAG_CHANGE, "aws.tag", [name], detail)


def _detail(event: str, ended: Sequence[Snapshot]) -> dict[str, Any]:
    failure = next((one.failure for one in ended if one.failure is not None), None)
    return {
        "event": event,
        "result": "succeeded" if failure is None else "failed",
        "cause": failure or "",
        "request-id": "",
        "startTime": event_time(ended[0].start_time),
        "endTime": event_time(max(one.ends_at for one in ended)),
    }
