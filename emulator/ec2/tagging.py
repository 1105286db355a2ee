"""CreateTags and DeleteTags: checked here, kept here for snapshots and images, and by moto for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2 import notifications
from emulator.ec2.limits import MAX_TAGGED_RESOURCES, check_count, tags_of
from emulator.ec2.model import Image, Region, Snapshot, Tags
from emulator.ec2.snapshots import owned
from emulator.errors import AWSError, dry_run, invalid_value

Params = Mapping[str, Any]


def create_tags(cloud: Cloud, region: Region, params: Params) -> None:
    """All resources or none. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""
    tags = tags_of(params["Tags"])
    held = _resources(region, params)
    for existing in held.values():
        check_count(existing | tags)
    if params.get("DryRun"):
        raise dry_run()
    for resource_id, existing in held.items():
        changed = [key for key, value in tags.items() if existing.get(key) != value]
        _write(cloud, region, resource_id, existing | tags, changed)


def delete_tags(cloud: Cloud, region: Region, params: Params) -> None:
    """A tag without a value goes whatever it holds; with one only if it holds that; without any tag all go.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
    """
    held = _resources(region, params)
    if any(one["Key"].lower().startswith("aws:") for one in params.get("Tags", ())):
        raise invalid_value("Tag keys starting with 'aws:' are reserved for internal use")
    if params.get("DryRun"):
        raise dry_run()
    for resource_id, existing in held.items():
        asked = params.get("Tags") or [{"Key": key} for key in existing if not key.startswith("aws:")]
        gone = [
            one["Key"]
            for one in asked
            if one["Key"] in existing and one.get("Value", existing[one["Key"]]) == existing[one["Key"]]
        ]
        _write(cloud, region, resource_id, {key: value for key, value in existing.items() if key not in gone}, gone)


def named_tags(cloud: Cloud, region: str, operation: str, params: Params) -> dict[str, Tags]:
    """The tags of the snapshots and instances that a change names: what policies with conditions on them ask for.

    Whatever does not exist is left out. A copy's source is looked up where it is.
    """
    if operation.startswith("Describe"):
        return {}
    where = cloud.regions.get(params.get("SourceRegion", region))
    ids = [params.get("SnapshotId"), params.get("SourceSnapshotId"), *params.get("Resources", ())]
    found = {one.snapshot_id: dict(one.tags) for one in (where.held(one) for one in ids if where and one) if one}
    instances = [params.get("InstanceSpecification", {}).get("InstanceId"), *params.get("InstanceIds", ())]
    return found | {one: moto_bridge.tags_of(region, one) for one in instances if one}


def _resources(region: Region, params: Params) -> dict[str, Tags]:
    ids = params["Resources"]
    if len(ids) > MAX_TAGGED_RESOURCES:
        raise invalid_value(f"At most {MAX_TAGGED_RESOURCES} resources can be tagged in a call, {len(ids)} were given.")
    return {resource_id: dict(_tags(region, resource_id)) for resource_id in ids}


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
