"""The calls to EC2 that restores need: zones, the place of an instance, and volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.aws.clients import CONFIG, session
from reactor_cli.restoration import CreateVolume

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

SECONDS_BETWEEN_LOOKS = 5
MAX_LOOKS = 360


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is: its zone, whether it runs, and the volume at each device."""

    zone: str
    running: bool
    root_device: str
    devices: dict[str, str]


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
