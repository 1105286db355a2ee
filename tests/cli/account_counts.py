"""Counts an account by plain arithmetic, from what EC2 answers: it shares no code with the report, nor with the app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from emulator import LocalAWS

Raw = dict[str, Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# USD per GB-month and per GB transferred, and the part that changes in a day: what the report's options default to.
STORAGE, TRANSFER, CHANGE = 0.05, (0.01, 0.02), (0.005, 0.05)


@dataclass
class Counts:
    """The numbers of a report: as many as its totals have, and those of its parts."""

    totals: dict[str, float | None] = field(default_factory=dict)
    cost: tuple[float, float] = (0.0, 0.0)
    volumes: dict[str, Raw] = field(default_factory=dict)
    copies: dict[tuple[str, str], Raw] = field(default_factory=dict)
    orphans: dict[str, Raw] = field(default_factory=dict)


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


def count(aws: LocalAWS, home: str, others: Sequence[str]) -> Counts:
    """Count the volumes of ``home``, their snapshots there and their copies in the ``others``."""
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
    counts = Counts()
    for id, (volume, owner) in attached.items():
        counts.volumes[id] = _volume(volume, owner, primaries.get(id, []), now)
    for id, region in {*copies, *((id, region) for id in primaries for region in others)}:
        counts.copies[id, region] = _copies(primaries.get(id, []), copies.get((id, region), []), region, now)
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
    _total(counts, primaries, copies, attached)
    return counts


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


def _copies(history: list[Raw], copies: list[Raw], region: str, now: datetime) -> Raw:
    counts = {"missing": 0, "failed": 0, "pending": 0, "copies": len(copies)}
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
    counts: Counts, primaries: dict[str, list[Raw]], copies: dict[tuple[str, str], list[Raw]], attached: Iterable[str]
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
        "copies_deferred": 0,
        "failures": _failures(primaries, copies, set(attached)),
        "kept_forever": sum("KeepForever" in snapshot["Tags"] for snapshot in everything),
        "snapshots": sum(map(len, primaries.values())),
        "copies": sum(map(len, copies.values())),
    }  # fmt: skip


def _failures(primaries: dict[str, list[Raw]], copies: dict[tuple[str, str], list[Raw]], attached: set[str]) -> int:
    unresolved = 0
    for id, history in primaries.items():
        good = [snapshot["StartTime"] for snapshot in history if snapshot["State"] != "error"]
        for snapshot in history:
            if snapshot["State"] == "error" and id in attached:
                unresolved += not any(instant >= snapshot["StartTime"] for instant in good)
    for chain in copies.values():
        good = [copy["Tags"]["Source_SnapshotId"] for copy in chain if copy["State"] != "error"]
        unresolved += sum(copy["State"] == "error" and copy["Tags"]["Source_SnapshotId"] not in good for copy in chain)
    return unresolved
