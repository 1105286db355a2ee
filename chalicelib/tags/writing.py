"""Write typed values as tags. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from chalicelib.models import Consistency, Instance, Snapshot, Tags, Volume
from chalicelib.tags import keys
from chalicelib.tags.carrying import carried
from chalicelib.tags.protection import known_to_iam_first, protects
from chalicelib.tags.source_volumes import is_numbered, read_source, write_source_volumes

_LINEAGE_KEYS = (keys.SOURCE_VOLUME_ID, keys.SOURCE_DEVICE, keys.NAME)


def slot_value(slot: datetime) -> str:
    """Return the value of ``Backup_Slot`` for a slot time (aware)."""
    return slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def primary_tags(
    instance: Instance,
    volume: Volume,
    slot: str,
    delete_on: date,
    copy_delete_on: date | None,
    *,
    set_volumes: Sequence[Volume] = (),
) -> Tags:
    """Return all tags of the snapshot of one volume, at most 50: the app's own have precedence.

    ``set_volumes`` are all volumes of the set, by default this one alone.
    """
    policy = instance.policy
    set_volumes = set_volumes or (volume,)
    own = {
        keys.TYPE: keys.AUTOMATED,
        keys.DELETE_ON: delete_on.isoformat(),
        keys.BACKUP_SLOT: slot,
        keys.SOURCE_INSTANCE_ID: instance.id,
        keys.CONSISTENCY: keys.CRASH if instance.running else keys.STOPPED,
        **_of_volume(policy.name, volume.id, volume.device),
        **write_source_volumes(set_volumes, tags_follow=_tags_differ(instance, set_volumes)),
    }
    if policy.destinations:
        own[keys.COPY_DEST] = " ".join(policy.destinations)
        if policy.copy_kms_key:
            own[keys.COPY_KMS_KEY] = policy.copy_kms_key
        if copy_delete_on:
            own[keys.COPY_DELETE_ON] = copy_delete_on.isoformat()
    vss = policy.consistency is not None and policy.consistency.kind == "vss"
    return _fit(own, (*volume.carried, *instance.carried), len(keys.VSS_KEYS) if vss else 0)


def _of_volume(name: str, volume_id: str, device: str) -> dict[str, str]:
    """Return the tags of a snapshot that no other volume's can have. ``name`` is the instance's."""
    own = {keys.SOURCE_VOLUME_ID: volume_id, keys.NAME: _named(name, f" - {volume_id} ({device or '?'})")}
    return own | {keys.SOURCE_DEVICE: device} if device else own


def _named(name: str, end: str) -> str:
    return name[: keys.MAX_VALUE_LENGTH - len(end)] + end


def _tags_differ(instance: Instance, volumes: Iterable[Volume]) -> bool:
    """Return whether the snapshots of some volumes get different tags of the owner."""
    first, *others = (dict(instance.carried) | dict(volume.carried) for volume in volumes)
    return any(carried_tags != first for carried_tags in others)


def shared_tags(instance: Instance, tags_of_each: Iterable[Tags]) -> Tags:
    """Return the tags that a set gets in its creating call: those that all its snapshots have, and the instance's name.

    EC2 gives the same tags to all snapshots of one call.
    """
    shared = dict(sorted(frozenset.intersection(*map(frozenset, tags_of_each))))
    shared[keys.NAME] = _named(instance.policy.name, f" ({instance.id})")
    return tuple(sorted(shared.items()))


def achieve(others: Tags, consistency: Consistency) -> Tags:
    """Return tags with ``Consistency`` set to what was achieved."""
    return tuple(sorted((dict(others) | {keys.CONSISTENCY: consistency.label}).items()))


def slot_of(all_tags: Tags) -> str:
    """Return the slot in the tags of a creation."""
    return dict(all_tags)[keys.BACKUP_SLOT]


def source_key(id: str) -> str:
    """Return the key of the tag in which snapshots have this instance, volume or snapshot as their source."""
    kinds = {"i": keys.SOURCE_INSTANCE_ID, "vol": keys.SOURCE_VOLUME_ID, "snap": keys.SOURCE_SNAPSHOT_ID}
    return kinds[id.partition("-")[0]]


def name_of(snapshot: Snapshot) -> str:
    """Return the name of the instance in a snapshot's ``Name``; empty if there is none."""
    name = dict(snapshot.tags).get(keys.NAME, "")
    volume_id = snapshot.source_volume_id or snapshot.volume_id
    return name.split(f" - {volume_id} ")[0].removesuffix(f" ({snapshot.instance_id})")


