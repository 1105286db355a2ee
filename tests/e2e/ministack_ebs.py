"""ministack, plus what it lacks of EBS: a program that runs as a process of its own.

Added: `CreateSnapshots`; snapshots that take a while to complete and then say so on the event bus;
copies with tags, encryption and a made-up volume id; tag change events; paging. Made strict:
snapshots that do not exist, are pending or belong to an image. All of it needs private names, and
so fits the pinned version alone; nothing outside this file and `ministack_iam` touches them.

Two settings beside ministack's own: `EBS_SECONDS`, how long a snapshot is pending, and
`FUNCTIONS_PYTHON`, the interpreter for Lambda functions, so that they can import what Lambda offers
and not what ministack has installed.
"""

import contextvars
import json
import os
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import ministack_iam
from ministack.app import main
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, eventbridge, lambda_svc

Params = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]
Snapshot = dict[str, Any]

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
NOTIFICATION = "EBS Snapshot Notification"
EBS_SECONDS = float(os.environ.get("EBS_SECONDS", "1"))
ORIGINAL: dict[str, Handler] = dict(ec2._ACTION_MAP)
original_snapshot_xml: Callable[[Snapshot], str] = ec2._snapshot_inner_xml


def param(params: Params, name: str) -> str:
    return str(ec2._p(params, name))


def answer(action: str, inner: str) -> Response:
    response: Response = ec2._xml(200, f"{action}Response", inner)
    return response


def refuse(code: str, message: str) -> Response:
    response: Response = ec2._error(code, message, 400)
    return response


def no_such_snapshot(snapshot_id: str) -> Response:
    return refuse("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def snapshot_xml(snapshot: Snapshot) -> str:
    more = {"kmsKeyId": snapshot.get("KmsKeyId"), "completionTime": snapshot.get("CompletionTime")}
    return original_snapshot_xml(snapshot) + "".join(f"<{tag}>{value}</{tag}>" for tag, value in more.items() if value)


# Completing: `arn` and `emit` mean the account and Region of the request at hand.


def arn(kind: str, resource_id: str, region: str = "") -> str:
    return f"arn:aws:ec2::{region or get_region()}:{kind}/{resource_id}"


def emit(source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
    entries = {"Entries": [{**entry, "Resources": resources}]}
    eventbridge._put_events(entries, allow_aws_source=True)  # PutEvents itself refuses `aws.ec2`


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


# Tagging, describing


def tags_of(resource_id: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in ec2._tags.get(resource_id, [])}


def announcing(change: Handler) -> Handler:
    """CreateTags or DeleteTags, with an event for each snapshot whose tags did change."""

    def handler(params: Params) -> Response:
        ids = [i for i in ec2._parse_member_list(params, "ResourceId") if i.startswith("snap-")]
        before = {snapshot_id: tags_of(snapshot_id) for snapshot_id in ids}
        for snapshot_id in ids:
            if snapshot_id not in ec2._snapshots:
                return no_such_snapshot(snapshot_id)
        response = change(params)
        for snapshot_id in ids:
            if tags_of(snapshot_id) != before[snapshot_id]:
                emit_tag_change(snapshot_id, before[snapshot_id], tags_of(snapshot_id))
        return response

    return handler


def emit_tag_change(snapshot_id: str, before: dict[str, str], tags: dict[str, str]) -> None:
    changed = sorted({key for key, _ in before.items() ^ tags.items()})
    resource = f"arn:aws:ec2:{get_region()}:{get_account_id()}:snapshot/{snapshot_id}"
    kind = {"service": "ec2", "resource-type": "snapshot", "version": 3.0}
    detail = {"changed-tag-keys": changed, **kind, "tags": tags}
    emit("aws.tag", "Tag Change on Resource", [resource], detail)


def paged(describe: Handler) -> Handler:
    """A token stands for the rows that are left, as they were at the first call."""
    left: dict[str, list[ElementTree.Element]] = {}

    def handler(params: Params) -> Response:
        token, most = param(params, "NextToken"), int(param(params, "MaxResults") or 1000)
        if token and token not in left:
            return refuse("InvalidParameterValue", "Unable to parse pagination token")
        status, headers, body = describe(params)
        if status != 200:
            return status, headers, body
        root = ElementTree.fromstring(body)  # noqa: S314  # ministack wrote it
        rows = left.pop(token) if token else list(root[0])
        root[0][:] = rows[:most]
        if rows[most:]:
            next_token = uuid.uuid4().hex
            left[next_token] = rows[most:]
            ElementTree.SubElement(root, f"{{{NAMESPACE}}}nextToken").text = next_token
        return status, headers, ElementTree.tostring(root, default_namespace=NAMESPACE)

    return handler


def ready_at_once(function: str, delay: float) -> None:
    """Spares chalice the five seconds that it sleeps when a function is not ready yet."""
    lambda_svc._functions[function]["config"].update(State="Active", LastUpdateStatus="Successful")


def install() -> None:
    ec2._snapshot_inner_xml = snapshot_xml
    ec2._ACTION_MAP |= {
        "CreateSnapshot": create_snapshot,
        "CreateSnapshots": create_snapshots,
        "CopySnapshot": copy_snapshot,
        "DeleteSnapshot": delete_snapshot,
        "DescribeLockedSnapshots": describe_locked_snapshots,
        **{action: announcing(ORIGINAL[action]) for action in ("CreateTags", "DeleteTags")},
    }
    for action in ("DescribeInstances", "DescribeVolumes", "DescribeSnapshots"):
        ec2._ACTION_MAP[action] = paged(ORIGINAL[action])

    lambda_svc._schedule_state_transition = ready_at_once
    if python := os.environ.get("FUNCTIONS_PYTHON"):
        _, worker = lambda_runtime._detect_runtime_binary("python")
        lambda_runtime._detect_runtime_binary = lambda runtime: (python, worker)


def end_with_parent() -> None:
    """The parent holds the other end of the pipe, and lets go of it however it ends."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    install()
    ministack_iam.install()
    threading.Thread(target=end_with_parent, daemon=True).start()
    main()
