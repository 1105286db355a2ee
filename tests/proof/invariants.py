"""What must hold at the end, whatever happened on the way; computed without the app's own code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.proof.world import AWAY, CALM_DAYS, DAYS, HOME, REGIONS, START, THIRD, World

DESTINATIONS = {"web": (AWAY, THIRD), "db": (AWAY,), "mail": (HOME,)}
HOMES = {"web": HOME, "db": HOME, "mail": AWAY}
LONGEST_FREEZE = timedelta(seconds=60)


def violations(world: World, days: int = DAYS + CALM_DAYS) -> list[str]:
    """Return what does not hold after so many days, in words; empty if all is well."""
    return [
        *_slots(world, days),
        *_copies(world),
        *_protection(world),
        *_deletions(world),
        *_foreign(world),
        *_frozen(world),
    ]


def _slots(world: World, days: int) -> Iterator[str]:
    """Each volume has exactly one snapshot for each daily slot that had a run after it."""
    for name, region in HOMES.items():
        for volume in world.volumes[name]:
            made = [one for one in world.seen.values() if _is_primary(one, volume, region) and one["State"] != "error"]
            slots = Counter(one["Tags"]["Backup_Slot"] for one in made if one["Tags"]["Backup_Slot"].startswith("2026"))
            for slot in _expected_slots(days):
                if slots[slot] != 1:
                    yield f"{name}'s {volume} has {slots[slot]} snapshots for {slot}"


def _expected_slots(days: int) -> list[str]:
    return [f"{START.date() + timedelta(days=number)}T03:00Z" for number in range(days)]


def _is_primary(one: dict[str, Any], volume: str, region: str) -> bool:
    tags = one["Tags"]
    return bool(
        one["VolumeId"] == volume
        and one["Region"] == region
        and tags.get("Type") == "Automated"
        and "Source_SnapshotId" not in tags
    )


def _copies(world: World) -> Iterator[str]:
    """Each completed primary that stands has exactly one completed copy in each destination, for as long as it should."""
    today = world.aws.now.date()
    existing = {region: world.aws.snapshots(region) for region in REGIONS}
    for name, region in HOMES.items():
        for primary in existing[region]:
            if primary["VolumeId"] not in world.volumes[name] or primary["State"] != "completed":
                continue
            expiry = primary["Tags"].get("Copy_DeleteOn", primary["Tags"]["DeleteOn"])
            if date.fromisoformat(expiry) <= today and "KeepForever" not in primary["Tags"]:
                continue
            for destination in DESTINATIONS[name]:
                found = [
                    copy["State"]
                    for copy in existing[destination]
                    if copy["Tags"].get("Source_SnapshotId") == primary["SnapshotId"]
                ]
                if found != ["completed"]:
                    yield f"{primary['SnapshotId']} of {name} has {found or 'no copy'} in {destination}"


def _protection(world: World) -> Iterator[str]:
    """The copies of what is protected are protected as well."""
    existing = [one for region in REGIONS for one in world.aws.snapshots(region)]
    protected = {one["SnapshotId"] for one in existing if "KeepForever" in one["Tags"]}
    for one in existing:
        if one["Tags"].get("Source_SnapshotId") in protected and one["SnapshotId"] not in protected:
            yield f"{one['SnapshotId']} is a copy of what is protected, and is not"


def _deletions(world: World) -> Iterator[str]:
    """What is gone was managed, not protected, and expired, or a copy that another one took the place of."""
    standing = {f"{region} {one['SnapshotId']}" for region in REGIONS for one in world.aws.snapshots(region)}
    for key, one in world.seen.items():
        if key in standing:
            continue
        tags = one["Tags"]
        if tags.get("Type") != "Automated":
            yield f"{key} was not managed and is gone"
        elif "KeepForever" in tags:
            yield f"{key} was protected and is gone"
        elif "Source_SnapshotId" not in tags and _midnight(tags["DeleteOn"]) > world.aws.now:
            yield f"{key} was to stand until {tags['DeleteOn']} and is gone"
        elif _midnight(tags["DeleteOn"]) > world.aws.now and one["State"] == "completed" and not _twin(world, one):
            yield f"{key} was a good copy, to stand until {tags['DeleteOn']}, and is gone"


def _twin(world: World, gone: dict[str, Any]) -> bool:
    source = gone["Tags"]["Source_SnapshotId"]
    return any(
        one["Tags"].get("Source_SnapshotId") == source and one["State"] == "completed"
        for one in world.aws.snapshots(gone["Region"])
    )


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _foreign(world: World) -> Iterator[str]:
    for region, ids in world.foreign.items():
        for one in world.aws.snapshots(region):
            if one["SnapshotId"] in ids and one["Tags"]:
                yield f"{one['SnapshotId']} is nobody's business and was tagged {one['Tags']}"
        missing = ids - {one["SnapshotId"] for one in world.aws.snapshots(region)}
        if missing:
            yield f"{missing} in {region} were not managed and are gone"


def _frozen(world: World) -> Iterator[str]:
    if world.aws.frozen:
        yield f"still frozen: {world.aws.frozen}"
    for each in world.aws.freezes:
        if each.until - each.since > LONGEST_FREEZE:
            yield f"{each.instance_id} was frozen for {each.until - each.since}"
