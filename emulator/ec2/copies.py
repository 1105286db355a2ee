"""CopySnapshot: called in the destination Region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.limits import check_id
from emulator.ec2.model import BOGUS_VOLUME, Region, Snapshot, Tags
from emulator.ec2.snapshots import end, find, request_tags, usable
from emulator.errors import AWSError, dry_run

KEY_FAILURE = "Given key ID is not accessible"
# An assumption, as the emulator has no blocks: how much of a volume changes from one snapshot to the next.
CHANGED_SHARE = 0.05

Params = Mapping[str, Any]


def copy_snapshot(cloud: Cloud, region: Region, params: Params) -> Snapshot:
    """Copies into `region`, without the tags of the source. An unusable key makes the copy fail when it ends.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
    """
    tags = request_tags(params)
    check_id(params["SourceSnapshotId"], "snap")
    source = usable(find(cloud.reachable(params["SourceRegion"]), params["SourceSnapshotId"]))
    key = params.get("KmsKeyId")
    if key and not (params.get("Encrypted") or source.encrypted):
        raise AWSError("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted.")
    if region.pending_copies >= cloud.conditions.copy_slots:
        raise AWSError("ResourceLimitExceeded", "Too many snapshot copies in progress. The limit is reached.")
    if params.get("DryRun"):
        raise dry_run()
    encrypted = bool(params.get("Encrypted") or source.encrypted)
    keys_work = source.kms_key_id not in cloud.keys_away and (not encrypted or cloud.key_accessible(region.name, key))
    copy = _copy(cloud, region, source, params.get("Description", ""), tags)
    copy.encrypted, copy.kms_key_id = encrypted, cloud.key_arn(region.name, key) if encrypted else None
    copy.failure = cloud.copy_failure(region.name) if keys_work else KEY_FAILURE
    copy.incremental, copy.moved_gib = _transfer(region, copy)
    region.add(copy)
    cloud.timeline.change(copy.ends_at, lambda: end(cloud, region, copy))
    return copy


def _transfer(region: Region, copy: Snapshot) -> tuple[bool, float]:
    """Whether a copy is incremental, and the GiB that are transferred.

    It is incremental to the copy of its lineage that was completed last, if that still exists in the standard tier and
    has the same key. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
    """
    newest = region.newest_copies.get(copy.lineage)
    if (
        newest is None
        or newest.snapshot_id not in region.snapshots
        or newest.storage_tier == "archive"
        or newest.kms_key_id != copy.kms_key_id
    ):
        return False, float(copy.volume_size)
    return True, 0.0 if newest.source_id == copy.source_id else copy.volume_size * CHANGED_SHARE


def _copy(cloud: Cloud, region: Region, source: Snapshot, description: str, tags: Tags) -> Snapshot:
    return Snapshot(
        snapshot_id=region.new_id("snap"),
        sequence=region.next_sequence(),
        region=region.name,
        volume_id=BOGUS_VOLUME,
        volume_size=source.volume_size,
        description=description,
        start_time=cloud.now,
        ends_at=cloud.now + cloud.conditions.copy_duration(source.volume_size),
        origin="copy",
        tags=dict(tags),
        source_id=source.snapshot_id,
        source_region=source.region,
        lineage=source.lineage,
    )
