"""The calls to EC2 that only an operator's machine makes: the account's Regions, and volumes from snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.aws.clients import CONFIG, session
from reactor_cli.restoration import CreateVolume

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

# Where the Regions of an account can be asked for if its user has none: it is in every account of the usual partition.
ANY_REGION = "us-east-1"
SECONDS_BETWEEN_LOOKS = 5
MAX_LOOKS = 360


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is: its zone, whether it runs, and the volume at each device."""

    zone: str
    running: bool
    root_device: str
    devices: dict[str, str]


def use_profile(name: str) -> None:
    """Have all clients made from now on use a profile of the user's; ProfileNotFound if there is none."""
    boto3.setup_default_session(profile_name=name)


def own_region() -> str | None:
    """Return the Region that the user's environment or profile names; ProfileNotFound if there is no such profile."""
    region: str | None = (boto3.DEFAULT_SESSION or boto3.Session()).region_name
    return region


def all_regions() -> frozenset[str]:
    """Return the Regions that botocore knows, of all partitions."""
    session = boto3.DEFAULT_SESSION or boto3.Session()
    partitions = session.get_available_partitions()
    return frozenset(name for each in partitions for name in session.get_available_regions("ec2", each))


def enabled_regions(ask: str) -> tuple[str, ...]:
    """Return the Regions that the account has enabled, sorted."""
    found = _client(ask).describe_regions()["Regions"]
    return tuple(sorted(each["RegionName"] for each in found))


@contextmanager
def watched(seen: Callable[[str], None]) -> Iterator[None]:
    """Have ``seen`` called with the operation of every answer of EC2, for clients that are made meanwhile."""
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    events = boto3.DEFAULT_SESSION.events  # type: ignore[union-attr]  # it was set up just now

    def answered(model: Any, **_: Any) -> None:
        seen(model.name)

    events.register("after-call.ec2", answered)
    try:
        yield
    finally:
        events.unregister("after-call.ec2", answered)


class Restorer:
    """EC2 in the Region where volumes are to be restored."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._ec2 = _client(region)

    def zones(self) -> tuple[str, ...]:
        """Return the names of the Region's availability zones that are in service."""
        found = self._ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
        return tuple(sorted(each["ZoneName"] for each in found["AvailabilityZones"]))

    def place_of(self, instance_id: str) -> Place | None:
        """Return where an instance is; None if it is not in this Region, or terminated."""
        filters: Any = [
            {"Name": "instance-id", "Values": [instance_id]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
        ]
        pages = self._ec2.get_paginator("describe_instances").paginate(Filters=filters)
        for page in pages:
            for reservation in page["Reservations"]:
                for raw in reservation["Instances"]:
                    devices = {
                        each["DeviceName"]: each["Ebs"]["VolumeId"] for each in raw.get("BlockDeviceMappings", ())
                    }
                    running = raw["State"]["Name"] in ("pending", "running")
                    return Place(raw["Placement"]["AvailabilityZone"], running, raw.get("RootDeviceName", ""), devices)
        return None

    def create_volume(self, call: CreateVolume) -> str:
        """Create a volume and return its id; botocore's token makes a repeated call create it once."""
        more: dict[str, Any] = {}
        if call.iops:
            more["Iops"] = call.iops
        if call.throughput:
            more["Throughput"] = call.throughput
        return self._ec2.create_volume(
            AvailabilityZone=call.zone,
            SnapshotId=call.snapshot_id,
            Size=call.size_gib,
            VolumeType=call.type,  # type: ignore[arg-type]  # whatever EC2 called it
            TagSpecifications=[
                {"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in call.tags]}
            ],
            **more,
        )["VolumeId"]

    def wait_until_available(self, volume_id: str) -> None:
        """Return when a volume is available; WaiterError if it fails, or takes half an hour."""
        waiter = self._ec2.get_waiter("volume_available")
        waiter.wait(VolumeIds=[volume_id], WaiterConfig={"Delay": SECONDS_BETWEEN_LOOKS, "MaxAttempts": MAX_LOOKS})

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume."""
        self._ec2.delete_volume(VolumeId=volume_id)


def _client(region: str) -> EC2Client:
    return session().client("ec2", region_name=region, config=CONFIG)
