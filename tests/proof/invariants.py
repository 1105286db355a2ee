"""What must hold at the end, whatever happened on the way; computed without the app's own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

from tests.proof.world import AWAY, CALM_DAYS, DAYS, HOME, REGIONS, START, THIRD, World

Seen: TypeAlias = dict[str, Any]

DESTINATIONS = {"web": (AWAY, THIRD), "db": (AWAY,), "mail": (HOME,)}
HOMES = {"web": HOME, "db": HOME, "mail": AWAY}
LONGEST_FREEZE = timedelta(seconds=60)


class Terms:
    """What a story owes: a snapshot for each day's slot, and one of each.

    A story in which runs are lost, or overlap, says otherwise.
    """

    days = DAYS + CALM_DAYS

    def slots(self, region: str, volume: str) -> Sequence[str]:
        """The slots for which the volume has a snapshot for certain."""
        days = [START.date() + timedelta(days=number) for number in range(self.days)]
        return [f"{day}T03:00Z" for day in days]

    def may_double(self, first: Seen, second: Seen) -> bool:
        """Whether nobody could have known of the first snapshot of a volume and slot when the second was made."""
        return False

    def may_stand(self, copies: Sequence[Seen]) -> bool:
        """Whether these copies of one primary in one Region are in order, though they are not one completed one."""
        return False


AS_PLANNED = Terms()


def violations(world: World, terms: Terms = AS_PLANNED) -> list[str]:
    """Return what does not hold, in words; empty if all is well."""
    return [
        *_slots(world, terms),
        *_copies(world, terms),
        *_handed_on(world),
        *_deletions(world),
        *_expired(world),
        *foreign(world),
        *_frozen(world),
    ]


def _slots(world: World, terms: Terms) -> Iterator[str]:
    """Each volume has exactly one snapshot for each slot, the requests among them."""
    for name, region in HOMES.items():
        for volume in world.volumes[name]:
            made: dict[str, list[Seen]] = {slot: [] for slot in terms.slots(region, volume)}
            for one in world.seen.values():
                if _is_primary(one, volume, region) and one["State"] != "error":
                    made.setdefault(one["Tags"]["Backup_Slot"], []).append(one)
            for slot, found in made.items():
                ordered = sorted(found, key=lambda one: (one["StartTime"], one["SnapshotId"]))
                pairs = pairwise(ordered)
                if not found or not all(terms.may_double(first, second) for first, second in pairs):
                    yield f"{name}'s {volume} has {len(found)} snapshots for {slot}"


def _is_primary(one: Seen, volume: str, region: str) -> bool:
    tags = one["Tags"]
    return bool(
        one["VolumeId"] == volume
        and one["Region"] == region
        and tags.get("Type") == "Automated"
        and "Source_SnapshotId" not in tags
    )


def _copies(world: World, terms: Terms) -> Iterator[str]:
    """Each completed primary that stands has exactly one completed copy in each destination, for as long as it should."""
    today = world.aws.now.date()
    for name, destination, primary, copies in _families(world):
        expiry = primary["Tags"].get("Copy_DeleteOn", primary["Tags"]["DeleteOn"])
        if date.fromisoformat(expiry) <= today and "KeepForever" not in primary["Tags"]:
            continue
        found = [copy["State"] for copy in copies]
        if found != ["completed"] and not terms.may_stand(copies):
            yield f"{primary['SnapshotId']} of {name} has {found or 'no copy'} in {destination}"


def _families(world: World) -> Iterator[tuple[str, str, Seen, list[Seen]]]:
    """Each completed primary that stands, with its copies in each of its destinations."""
    existing = {region: world.aws.snapshots(region) for region in REGIONS}
    for name, region in HOMES.items():
        for primary in existing[region]:
            if not _is_primary(primary | {"Region": region}, primary["VolumeId"], region):
                continue
            if primary["VolumeId"] not in world.volumes[name] or primary["State"] != "completed":
                continue
            for destination in DESTINATIONS[name]:
                mine = [
                    copy
                    for copy in existing[destination]
                    if copy["Tags"].get("Source_SnapshotId") == primary["SnapshotId"]
                ]
                yield name, destination, primary, mine


def _handed_on(world: World) -> Iterator[str]:
    """The copies of a protected primary are protected, and none goes before the primary lets it."""
    today = world.aws.now.date()
    for _, destination, primary, copies in _families(world):
        tags = primary["Tags"]
        expiry = tags.get("Copy_DeleteOn", tags["DeleteOn"])
        wanted = date.fromisoformat(expiry) > today or "KeepForever" in tags
        for copy in copies if wanted else ():
            if copy["State"] != "completed":
                continue
            if "KeepForever" in tags and "KeepForever" not in copy["Tags"]:
                yield f"{copy['SnapshotId']} in {destination} is not protected as {primary['SnapshotId']} is"
            if copy["Tags"]["DeleteOn"] < expiry:
                yield f"{copy['SnapshotId']} in {destination} goes on {copy['Tags']['DeleteOn']}, not on {expiry}"


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
        elif "Source_SnapshotId" not in tags and midnight(tags["DeleteOn"]) > world.aws.now:
            yield f"{key} was to stand until {tags['DeleteOn']} and is gone"
        elif midnight(tags["DeleteOn"]) > world.aws.now and one["State"] == "completed" and not _twin(world, one):
            yield f"{key} was a good copy, to stand until {tags['DeleteOn']}, and is gone"


def _twin(world: World, gone: Seen) -> bool:
    source = gone["Tags"]["Source_SnapshotId"]
    return any(
        one["Tags"].get("Source_SnapshotId") == source and one["State"] == "completed"
        for one in world.aws.snapshots(gone["Region"])
    )


def midnight(day: str) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _expired(world: World) -> Iterator[str]:
    """What expired is gone, except the newest completed one of each volume, where it is and in each destination."""
    today = world.aws.now.date()
    for region in REGIONS:
        lineages: dict[str, list[Seen]] = defaultdict(list)
        for one in world.aws.snapshots(region):
            if one["Tags"].get("Type") == "Automated":
                copied = "Source_SnapshotId" in one["Tags"]
                lineages[one["Tags"]["Source_VolumeId"] if copied else one["VolumeId"]].append(one)
        for found in lineages.values():
            newest = [one for one in found if one["State"] == "completed"][-1:]
            for one in found:
                expired = one["State"] != "pending" and date.fromisoformat(one["Tags"]["DeleteOn"]) <= today
                if expired and one not in newest and "KeepForever" not in one["Tags"]:
                    yield f"{one['SnapshotId']} in {region} expired on {one['Tags']['DeleteOn']} and stands"


def foreign(world: World) -> Iterator[str]:
    """What nobody gave to the app is as it was."""
    for region, ids in world.foreign.items():
        standing = {one["SnapshotId"]: one for one in world.aws.snapshots(region)}
        for id in ids & standing.keys():
            if standing[id]["Tags"]:
                yield f"{id} is nobody's business and was tagged {standing[id]['Tags']}"
        if missing := ids - standing.keys():
            yield f"{missing} in {region} were not managed and are gone"


def _frozen(world: World) -> Iterator[str]:
    if world.aws.frozen:
        yield f"still frozen: {world.aws.frozen}"
    for each in world.aws.freezes:
        if each.until - each.since > LONGEST_FREEZE:
            yield f"{each.instance_id} was frozen for {each.until - each.since}"
