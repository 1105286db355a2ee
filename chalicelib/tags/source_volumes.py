"""``Source_Volumes``: the volumes of a set and what a restore needs of each, in tags that all of the set shares. Pure.

``Source_Volumes`` says how many there are. ``Source_Volumes_1``, ``Source_Volumes_2`` and so on name them, separated by
spaces: ``0123456789abcdef0:/sdf:gp3:16000:1000`` is ``vol-0123456789abcdef0``, its device ``/dev/sdf``, its type, IOPS
and throughput (MiB/s). Empty fields at the end are left out. A ``+`` at the end says that not all of its own tags could
be in the creating call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from chalicelib.models import Volume, Wrong
from chalicelib.tags import keys
from chalicelib.tags.values import parse_count

# EC2 attaches at most 128 volumes to an instance, and six or seven fit in a tag.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html
MAX_NUMBERED = 24
_PREFIX = f"{keys.SOURCE_VOLUMES}_"
_NUMBER = re.compile("[1-9][0-9]?")
_ENTRY = re.compile(r"([0-9a-z]{1,17})(?::([^:+ ]*))?(?::([a-z0-9]*))?(?::([0-9]*))?(?::([0-9]*))?(\+?)")
_DEV = "/dev/"
_PLAIN = re.compile(r"[A-Za-z0-9_./-]")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceVolume:
    """A volume as the tags of its set name it; what they do not say is None.

    ``tags_follow``: not all of its own tags were in the creating call.
    """

    id: str
    device: str | None = None
    type: str | None = None
    iops: int | None = None
    throughput: int | None = None
    tags_follow: bool = False


def is_numbered(key: str) -> bool:
    """Return whether a key is one of ``Source_Volumes_1``, ``Source_Volumes_2`` and so on."""
    return key.startswith(_PREFIX) and bool(_NUMBER.fullmatch(key, len(_PREFIX)))


def write_source_volumes(volumes: Iterable[Volume], *, tags_follow: bool) -> dict[str, str]:
    """Return the tags that name the volumes of a set; ``tags_follow`` as in ``SourceVolume``, for all of them.

    If there is not enough room for everything, only the ids are written.
    """
    ordered = sorted(volumes, key=lambda volume: volume.id)
    end = "+" if tags_follow else ""
    values = _joined(_entry(volume) + end for volume in ordered)
    if len(values) > MAX_NUMBERED:
        values = _joined(_id(volume) + end for volume in ordered)
    numbered = {f"{_PREFIX}{number}": value for number, value in enumerate(values, start=1)}
    return {keys.SOURCE_VOLUMES: str(len(ordered)), **numbered}


def _joined(entries: Iterable[str]) -> list[str]:
    """Return the entries in as few values as take them, separated by spaces."""
    values: list[str] = []
    for entry in entries:
        if values and len(values[-1]) + 1 + len(entry) <= keys.MAX_VALUE_LENGTH:
            values[-1] += f" {entry}"
        else:
            values.append(entry)
    return values


def _id(volume: Volume) -> str:
    return volume.id.removeprefix("vol-")


def _entry(volume: Volume) -> str:
    # CreateVolume refuses IOPS and throughput for other types, so they are not recorded.
    iops = volume.iops if volume.type in keys.TYPES_WITH_IOPS else None
    throughput = volume.throughput if volume.type in keys.TYPES_WITH_THROUGHPUT else None
    device = _quoted(volume.device)
    fields = (_id(volume), device, volume.type, str(iops or ""), str(throughput or ""))
    return ":".join(fields).rstrip(":")


def _quoted(device: str) -> str:
    """Return a device without ``/dev``; other characters than those of usual names are escaped as in a URL."""
    inside = device.removeprefix("/dev") if device.startswith(_DEV) else device
    text = "".join(
        character
        if _PLAIN.fullmatch(character)
        else "".join(f"%{byte:02X}" for byte in character.encode(errors="replace"))
        for character in inside
    )
    if not device.startswith(_DEV):
        text = text.replace("/", "%2F")
    return text if len(text) <= keys.MAX_DEVICE_LENGTH else ""


@lru_cache(maxsize=65_536)
def read_source_volumes(value: str) -> tuple[SourceVolume, ...]:
    """Return the volumes that one numbered tag names; ValueError if it is not understood.

    All snapshots of a volume have nearly the same tags, so equal values become one object.
    """
    return tuple(_read_entry(entry) for entry in value.split())


def _read_entry(text: str) -> SourceVolume:
    entry = _ENTRY.fullmatch(text)
    if entry is None:
        raise ValueError
    id, device, type, iops, throughput, follow = entry.groups()
    return SourceVolume(
        f"vol-{id}",
        _unquoted(device) if device else None,
        type or None,
        parse_count(iops) if iops else None,
        parse_count(throughput) if throughput else None,
        bool(follow),
    )


def _unquoted(text: str) -> str:
    device = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode()).decode()
    return f"/dev{device}" if text.startswith("/") else device


@dataclass(frozen=True, slots=True)
class SourceOfSnapshot:
    """What the tags of a snapshot say of its volume, and of its set: how many volumes it has, and which.

    ``set_volumes`` is empty if not all are known. ``wrong`` are the keys that are not understood.
    """

    volume: SourceVolume
    set_size: int | None
    set_volumes: tuple[str, ...]
    wrong: tuple[tuple[str, Wrong], ...]


def read_source(raw: Mapping[str, str], own: str) -> SourceOfSnapshot:
    """Return what the tags of a snapshot say of its volume ``own`` and of its set.

    If the tags of its set do not name it, they belong to another one: they say nothing. Earlier versions described the
    volume in tags of its own snapshot.
    """
    wrong: list[tuple[str, Wrong]] = []
    numbered = sorted(filter(is_numbered, raw), key=lambda key: int(key.rpartition("_")[2]))
    listed = [volume for key in numbered for volume in _read(raw, key, read_source_volumes, wrong) or ()]
    named = {volume.id: volume for volume in listed}
    if named and own not in named and not wrong:
        wrong.append((numbered[0], Wrong.FOREIGN))
        named = {}
    complete = not wrong
    size = _read(raw, keys.SOURCE_VOLUMES, parse_count, wrong)
    if complete and named and size not in (None, len(named)):
        wrong.append((keys.SOURCE_VOLUMES, Wrong.INCOMPLETE))
        complete = False
    volume = named.get(own) or SourceVolume(
        own,
        raw.get(keys.SOURCE_DEVICE),
        raw.get(keys.SOURCE_VOLUME_TYPE),
        _read(raw, keys.SOURCE_IOPS, parse_count, wrong),
        _read(raw, keys.SOURCE_THROUGHPUT, parse_count, wrong),
    )
    return SourceOfSnapshot(volume, size, tuple(named) if complete else (), tuple(wrong))


def _read(raw: Mapping[str, str], key: str, parse: Callable[[str], T], wrong: list[tuple[str, Wrong]]) -> T | None:
    try:
        return parse(raw[key].strip()) if key in raw else None
    except ValueError:
        wrong.append((key, Wrong.VALUE))
        return None
