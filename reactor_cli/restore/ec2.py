"""The calls to EC2 that only restores need: zones, where an instance is, and volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.aws.clients import CONFIG, session
from reactor_cli.restore.volumes import CreateVolume

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

# Wait for a volume for at most half an hour.
SECONDS_BETWEEN_CHECKS = 5
MAX_CHECKS = 360


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an instance is: its availability zone, whether it runs, and the volume at each device."""

    zone: str
    running: bool
    devices: dict[str, str]


class Restorer:
    """EC2 in the Region in which volumes are restored."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._ec2: EC2Client = session().client("ec2", region_name=region, config=CONFIG)

    def zones(self) -> tuple[str, ...]:
        """Return the names of the Region's availability zones that are in service, sorted."""
        answer = self._ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
        return tuple(sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"]))

    def placement_of(self, instance_id: str) -> Placement | None:
        """Return where an instance is; None if it is not in this Region, or terminated."""
        filters: Any = [
            {"Name": "instance-id", "Values": [instance_id]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
        ]
        for page in self._ec2.get_paginator("describe_instances").paginate(Filters=filters):
            for reservation in page["Reservations"]:
                for instance in reservation["Instances"]:
                    mappings = instance.get("BlockDeviceMappings", ())
                    devices = {mapping["DeviceName"]: mapping["Ebs"]["VolumeId"] for mapping in mappings}
                    running = instance["State"]["Name"] in ("pending", "running")
                    return Placement(instance["Placement"]["AvailabilityZone"], running, devices)
        return None

    def create_volume(self, call: CreateVolume) -> str:
        """Create a volume and return its id; botocore's client token makes a retry safe."""
        performance: dict[str, Any] = {}
        if call.iops:
            performance["Iops"] = call.iops
        if call.throughput:
            performance["Throughput"] = call.throughput
        return self._ec2.create_volume(
            AvailabilityZone=call.zone,
            SnapshotId=call.snapshot_id,
            Size=call.size_gib,
            VolumeType=call.type,  # type: ignore[arg-type]  # the type that EC2 reported
            TagSpecifications=[
                {"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in call.tags]}
            ],
            **performance,
        )["VolumeId"]

    def wait_until_available(self, volume_id: str) -> None:
        """Return when a volume is available; WaiterError if its creation fails, or takes half an hour."""
        waiter = self._ec2.get_waiter("volume_available")
        waiter.wait(VolumeIds=[volume_id], WaiterConfig={"Delay": SECONDS_BETWEEN_CHECKS, "MaxAttempts": MAX_CHECKS})

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume."""
        self._ec2.delete_volume(VolumeId=volume_id)
