"""Counts an account by plain arithmetic, from what EC2 answers: it shares no code with the report, nor with the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from emulator import LocalAWS

Raw = dict[str, Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# USD per GB-month and per GB transferred, and the part that changes in a day: what the report's options default to.
STORAGE, TRANSFER, CHANGE = 0.05, (0.01, 0.02), (0.005, 0.05)
# Tags of instances that are one tag problem each, and change nothing else: the app uses the default.
MISTAKES = (("Retention", "seven"), ("Copy_Retention", "a year"), ("backups", "Yes"), ("Schedules", "hourly"))


@dataclass
class Counts:
    """The numbers of a report: as many as its totals have, and those of its parts."""

    totals: dict[str, float | None] = field(default_factory=dict)
    cost: tuple[float, float] = (0.0, 0.0)
    volumes: dict[str, Raw] = field(default_factory=dict)
    copies: dict[tuple[str, str], Raw] = field(default_factory=dict)
    orphans: dict[str, Raw] = field(default_factory=dict)
    attention: int = 0


def tags_of(resource: Raw) -> dict[str, str]:
    tags = resource.get("Tags", ())
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def instances_of(aws: LocalAWS, region: str) -> list[Raw]:
    """The instances that are not terminated."""
    return [
        instance
        for reservation in aws.client(region).describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    ]


def count(aws: LocalAWS, home: str, others: Sequence[str], slots: int | None = None) -> Counts:
    """Count the volumes of ``home``, their snapshots there and their copies in the ``others``.

    ``slots`` are the copies that a Region takes at a time; None if no Region is full.
    """
    ec2, now = aws.client(home), aws.now
    instances = {instance["InstanceId"]: tags_of(instance) for instance in instances_of(aws, home)}
    attached = {
        volume["VolumeId"]: (volume, instances[volume["Attachments"][0]["InstanceId"]])
        for volume in ec2.describe_volumes()["Volumes"]
        if volume["Attachments"]
    }
    primaries: dict[str, list[Raw]] = {}
    for snapshot in aws.snapshots(home):
        primaries.setdefault(snapshot["VolumeId"], []).append(snapshot)
    copies: dict[tuple[str, str], list[Raw]] = {}
    for region in others:
        for snapshot in aws.snapshots(region):
            copies.setdefault((snapshot["Tags"]["Source_VolumeId"], region), []).append(snapshot)
    pending = {
        region: sum(
            copy["State"] == "pending" for (_, name), chain in copies.items() if name == region for copy in chain
        )
        for region in others
    }
    full = {region for region in others if slots is not None and pending[region] >= slots}
    counts = Counts()
    for id, (volume, owner) in attached.items():
        counts.volumes[id] = _volume(volume, owner, primaries.get(id, []), now)
    for id, region in {*copies, *((id, region) for id in primaries for region in others)}:
        chain = copies.get((id, region), [])
        counts.copies[id, region] = _copies(primaries.get(id, []), chain, region, now, full=region in full)
    for id in {*primaries, *(id for id, _ in copies)} - attached.keys():
        away = [copy for region in others for copy in copies.get((id, region), [])]
        everything = [*primaries.get(id, []), *away]
        counts.orphans[id] = {
            "snapshots": len(primaries.get(id, [])),
            "copies": len(away),
            "kept_forever": sum("KeepForever" in snapshot["Tags"] for snapshot in everything),
            "newest_at": max(map(_data, everything)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    for id in {*attached, *primaries, *(id for id, _ in copies)}:
        away_by_region = {region: copies.get((id, region), []) for region in others}
        low, high = _cost(attached.get(id), primaries.get(id, []), away_by_region)
        (counts.volumes.get(id) or counts.orphans[id])["cost"] = (low, high)
        counts.cost = (counts.cost[0] + low, counts.cost[1] + high)
    problems = [id for id, tags in instances.items() if any(mistake in tags.items() for mistake in MISTAKES)]
    _total(counts, primaries, copies, attached, problems)
    counts.attention = _attention(counts, primaries, attached, problems)
    return counts


def _attention(
    counts: Counts,
    primaries: dict[str, list[Raw]],
    attached: Mapping[str, tuple[Raw, dict[str, str]]],
    problems: Sequence[str],
) -> int:
    """One entry for the volumes of an instance with the same trouble, each failure alone, and each tag problem."""
    troubles: set[tuple[str, str]] = set()
    failed = 0
    for id, (volume, _) in attached.items():
        instance, cover = volume["Attachments"][0]["InstanceId"], counts.volumes[id]["cover"]
        if cover in ("late", "uncovered"):
            troubles.add((instance, cover))
        for (of, region), states in counts.copies.items():
            if of == id and states["missing"] + states["failed"]:
                troubles.add((instance, region))
        failed += _failed_snapshots(primaries.get(id, [])) if cover == "covered" else 0
    return len(troubles) + failed + len(problems)


def _volume(volume: Raw, owner: dict[str, str], history: list[Raw], now: datetime) -> Raw:
    completed = [snapshot for snapshot in history if snapshot["State"] == "completed"]
    since = _due(owner.get("Schedule", "daily"), now)
    if owner.get("Backup") != "Yes":
        cover = "untagged"
    elif tags_of(volume).get("Backup") == "No":
        cover = "left-out"
    elif not completed:
        cover = "uncovered"
    else:
        fresh = [snapshot for snapshot in history if snapshot["State"] != "error" and snapshot["StartTime"] >= since]
        cover = "covered" if fresh else "late"
    days = [snapshot["Tags"]["DeleteOn"] for snapshot in history if "KeepForever" not in snapshot["Tags"]]
    return {
        "cover": cover,
        "size_gib": volume["Size"],
        "snapshots": len(history),
        "newest_age": _age(completed[-1]["StartTime"], now) if completed else None,
        "next_expiry": min(days, default=None),
    }


def _due(schedule: str, now: datetime) -> datetime:
    """The last slot that began two hours ago or earlier."""
    at = now - 2 * HOUR
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if schedule == "every 6h":
        return midnight + at.hour // 6 * 6 * HOUR
    return midnight + 3 * HOUR if at >= midnight + 3 * HOUR else midnight - 21 * HOUR


def _age(instant: datetime, now: datetime) -> float:
    return round((now - instant).total_seconds() / 3600, 1)


def _data(snapshot: Raw) -> datetime:
    """When the data of a snapshot or copy was taken."""
    written = snapshot["Tags"].get("Source_StartTime")
    return datetime.fromisoformat(written).astimezone(UTC) if written else snapshot["StartTime"]


def _copies(history: list[Raw], copies: list[Raw], region: str, now: datetime, *, full: bool) -> Raw:
    counts = {"missing": 0, "deferred": 0, "failed": 0, "pending": 0, "copies": len(copies)}
    for primary in history:
        tags = primary["Tags"]
        ends = date.fromisoformat(tags.get("Copy_DeleteOn", tags["DeleteOn"]))
        wanted = ends > now.date() or "KeepForever" in tags
        if primary["State"] != "completed" or region not in tags.get("Copy_Dest", "") or not wanted:
            continue
        states = {copy["State"] for copy in copies if copy["Tags"]["Source_SnapshotId"] == primary["SnapshotId"]}
        if "completed" in states:
            continue
        if "pending" in states or (not states and now - primary["StartTime"] < 2 * HOUR):
            counts["pending"] += 1
        elif full and not states and now - primary["StartTime"] < DAY:
            counts["deferred"] += 1
        else:
            counts["failed" if states else "missing"] += 1
    completed = [_data(copy) for copy in copies if copy["State"] == "completed"]
    return counts | {"newest_age": _age(max(completed), now) if completed else None}


def _cost(
    volume: tuple[Raw, dict[str, str]] | None, primaries: list[Raw], copies: dict[str, list[Raw]]
) -> tuple[float, float]:
    low, high = (sum(_stored(chain, rate) for chain in (primaries, *copies.values())) * STORAGE for rate in CHANGE)
    backed_up = volume and volume[1].get("Backup") == "Yes" and tags_of(volume[0]).get("Backup") != "No"
    wanted = volume[1].get("Copy_Dest", "") if volume and backed_up else ""
    for region, chain in copies.items():
        if region in wanted:
            size = max((copy["VolumeSize"] for copy in chain if copy["State"] == "completed"), default=0)
            low, high = low + size * 30 * CHANGE[0] * TRANSFER[0], high + size * 30 * CHANGE[1] * TRANSFER[1]
    return round(low, 4), round(high, 4)


def _stored(chain: list[Raw], rate: float) -> float:
    """GiB: no volume of these fleets grows, and a pending snapshot counts from the first completed one on."""
    stored = sorted((snapshot for snapshot in chain if snapshot["State"] != "error"), key=_data)
    size, total, last = 0, 0.0, None
    for snapshot in stored:
        if last is not None:
            total += size * min((_data(snapshot) - last) / DAY * rate, 1)
        if snapshot["State"] == "completed":
            size = snapshot["VolumeSize"]
        last = _data(snapshot)
    return total + size


def _total(
    counts: Counts,
    primaries: dict[str, list[Raw]],
    copies: dict[tuple[str, str], list[Raw]],
    attached: Mapping[str, tuple[Raw, dict[str, str]]],
    problems: Sequence[str],
) -> None:
    covers = [volume["cover"] for volume in counts.volumes.values()]
    shown = [states for (id, _), states in counts.copies.items() if id in set(attached)]
    everything = [snapshot for chain in (*primaries.values(), *copies.values()) for snapshot in chain]
    ages = [volume["newest_age"] for volume in counts.volumes.values() if volume["cover"] in ("covered", "late")]
    counts.totals = {
        **{name.replace("-", "_"): covers.count(name) for name in ("covered", "late", "uncovered", "untagged", "left-out")},
        "oldest_age": max(ages, default=None),
        "copies_missing": sum(states["missing"] + states["failed"] for states in shown),
        "copies_pending": sum(states["pending"] for states in shown),
        "copies_deferred": sum(states["deferred"] for states in shown),
        "failures": _failures(primaries, copies, set(attached)),
        "tag_problems": len(problems),
        "kept_forever": sum("KeepForever" in snapshot["Tags"] for snapshot in everything),
        "snapshots": sum(map(len, primaries.values())),
        "copies": sum(map(len, copies.values())),
    }  # fmt: skip


def _failures(primaries: dict[str, list[Raw]], copies: dict[tuple[str, str], list[Raw]], attached: set[str]) -> int:
    unresolved = sum(_failed_snapshots(history) for id, history in primaries.items() if id in attached)
    for chain in copies.values():
        good = [copy["Tags"]["Source_SnapshotId"] for copy in chain if copy["State"] != "error"]
        unresolved += sum(copy["State"] == "error" and copy["Tags"]["Source_SnapshotId"] not in good for copy in chain)
    return unresolved


def _failed_snapshots(history: list[Raw]) -> int:
    """Those after which no snapshot was begun that did not fail."""
    good = [snapshot["StartTime"] for snapshot in history if snapshot["State"] != "error"]
    failed = [snapshot["StartTime"] for snapshot in history if snapshot["State"] == "error"]
    return sum(not any(instant >= start for instant in good) for start in failed)
