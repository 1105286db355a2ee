"""The only file that uses moto (5.2.5), its private names too: instances, volumes and other services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.model_instances import reset_model_data
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.elastic_block_store import Volume as MotoVolume
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.moto_api._internal import mock_random

from emulator.ec2.model import ACCOUNT, Tags
from emulator.ec2.pages import cut
from emulator.errors import AWSError

# Without moto's 1,000 default images and their snapshots.
ENVIRONMENT = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
_stubber = BotocoreStubber()


@dataclass(frozen=True, slots=True)
class Volume:
    """The properties of a volume that a snapshot takes over. `size` is in GiB."""

    volume_id: str
    size: int
    encrypted: bool
    kms_key_id: str | None
    volume_type: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class Restored:
    """A volume to be created from a snapshot. `size` is in GiB, `throughput` in MiB/s."""

    zone: str
    size: int
    volume_type: str
    iops: int | None
    throughput: int | None
    snapshot_id: str
    encrypted: bool
    kms_key_id: str | None


@contextmanager
def moto_running(seed: int, regions: Iterable[str]) -> Iterator[None]:
    """Runs moto with empty state and seeded ids, and replaces its slow or lenient methods meanwhile."""
    replaced = [
        (TaggedEC2Resource, "get_tags", _get_tags),
        (ElasticBlockStore, "describe_volumes", _describe_volumes),
        (InstanceResponse, "describe_instances", _describe_instances),
        (MotoVolume, "status", property(_status)),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    _reset(seed, regions)
    for owner, name, replacement in replaced:
        setattr(owner, name, replacement)
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
        _reset(seed, ())


def _reset(seed: int, regions: Iterable[str]) -> None:
    """A Region of EC2 draws random ids when it is made: that has to be before the seed, in the first run too."""
    BackendDict.reset()
    reset_model_data()
    for region in regions:
        ec2_backends[ACCOUNT][region]
    mock_random.seed(seed)


def answer(request: AWSPreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
    """moto's response. NotImplementedError for a service that moto does not have: no request reaches a network."""
    response = _stubber.process_request(request)
    if response is None:
        raise NotImplementedError(f"the emulator does not serve {request.url}")
    status, headers, body = response
    return status, headers, body.encode() if isinstance(body, str) else bytes(body)


def volume(region: str, volume_id: str) -> Volume:
    """AWSError if there is no such volume."""
    held = _backend(region).volumes.get(volume_id)
    if held is None:
        raise AWSError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
    tags = dict(_backend(region).tags.get(volume_id, {}))
    return Volume(
        volume_id=held.id,
        size=int(held.size),
        encrypted=bool(held.encrypted),
        kms_key_id=held.kms_key_id or None,
        volume_type=held.volume_type or "gp2",
        tags=tags,
    )


def zones(region: str) -> list[str]:
    """The names of the Region's availability zones."""
    return [zone.name for zone in _backend(region).describe_availability_zones()]


def add_volume(region: str, restored: Restored, tags: Tags) -> str:
    """Adds a volume in state creating, until `set_available`; returns its id."""
    backend = _backend(region)
    volume = backend.create_volume(
        size=restored.size,
        zone_name=restored.zone,
        encrypted=restored.encrypted,
        kms_key_id=restored.kms_key_id,
        volume_type=restored.volume_type,
        iops=restored.iops,
        throughput=restored.throughput,
    )
    volume.snapshot_id, volume.creating = restored.snapshot_id, True
    backend.tags[volume.id] = dict(tags)
    return str(volume.id)


def set_available(region: str, volume_id: str) -> None:
    """Ends the creation of a volume, if it still exists."""
    if volume_id in _backend(region).volumes:
        _backend(region).volumes[volume_id].creating = False


def is_creating(region: str, volume_id: str) -> bool:
    """Whether the volume exists and is in state creating."""
    return getattr(_backend(region).volumes.get(volume_id), "creating", False)


def _status(self: Any) -> str:
    """As moto's, with the state creating."""
    if getattr(self, "creating", False):
        return "creating"
    return "in-use" if self.attachment else "available"


def attached(region: str, instance_id: str) -> tuple[str, dict[str, str]]:
    """The instance's root device and its volumes by device. AWSError if it does not exist or is terminated."""
    instance = _instance(region, instance_id)
    if instance.state == "terminated":
        raise AWSError("IncorrectInstanceState", f"The instance '{instance_id}' is {instance.state}.")
    devices = {device: block.volume_id for device, block in instance.block_device_mapping.items()}
    return instance.root_device_name, devices


