"""The EC2 operations that the emulator answers itself, and their responses. moto answers the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2 import copies, images, locks, recycle_bin, snapshots, tagging, tiers, volumes
from emulator.ec2.describe import SnapshotReader
from emulator.ec2.model import Region, Snapshot
from emulator.ec2.pages import envelope, snapshot_fields, tag_set, xml_page
from emulator.ec2.parameters import check_parameters

Params = Mapping[str, Any]
Operation = Callable[[Cloud, Region, Params], str]

# moto would answer these too, but it does not know the snapshots and images of the emulator.
ELSEWHERE = ("Snapshot", "Image", "FastSnapshotRestore")


def _snapshot(created: Snapshot) -> str:
    return snapshot_fields(created)


def _set(created: list[Snapshot]) -> str:
    items = "".join(f"<item>{snapshot_fields(snapshot, 'state')}</item>" for snapshot in created)
    return f"<snapshotSet>{items}</snapshotSet>"


def _copy(created: Snapshot) -> str:
    return f"<snapshotId>{created.snapshot_id}</snapshotId>{tag_set(created.tags)}"


def _void(action: Callable[[Cloud, Region, Params], None]) -> Operation:
    def run(cloud: Cloud, region: Region, params: Params) -> str:
        action(cloud, region, params)
        return "<return>true</return>"

    return run


def _regions(cloud: Cloud, _: Region, params: Params) -> str:
    """The Regions that the account has enabled; AllRegions and filters are not supported."""
    if params.get("AllRegions") or params.get("Filters"):
        raise NotImplementedError("the emulator lists enabled Regions only, without filters")
    wanted = params.get("RegionNames") or [
        name for name in cloud.regions if name not in cloud.conditions.disabled_regions
    ]
    items = "".join(
        f"<item><regionName>{cloud.region(name).name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com"
        f"</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>"
        for name in wanted
    )
    return f"<regionInfo>{items}</regionInfo>"


OPERATIONS: dict[str, Operation] = {
    "CreateSnapshot": lambda cloud, region, params: _snapshot(snapshots.create_snapshot(cloud, region, params)),
    "CreateSnapshots": lambda cloud, region, params: _set(snapshots.create_snapshots(cloud, region, params)),
    "CopySnapshot": lambda cloud, region, params: _copy(copies.copy_snapshot(cloud, region, params)),
    "DeleteSnapshot": _void(snapshots.delete_snapshot),
    "LockSnapshot": locks.lock_snapshot,
    "UnlockSnapshot": locks.unlock_snapshot,
    "DescribeLockedSnapshots": locks.describe_locked_snapshots,
    "ModifySnapshotTier": tiers.modify_snapshot_tier,
    "RestoreSnapshotTier": tiers.restore_snapshot_tier,
    "DescribeSnapshotTierStatus": lambda _, region, params: tiers.describe_snapshot_tier_status(region, params),
    "ListSnapshotsInRecycleBin": lambda _, region, params: recycle_bin.list_snapshots(region, params),
    "RestoreSnapshotFromRecycleBin": lambda _, region, params: recycle_bin.restore_snapshot(region, params),
    "CreateTags": _void(tagging.create_tags),
    "DeleteTags": _void(tagging.delete_tags),
    "DescribeTags": lambda _, region, params: tagging.describe_tags(region, params),
    "CreateImage": lambda cloud, region, params: (
        f"<imageId>{images.create_image(cloud, region, params).image_id}</imageId>"
    ),
    "RegisterImage": lambda cloud, region, params: (
        f"<imageId>{images.register_image(cloud, region, params).image_id}</imageId>"
    ),
    "DeregisterImage": _void(images.deregister_image),
    "DisableImage": _void(images.disable_image),
    "EnableImage": _void(images.enable_image),
    "DescribeImages": lambda cloud, region, params: images.image_xml(*images.describe_images(region, params)),
    "DescribeRegions": _regions,
}


def serve(cloud: Cloud, reader: SnapshotReader, operation: str, region: Region, params: Params) -> str | None:
    """The body of the response; None if moto answers this operation. AWSError if EC2 refuses the call."""
    volumes.check_available(region, operation, params)
    if operation == "CreateVolume" and params.get("SnapshotId"):
        check_parameters(operation, params)
        return envelope(operation, volumes.create_from_snapshot(cloud, region, params))
    if operation == "DescribeSnapshots":
        return xml_page(operation, *reader.page(region, params))
    if operation in OPERATIONS:
        check_parameters(operation, params)
        return envelope(operation, OPERATIONS[operation](cloud, region, params))
    if any(word in operation for word in ELSEWHERE):
        raise NotImplementedError(f"the emulator does not serve {operation} with these parameters")
    return None
