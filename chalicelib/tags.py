"""The tag contract: the only place where a tag key stands.

Tags become typed values here, and typed values become tags. What looks meant but is not understood
takes the safe default and is reported as a ``TagProblem``; nothing here raises for a bad tag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TypeVar

from chalicelib.models import Consistency, Instance, Policy, Snapshot, TagProblem, Tags, Volume
from chalicelib.quoting import cut, printable
from chalicelib.schedule import (
    RETENTION_FORMS,
    SCHEDULE_FORMS,
    Retention,
    Schedule,
    parse_retention,
    parse_schedule,
)

# On an instance; Backup also on a volume.
BACKUP = "Backup"
RETENTION = "Retention"
SCHEDULE = "Schedule"
COPY_RETENTION = "Copy_Retention"
CONSISTENCY = "Consistency"
NAME = "Name"
# On an instance and on its snapshots.
COPY_DEST = "Copy_Dest"
COPY_KMS_KEY = "Copy_KmsKey"
# On a snapshot.
TYPE = "Type"
AUTOMATED = "Automated"
CRASH = "crash"
STOPPED = "stopped"
DELETE_ON = "DeleteOn"
KEEP_FOREVER = "KeepForever"
COPY_DELETE_ON = "Copy_DeleteOn"
BACKUP_SLOT = "Backup_Slot"
SOURCE_INSTANCE_ID = "Source_InstanceId"
SOURCE_VOLUME_ID = "Source_VolumeId"
SOURCE_DEVICE = "Source_Device"
SOURCE_SNAPSHOT_ID = "Source_SnapshotId"
SOURCE_REGION = "Source_Region"
SOURCE_VOLUME_TYPE = "Source_VolumeType"
SOURCE_IOPS = "Source_Iops"
SOURCE_THROUGHPUT = "Source_Throughput"
SOURCE_VOLUMES = "Source_Volumes"
SOURCE_START_TIME = "Source_StartTime"
COPY_TRY = "Copy_Try"
# On a volume that the command line restored.
RESTORED_FROM = "Restored_From"
RESTORED_FOR = "Restored_For"

INSTANCE_KEYS = (BACKUP, RETENTION, SCHEDULE, COPY_DEST, COPY_RETENTION, COPY_KMS_KEY, CONSISTENCY)
SNAPSHOT_KEYS = (
    TYPE, DELETE_ON, KEEP_FOREVER, COPY_DEST, COPY_KMS_KEY, COPY_DELETE_ON, BACKUP_SLOT,
    SOURCE_INSTANCE_ID, SOURCE_VOLUME_ID, SOURCE_DEVICE, CONSISTENCY, SOURCE_SNAPSHOT_ID,
    SOURCE_REGION, COPY_TRY, NAME, SOURCE_VOLUME_TYPE, SOURCE_IOPS, SOURCE_THROUGHPUT, SOURCE_VOLUMES,
    SOURCE_START_TIME,
)  # fmt: skip
RESTORED_KEYS = (RESTORED_FROM, RESTORED_FOR)
_OWN_KEYS = frozenset(INSTANCE_KEYS + SNAPSHOT_KEYS + RESTORED_KEYS)
# What is added to a copy whose primary got it after the copy was made.
_HEALED_KEYS = (SOURCE_INSTANCE_ID, SOURCE_DEVICE, NAME, SOURCE_VOLUME_TYPE, SOURCE_IOPS, SOURCE_THROUGHPUT)

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
MOST_TAGS = 50
LONGEST_VALUE = 256
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
LONGEST_DESCRIPTION = 255
LONGEST_DEVICE = 100

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
TYPES_WITH_IOPS = frozenset({"gp3", "io1", "io2"})
TYPES_WITH_THROUGHPUT = frozenset({"gp3"})

_YES = frozenset({"yes", "true", "on"})
_NO = frozenset({"no", "false", "off"})
_BACKUP_FORMS = "Yes, true or on; No, false or off"
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DATE_FORMS = "a date such as 2026-11-29"
_COUNT_FORMS = "a number such as 3000"
_KMS_KEY = re.compile(r"alias/[A-Za-z0-9/_-]+|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+")  # fmt: skip  # noqa: E501
_KMS_FORMS = "alias/NAME or a key's ARN"
_CONSISTENCY_FORMS = 'crash, fsfreeze, vss, ssm:DOCUMENT; each but crash with ", required" behind it if wanted'
_DOCUMENT = re.compile(r"[A-Za-z0-9_.:/-]{3,200}")
# What separates tags, or what PowerShell acts on within a text; a device's brackets it leaves alone.
_NOT_FOR_VSS = re.compile("[^\\w .:/@+()-]")
_SLOT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contract:
    """What the tags are read against: this Region, those that exist, and the settings' defaults."""

    region: str
    regions: frozenset[str]
    daily_at: time
    retention: Retention

    def in_region(self, region: str) -> Contract:
        """Return the same contract for the tags of a snapshot in another Region."""
        return self if region == self.region else replace(self, region=region)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the tags of one target; every tag not understood is appended to ``problems``."""

    target: str
    raw: Mapping[str, str]
    problems: list[TagProblem]

    def read(self, key: str, parse: Callable[[str], T], default: T, accepted: str) -> T:
        if key not in self.raw:
            return default
        try:
            return parse(self.raw[key].strip())
        except ValueError:
            self.report(key, accepted)
            return default

    def report(self, key: str, accepted: str) -> None:
        self.problems.append(TagProblem(self.target, f"{key}={self.raw[key]}", accepted))

    def report_misspelt(self, keys: Iterable[str]) -> None:
        wanted = {_letters(key): key for key in keys}
        for key in sorted(self.raw):
            meant = wanted.get(_letters(key).removesuffix("s"))
            if meant and key != meant:
                self.report(key, f"the key {meant}, spelt exactly so")


# Letters that look like one of KeepForever's: who reads the key sees protection. And two that nobody sees.
_LOOKALIKES = str.maketrans(
    "\u043a\u03ba\u1d0b\u0435\u03b5\u1d07\u0440\u03c1\u1d18\u0493\u03dd\ua730"
    "\u043e\u03bf\u1d0f\u00f8\u0433\u0280\u1d26\u0475\u03bd\u1d20\u115f\u1160",
    "kkkeeepppfffoooorrrvvv--",
)


@lru_cache(maxsize=4096)
def _letters(key: str) -> str:
    """Return the key without case, width, accents, separators and spaces, and lookalikes as what they look like."""
    plain = unicodedata.normalize("NFKD", key).casefold().translate(_LOOKALIKES)
    return "".join(letter for letter in plain if letter.isalnum())


_KEEP_FOREVER_LETTERS = _letters(KEEP_FOREVER)
# What the IAM policies look for: they compare keys without regard to case.
_KNOWN_TO_IAM = frozenset({"keepforever", "keep_forever", "keep-forever"})


def _protects(key: str) -> bool:
    return _letters(key) == _KEEP_FOREVER_LETTERS


def read_instance(
    id: str,
    raw: Mapping[str, str],
    root_device: str,
    volumes: Sequence[Volume],
    contract: Contract,
    *,
    running: bool = True,
) -> tuple[Instance, list[TagProblem]]:
    """Return the instance with its policy understood, and what was not.

    The other tags of an instance that is not to be backed up may belong to someone else's tool:
    they are not reported.
    """
    reader = _Reader(id, raw, [])
    enabled = reader.read(BACKUP, _yes_or_no, False, _BACKUP_FORMS)
    reader.report_misspelt(INSTANCE_KEYS if enabled else (BACKUP,))
    policy = Policy(False, _name(id, raw), Schedule.daily(contract.daily_at), contract.retention)
    if enabled:
        policy = _read_policy(reader, contract)
    ordered = tuple(sorted(volumes, key=lambda volume: volume.id))
    asked_for = tuple(key for key in INSTANCE_KEYS if key in raw)
    return Instance(id, policy, root_device, ordered, carried(raw), running, asked_for), reader.problems


def _name(id: str, raw: Mapping[str, str]) -> str:
    return raw.get(NAME, "").strip() or id


def _read_policy(reader: _Reader, contract: Contract) -> Policy:
    for key in reader.raw:
        if _protects(key):
            reader.report(key, "KeepForever on a snapshot, not on an instance")
    return Policy(
        enabled=True,
        name=_name(reader.target, reader.raw),
        schedule=reader.read(
            SCHEDULE,
            lambda text: parse_schedule(text, contract.daily_at),
            Schedule.daily(contract.daily_at),
            SCHEDULE_FORMS,
        ),
        retention=reader.read(RETENTION, parse_retention, contract.retention, RETENTION_FORMS),
        destinations=_read_destinations(reader, contract),
        copy_retention=reader.read(COPY_RETENTION, parse_retention, None, RETENTION_FORMS),
        copy_kms_key=reader.read(COPY_KMS_KEY, _kms_key, None, _KMS_FORMS),
        consistency=reader.read(CONSISTENCY, _consistency, None, _CONSISTENCY_FORMS),
    )


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
    """Return the volume, and what of its tags was not understood; in doubt it is backed up."""
    reader = _Reader(id, raw, [])
    included = reader.read(BACKUP, _yes_or_no, True, _BACKUP_FORMS)
    reader.report_misspelt((BACKUP,))
    volume = Volume(id, device, not included, carried(raw), size_gib, type, iops, throughput)
    return volume, reader.problems


def read_snapshot(
    id: str,
    raw: Mapping[str, str],
    contract: Contract,
    *,
    volume_id: str,
    state: str,
    started: datetime,
    description: str = "",
    state_message: str = "",
    size_gib: float = 0.0,
    volume_gib: int = 0,
) -> tuple[Snapshot, list[TagProblem]]:
    """Return the snapshot with its tags understood, and what was not; in doubt it is kept."""
    reader = _Reader(id, raw, [])
    managed = raw.get(TYPE, "").strip().casefold() == AUTOMATED.casefold()
    protected = any(_protects(key) for key in raw)
    delete_on = reader.read(DELETE_ON, _date, None, _DATE_FORMS)
    if managed and not protected and DELETE_ON not in raw:
        reader.problems.append(TagProblem(id, "no DeleteOn", f"{_DATE_FORMS}, or KeepForever"))
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
        destinations=_read_destinations(reader, contract) if SOURCE_SNAPSHOT_ID not in raw else (),
        copy_kms_key=reader.read(COPY_KMS_KEY, _kms_key, None, _KMS_FORMS),
        copy_delete_on=reader.read(COPY_DELETE_ON, _date, None, _DATE_FORMS),
        slot=raw.get(BACKUP_SLOT),
        on_request=BACKUP_SLOT in raw and not _SLOT.fullmatch(raw[BACKUP_SLOT]),
        instance_id=raw.get(SOURCE_INSTANCE_ID),
        source_volume_id=raw.get(SOURCE_VOLUME_ID),
        primary_id=raw.get(SOURCE_SNAPSHOT_ID),
        primary_region=raw.get(SOURCE_REGION),
        tries=reader.read(COPY_TRY, _tries, 1, "a number such as 2"),
        tags=_without_aws(raw),
        size_gib=size_gib,
        volume_gib=volume_gib,
        device=raw.get(SOURCE_DEVICE),
        volume_type=raw.get(SOURCE_VOLUME_TYPE),
        iops=reader.read(SOURCE_IOPS, _count, None, _COUNT_FORMS),
        throughput=reader.read(SOURCE_THROUGHPUT, _count, None, _COUNT_FORMS),
        set_size=reader.read(SOURCE_VOLUMES, _count, None, _COUNT_FORMS),
        source_started=reader.read(SOURCE_START_TIME, _instant, None, "a time such as 2026-11-22T03:00:07Z"),
    )
    return snapshot, reader.problems if managed else []


def _read_destinations(reader: _Reader, contract: Contract) -> tuple[str, ...]:
    """Return the Regions that are understood, in the order written, each once."""
    found: list[str] = []
    for word in reader.raw.get(COPY_DEST, "").casefold().replace(",", " ").split():
        if word == contract.region:
            accepted = f"Regions other than the source, {contract.region}"
        elif word not in contract.regions:
            accepted = "Regions such as eu-west-1, separated by spaces or commas"
        else:
            found.append(word)
            continue
        read = f"{COPY_DEST}={reader.raw[COPY_DEST]}"
        reader.problems.append(TagProblem(reader.target, f"{word} in {read}", accepted))
    if COPY_DEST in reader.raw and not reader.raw[COPY_DEST].replace(",", " ").strip():
        reader.report(COPY_DEST, "Regions such as eu-west-1, separated by spaces or commas")
    return tuple(dict.fromkeys(found))


def _yes_or_no(text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError
    return word in _YES


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError
    return date(int(found[1]), int(found[2]), int(found[3]))


def _tries(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]?", text):
        raise ValueError
    return int(text)


def _count(text: str) -> int | None:
    if not re.fullmatch("[1-9][0-9]{0,6}", text):
        raise ValueError
    return int(text)


def _instant(text: str) -> datetime | None:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise ValueError
    return datetime.fromisoformat(text)


def _kms_key(text: str) -> str | None:
    if not _KMS_KEY.fullmatch(text):
        raise ValueError
    return text


def _consistency(text: str) -> Consistency | None:
    wanted, _, behind = (part.strip() for part in text.partition(","))
    kind, colon, document = (part.strip() for part in wanted.partition(":"))
    kind = kind.casefold()
    if behind.casefold() not in ("", "required") or (not behind and "," in text):
        raise ValueError
    if kind == "crash" and not behind and not colon:
        return None
    if (kind in ("fsfreeze", "vss") and not colon) or (kind == "ssm" and _DOCUMENT.fullmatch(document)):
        return Consistency(kind, document, required=bool(behind))
    raise ValueError


def carried(raw: Mapping[str, str]) -> Tags:
    """Return the tags of an instance or a volume that its snapshots carry on, sorted."""
    return tuple((key, value) for key, value in _without_aws(raw) if key not in _OWN_KEYS and not _protects(key))


def _without_aws(raw: Mapping[str, str]) -> Tags:
    return tuple(sorted(item for item in raw.items() if not item[0].casefold().startswith("aws:")))


def slot_value(slot: datetime) -> str:
    """Return the value of ``Backup_Slot`` for a slot time (aware)."""
    return slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def primary_tags(
    instance: Instance, volume: Volume, slot: str, delete_on: date, copy_delete_on: date | None, *, set_size: int = 1
) -> Tags:
    """Return all tags of the snapshot of one volume, at most 50: the app's own first.

    ``set_size`` is how many volumes are taken for the slot: a restore knows by it whether it has them all.
    """
    policy = instance.policy
    own = {
        TYPE: AUTOMATED,
        DELETE_ON: delete_on.isoformat(),
        BACKUP_SLOT: slot,
        SOURCE_INSTANCE_ID: instance.id,
        CONSISTENCY: CRASH if instance.running else STOPPED,
        SOURCE_VOLUMES: str(set_size),
        **_lineage(instance, volume),
    }
    if policy.destinations:
        own[COPY_DEST] = " ".join(policy.destinations)
        if policy.copy_kms_key:
            own[COPY_KMS_KEY] = policy.copy_kms_key
        if copy_delete_on:
            own[COPY_DELETE_ON] = copy_delete_on.isoformat()
    return _fit(own, (*volume.carried, *instance.carried))


def _lineage(instance: Instance, volume: Volume) -> dict[str, str]:
    place = f" - {volume.id} ({volume.device})"
    lineage = {
        SOURCE_VOLUME_ID: volume.id,
        SOURCE_DEVICE: volume.device,
        NAME: instance.policy.name[: LONGEST_VALUE - len(place)] + place,
    }
    if volume.type:
        lineage[SOURCE_VOLUME_TYPE] = volume.type
    # What EC2 derives from a type by itself is refused by CreateVolume, so it is not recorded.
    if volume.type in TYPES_WITH_IOPS and volume.iops:
        lineage[SOURCE_IOPS] = str(volume.iops)
    if volume.type in TYPES_WITH_THROUGHPUT and volume.throughput:
        lineage[SOURCE_THROUGHPUT] = str(volume.throughput)
    return lineage


def achieve(others: Tags, consistency: Consistency) -> Tags:
    """Return the tags of a snapshot for which an application was brought to rest."""
    return tuple(sorted((dict(others) | {CONSISTENCY: consistency.label}).items()))


def is_app_consistent(snapshot: Snapshot) -> bool:
    """Return whether VSS says that the snapshot it made is consistent.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/application-consistent-snapshots-creating-commands.html
    """
    return dict(snapshot.tags).get("AppConsistent", "").casefold() == "true"


def for_vss(all_tags: Tags) -> str:
    """Return the tags as the VSS document wants them; those that it cannot express are left out, and added later."""
    return ";".join(f"Key={key},Value={value}" for key, value in all_tags if not _NOT_FOR_VSS.search(key + value))


def text_for_vss(description: str) -> str:
    """Return a description that may be part of a script: the VSS document's is PowerShell, and a name is anybody's."""
    return _NOT_FOR_VSS.sub("_", description)


def slot_of(all_tags: Tags) -> str:
    """Return the slot that a snapshot to be created is to fill."""
    return dict(all_tags)[BACKUP_SLOT]


def source_key(id: str) -> str:
    """Return the key of the tag by which a snapshot names this instance, volume or snapshot as its source."""
    kinds = {"i": SOURCE_INSTANCE_ID, "vol": SOURCE_VOLUME_ID, "snap": SOURCE_SNAPSHOT_ID}
    return kinds[id.partition("-")[0]]


def name_of(snapshot: Snapshot) -> str:
    """Return the name of the instance that a snapshot was taken of, as its own name says it; empty if it has none."""
    return dict(snapshot.tags).get(NAME, "").split(f" - {snapshot.source_volume_id} ")[0]


def missing_lineage(snapshot: Snapshot, instance: Instance, volume: Volume) -> Tags:
    """Return the tags to add if the call that tells the volumes of a set apart was lost.

    The volume's own tags were part of that call; what the snapshot has is never overwritten.
    """
    present = dict(snapshot.tags)
    lineage = _lineage(instance, volume)
    if all(key in present for key in lineage):
        return ()
    whole = _fit(lineage | present, (*volume.carried, *instance.carried))
    lacking = [item for item in whole if item[0] not in present]
    return tuple(lacking[: MOST_TAGS - len(present)])


def copy_tags(primary: Snapshot, tries: int = 1) -> Tags:
    """Return all tags of a copy: the primary's, with lineage, the copy's own expiry, and which try it is."""
    tags = dict(primary.tags)
    own = {key: value for key, value in tags.items() if key in _OWN_KEYS}
    # One protects; a snapshot may carry so many spellings of it that they would leave no room for what makes a copy.
    own |= dict([item for item in sorted(primary.tags, key=_known_to_iam_first) if _protects(item[0])][:1])
    own[SOURCE_SNAPSHOT_ID] = primary.id
    own[SOURCE_REGION] = primary.region
    own[SOURCE_START_TIME] = primary.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own.setdefault(SOURCE_VOLUME_ID, primary.volume_id)
    if tries > 1:
        own[COPY_TRY] = str(tries)
    if primary.copy_delete_on:
        own[DELETE_ON] = primary.copy_delete_on.isoformat()
    return _fit(own, primary.tags)


def restored_tags(snapshot: Snapshot, purpose: str) -> Tags:
    """Return all tags of a volume restored from a snapshot: where it came from, what for, and what was carried."""
    present = dict(snapshot.tags)
    own = {key: present[key] for key in (NAME, SOURCE_INSTANCE_ID, SOURCE_VOLUME_ID, SOURCE_DEVICE) if key in present}
    own |= {RESTORED_FROM: snapshot.id, RESTORED_FOR: purpose}
    return _fit(own, carried(present))


def mirrored(primary: Snapshot, copy: Snapshot) -> Tags:
    """Return the tags of a primary that its copy lacks: protection, a later expiry, and lineage that was lost.

    Nothing is ever shortened or unprotected: a copy without a ``DeleteOn`` that is understood is kept as it is.
    """
    present = dict(copy.tags)
    expiry = primary.copy_delete_on or primary.delete_on
    missing = {
        key: value
        for key, value in copy_tags(primary)
        if (_protects(key) and not copy.protected) or (key in _HEALED_KEYS and key not in present)
    }
    # Protection goes first where there is not room for all; a later expiry takes the place of the one there is.
    own = sorted(missing.items(), key=_known_to_iam_first)
    fitting = dict(own[: max(0, MOST_TAGS - len(present))])
    if expiry and copy.delete_on and expiry > copy.delete_on:
        fitting[DELETE_ON] = expiry.isoformat()
    return tuple(sorted(fitting.items()))


def any_protects(added: Tags) -> bool:
    """Return whether one of some tags is a ``KeepForever``."""
    return any(_protects(key) for key, _ in added)


def _known_to_iam_first(item: tuple[str, str]) -> tuple[bool, bool]:
    """Order tags so that the spellings of KeepForever that the policies know come first, and then the others."""
    return (item[0].casefold() not in _KNOWN_TO_IAM, not _protects(item[0]))


def _fit(own: Mapping[str, str], others: Iterable[tuple[str, str]]) -> Tags:
    """Return at most 50 tags, sorted: ``own``, then others in their order of preference."""
    fitted = dict(own)
    for key, value in others:
        if len(fitted) < MOST_TAGS:
            fitted.setdefault(key, value)
    return tuple(sorted(fitted.items()))


def description(instance: Instance, region: str, volume: Volume | None = None) -> str:
    """Return the description of a snapshot, or of a set that shares one (no volume)."""
    place = f" - {volume.id} ({volume.device})" if volume else ""
    end = f" ({instance.id}){place} - {region}"
    return printable(instance.policy.name)[: LONGEST_DESCRIPTION - len(end)] + end


def copy_description(primary: Snapshot) -> str:
    """Return the description of a copy: the primary's, with the volume that a set left out."""
    end = f" - {primary.region}"
    if primary.volume_id in primary.description or not primary.description.endswith(end):
        return primary.description
    device = dict(primary.tags).get(SOURCE_DEVICE, "?")
    # The tag may say anything; a device's own name is short.
    place = f" - {primary.volume_id} ({cut(printable(device), LONGEST_DEVICE)})"
    head = primary.description.removesuffix(end)
    return head[: LONGEST_DESCRIPTION - len(place + end)] + place + end
