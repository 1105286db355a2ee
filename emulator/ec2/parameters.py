"""The parameters that each operation supports: any other is an error, because it would have no effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAGES = ("Filters", "MaxResults", "NextToken")
SUPPORTED: dict[str, tuple[str, ...]] = {
    "CreateSnapshot": ("VolumeId", "Description", "TagSpecifications"),
    "CreateSnapshots": ("InstanceSpecification", "Description", "TagSpecifications", "CopyTagsFromSource"),
    "CopySnapshot": (
        "SourceRegion", "SourceSnapshotId", "DestinationRegion", "Description", "Encrypted", "KmsKeyId",
        "TagSpecifications",
    ),
    "DeleteSnapshot": ("SnapshotId",),
    "DescribeSnapshots": ("SnapshotIds", "OwnerIds", *PAGES),
    "LockSnapshot": ("SnapshotId", "LockMode", "LockDuration"),
    "UnlockSnapshot": ("SnapshotId",),
    "DescribeLockedSnapshots": ("SnapshotIds", *PAGES),
    "ModifySnapshotTier": ("SnapshotId", "StorageTier"),
    "RestoreSnapshotTier": ("SnapshotId", "TemporaryRestoreDays", "PermanentRestore"),
    "DescribeSnapshotTierStatus": PAGES,
    "ListSnapshotsInRecycleBin": ("SnapshotIds", *PAGES),
    "RestoreSnapshotFromRecycleBin": ("SnapshotId",),
    "CreateTags": ("Resources", "Tags"),
    "DeleteTags": ("Resources", "Tags"),
    "DescribeTags": PAGES,
    "CreateImage": ("InstanceId", "Name", "Description", "TagSpecifications"),
    "RegisterImage": ("Name", "Description", "BlockDeviceMappings", "RootDeviceName", "TagSpecifications"),
    "DeregisterImage": ("ImageId", "DeleteAssociatedSnapshots"),
    "DisableImage": ("ImageId",),
    "EnableImage": ("ImageId",),
    "DescribeImages": ("ImageIds", "Owners", "IncludeDisabled", *PAGES),
    "DescribeRegions": ("RegionNames", "AllRegions", "Filters"),
    "CreateVolume": (
        "SnapshotId", "AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput", "Encrypted", "KmsKeyId",
        "TagSpecifications", "ClientToken",
    ),
}  # fmt: skip


def check_parameters(operation: str, params: Mapping[str, Any]) -> None:
    """NotImplementedError for a parameter that the operation does not support."""
    if ignored := sorted(set(params) - {"DryRun", *SUPPORTED[operation]}):
        raise NotImplementedError(f"the emulator does not support {', '.join(ignored)} in {operation}")