def state(region: str, instance_id: str) -> str:
    """The state of an instance, by EC2's name. AWSError if it does not exist."""
    return str(_instance(region, instance_id).state)


def is_running(region: str, instance_id: str) -> bool:
    """Whether the instance exists in the Region and is running."""
    return any(instance.id == instance_id and instance.state == "running" for instance in _instances(region))


def set_state(region: str, instance_id: str, state: str) -> None:
    """Sets the state of an instance, by EC2's name. AWSError if it does not exist; KeyError for an unknown state."""
    instance = _instance(region, instance_id)
    instance._state.name, instance._state.code = state, STATES[state]  # moto has no setter


def instance_of(region: str, volume_id: str) -> str | None:
    """The instance that the volume is attached to."""
    attachment = _backend(region).volumes[volume_id].attachment
    return str(attachment.instance.id) if attachment else None


def is_root(region: str, instance_id: str, volume_id: str) -> bool:
    """Whether the volume is the root of the instance."""
    instance = _instance(region, instance_id)
    block = instance.block_device_mapping.get(instance.root_device_name)
    return block is not None and block.volume_id == volume_id


def set_root_device(region: str, instance_id: str, device: str) -> None:
    """Sets the root device: moto takes it from the image, and there is no image here."""
    _instance(region, instance_id).root_device_name = device


def _instance(region: str, instance_id: str) -> Any:
    for instance in _instances(region):
        if instance.id == instance_id:
            return instance
    raise AWSError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")


def _instances(region: str) -> Iterator[Any]:
    for reservation in _backend(region).reservations.values():
        yield from reservation.instances


def _backend(region: str) -> Any:
    return ec2_backends[ACCOUNT][region]


def _get_tags(self: Any) -> list[dict[str, str]]:
    """As moto's, but without reading the tags of all other resources."""
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "") if self.id else ""
    held = self.ec2_backend.tags.get(self.id, {}) if self.id else {}
    return [{"resource_id": self.id, "key": key, "value": value, "resource_type": kind} for key, value in held.items()]


def _params(self: Any, *names: str) -> dict[str, Any]:
    params = {name: self._get_param(name) for name in names}
    if params.get("MaxResults") is not None:
        params["MaxResults"] = int(params["MaxResults"])
    return {key: value for key, value in params.items() if value is not None}


def _describe_volumes(self: Any) -> ActionResult:
    """With MaxResults and NextToken, which moto ignores."""
    asked = _params(self, "VolumeIds", "Filters", "MaxResults", "NextToken")
    resources = self.ec2_backend.describe_volumes(
        volume_ids=asked.get("VolumeIds", []), filters=self._filters_from_querystring()
    )
    page, token = cut(resources, range(len(resources)), asked, "VolumeIds")
    return ActionResult({"Volumes": page, "NextToken": token})


def _describe_instances(self: Any) -> ActionResult:
    """With pages as EC2 has them: moto cuts at 100 and fails for an invalid token."""
    asked = _params(self, "InstanceIds", "Filters", "MaxResults", "NextToken")
    filters = self._filters_from_querystring()
    if asked.get("InstanceIds"):
        resources = self.ec2_backend.get_reservations_by_instance_ids(asked["InstanceIds"], filters=filters)
    else:
        resources = self.ec2_backend.describe_instances(filters=filters)
    page, token = cut(resources, range(len(resources)), asked, "InstanceIds")
    return ActionResult({"Reservations": page, "NextToken": token})


def existing_tags(region: str, resource_id: str) -> Tags:
    """The tags of an instance or a volume. AWSError if moto has no such resource."""
    if resource_id.startswith("vol-"):
        return volume(region, resource_id).tags
    _instance(region, resource_id)
    return tags_of(region, resource_id)


def tags_of(region: str, resource_id: str) -> Tags:
    """The tags that moto has of a resource; none if there is no such resource."""
    return dict(_backend(region).tags.get(resource_id, {}))


def replace_tags(region: str, resource_id: str, tags: Tags) -> None:
    """Sets all tags of an instance or volume."""
    _backend(region).tags[resource_id] = dict(tags)
