"""The calls that change something in EC2, made from models, at the rate that EC2 allows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.aws.clients import FROZEN_CONFIG, Clients
from chalicelib.aws.pacing import Pace
from chalicelib.models import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateTags,
    Creation,
    DeleteSnapshot,
    Tags,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef


class Writer:
    """EC2 in one Region, and in the Regions that its snapshots are copied to, for calls that change something.

    It follows EC2's token buckets, so that few calls are throttled. It lives as long as Lambda's process.
    """

    def __init__(self, region: str, clients: Clients) -> None:
        self.region = region
        self._clients = clients
        self._pace = Pace()

    def wait_turn(self, call: Call) -> None:
        """Wait until EC2's token bucket for this kind of call has a token."""
        self._pace.wait(*self._bucket(call))

    def throttled(self, call: Call) -> None:
        """Record that EC2's token bucket for this kind of call was empty."""
        self._pace.throttled(*self._bucket(call))

    def _bucket(self, call: Call) -> tuple[str, str]:
        region = call.destination if isinstance(call, CopySnapshot) else getattr(call, "region", self.region)
        return region, type(call).__name__

    def create(self, call: Creation) -> dict[str, str]:
        """Create the snapshot of one volume, or a set at one point in time; return the snapshot id of each volume."""
        return _create(self._clients.ec2(self.region), call)

    def create_while_frozen(self) -> Callable[[Creation], dict[str, str]]:
        """Return what creates as ``create`` does, and never waits: an error of EC2 is raised at once.

        All that takes time, such as making a client, is done before it returns.
        """
        return partial(_create, self._clients.ec2(self.region, FROZEN_CONFIG))

    def copy_snapshot(self, call: CopySnapshot) -> str:
        """Start a copy, with a client of the destination as EC2 requires, and return its id."""
        encryption: dict[str, Any] = {"Encrypted": True, "KmsKeyId": call.kms_key} if call.kms_key else {}
        return self._clients.ec2(call.destination).copy_snapshot(
            SourceRegion=call.source_region,
            SourceSnapshotId=call.snapshot_id,
            Description=call.description,
            TagSpecifications=[_specification(call.tags)],
            **encryption,
        )["SnapshotId"]

    def create_tags(self, call: CreateTags) -> None:
        """Add tags to a snapshot; its tags with other keys stay."""
        self._clients.ec2(call.region).create_tags(
            Resources=[call.snapshot_id],
            Tags=[{"Key": key, "Value": value} for key, value in call.tags],
        )

    def delete_snapshot(self, call: DeleteSnapshot) -> None:
        """Delete a snapshot."""
        self._clients.ec2(call.region).delete_snapshot(SnapshotId=call.snapshot_id)


def _create(client: EC2Client, call: Creation) -> dict[str, str]:
    if isinstance(call, CreateSnapshot):
        one = client.create_snapshot(
            VolumeId=call.volume_id,
            Description=call.description,
            TagSpecifications=[_specification(call.tags)],
        )
        return {call.volume_id: one["SnapshotId"]}
    answer = client.create_snapshots(
        InstanceSpecification={
            "InstanceId": call.instance_id,
            "ExcludeBootVolume": call.exclude_boot,
            "ExcludeDataVolumeIds": list(call.exclude_data),
        },
        Description=call.description,
        TagSpecifications=[_specification(call.tags)],
    )
    return {snapshot["VolumeId"]: snapshot["SnapshotId"] for snapshot in answer["Snapshots"]}


def _specification(pairs: Tags) -> TagSpecificationTypeDef:
    return {"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in pairs]}
