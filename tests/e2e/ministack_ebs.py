"""Snapshots for ministack: CreateSnapshot, CreateSnapshots, CopySnapshot and DeleteSnapshot as EC2 has them.

New snapshots are pending for EBS_SECONDS; then they complete, and an event says so. Copies have tags, encryption and a
placeholder for the volume id. A snapshot that does not exist, is pending, or belongs to an image is refused. Filters of
DescribeSnapshots take wildcards.
"""

import contextvars
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2
from ministack_tags import tags_of
from ministack_wire import ORIGINAL, Params, Response, answer, emit, no_such_snapshot, param, refuse

Snapshot = dict[str, Any]

NOTIFICATION = "EBS Snapshot Notification"
EBS_SECONDS = float(os.environ.get("EBS_SECONDS", "1"))
WITH_WILDCARDS = {"volume-id": "VolumeId", "start-time": "StartTime"}
original_snapshot_xml: Callable[[Snapshot], str] = ec2._snapshot_inner_xml
original_match: Callable[[Snapshot, Mapping[str, Sequence[str]]], bool] = ec2._snapshot_matches_filters


def matches(snapshot: Snapshot, filters: Mapping[str, Sequence[str]]) -> bool:
    for name, key in WITH_WILDCARDS.items():
        patterns = filters.get(name)
        if patterns and not any(fnmatchcase(snapshot[key], pattern) for pattern in patterns):
            return False
    return original_match(snapshot, {name: values for name, values in filters.items() if name not in WITH_WILDCARDS})


def snapshot_xml(snapshot: Snapshot) -> str:
    more = {"kmsKeyId": snapshot.get("KmsKeyId"), "completionTime": snapshot.get("CompletionTime")}
    return original_snapshot_xml(snapshot) + "".join(f"<{tag}>{value}</{tag}>" for tag, value in more.items() if value)


# Completing: `arn` and `emit` use the account and Region of the current request.


def arn(kind: str, resource_id: str, region: str = "") -> str:
    return f"arn:aws:ec2::{region or get_region()}:{kind}/{resource_id}"


def complete_later(snapshots: list[Snapshot], detail_type: str, detail: dict[str, Any]) -> None:
    for snapshot in snapshots:
        snapshot.update(State="pending", Progress="0%")

    def complete() -> None:
        now = ec2._now_ts()
        for snapshot in snapshots:
            snapshot.update(State="completed", Progress="100%", CompletionTime=now)
        result = {"result": "succeeded", "cause": "", "request-id": ""}
        times = {"startTime": snapshots[0]["StartTime"], "endTime": now}
        resources = [arn("snapshot", snapshot["SnapshotId"]) for snapshot in snapshots]
        emit("aws.ec2", detail_type, resources, {**detail, **result, **times})

    timer = threading.Timer(EBS_SECONDS, contextvars.copy_context().run, args=(complete,))
    timer.daemon = True
    timer.start()


def origin(snapshot: Snapshot) -> dict[str, str]:
    return {
        "snapshot_id": arn("snapshot", snapshot["SnapshotId"]),
        "source": arn("volume", snapshot["VolumeId"]),
    }


# Creating


def create_snapshot(params: Params) -> Response:
    response = ORIGINAL["CreateSnapshot"](params)
    if response[0] != 200:
        return response
    snapshot = ec2._snapshots.values()[-1]
    complete_later([snapshot], NOTIFICATION, {"event": "createSnapshot", **origin(snapshot)})
    return answer("CreateSnapshot", ec2._snapshot_inner_xml(snapshot))