def lacks_volume_tags(snapshot: Snapshot) -> bool:
    """Return whether a snapshot of a set has only the tags of its creating call, which all of the set share."""
    return snapshot.is_primary and snapshot.instance_id is not None and snapshot.source_volume_id is None


def has_unknown_tags(snapshot: Snapshot) -> bool:
    """Return whether a snapshot that lacks the tags of its volume does not say all of them itself."""
    if not lacks_volume_tags(snapshot):
        return False
    return snapshot.device is None or read_source(dict(snapshot.tags), snapshot.volume_id).volume.tags_follow


def late_tags(snapshot: Snapshot, instance: Instance | None, volume: Volume | None) -> Tags:
    """Return the tags to add to a snapshot of a set: those of its volume, and those of the owner that it lacks.

    Only ``Name`` is overwritten: it was the instance's. ``instance`` and ``volume`` are None if they were not read.
    """
    present = dict(snapshot.tags)
    others = (*(volume.carried if volume else ()), *(instance.carried if instance else ()))
    own = _lineage(snapshot, volume.device if volume else "")
    whole = dict(_fit(own, others))
    new = sorted(whole.keys() - present.keys(), key=lambda key: (key != keys.SOURCE_VOLUME_ID, key not in own, key))
    added = {key: whole[key] for key in new[: max(0, keys.MAX_TAGS - len(present))]}
    if keys.NAME in present and whole.get(keys.NAME, present[keys.NAME]) != present[keys.NAME]:
        added[keys.NAME] = whole[keys.NAME]
    return tuple(sorted(added.items()))


def _lineage(snapshot: Snapshot, device: str = "") -> dict[str, str]:
    """Return the tags of a snapshot's own volume: as they are, or else as the tags of its set say.

    ``device`` is that of the volume, if these do not say it.
    """
    if lacks_volume_tags(snapshot):
        name = name_of(snapshot) or snapshot.instance_id or ""
        return _of_volume(name, snapshot.volume_id, snapshot.device or device)
    present = dict(snapshot.tags)
    own = {keys.SOURCE_VOLUME_ID: snapshot.volume_id} if snapshot.is_primary else {}
    return own | {key: present[key] for key in _LINEAGE_KEYS if key in present}


def copy_tags(primary: Snapshot, tries: int = 1) -> Tags:
    """Return all tags of a copy: the primary's, its lineage, the copy's own expiry, and the number of the try."""
    own = {
        keys.SOURCE_SNAPSHOT_ID: primary.id,
        keys.SOURCE_REGION: primary.region,
        keys.SOURCE_START_TIME: primary.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_lineage(primary),
    }
    if tries > 1:
        own[keys.COPY_TRY] = str(tries)
    if primary.copy_expiry:
        own[keys.DELETE_ON] = primary.copy_expiry.isoformat()
    # One KeepForever protects. If there are many spellings, all of them would leave no room for the copy's own tags.
    protecting = [item for item in sorted(primary.tags, key=known_to_iam_first) if protects(item[0])][:1]
    others = [item for item in primary.tags if item[0] in keys.OWN_KEYS or is_numbered(item[0])]
    return _fit(own, (*protecting, *others, *primary.tags))


def restored_tags(snapshot: Snapshot, purpose: str) -> Tags:
    """Return all tags of a restored volume: its source, the purpose of the restore, and the owner's tags."""
    own = _lineage(snapshot)
    if snapshot.instance_id:
        own[keys.SOURCE_INSTANCE_ID] = snapshot.instance_id
    own |= {keys.RESTORED_FROM: snapshot.id, keys.RESTORED_FOR: purpose}
    return _fit(own, carried(dict(snapshot.tags)))


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


def _fit(own: Mapping[str, str], others: Iterable[tuple[str, str]], reserved: int = 0) -> Tags:
    """Return at most 50 tags less ``reserved``, sorted: ``own``, then as many others as fit, the first ones first."""
    fitted = dict(own)
    for key, value in others:
        if len(fitted) < keys.MAX_TAGS - reserved:
            fitted.setdefault(key, value)
    return tuple(sorted(fitted.items()))
