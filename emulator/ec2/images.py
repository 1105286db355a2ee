"""AMIs of the account: created from an instance or registered from snapshots, which they keep in use, disabled or not.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AMIs.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2.filters import IMAGE, compile_filters, timestamp
from emulator.ec2.limits import check_id, check_ids, tags_of
from emulator.ec2.model import ACCOUNT, Image, Region, Snapshot, Tags
from emulator.ec2.pages import cut, tag_set
from emulator.ec2.snapshots import make, owned, usable
from emulator.errors import AWSError, dry_run, invalid_value

Params = Mapping[str, Any]


def create_image(cloud: Cloud, region: Region, params: Params) -> Image:
    """Snapshots every volume of the instance; the AMI is available at once, its snapshots when they are done."""
    check_id(params["InstanceId"], "i")
    if (state := moto_bridge.state(region.name, params["InstanceId"])) not in ("running", "stopping", "stopped"):
        raise invalid_value(f"Instance is not in state 'running' or 'stopping' or 'stopped': it is '{state}'")
    root, devices = moto_bridge.attached(region.name, params["InstanceId"])
    tags = _image_tags(params)
    if params.get("DryRun"):
        raise dry_run()
    image_id = region.new_id("ami")
    description = f"Created by CreateImage({params['InstanceId']}) for {image_id}"
    made: dict[str, Snapshot] = {}
    for device, volume_id in devices.items():
        made[device] = make(cloud, region, moto_bridge.volume(region.name, volume_id), description)
    held = {device: (one.snapshot_id, one.volume_size) for device, one in made.items()}
    return _add(
        cloud, region, Image(image_id, params["Name"], params.get("Description", ""), cloud.now, root, held, tags)
    )


def register_image(cloud: Cloud, region: Region, params: Params) -> Image:
    """AWSError if a snapshot of the mapping does not exist or cannot be used."""
    held: dict[str, tuple[str, int]] = {}
    for mapping in params.get("BlockDeviceMappings", ()):
        snapshot_id = mapping.get("Ebs", {}).get("SnapshotId")
        if snapshot_id:
            one = usable(owned(region, snapshot_id))
            held[mapping["DeviceName"]] = (snapshot_id, one.volume_size)
    root = params.get("RootDeviceName", "/dev/sda1")
    if root not in held:
        raise AWSError("InvalidBlockDeviceMapping", f"The mapping names no snapshot for the root device {root}")
    tags = _image_tags(params)
    if params.get("DryRun"):
        raise dry_run()
    image = Image(region.new_id("ami"), params["Name"], params.get("Description", ""), cloud.now, root, held, tags)
    return _add(cloud, region, image)


def _image_tags(params: Params) -> Tags:
    listed = [one for one in params.get("TagSpecifications", ()) if one.get("ResourceType") == "image"]
    return tags_of([tag for one in listed for tag in one.get("Tags", ())])


def _add(cloud: Cloud, region: Region, image: Image) -> Image:
    if any(one.name == image.name for one in region.images.values()):
        raise AWSError("InvalidAMIName.Duplicate", f"AMI name {image.name} is already in use.")
    region.images[image.image_id] = image
    region.version += 1
    return image


def _find(region: Region, image_id: str) -> Image:
    check_id(image_id, "ami")
    found = region.images.get(image_id)
    if found is None:
        raise AWSError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return found


def deregister_image(_: Cloud, region: Region, params: Params) -> None:
    """Frees its snapshots. NotImplementedError if they are to be deleted with it."""
    if params.get("DeleteAssociatedSnapshots"):
        raise NotImplementedError("the emulator does not delete an image's snapshots with it")
    image = _find(region, params["ImageId"])
    if params.get("DryRun"):
        raise dry_run()
    del region.images[image.image_id]
    region.version += 1


def disable_image(_: Cloud, region: Region, params: Params) -> None:
    """Hides it; its snapshots stay in use."""
    _set_state(region, params, "disabled")


def enable_image(_: Cloud, region: Region, params: Params) -> None:
    """Takes DisableImage back."""
    _set_state(region, params, "available")


def _set_state(region: Region, params: Params, state: str) -> None:
    image = _find(region, params["ImageId"])
    if params.get("DryRun"):
        raise dry_run()
    image.state = state
    region.version += 1


def describe_images(region: Region, params: Params) -> tuple[Sequence[Image], str | None]:
    """Disabled ones only if asked for: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html"""
    check_ids(params.get("ImageIds", ()), "ami")
    matches = compile_filters(params.get("Filters", ()), IMAGE)
    if params.get("DryRun"):
        raise dry_run()
    images = [_find(region, one) for one in params["ImageIds"]] if params.get("ImageIds") else region.images.values()
    owners = params.get("Owners", ())
    mine = not owners or bool({"self", ACCOUNT} & set(owners))
    found = [
        one for one in images if mine and matches(one) and (one.state != "disabled" or params.get("IncludeDisabled"))
    ]
    return cut(found, range(len(found)), params, "ImageIds")


def image_xml(page: Sequence[Image], token: str | None) -> str:
    """The inside of a DescribeImages answer."""
    items = "".join(f"<item>{_fields(one)}</item>" for one in page)
    return f"<imagesSet>{items}</imagesSet>" + (f"<nextToken>{token}</nextToken>" if token else "")


def _fields(one: Image) -> str:
    devices = "".join(
        f"<item><deviceName>{escape(device)}</deviceName><ebs><snapshotId>{snapshot}</snapshotId>"
        f"<volumeSize>{size}</volumeSize><deleteOnTermination>true</deleteOnTermination></ebs></item>"
        for device, (snapshot, size) in one.snapshots.items()
    )
    return (
        f"<imageId>{one.image_id}</imageId><imageState>{one.state}</imageState><imageOwnerId>{ACCOUNT}</imageOwnerId>"
        f"<isPublic>false</isPublic><imageType>machine</imageType><name>{escape(one.name)}</name>"
        f"<description>{escape(one.description)}</description><creationDate>{timestamp(one.created)}</creationDate>"
        f"<rootDeviceType>ebs</rootDeviceType><rootDeviceName>{escape(one.root_device)}</rootDeviceName>"
        f"<blockDeviceMapping>{devices}</blockDeviceMapping>{tag_set(one.tags)}"
    )
