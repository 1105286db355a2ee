"""A company of any size with everything on it that a report can show, and names that try to break out of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from chalicelib import tags
from chalicelib.models import Instance, Inventory, Snapshot, TagProblem, Volume
from chalicelib.plan import Destination
from chalicelib.report import RegionView, Report, make_report
from chalicelib.schedule import Retention, Tier

HOME, AWAY = "eu-west-1", "eu-central-1"
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
CONTRACT = tags.Contract(HOME, frozenset({HOME, AWAY, "us-east-1"}), time(3), Retention((Tier(7, "d"),)))
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)>'


@dataclass(frozen=True, slots=True)
class Specification:
    """A snapshot to build: when it began, its state, and its Region."""

    at: datetime
    state: str = "completed"
    message: str = ""
    region: str = HOME


class Maker:
    """Makes instances with their snapshots and copies, all ids from seeded randomness."""

    def __init__(self, seed: int, days: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311  # its randomness is for repetition
        self._days = days
        self.instances: list[Instance] = []
        self.snapshots: list[Snapshot] = []
        self.copies: list[Snapshot] = []
        self.problems: list[TagProblem] = []

    def id(self, prefix: str) -> str:
        return f"{prefix}-{self._rng.getrandbits(68):017x}"

    def instance(self, name: str, raw: dict[str, str], volumes: int, *, gone: bool = False, odd: str = "") -> None:
        instance_id = self.id("i")
        built = [
            tags.read_volume(self.id("vol"), f"/dev/sd{chr(97 + number)}", {}, size_gib=self._rng.choice((8, 50, 200)))[
                0
            ]
            for number in range(volumes)
        ]
        instance, wrong = tags.read_instance(instance_id, {"Name": name} | raw, "/dev/sda", built, CONTRACT)
        self.problems += wrong
        if not gone:
            self.instances.append(instance)
        if instance.policy.enabled:
            hours = [minute // 60 for minute in instance.policy.schedule.minutes]
            for volume in built:
                self._history(instance, volume, hours, odd)

    def _history(self, instance: Instance, volume: Volume, hours: list[int], odd: str) -> None:
        for number in range(self._days):
            for hour in hours:
                at = datetime.combine(NOW.date() - timedelta(days=number), time(hour), UTC)
                newest = number == 0 and hour == max(hours)
                if at > NOW or (odd == "late" and number < 2) or (odd == "new" and not newest):
                    continue
                self._snapshot(instance, volume, at, odd, newest)

    def _snapshot(self, instance: Instance, volume: Volume, at: datetime, odd: str, newest: bool) -> None:
        expiry = at.date() + timedelta(days=self._days)
        raw = dict(tags.primary_tags(instance, volume, tags.slot_value(at), expiry, None))
        if odd == "kept" and at.day == 1:
            raw["KeepForever"] = "audit"
        specification = Specification(at, state="pending" if odd == "new" else "completed")
        if odd == "broken" and newest:
            specification = Specification(at, "error", "An internal error occurred")
        primary = self._read(raw, volume, specification)
        self.snapshots.append(primary)
        if instance.policy.destinations and specification.state == "completed" and not (odd == "uncopied" and newest):
            copy = Specification(at + timedelta(minutes=9), region=AWAY)
            if odd == "unkeyed" and newest:
                copy = Specification(at + timedelta(minutes=9), "error", "Given key ID is not accessible", AWAY)
            self.copies.append(self._read(dict(tags.copy_tags(primary)), volume, copy))

    def _read(self, raw: dict[str, str], volume: Volume, specification: Specification) -> Snapshot:
        return tags.read_snapshot(
            self.id("snap"),
            raw,
            CONTRACT.in_region(specification.region),
            volume_id=volume.id if specification.region == HOME else "vol-ffffffff",
            state=specification.state,
            started=specification.at,
            state_message=specification.message,
            size_gib=volume.size_gib,
        )[0]

    def report(self) -> Report:
        here = RegionView(
            HOME,
            Inventory(instances=tuple(self.instances), problems=tuple(self.problems)),
            Inventory(snapshots=tuple(self.snapshots)),
            {AWAY: Destination(tuple(self.copies), 20)},
        )
        return make_report([here, RegionView("us-east-1", unreadable="You are not authorized")], NOW)


ODDITIES = ("", "", "", "late", "", "broken", "kept", "", "uncopied", "unkeyed", "", "new")


def company(instances: int, volumes: int = 3, days: int = 30, seed: int = 1) -> Report:
    """Return a report on ``instances`` of ``volumes`` each, with a snapshot and a copy of each for every day."""
    maker = Maker(seed, days)
    for number in range(instances):
        odd = ODDITIES[number % len(ODDITIES)] if number < 2 * len(ODDITIES) else ""
        raw = {"Backup": "Yes", "Retention": str(days), "Copy_Dest": AWAY}
        if number % 25 == 7:
            raw = {"Backup": "Yse"} if number % 2 else {}
        elif number % 25 == 9:
            raw["Schedule"] = "every 6h"
        maker.instance(HOSTILE if number == 3 else f"server-{number:03}", raw, volumes, odd=odd)
    maker.instance("departed", {"Backup": "Yes"}, 1, gone=True)
    return maker.report()
