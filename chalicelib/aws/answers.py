"""Parts of EC2's answers, as models."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Any

from chalicelib import tags
from chalicelib.models import TagProblem, Volume

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SnapshotTypeDef, VolumeTypeDef


def volume_of(raw: VolumeTypeDef, problems: list[TagProblem]) -> tuple[Volume, list[str]]:
    """Return a volume, and the instances that it is attached to."""
    attachments = [
        attachment
        for attachment in raw["Attachments"]
        if attachment.get("InstanceId") and attachment.get("State") != "detached"
    ]
    volume, wrong = tags.read_volume(
        raw["VolumeId"],
        attachments[0].get("Device", "") if attachments else "",
        plain_tags(raw),
        raw.get("Size", 0),
        type=raw.get("VolumeType", ""),
        iops=raw.get("Iops"),
        throughput=raw.get("Throughput"),
    )
    problems += wrong
    return volume, [attachment["InstanceId"] for attachment in attachments]


def size_gib(raw: SnapshotTypeDef) -> float:
    """Return GiB: what the snapshot holds if EC2 says so, else the size of its volume."""
    held = raw.get("FullSnapshotSizeInBytes")
    return held / 2**30 if held else float(raw.get("VolumeSize", 0))


def plain_tags(raw: Any) -> dict[str, str]:
    """Return the tags; equal texts become one object, because all snapshots of a volume have nearly the same tags."""
    return {intern(tag["Key"]): intern(tag["Value"]) for tag in raw.get("Tags", ())}
