"""A Region as its user sees it: instances to back up, snapshots, and the functions there."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pytest

from .deployment import Deployment
from .local_aws import ACCOUNT

T = TypeVar("T")
Snapshot = dict[str, Any]

PATIENCE = 30  # seconds: events, cold starts and EBS together need about five


@dataclass(frozen=True)
class Region:
    deployment: Deployment
    name: str

    def client(self, service: str) -> Any:
        return self.deployment.aws.client(service, self.name)

    @cached_property
    def ec2(self) -> Any:
        return self.client("ec2")

    def instance(self, name: str, volumes: int = 1, **tags: str) -> str:
        tags = {"Name": name, **tags}
        launched = self.ec2.run_instances(
            ImageId="ami-e2e", MinCount=1, MaxCount=1, TagSpecifications=tagged("instance", tags)
        )
        instance_id: str = launched["Instances"][0]["InstanceId"]
        for number in range(1, volumes):
            self.ec2.attach_volume(VolumeId=self.volume(), InstanceId=instance_id, Device=f"/dev/sd{chr(101 + number)}")
        return instance_id

    def volume(self) -> str:
        volume_id: str = self.ec2.create_volume(Size=10, AvailabilityZone=f"{self.name}a")["VolumeId"]
        return volume_id

    def snapshot(self, volume_id: str, description: str = "", **tags: str) -> str:
        """A snapshot made by hand."""
        specification = tagged("snapshot", tags) if tags else []
        snapshot_id: str = self.ec2.create_snapshot(
            VolumeId=volume_id, Description=description, TagSpecifications=specification
        )["SnapshotId"]
        return snapshot_id

    def snapshots(self, filters: Mapping[str, str]) -> list[Snapshot]:
        described: list[Snapshot] = self.ec2.describe_snapshots(
            OwnerIds=["self"],
            Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()],
        )["Snapshots"]
        return described

    def completed(self, filters: Mapping[str, str]) -> list[Snapshot]:
        return self.snapshots({**filters, "status": "completed"})

    def invoke(self, function: str) -> dict[str, Any]:
        """The summary of a run."""
        response = self.client("lambda").invoke(
            FunctionName=self.deployment.functions(self.name)[function],
            Payload=json.dumps(self.event_by_hand()),
        )
        payload = response["Payload"].read().decode()
        if "FunctionError" in response:
            pytest.fail(f"{function} in {self.name} raised: {payload}")
        summary: dict[str, Any] = json.loads(payload)
        return summary

    def event_by_hand(self) -> dict[str, Any]:
        """The event of a schedule, but for its type: a scheduled run would end if another one had just created."""
        return {
            "version": "0",
            "id": "01234567-89ab-cdef-0123-456789abcdef",
            "detail-type": "Started By Hand",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": self.name,
            "resources": [f"arn:aws:events:{self.name}:{ACCOUNT}:rule/hourly"],
            "detail": {},
        }

    def logs(self) -> str:
        client = self.client("logs")
        lines = []
        for arn in self.deployment.functions(self.name).values():
            group = f"/aws/lambda/{arn.rsplit(':', 1)[-1]}"
            if client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
                events = client.filter_log_events(logGroupName=group)["events"]
                lines += [f"--- {group}", *(event["message"].rstrip() for event in events)]
        return "\n".join(lines)


def tagged(resource_type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": resource_type, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def tags_of(snapshot: Snapshot) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags", [])}


def eventually(look: Callable[[], T], expectation: str) -> T:
    """What `look` finds, as soon as it finds anything."""
    end = time.monotonic() + PATIENCE
    while not (result := look()):
        if time.monotonic() > end:
            pytest.fail(f"{PATIENCE} seconds were not enough: {expectation}")
        time.sleep(0.2)
    return result