def create_snapshots(params: Params) -> Response:
    """Of a set only the event for the whole set is sent, none for each snapshot of it."""
    instance_id = param(params, "InstanceSpecification.InstanceId")
    if instance_id not in ec2._instances:
        return refuse("InvalidInstanceID.NotFound", f"The instance '{instance_id}' does not exist")
    excluded = set(ec2._parse_member_list(params, "InstanceSpecification.ExcludeDataVolumeId"))
    root = root_volume(instance_id)
    if root in excluded:
        return refuse("InvalidParameterValue", f"{root} is the root volume of {instance_id}")
    if param(params, "InstanceSpecification.ExcludeBootVolume") == "true":
        excluded.add(root)
    volumes = [v for v in attached_to(instance_id) if v["VolumeId"] not in excluded]
    if not volumes:
        return refuse("InvalidParameterValue", f"No volume of {instance_id} is left to snapshot")
    snapshots = [new_snapshot(volume, params) for volume in volumes]
    parts = [{**origin(snapshot), "status": "completed"} for snapshot in snapshots]
    detail = {"event": "createSnapshots", "snapshots": parts}
    complete_later(snapshots, "EBS Multi-Volume Snapshots Completion Status", detail)
    # here, and only here, the state is called `state`
    items = [ec2._snapshot_inner_xml(s).replace("status>", "state>") for s in snapshots]
    items = [f"<item>{item}</item>" for item in items]
    return answer("CreateSnapshots", f"<snapshotSet>{''.join(items)}</snapshotSet>")


def attached_to(instance_id: str) -> list[dict[str, Any]]:
    return [
        volume
        for volume in ec2._volumes.values()
        if any(attachment["InstanceId"] == instance_id for attachment in volume["Attachments"])
    ]


def root_volume(instance_id: str) -> str:
    device = ec2._instances[instance_id]["RootDeviceName"]
    volumes = attached_to(instance_id)
    return next(str(v["VolumeId"]) for v in volumes if any(a["Device"] == device for a in v["Attachments"]))


def new_snapshot(volume: dict[str, Any], params: Params) -> Snapshot:
    snapshot: Snapshot = {
        "SnapshotId": ec2._new_snapshot_id(),
        "VolumeId": volume["VolumeId"],
        "VolumeSize": volume["Size"],
        "Description": param(params, "Description"),
        "StartTime": ec2._now_ts(),
        "OwnerId": get_account_id(),
        "Encrypted": volume["Encrypted"],
        "StorageTier": "standard",
    }
    snapshot_id = snapshot["SnapshotId"]
    ec2._snapshots[snapshot_id] = snapshot
    ec2._parse_tag_specs(params, "snapshot", snapshot_id)
    if param(params, "CopyTagsFromSource") == "volume":
        tags = {**tags_of(volume["VolumeId"]), **tags_of(snapshot_id)}
        ec2._tags[snapshot_id] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return snapshot


# Copying, deleting


def copy_snapshot(params: Params) -> Response:
    source_id, source_region = param(params, "SourceSnapshotId"), param(params, "SourceRegion")
    source = ec2._snapshots.get_scoped(get_account_id(), source_region, source_id)
    if not source:
        return no_such_snapshot(source_id)
    if source["State"] != "completed":
        return refuse("IncorrectState", f"The snapshot {source_id} is {source['State']}")
    key, encrypted = param(params, "KmsKeyId"), param(params, "Encrypted") == "true"
    if key and not encrypted:
        return refuse("InvalidParameterDependency", "KmsKeyId needs Encrypted")
    volume = {
        "VolumeId": "vol-ffffffff",
        "Size": source["VolumeSize"],
        "Encrypted": encrypted or source["Encrypted"],
    }
    copy = new_snapshot(volume, params)
    copy["KmsKeyId"] = key
    detail = {
        "event": "copySnapshot",
        "snapshot_id": arn("snapshot", copy["SnapshotId"]),
        "source": arn("snapshot", source_id, source_region),
        "incremental": "true",
        "transferType": "standard",
    }
    complete_later([copy], NOTIFICATION, detail)
    tags = ec2._tag_set_xml(copy["SnapshotId"])
    return answer("CopySnapshot", f"<snapshotId>{copy['SnapshotId']}</snapshotId>{tags}")


def delete_snapshot(params: Params) -> Response:
    snapshot_id = param(params, "SnapshotId")
    for image in ec2._images.values():
        used = [m.get("Ebs", {}).get("SnapshotId") for m in image["BlockDeviceMappings"]]
        if snapshot_id in used:
            return refuse("InvalidSnapshot.InUse", f"{snapshot_id} is used by {image['ImageId']}")
    ec2._tags.pop(snapshot_id, None)
    return ORIGINAL["DeleteSnapshot"](params)


def describe_locked_snapshots(_: Params) -> Response:
    """Nobody locks any."""
    return answer("DescribeLockedSnapshots", "<snapshotSet/>")
