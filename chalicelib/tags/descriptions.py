"""Descriptions of snapshots and copies."""

from __future__ import annotations

from chalicelib.models import Instance, Snapshot, Volume
from chalicelib.quoting import cut, printable
from chalicelib.tags import keys


def description(instance: Instance, region: str, volume: Volume | None = None) -> str:
    """Return the description of a snapshot, or of a set that shares one (no volume)."""
    place = f" - {volume.id} ({volume.device})" if volume else ""
    end = f" ({instance.id}){place} - {region}"
    return printable(instance.policy.name)[: keys.MAX_DESCRIPTION_LENGTH - len(end)] + end


def copy_description(primary: Snapshot) -> str:
    """Return the description of a copy: the primary's, with the volume that a set left out."""
    end = f" - {primary.region}"
    if primary.volume_id in primary.description or not primary.description.endswith(end):
        return primary.description
    device = dict(primary.tags).get(keys.SOURCE_DEVICE, "?")
    # The tag may say anything; a device's own name is short.
    place = f" - {primary.volume_id} ({cut(printable(device), keys.MAX_DEVICE_LENGTH)})"
    head = primary.description.removesuffix(end)
    return head[: keys.MAX_DESCRIPTION_LENGTH - len(place + end)] + place + end
