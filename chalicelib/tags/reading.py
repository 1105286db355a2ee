"""Read tags into typed values. Pure.

A tag that seems intended for this app and is not understood gets the safe default and is reported as a ``TagProblem``;
no bad tag raises an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TypeVar

from chalicelib.models import Instance, Policy, Snapshot, TagProblem, Volume, Wish, Wrong
from chalicelib.schedule import (
    NO_LIMITS,
    Limits,
    Retention,
    Schedule,
    exceeds,
    limits_text,
    parse_retention,
    parse_schedule,
    within,
)
from chalicelib.tags import keys
from chalicelib.tags.carrying import carried, without_aws
from chalicelib.tags.copying import read_waiting_regions
from chalicelib.tags.descriptions import promised_in
from chalicelib.tags.protection import letters_of, protects, resembles_protection
from chalicelib.tags.source_volumes import is_numbered, read_source
from chalicelib.tags.values import (
    parse_consistency,
    parse_date,
    parse_instant,
    parse_key,
    parse_tries,
    parse_wish,
)

_SLOT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contract:
    """What the meaning of tags depends on: this Region, the Regions that exist, and the settings.

    ``allowed`` are the destinations that the settings allow, None if they allow all.
    """

    region: str
    regions: frozenset[str]
    daily_at: time
    retention: Retention
    allowed: frozenset[str] | None = None
    limits: Limits = NO_LIMITS

    def in_region(self, region: str) -> Contract:
        """Return the same contract for the tags of a snapshot in another Region."""
        return self if region == self.region else replace(self, region=region)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the tags of one target; each tag that is not understood is appended to ``problems``."""

    target: str
    raw: Mapping[str, str]
    problems: list[TagProblem]

    def read(self, key: str, parse: Callable[[str], T], default: T) -> T:
        if key not in self.raw:
            return default
        try:
            return parse(self.raw[key].strip())
        except ValueError:
            self.report(key, Wrong.VALUE)
            return default

    def report(self, key: str, wrong: Wrong, meant: str = "", word: str = "", limit: str = "") -> None:
        self.problems.append(TagProblem(self.target, key, self.raw.get(key, ""), wrong, meant or key, word, limit))

    def wish(self) -> Wish:
        """Return what the ``Backup`` tag says; a misspelt key makes it unclear."""
        before = len(self.problems)
        clear = self.read(keys.BACKUP, parse_wish, None)
        self.report_misspelt((keys.BACKUP,))
        if clear:
            return clear
        return Wish.UNCLEAR if len(self.problems) > before else Wish.ABSENT

    def retention(self, key: str, default: Retention | None, contract: Contract) -> Retention | None:
        retention = self.read(key, parse_retention, default)
        if key in self.raw and retention and exceeds(retention, contract.limits):
            self.report(key, Wrong.NOT_ALLOWED, limit=limits_text(contract.limits))
        return retention

    def report_unprotected(self) -> None:
        """Report misspelt ``KeepForever`` keys: they protect nothing."""
        for key in sorted(self.raw):
            if resembles_protection(key):
                self.report(key, Wrong.KEY, keys.KEEP_FOREVER)

    def report_misspelt(self, expected: Iterable[str]) -> None:
        by_letters = {letters_of(key): key for key in expected}
        for key in sorted(self.raw):
            meant = by_letters.get(letters_of(key).removesuffix("s"))
            if meant and key != meant:
                self.report(key, Wrong.KEY, meant)


