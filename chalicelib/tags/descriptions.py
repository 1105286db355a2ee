"""Descriptions of snapshots and copies. EC2 lets nobody change one, so the date in it proves what was promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from chalicelib.identifiers import REGION_FORM
from chalicelib.models import Instance, Snapshot, Volume
from chalicelib.quoting import cut, printable
from chalicelib.tags import keys

_PROMISE = re.compile(r" - until ([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")
# The form of descriptions by versions of this app that wrote no date.
_UNDATED = re.compile(rf".* \(i-[0-9a-f]+\)( - vol-[0-9a-f]+ \(.*\))? - {REGION_FORM}\Z", re.DOTALL)
_INSTANCE = re.compile(r" \(i-[0-9a-f]+\)")
_FORM = re.compile(
    r"(?P<name>.*) \((?P<instance>i-(?:[0-9a-f]{8}|[0-9a-f]{17}))\)"
    r"(?: - (?P<volume>vol-(?:[0-9a-f]{8}|[0-9a-f]{17})) \((?P<device>[^()]*)\))?"
    rf" - (?P<region>{REGION_FORM})"
)


def description(instance: Instance, region: str, until: date, volume: Volume | None = None) -> str:
    """Return the description of a snapshot that is kept until a day; without ``volume``, the one for a whole set."""
    place = f" - {volume.id} ({volume.device})" if volume else ""
    end = f" ({instance.id}){place} - {region}{_promise(until)}"
    return printable(instance.policy.name)[: keys.MAX_DESCRIPTION_LENGTH - len(end)] + end


def copy_description(primary: Snapshot) -> str:
    """Return the description of a copy: the primary's, with the volume that a set left out and the copy's own date."""
    text = _PROMISE.sub("", primary.description)
    region = f" - {primary.region}"
    place = ""
    if primary.volume_id not in text and text.endswith(region):
        text = text.removesuffix(region)
        device = "?" if primary.device is None else primary.device
        # The name of a device is short, but the tag can have any value.
        place = f" - {primary.volume_id} ({cut(printable(device), keys.MAX_DEVICE_LENGTH)}){region}"
    end = place + (_promise(primary.copy_expiry) if primary.copy_expiry else "")
    return text[: keys.MAX_DESCRIPTION_LENGTH - len(end)] + end


def _promise(until: date) -> str:
    return f" - until {until.isoformat()}"


def promised_in(description: str) -> date | None:
    """Return the day until which a description promises to keep a snapshot; None if it names no such day."""
    promise = _PROMISE.search(description)
    try:
        return date.fromisoformat(promise[1]) if promise else None
    except ValueError:
        return None


def is_undated(description: str) -> bool:
    """Return whether a description has the form that this app wrote before it promised a day."""
    return bool(_UNDATED.match(description))


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says. Anybody can write one, so it is good for display and search, and proves nothing.

    ``volume_id`` and ``device`` are empty for a snapshot of a set. ``region`` is the source's, on a copy too.
    """

    name: str
    instance_id: str
    volume_id: str
    device: str
    region: str
    until: date | None


def read_description(text: str) -> Described | None:
    """Return what a description of this app's form says; None for any other, and if it could be read in two ways."""
    parts = _FORM.fullmatch(_PROMISE.sub("", text))
    if parts is None or len(_INSTANCE.findall(text)) > 1:
        return None
    return Described(
        parts["name"],
        parts["instance"],
        parts["volume"] or "",
        parts["device"] or "",
        parts["region"],
        promised_in(text),
    )
