"""Write typed values as tags. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from chalicelib.models import Consistency, Instance, Snapshot, Tags, Volume
from chalicelib.tags import keys
from chalicelib.tags.carrying import carried
from chalicelib.tags.protection import known_to_iam_first, protects


def slot_value(slot: datetime) -> str:
    """Return the value of ``Backup_Slot`` for a slot time (aware)."""
    return slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def primary_tags(
    instance: Instance, volume: Volume, slot: str, delete_on: date, copy_delete_on: date | None, *, set_size: int = 1
) -> Tags:
    """Return all tags of the snapshot of one volume, at most 50: the app's own have precedence.

    ``set_size`` is the number of volumes in the set: it tells a restore whether the set is whole.
    """
    policy = instance.policy
    own = {
        keys.TYPE: keys.AUTOMATED,
        keys.DELETE_ON: delete_on.isoformat(),
        keys.BACKUP_SLOT: slot,
        keys.SOURCE_INSTANCE_ID: instance.id,
        keys.CONSISTENCY: keys.CRASH if instance.running else keys.STOPPED,
        keys.SOURCE_VOLUMES: str(set_size),
        **_lineage(instance, volume),
    }
    if policy.destinations:
        own[keys.COPY_DEST] = " ".join(policy.destinations)
        if policy.copy_kms_key:
            own[keys.COPY_KMS_KEY] = policy.copy_kms_key
        if copy_delete_on:
            own[keys.COPY_DELETE_ON] = copy_delete_on.isoformat()
    return _fit(own, (*volume.carried, *instance.carried))


def _lineage(instance: Instance, volume: Volume) -> dict[str, str]:
    place = f" - {volume.id} ({volume.device})"
    lineage = {
        keys.SOURCE_VOLUME_ID: volume.id,
        keys.SOURCE_DEVICE: volume.device,
        keys.NAME: instance.policy.name[: keys.MAX_VALUE_LENGTH - len(place)] + place,
    }
    if volume.type:
        lineage[keys.SOURCE_VOLUME_TYPE] = volume.type
    # CreateVolume refuses IOPS and throughput for other types, so they are not recorded.
    if volume.type in keys.TYPES_WITH_IOPS and volume.iops:
        lineage[keys.SOURCE_IOPS] = str(volume.iops)
    if volume.type in keys.TYPES_WITH_THROUGHPUT and volume.throughput:
        lineage[keys.SOURCE_THROUGHPUT] = str(volume.throughput)
    return lineage


def achieve(others: Tags, consistency: Consistency) -> Tags:
    """Return tags with ``Consistency`` set to what was achieved."""
    return tuple(sorted((dict(others) | {keys.CONSISTENCY: consistency.label}).items()))


def device_of(all_tags: Tags) -> str:
    """Return the device of the volume that a snapshot to be created is of; empty if it is not known."""
    return dict(all_tags).get(keys.SOURCE_DEVICE, "")


def slot_of(all_tags: Tags) -> str:
    """Return the slot in the tags of a creation."""
    return dict(all_tags)[keys.BACKUP_SLOT]


def source_key(id: str) -> str:
    """Return the key of the tag in which snapshots have this instance, volume or snapshot as their source."""
    kinds = {"i": keys.SOURCE_INSTANCE_ID, "vol": keys.SOURCE_VOLUME_ID, "snap": keys.SOURCE_SNAPSHOT_ID}
    return kinds[id.partition("-")[0]]


def name_of(snapshot: Snapshot) -> str:
    """Return the name of the instance in a snapshot's ``Name``; empty if there is none."""
    return dict(snapshot.tags).get(keys.NAME, "").split(f" - {snapshot.source_volume_id} ")[0]


def missing_lineage(snapshot: Snapshot, instance: Instance, volume: Volume) -> Tags:
    """Return the tags of its volume that a snapshot lacks because the second call of its creation failed.

    Tags that the snapshot has are never overwritten.
    """
    present = dict(snapshot.tags)
    lineage = _lineage(instance, volume)
    if all(key in present for key in lineage):
        return ()
    whole = _fit(lineage | present, (*volume.carried, *instance.carried))
    lacking = [item for item in whole if item[0] not in present]
    return tuple(lacking[: keys.MAX_TAGS - len(present)])


def copy_tags(primary: Snapshot, tries: int = 1) -> Tags:
    """Return all tags of a copy: the primary's, its lineage, the copy's own expiry, and the number of the try."""
    tags = dict(primary.tags)
    own = {key: value for key, value in tags.items() if key in keys.OWN_KEYS}
    # One KeepForever protects. If there are many spellings, all of them would leave no room for the copy's own tags.
    own |= dict([item for item in sorted(primary.tags, key=known_to_iam_first) if protects(item[0])][:1])
    own[keys.SOURCE_SNAPSHOT_ID] = primary.id
    own[keys.SOURCE_REGION] = primary.region
    own[keys.SOURCE_START_TIME] = primary.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own.setdefault(keys.SOURCE_VOLUME_ID, primary.volume_id)
    if tries > 1:
        own[keys.COPY_TRY] = str(tries)
    if primary.copy_expiry:
        own[keys.DELETE_ON] = primary.copy_expiry.isoformat()
    return _fit(own, primary.tags)


def restored_tags(snapshot: Snapshot, purpose: str) -> Tags:
    """Return all tags of a restored volume: its source, the purpose of the restore, and the owner's tags."""
    present = dict(snapshot.tags)
    own = {
        key: present[key]
        for key in (keys.NAME, keys.SOURCE_INSTANCE_ID, keys.SOURCE_VOLUME_ID, keys.SOURCE_DEVICE)
        if key in present
    }
    own |= {keys.RESTORED_FROM: snapshot.id, keys.RESTORED_FOR: purpose}
    return _fit(own, carried(present))


def mirrored(primary: Snapshot, copy: Snapshot) -> Tags:
    """Return the tags of a primary that its copy lacks: protection, a later expiry, and missing lineage tags.

    Nothing is ever shortened or unprotected: a copy without a ``DeleteOn`` that is understood is kept as it is.
    """
    present = dict(copy.tags)
    expiry = primary.copy_expiry
    missing = {
        key: value
        for key, value in copy_tags(primary)
        if (protects(key) and not copy.protected) or (key in keys.HEALED_KEYS and key not in present)
    }
    # If there is not room for all, protection has precedence. A later expiry replaces a tag, so it needs no room.
    own = sorted(missing.items(), key=known_to_iam_first)
    fitting = dict(own[: max(0, keys.MAX_TAGS - len(present))])
    if expiry and copy.delete_on and expiry > copy.delete_on:
        fitting[keys.DELETE_ON] = expiry.isoformat()
    return tuple(sorted(fitting.items()))


def _fit(own: Mapping[str, str], others: Iterable[tuple[str, str]]) -> Tags:
    """Return at most 50 tags, sorted: ``own``, then as many of the others as fit, the first ones first."""
    fitted = dict(own)
    for key, value in others:
        if len(fitted) < keys.MAX_TAGS:
            fitted.setdefault(key, value)
    return tuple(sorted(fitted.items()))
