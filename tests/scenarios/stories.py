"""What the stories read of the emulated AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator import Invocation, LocalAWS

# What versions of the app wrote before descriptions had a date.
UNDATED = "old (i-0123456789abcdef0) - eu-west-1"


def volumes_of(aws: LocalAWS, region: str, instance_id: str) -> dict[str, str]:
    """Return the ids of an instance's volumes by device."""
    pages = aws.client(region).describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}])
    return {
        attachment["Device"]: volume["VolumeId"]
        for volume in pages["Volumes"]
        for attachment in volume["Attachments"]
        if attachment["InstanceId"] == instance_id
    }


def by_volume(aws: LocalAWS, region: str) -> dict[str, list[dict[str, Any]]]:
    """Return the primaries of a Region by volume, oldest first."""
    histories: dict[str, list[dict[str, Any]]] = {}
    for snapshot in aws.snapshots(region):
        if "Source_SnapshotId" not in snapshot["Tags"]:
            histories.setdefault(snapshot["VolumeId"], []).append(snapshot)
    return histories


def copies(aws: LocalAWS, region: str) -> dict[str, list[dict[str, Any]]]:
    """Return the copies in a Region by the id of their primary, oldest first."""
    by_primary: dict[str, list[dict[str, Any]]] = {}
    for snapshot in aws.snapshots(region):
        if primary := snapshot["Tags"].get("Source_SnapshotId"):
            by_primary.setdefault(primary, []).append(snapshot)
    return by_primary


def one_copy_each(aws: LocalAWS, region: str, home: str = "eu-west-1") -> bool:
    """Return whether each primary at home has exactly one copy in a Region, and there are no other copies."""
    primaries = {snapshot["SnapshotId"] for history in by_volume(aws, home).values() for snapshot in history}
    return {id: len(siblings) for id, siblings in copies(aws, region).items()} == dict.fromkeys(primaries, 1)


def failures(aws: LocalAWS) -> list[Invocation]:
    return [invocation for invocation in aws.invocations if invocation.error]


def make(
    aws: LocalAWS, region: str, tags: Mapping[str, str], volume_id: str | None = None, description: str = ""
) -> str:
    """Create a snapshot by hand and return its id: of a volume, or of a new one that says that it wants no backup."""
    ec2 = aws.client(region)
    if not volume_id:
        volume_id = ec2.create_volume(AvailabilityZone=f"{region}a", Size=8)["VolumeId"]
        tag(aws, region, volume_id, Backup="No")
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    specification = [{"ResourceType": "snapshot", "Tags": pairs}] if pairs else []
    snapshot_id: str = ec2.create_snapshot(
        VolumeId=volume_id, Description=description, TagSpecifications=specification
    )["SnapshotId"]
    return snapshot_id


def ids(aws: LocalAWS, region: str) -> set[str]:
    return {snapshot["SnapshotId"] for snapshot in aws.snapshots(region)}


def tag(aws: LocalAWS, region: str, resource: str, **tags: str) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.client(region).create_tags(Resources=[resource], Tags=pairs)


FROZEN = {"Backup": "Yes", "Consistency": "fsfreeze"}


def achieved(aws: LocalAWS, region: str = "eu-west-1") -> list[str]:
    """Return what the snapshots of a Region say of their consistency, sorted."""
    return sorted(snapshot["Tags"]["Consistency"] for snapshot in aws.snapshots(region))


def first_failure(aws: LocalAWS) -> str:
    return str(failures(aws)[0].error)


def never_answers(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).answers = False


def problems(aws: LocalAWS, function: str, region: str = "eu-west-1") -> set[tuple[str, str]]:
    """Return the tag problems of a function's last run: what is tagged, and what is wrong with it."""
    summaries = [run.result for run in aws.invocations if (run.function, run.region) == (function, region)]
    return {(problem["target"], problem["wrong"]) for problem in summaries[-1]["tag_problems"]}