def read_instance(
    id: str,
    raw: Mapping[str, str],
    root_device: str,
    volumes: Sequence[Volume],
    contract: Contract,
    *,
    account: str = "",
    state: str = "running",
) -> tuple[Instance, list[TagProblem]]:
    """Return the instance with its policy, and the tag problems.

    ``account`` is the account's id; if it is empty, no ARN of a key is accepted. The tags of an instance that is not
    backed up may belong to another tool: except for ``Backup``, they are not reported.
    """
    reader = _Reader(id, raw, [])
    wish = reader.wish()
    policy = Policy(False, _name(id, raw), Schedule.daily(contract.daily_at), contract.retention)
    if wish == Wish.YES:
        reader.report_misspelt(key for key in keys.INSTANCE_KEYS if key != keys.BACKUP)
        reader.report_unprotected()
        policy = _read_policy(reader, contract, account)
        for volume in volumes:
            _report_without_effect(reader, volume)
    ordered = tuple(sorted(volumes, key=lambda volume: volume.id))
    policy_keys = tuple(key for key in keys.INSTANCE_KEYS if key in raw)
    instance = Instance(id, policy, root_device, ordered, carried(raw), state, policy_keys, wish)
    return instance, reader.problems


def _name(id: str, raw: Mapping[str, str]) -> str:
    return raw.get(keys.NAME, "").strip() or id


def _read_policy(reader: _Reader, contract: Contract, account: str) -> Policy:
    for key in reader.raw:
        if protects(key):
            reader.report(key, Wrong.MISPLACED, keys.KEEP_FOREVER, limit="a snapshot")
    return Policy(
        enabled=True,
        name=_name(reader.target, reader.raw),
        schedule=reader.read(
            keys.SCHEDULE, lambda text: parse_schedule(text, contract.daily_at), Schedule.daily(contract.daily_at)
        ),
        retention=reader.retention(keys.RETENTION, contract.retention, contract) or contract.retention,
        destinations=_read_destinations(reader, contract),
        copy_retention=reader.retention(keys.COPY_RETENTION, None, contract),
        copy_kms_key=reader.read(keys.COPY_KMS_KEY, lambda text: parse_key(text, account), None),
        consistency=reader.read(keys.CONSISTENCY, parse_consistency, None),
    )


def _report_without_effect(reader: _Reader, volume: Volume) -> None:
    """Report tags of a volume that differ from its instance's: the instance's tags apply to all of its volumes.

    ``KeepForever`` has an effect on snapshots only.
    """
    for key, value in volume.policy_tags:
        if protects(key):
            reader.problems.append(
                TagProblem(volume.id, key, value, Wrong.MISPLACED, keys.KEEP_FOREVER, limit="a snapshot")
            )
        elif key != keys.BACKUP and reader.raw.get(key) != value:
            reader.problems.append(TagProblem(volume.id, key, value, Wrong.MISPLACED, key, limit="the instance"))


def read_volume(
    id: str,
    device: str,
    raw: Mapping[str, str],
    size_gib: int = 0,
    *,
    type: str = "",
    iops: int | None = None,
    throughput: int | None = None,
) -> tuple[Volume, list[TagProblem]]:
    """Return the volume, and the tag problems; a volume with an unclear tag is backed up."""
    reader = _Reader(id, raw, [])
    wish = reader.wish()
    reader.report_unprotected()
    policy_tags = tuple((key, raw[key]) for key in raw if key in keys.INSTANCE_KEYS or protects(key))
    volume = Volume(id, device, wish, carried(raw), size_gib, type, iops, throughput, policy_tags)
    return volume, reader.problems


