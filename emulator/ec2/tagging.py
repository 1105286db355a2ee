"""CreateTags and DeleteTags. The emulator holds the tags of snapshots and images, moto those of other resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2 import notifications
from emulator.ec2.filters import MAX_VALUES
from emulator.ec2.limits import MAX_TAGGED_RESOURCES, check_count, check_ids, tags_of
from emulator.ec2.model import Image, Region, Snapshot, Tags
from emulator.ec2.pages import cut, escape
from emulator.ec2.snapshots import owned
from emulator.errors import AWSError, dry_run, invalid_value, snapshot_not_found

Params = Mapping[str, Any]


def create_tags(cloud: Cloud, region: Region, params: Params) -> None:
    """Tags all resources or none. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""
    tags = tags_of(params["Tags"])
    held = _resources(region, params)
    _check_known(cloud, region, held)
    for existing in held.values():
        check_count(existing | tags)
    if params.get("DryRun"):
        raise dry_run()
    for resource_id, existing in held.items():
        changed = [key for key, value in tags.items() if existing.get(key) != value]
        _write(cloud, region, resource_id, existing | tags, changed)


def delete_tags(cloud: Cloud, region: Region, params: Params) -> None:
    """Removes a tag whatever its value, or only with the value that the call names; without tags in the call, all.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
    """
    held = _resources(region, params)
    if any(tag["Key"].lower().startswith("aws:") for tag in params.get("Tags", ())):
        raise invalid_value("Tag keys starting with 'aws:' are reserved for internal use")
    if params.get("DryRun"):
        raise dry_run()
    for resource_id, existing in held.items():
        asked = params.get("Tags") or [{"Key": key} for key in existing if not key.startswith("aws:")]
        removed = [
            tag["Key"]
            for tag in asked
            if tag["Key"] in existing and tag.get("Value", existing[tag["Key"]]) == existing[tag["Key"]]
        ]
        kept = {key: value for key, value in existing.items() if key not in removed}
        _write(cloud, region, resource_id, kept, removed)


def describe_tags(region: Region, params: Params) -> str:
    """Of snapshots by id, those in the Recycle Bin too. NotImplementedError for anything else.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
    """
    filters = {filter_["Name"]: filter_["Values"] for filter_ in params.get("Filters", ())}
    if set(filters) != {"resource-id"}:
        raise NotImplementedError(
            "the emulator does not serve DescribeTags without resource-id, or with another filter"
        )
    check_ids(filters["resource-id"], "snap")
    if len(filters["resource-id"]) > MAX_VALUES:
        raise AWSError("FilterLimitExceeded", f"At most {MAX_VALUES} filter values, got more.")
    if params.get("DryRun"):
        raise dry_run()
    snapshots = [
        snapshot for snapshot in map(region.held, sorted(set(filters["resource-id"]))) if snapshot and snapshot.mine
    ]
    pairs = [(snapshot.snapshot_id, key, value) for snapshot in snapshots for key, value in snapshot.tags.items()]
    page, token = cut(pairs, range(len(pairs)), params, "ResourceIds")
    items = "".join(
        f"<item><resourceId>{snapshot_id}</resourceId><resourceType>snapshot</resourceType>"
        f"<key>{escape(key)}</key><value>{escape(value)}</value></item>"
        for snapshot_id, key, value in page
    )
    return f"<tagSet>{items}</tagSet>" + (f"<nextToken>{token}</nextToken>" if token else "")


def named_tags(cloud: Cloud, region: str, operation: str, params: Params) -> dict[str, Tags]:
    """The tags of the snapshots and instances that a changing call names: policies have conditions on them.

    Resources that do not exist are left out. The source of a copy is looked up in its own Region.
    """
    if operation.startswith("Describe"):
        return {}
    where = cloud.regions.get(params.get("SourceRegion", region))
    ids = [params.get("SnapshotId"), params.get("SourceSnapshotId"), *params.get("Resources", ())]
    snapshots = [where.held(id) for id in ids if where and id]
    instances = [params.get("InstanceSpecification", {}).get("InstanceId"), *params.get("InstanceIds", ())]
    tags = {snapshot.snapshot_id: dict(snapshot.tags) for snapshot in snapshots if snapshot is not None}
    return tags | {id: moto_bridge.tags_of(region, id) for id in instances if id}


def _resources(region: Region, params: Params) -> dict[str, Tags]:
    ids = params["Resources"]
    if len(ids) > MAX_TAGGED_RESOURCES:
        raise invalid_value(f"At most {MAX_TAGGED_RESOURCES} resources can be tagged in a call, {len(ids)} were given.")
    return {resource_id: dict(_tags(region, resource_id)) for resource_id in ids}


def _check_known(cloud: Cloud, region: Region, ids: Iterable[str]) -> None:
    """By users' reports, `CreateTags` sometimes does not find a snapshot that was created a moment ago."""
    since = cloud.now - cloud.conditions.tagging_lag
    new = [id for id in ids if id in region.snapshots and region.snapshots[id].start_time > since]
    if new:
        raise snapshot_not_found(new)


def _tags(region: Region, resource_id: str) -> Tags:
    own = _own(region, resource_id)
    return own.tags if own is not None else moto_bridge.existing_tags(region.name, resource_id)


def _own(region: Region, resource_id: str) -> Snapshot | Image | None:
    if resource_id in region.bin:
        return region.bin[resource_id].snapshot
    if resource_id.startswith("snap-"):
        return owned(region, resource_id)
    if resource_id.startswith("ami-"):
        if resource_id not in region.images:
            raise AWSError("InvalidAMIID.NotFound", f"The image id '[{resource_id}]' does not exist")
        return region.images[resource_id]
    return None


def _write(cloud: Cloud, region: Region, resource_id: str, tags: Tags, changed: list[str]) -> None:
    own = _own(region, resource_id)
    if own is None:
        moto_bridge.replace_tags(region.name, resource_id, tags)
        region.fleet_version += 1
        return
    own.tags = tags
    region.version += 1
    if isinstance(own, Snapshot):
        own.touch()
        if changed:
            notifications.tags_changed(cloud, own, changed)
