"""Starts instances and volumes for tests, with the calls that a person would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulator import moto_bridge

DEVICES = ("/dev/xvda", *(f"/dev/sd{letter}" for letter in "bcdefghijklmnopqrstuvwxyz"))
Tags = Mapping[str, str]


def launch(ec2: Any, region: str, tags: Tags, volumes: Sequence[int], volume_tags: Sequence[Tags]) -> str:
    """Starts an instance with `volumes` (GiB) at DEVICES, in order, and returns its id."""
    reservation = ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        BlockDeviceMappings=[
            {"DeviceName": device, "Ebs": {"VolumeSize": size, "DeleteOnTermination": True}}
            for device, size in zip(DEVICES, volumes, strict=False)
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": _listed(tags)}],
    )
    instance_id: str = reservation["Instances"][0]["InstanceId"]
    moto_bridge.set_root_device(region, instance_id, DEVICES[0])
    _, devices = moto_bridge.attached(region, instance_id)
    for volume_id, own in zip(devices.values(), volume_tags, strict=False):
        if own:
            ec2.create_tags(Resources=[volume_id], Tags=_listed(own))
    return instance_id


def attach(ec2: Any, region: str, instance_id: str, *, size: int, device: str, tags: Tags) -> str:
    """Creates a volume of `size` GiB, attaches it, and returns its id."""
    specified = [{"ResourceType": "volume", "Tags": _listed(tags)}] if tags else []
    volume_id: str = ec2.create_volume(
        AvailabilityZone=f"{region}a", Size=size, VolumeType="gp3", TagSpecifications=specified
    )["VolumeId"]
    ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device=device)
    return volume_id


def detach(ec2: Any, region: str, volume_id: str) -> None:
    """Detaches a volume from its instance. ValueError if it is attached to none."""
    instance_id = moto_bridge.instance_of(region, volume_id)
    if instance_id is None:
        raise ValueError(f"{volume_id} is attached to no instance")
    ec2.detach_volume(VolumeId=volume_id, InstanceId=instance_id)


def _listed(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
