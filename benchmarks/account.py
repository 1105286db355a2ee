"""An account whose answers are prepared: the pages of EC2 for every request of the jobs, as bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from benchmarks.clock import AWAY, HOME, NOW
from chalicelib import tags
from chalicelib.aws.reading import PAGE_SIZE
from chalicelib.models import Instance, Volume
from chalicelib.settings import Settings
from emulator.ec2 import model
from emulator.ec2.filters import timestamp
from emulator.ec2.pages import envelope, snapshot_fields, tag_set

SETTINGS = Settings.from_environ({"AWS_REGION": HOME})
CONTRACT = tags.Contract(HOME, frozenset({HOME, AWAY}), SETTINGS.daily_at, SETTINGS.default_retention)
DAYS, RETENTION = 20, timedelta(days=30)
VOLUMES_PER_INSTANCE = (2, 3)
RECENT_SLOTS = 2
# Every third instance has Copy_Dest.
COPY_DEST_EVERY = 3
DEVICES = ("/dev/xvda", "/dev/sdb", "/dev/sdc")
OWNER_TAGS = (
    ("environment", ("production", "staging", "test")),
    ("team", ("payments", "search", "core", "warehouse", "mobile")),
    ("cost-center", ("1004711", "1004712", "1004713")),
    ("application", ("shop-frontend", "shop-api", "ledger", "catalogue")),
    ("managed-by", ("terraform",)),
)

Pages = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Server:
    """An instance as the app reads it, and its tags."""

    instance: Instance
    raw: Mapping[str, str]


def servers(volumes: int) -> Iterator[Server]:
    """Yield instances of two and three volumes, until there are so many volumes."""
    rng = random.Random(1)
    number = 0
    while volumes > 0:
        count = min(VOLUMES_PER_INSTANCE[number % 2], volumes)
        volumes -= count
        raw = {"Backup": "Yes", "Name": f"server-{number:05}", "Retention": "30d"}
        raw |= {key: values[number % len(values)] for key, values in OWNER_TAGS}
        if number % COPY_DEST_EVERY == 0:
            raw[tags.COPY_DEST] = AWAY
        disks = [
            Volume(_id(rng, "vol"), device, size_gib=100, type="gp3", iops=3000, throughput=125)
            for device in DEVICES[:count]
        ]
        instance, _ = tags.read_instance(_id(rng, "i"), raw, DEVICES[0], disks, CONTRACT)
        yield Server(instance, raw)
        number += 1


def _id(rng: random.Random, prefix: str) -> str:
    return f"{prefix}-0{rng.getrandbits(64):016x}"


def snapshots(fleet: Iterable[Server], number: int) -> list[model.Snapshot]:
    """Return so many snapshots, one of each volume for each of the last days, in random order; none has expired."""
    rng = random.Random(2)
    primaries = [
        _primary(_id(rng, "snap"), server.instance, volume, NOW.replace(hour=3, minute=0) - timedelta(days=day))
        for server in fleet
        for volume in server.instance.volumes
        for day in range(DAYS)
    ]
    rng.shuffle(primaries)
    return primaries[:number]


def _primary(snapshot_id: str, instance: Instance, volume: Volume, slot: datetime) -> model.Snapshot:
    expiry = slot.date() + RETENTION
    own = tags.primary_tags(instance, volume, tags.slot_value(slot), expiry, None, set_volumes=instance.volumes)
    blank = _completed(snapshot_id, HOME, volume.id, slot + timedelta(seconds=7))
    return replace(blank, description=tags.description(instance, HOME, expiry), tags=dict(own))


def _completed(snapshot_id: str, region: str, volume_id: str, started: datetime) -> model.Snapshot:
    return model.Snapshot(
        snapshot_id=snapshot_id,
        sequence=0,
        region=region,
        volume_id=volume_id,
        volume_size=100,
        description="",
        start_time=started,
        ends_at=started,
        origin="create",
        encrypted=True,
        kms_key_id=f"arn:aws:kms:{region}:{model.ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ended=True,
    )


def copies(primaries: Iterable[model.Snapshot]) -> Iterator[model.Snapshot]:
    """Yield a copy of each snapshot."""
    rng = random.Random(3)
    for snapshot in primaries:
        primary, _ = tags.read_snapshot(
            snapshot.snapshot_id,
            snapshot.tags,
            CONTRACT,
            volume_id=snapshot.volume_id,
            state=snapshot.state,
            started=snapshot.start_time,
        )
        blank = _completed(_id(rng, "snap"), AWAY, model.BOGUS_VOLUME, snapshot.start_time + timedelta(minutes=9))
        yield replace(blank, description=snapshot.description, tags=dict(tags.copy_tags(primary)))


def answers(number: int) -> Mapping[str, Pages]:
    """Return the pages for every request, by its operation and the filter that distinguishes it from other requests."""
    fleet = list(servers(-(-number // DAYS)))
    primaries = snapshots(fleet, number)
    to_copy = [snapshot for snapshot in primaries if tags.COPY_DEST in snapshot.tags]
    recent = {tags.slot_value(NOW.replace(hour=3, minute=0) - timedelta(days=day)) for day in range(RECENT_SLOTS)}
    of_slots = [snapshot for snapshot in primaries if snapshot.tags[tags.BACKUP_SLOT] in recent]
    return {
        "DescribeSnapshots status": _pages("DescribeSnapshots", ()),
        "DescribeSnapshots": _pages("DescribeSnapshots", map(_item, primaries)),
        f"DescribeSnapshots tag:{tags.NAME}": _pages("DescribeSnapshots", ()),
        "DescribeSnapshots tag-key": _pages("DescribeSnapshots", map(_item, to_copy)),
        f"DescribeSnapshots tag:{tags.BACKUP_SLOT}": _pages("DescribeSnapshots", map(_item, of_slots)),
        f"DescribeSnapshots tag:{tags.SOURCE_REGION}": _pages("DescribeSnapshots", map(_item, copies(to_copy))),
        "DescribeInstances": _pages("DescribeInstances", map(_reservation, fleet)),
        "DescribeVolumes": _pages("DescribeVolumes", map(_volume, fleet)),
        "DescribeImages": _pages("DescribeImages", ()),
        "DescribeLockedSnapshots": _pages("DescribeLockedSnapshots", ()),
    }


SETS = {
    "DescribeSnapshots": "snapshotSet",
    "DescribeInstances": "reservationSet",
    "DescribeVolumes": "volumeSet",
    "DescribeImages": "imagesSet",
    "DescribeLockedSnapshots": "snapshotSet",
}


def _pages(operation: str, items: Iterable[str]) -> Pages:
    """Return the items in pages; the token of a page is its number."""
    pages: list[bytes] = []
    rest = iter(items)
    page = list(islice(rest, PAGE_SIZE))
    while page or not pages:
        following = list(islice(rest, PAGE_SIZE))
        token = f"<nextToken>{len(pages) + 1}</nextToken>" if following else ""
        inner = f"<{SETS[operation]}>{''.join(page)}</{SETS[operation]}>{token}"
        pages.append(envelope(operation, inner).encode())
        page = following
    return pages


def _item(snapshot: model.Snapshot) -> str:
    return f"<item>{snapshot_fields(snapshot)}</item>"


def _reservation(server: Server) -> str:
    instance = server.instance
    return (
        f"<item><reservationId>r-{instance.id[2:]}</reservationId><ownerId>{model.ACCOUNT}</ownerId><groupSet/>"
        f"<instancesSet><item><instanceId>{instance.id}</instanceId><imageId>ami-12345678</imageId>"
        f"<instanceState><code>16</code><name>running</name></instanceState><instanceType>m7g.large</instanceType>"
        f"<launchTime>{timestamp(NOW)}</launchTime><rootDeviceName>{instance.root_device}</rootDeviceName>"
        f"<rootDeviceType>ebs</rootDeviceType>{tag_set(server.raw)}</item></instancesSet></item>"
    )


def _volume(server: Server) -> str:
    return "".join(
        f"<item><volumeId>{volume.id}</volumeId><size>{volume.size_gib}</size><availabilityZone>{HOME}a</availabilityZone>"
        f"<status>in-use</status><createTime>{timestamp(NOW)}</createTime><attachmentSet><item>"
        f"<volumeId>{volume.id}</volumeId><instanceId>{server.instance.id}</instanceId><device>{volume.device}</device>"
        f"<status>attached</status><attachTime>{timestamp(NOW)}</attachTime></item></attachmentSet>"
        f"<volumeType>{volume.type}</volumeType><iops>{volume.iops}</iops><throughput>{volume.throughput}</throughput></item>"
        for volume in server.instance.volumes
    )
