"""The calls to EC2 that only restores need: zones, where an instance is, and volumes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.clients import CONFIG, session
from reactor_cli.restore.volumes import CreateVolume

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

ORDINARY_ZONE = "availability-zone"
# Wait for a volume for at most half an hour.
SECONDS_BETWEEN_CHECKS = 5
MAX_CHECKS = 360
# EC2 may not know a new volume at once; after a minute it does not exist any more.
# https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
CHECKS_UNTIL_KNOWN = 12
NOT_FOUND = "InvalidVolume.NotFound"


class VolumeVanished(Exception):
    """A volume does not exist any more: EC2 deletes one that it cannot create, as without access to its key."""


class VolumeNotAvailable(Exception):
    """A volume is in a state that does not become available, or half an hour has passed."""


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
        """Return the names of the Region's zones that are in service, sorted, Local and Wavelength Zones last.

        These have few types of volumes. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AvailabilityZone.html
        """
        answer = self._ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
        types = {zone["ZoneName"]: zone.get("ZoneType", ORDINARY_ZONE) for zone in answer["AvailabilityZones"]}
        return tuple(sorted(types, key=lambda name: (types[name] != ORDINARY_ZONE, name)))

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
        """Return when a volume is available; VolumeVanished or VolumeNotAvailable if it will not be.

        botocore's waiter would end at a volume that EC2 does not know yet.
        """
        known = False
        for check in range(MAX_CHECKS):
            state = self._state_of(volume_id)
            if state == "available":
                return
            if state in ("deleting", "deleted") or (state is None and (known or check >= CHECKS_UNTIL_KNOWN)):
                raise VolumeVanished(f"{volume_id} vanished while EC2 created it; can the key of the snapshot be used?")
            if state == "error":
                raise VolumeNotAvailable(f"{volume_id} could not be created: its state is error")
            known = state is not None
            time.sleep(SECONDS_BETWEEN_CHECKS)
        raise VolumeNotAvailable(f"{volume_id} was not available after half an hour")

    def _state_of(self, volume_id: str) -> str | None:
        try:
            return self._ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["State"]
        except ClientError as error:
            if error.response["Error"]["Code"] == NOT_FOUND:
                return None
            raise

    def delete_volume(self, volume_id: str) -> None:
        """Delete a new volume, also if EC2 does not know it yet; nothing is left to do if it does not exist."""
        for _ in range(CHECKS_UNTIL_KNOWN):
            try:
                self._ec2.delete_volume(VolumeId=volume_id)
            except ClientError as error:
                if error.response["Error"]["Code"] != NOT_FOUND:
                    raise
                time.sleep(SECONDS_BETWEEN_CHECKS)
            else:
                return