def read_snapshot(
    id: str,
    raw: Mapping[str, str],
    contract: Contract,
    *,
    volume_id: str,
    state: str,
    started: datetime,
    account: str = "",
    description: str = "",
    state_message: str = "",
    size_gib: float = 0.0,
    volume_gib: int = 0,
    archived: bool = False,
    restored_until: datetime | None = None,
    completed: datetime | None = None,
) -> tuple[Snapshot, list[TagProblem]]:
    """Return the snapshot, and the tag problems; a snapshot with unclear tags is kept.

    ``account`` is the id of the account that owns it; if it is empty, no ARN of a key is accepted.
    """
    reader = _Reader(id, raw, [])
    managed = raw.get(keys.TYPE, "").strip().casefold() == keys.AUTOMATED.casefold()
    protected = any(protects(key) for key in raw)
    delete_on = reader.read(keys.DELETE_ON, parse_date, None)
    if managed and not protected and keys.DELETE_ON not in raw:
        reader.report(keys.DELETE_ON, Wrong.ABSENT)
    promised = promised_in(description)
    if delete_on and promised and delete_on < promised:
        reader.report(keys.DELETE_ON, Wrong.BROUGHT_FORWARD, limit=promised.isoformat())
    reader.report_unprotected()
    source = read_source(raw, raw.get(keys.SOURCE_VOLUME_ID, "") if keys.SOURCE_SNAPSHOT_ID in raw else volume_id)
    for key, wrong in source.wrong:
        reader.report(key, wrong, keys.SOURCE_VOLUMES_1 if is_numbered(key) else key)
    snapshot = Snapshot(
        id=id,
        region=contract.region,
        volume_id=volume_id,
        state=state,
        started=started,
        description=description,
        state_message=state_message,
        managed=managed,
        protected=protected,
        delete_on=delete_on,
        destinations=_read_destinations(reader, contract) if keys.SOURCE_SNAPSHOT_ID not in raw else (),
        copy_kms_key=reader.read(keys.COPY_KMS_KEY, lambda text: parse_key(text, account), None),
        copy_delete_on=_read_copy_delete_on(reader, started.date(), contract),
        slot=raw.get(keys.BACKUP_SLOT),
        on_request=keys.BACKUP_SLOT in raw and not _SLOT.fullmatch(raw[keys.BACKUP_SLOT]),
        instance_id=raw.get(keys.SOURCE_INSTANCE_ID),
        source_volume_id=raw.get(keys.SOURCE_VOLUME_ID),
        primary_id=raw.get(keys.SOURCE_SNAPSHOT_ID),
        primary_region=raw.get(keys.SOURCE_REGION),
        tries=reader.read(keys.COPY_TRY, parse_tries, 1),
        tags=without_aws(raw),
        size_gib=size_gib,
        volume_gib=volume_gib,
        device=source.volume.device,
        volume_type=source.volume.type,
        iops=source.volume.iops,
        throughput=source.volume.throughput,
        set_size=source.set_size,
        set_volumes=source.set_volumes,
        source_started=reader.read(keys.SOURCE_START_TIME, parse_instant, None),
        promised=promised,
        archived=archived,
        restored_until=restored_until,
        completed=completed,
        after=raw.get(keys.COPY_AFTER, ""),
        waiting_regions=read_waiting_regions(raw),
    )
    return snapshot, reader.problems if managed else []


def _read_destinations(reader: _Reader, contract: Contract) -> tuple[str, ...]:
    """Return the valid Regions, in the order of the tag, without duplicates."""
    understood: list[str] = []
    words = reader.raw.get(keys.COPY_DEST, "").casefold().replace(",", " ").split()
    for word in words:
        if word == contract.region:
            reader.report(keys.COPY_DEST, Wrong.SOURCE_REGION, word=word)
        elif word not in contract.regions:
            reader.report(keys.COPY_DEST, Wrong.WORD, word=word)
        elif contract.allowed is not None and word not in contract.allowed:
            reader.report(keys.COPY_DEST, Wrong.NOT_ALLOWED, word=word, limit=" ".join(sorted(contract.allowed)))
        else:
            understood.append(word)
    if keys.COPY_DEST in reader.raw and not words:
        reader.report(keys.COPY_DEST, Wrong.VALUE)
    return tuple(dict.fromkeys(understood))


def _read_copy_delete_on(reader: _Reader, taken: date, contract: Contract) -> date | None:
    """Return the expiry of copies, within the limits of the settings."""
    expiry = reader.read(keys.COPY_DELETE_ON, parse_date, None)
    if expiry is None or (allowed := within(expiry, taken, contract.limits)) == expiry:
        return expiry
    reader.report(keys.COPY_DELETE_ON, Wrong.NOT_ALLOWED, limit=limits_text(contract.limits))
    return allowed
