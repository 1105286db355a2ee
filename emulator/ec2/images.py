"""AMIs of the account, created from an instance or registered from snapshots. Even a disabled AMI uses its snapshots.

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
    """Snapshots every volume of the instance. Unlike in EC2, the AMI is available before its snapshots complete."""
    check_id(params["InstanceId"], "i")
    if (state := moto_bridge.state(region.name, params["InstanceId"])) not in ("running", "stopping", "stopped"):
        raise invalid_value(f"Instance is not in state 'running' or 'stopping' or 'stopped': it is '{state}'")
    root, devices = moto_bridge.attached(region.name, params["InstanceId"])
    tags = _image_tags(params)
    if params.get("DryRun"):
        raise dry_run()
    image_id = region.new_id("ami")
    description = f"Created by CreateImage({params['InstanceId']}) for {image_id}"
    snapshots: dict[str, Snapshot] = {}
    for device, volume_id in devices.items():
        snapshots[device] = make(cloud, region, moto_bridge.volume(region.name, volume_id), description)
    held = {device: (snapshot.snapshot_id, snapshot.volume_size) for device, snapshot in snapshots.items()}
    return _add(
        cloud, region, Image(image_id, params["Name"], params.get("Description", ""), cloud.now, root, held, tags)
    )


def register_image(cloud: Cloud, region: Region, params: Params) -> Image:
    """AWSError if a snapshot in the mapping does not exist or cannot be used."""
    held: dict[str, tuple[str, int]] = {}
    for mapping in params.get("BlockDeviceMappings", ()):
        snapshot_id = mapping.get("Ebs", {}).get("SnapshotId")
        if snapshot_id:
            snapshot = usable(owned(region, snapshot_id))
            held[mapping["DeviceName"]] = (snapshot_id, snapshot.volume_size)
    root = params.get("RootDeviceName", "/dev/sda1")
    if root not in held:
        raise AWSError("InvalidBlockDeviceMapping", f"The mapping names no snapshot for the root device {root}")
    tags = _image_tags(params)
    if params.get("DryRun"):
        raise dry_run()
    image = Image(region.new_id("ami"), params["Name"], params.get("Description", ""), cloud.now, root, held, tags)
    return _add(cloud, region, image)


def _image_tags(params: Params) -> Tags:
    specifications = params.get("TagSpecifications", ())
    own = [specification for specification in specifications if specification.get("ResourceType") == "image"]
    return tags_of([tag for specification in own for tag in specification.get("Tags", ())])


def _add(cloud: Cloud, region: Region, image: Image) -> Image:
    if any(other.name == image.name for other in region.images.values()):
        raise AWSError("InvalidAMIName.Duplicate", f"AMI name {image.name} is already in use.")
    region.images[image.image_id] = image
    region.version += 1
    return image


def _find(region: Region, image_id: str) -> Image:
    check_id(image_id, "ami")
    image = region.images.get(image_id)
    if image is None:
        raise AWSError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return image


def deregister_image(_: Cloud, region: Region, params: Params) -> None:
    """Its snapshots can be deleted afterwards. NotImplementedError for DeleteAssociatedSnapshots."""
    if params.get("DeleteAssociatedSnapshots"):
        raise NotImplementedError("the emulator does not delete an image's snapshots with it")
    image = _find(region, params["ImageId"])
    if params.get("DryRun"):
        raise dry_run()
    del region.images[image.image_id]
    region.version += 1


def disable_image(_: Cloud, region: Region, params: Params) -> None:
    """Hides the AMI, which still uses its snapshots."""
    _set_state(region, params, "disabled")


def enable_image(_: Cloud, region: Region, params: Params) -> None:
    """Undoes DisableImage."""
    _set_state(region, params, "available")


def _set_state(region: Region, params: Params, state: str) -> None:
    image = _find(region, params["ImageId"])
    if params.get("DryRun"):
        raise dry_run()
    image.state = state
    region.version += 1


def describe_images(region: Region, params: Params) -> tuple[Sequence[Image], str | None]:
    """Disabled ones only with IncludeDisabled: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html"""
    check_ids(params.get("ImageIds", ()), "ami")
    matches = compile_filters(params.get("Filters", ()), IMAGE)
    if params.get("DryRun"):
        raise dry_run()
    ids, owners = params.get("ImageIds"), params.get("Owners", ())
    images = [_find(region, id) for id in ids] if ids else list(region.images.values())
    if owners and not {"self", ACCOUNT} & set(owners):
        images = []
    if not params.get("IncludeDisabled"):
        images = [image for image in images if image.state != "disabled"]
    selected = [image for image in images if matches(image)]
    return cut(selected, range(len(selected)), params, "ImageIds")


def image_xml(page: Sequence[Image], token: str | None) -> str:
    """The elements of a DescribeImages response."""
    items = "".join(f"<item>{_fields(image)}</item>" for image in page)
    return f"<imagesSet>{items}</imagesSet>" + (f"<nextToken>{token}</nextToken>" if token else "")


def _fields(image: Image) -> str:
    devices = "".join(
        f"<item><deviceName>{escape(device)}</deviceName><ebs><snapshotId>{snapshot}</snapshotId>"
        f"<volumeSize>{size}</volumeSize><deleteOnTermination>true</deleteOnTermination></ebs></item>"
        for device, (snapshot, size) in image.snapshots.items()
    )
    return (
        f"<imageId>{image.image_id}</imageId><imageState>{image.state}</imageState><imageOwnerId>{ACCOUNT}</imageOwnerId>"
        f"<isPublic>false</isPublic><imageType>machine</imageType><name>{escape(image.name)}</name>"
        f"<description>{escape(image.description)}</description><creationDate>{timestamp(image.created)}</creationDate>"
        f"<rootDeviceType>ebs</rootDeviceType><rootDeviceName>{escape(image.root_device)}</rootDeviceName>"
        f"<blockDeviceMapping>{devices}</blockDeviceMapping>{tag_set(image.tags)}"
    )
