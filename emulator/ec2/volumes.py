"""CreateVolume from a snapshot, with the checks and the state creating that moto does not have.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2.filters import timestamp
from emulator.ec2.limits import check_id, specified_tags
from emulator.ec2.model import Region, Snapshot
from emulator.ec2.pages import tag_set
from emulator.ec2.snapshots import owned, usable
from emulator.errors import AWSError, dry_run, invalid_value

Params = Mapping[str, Any]

# GiB, then IOPS and MiB/s: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
SIZES = {"gp2": (1, 16384), "gp3": (1, 65536), "io1": (4, 16384), "io2": (4, 65536), "st1": (125, 16384),
         "sc1": (125, 16384), "standard": (1, 1024)}  # fmt: skip
IOPS = {"gp3": (3000, 80000), "io1": (100, 64000), "io2": (100, 256000)}
THROUGHPUT = {"gp3": (125, 2000)}
# EC2 refuses these while a volume is being created.
NEED_AVAILABLE = frozenset({"AttachVolume", "DeleteVolume", "ModifyVolume", "CreateSnapshot"})
CREATING = timedelta(seconds=8)  # AWS documents no duration; it takes seconds


def create_from_snapshot(cloud: Cloud, region: Region, params: Params) -> str:
    """Adds a volume in state creating, which becomes available later; returns the elements of the response.

    A ClientToken is for one volume: a second call with it returns the same, and one with other parameters is refused.
    """
    token: str = params["ClientToken"]  # botocore adds one if the caller does not
    if token in region.client_tokens:
        first, response = region.client_tokens[token]
        if first != params:
            raise AWSError("IdempotentParameterMismatch", "The client token was used with other parameters.")
        return response
    response = _create(cloud, region, params)
    region.client_tokens[token] = (params, response)
    return response


def _create(cloud: Cloud, region: Region, params: Params) -> str:
    check_id(params["SnapshotId"], "snap")
    tags = specified_tags(params.get("TagSpecifications", ()), "volume")
    source = usable(owned(region, params["SnapshotId"]))
    size = params.get("Size", source.volume_size)
    kind = params.get("VolumeType", "gp2")
    _check(source, size, kind, params)
    zone = params.get("AvailabilityZone")
    if zone not in moto_bridge.zones(region.name):
        raise invalid_value(f"Value ({zone}) for parameter availabilityZone is invalid. Subnet zone does not exist.")
    if params.get("DryRun"):
        raise dry_run()
    restored = moto_bridge.Restored(
        zone, size, kind, params.get("Iops"), params.get("Throughput"), source.snapshot_id,
        source.encrypted or bool(params.get("Encrypted")), params.get("KmsKeyId") or source.kms_key_id,
    )  # fmt: skip
    volume_id = moto_bridge.add_volume(region.name, restored, tags)
    region.fleet_version += 1
    cloud.timeline.change(cloud.now + CREATING, lambda: _available(region, volume_id))
    return _fields(cloud, volume_id, restored) + tag_set(tags)


def _available(region: Region, volume_id: str) -> None:
    moto_bridge.set_available(region.name, volume_id)
    region.fleet_version += 1


def _check(source: Snapshot, size: int, kind: str, params: Params) -> None:
    if kind not in SIZES:
        raise AWSError("UnknownVolumeType", f"Unsupported volume type '{kind}' for volume creation.")
    if size < source.volume_size:
        raise invalid_value(
            f"Volume of {size}GiB is smaller than snapshot '{source.snapshot_id}', expect size>={source.volume_size}GiB"
        )
    _in_bounds("Volume size", size, SIZES[kind])
    for name, bounds in (("Iops", IOPS), ("Throughput", THROUGHPUT)):
        value = params.get(name)
        if value is not None and kind not in bounds:
            raise AWSError("InvalidParameterCombination", f"The parameter {name} is not supported for {kind} volumes.")
        if value is not None:
            _in_bounds(f"Volume {name.lower()}", value, bounds[kind])
    if kind in ("io1", "io2") and params.get("Iops") is None:
        raise AWSError("MissingParameter", f"The parameter iops must be specified for {kind} volumes.")


def _in_bounds(what: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise invalid_value(f"{what} of {value} is out of bounds: {low} to {high}.")


def _fields(cloud: Cloud, volume_id: str, restored: moto_bridge.Restored) -> str:
    return (
        f"<volumeId>{volume_id}</volumeId><size>{restored.size}</size><snapshotId>{restored.snapshot_id}</snapshotId>"
        f"<availabilityZone>{restored.zone}</availabilityZone><status>creating</status>"
        f"<createTime>{timestamp(cloud.now)}</createTime><volumeType>{restored.volume_type}</volumeType>"
        + (f"<iops>{restored.iops}</iops>" if restored.iops else "")
        + (f"<throughput>{restored.throughput}</throughput>" if restored.throughput else "")
        + f"<encrypted>{str(restored.encrypted).lower()}</encrypted>"
        + (f"<kmsKeyId>{restored.kms_key_id}</kmsKeyId>" if restored.encrypted and restored.kms_key_id else "")
    )


def check_available(region: Region, operation: str, params: Params) -> None:
    """AWSError if EC2 refuses an operation: the volume is being created, or is the root of a running instance."""
    volume_id = params.get("VolumeId")
    if operation == "DetachVolume" and volume_id:
        _check_detachable(region, volume_id)
    if operation in NEED_AVAILABLE and volume_id and moto_bridge.is_creating(region.name, volume_id):
        raise AWSError("IncorrectState", f"The volume '{volume_id}' is not 'available': it is 'creating'.")


def _check_detachable(region: Region, volume_id: str) -> None:
    moto_bridge.volume(region.name, volume_id)
    instance_id = moto_bridge.instance_of(region.name, volume_id)
    if instance_id is None or moto_bridge.state(region.name, instance_id) == "stopped":
        return
    if moto_bridge.is_root(region.name, instance_id, volume_id):
        raise AWSError(
            "OperationNotPermitted", f"Unable to detach root volume '{volume_id}' from instance '{instance_id}'"
        )
