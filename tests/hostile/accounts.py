"""Accounts whose tags are written by somebody hostile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chalicelib import plan, tags
from chalicelib.models import (
    Decision,
    Instance,
    Inventory,
    Snapshot,
    TagProblem,
)
from chalicelib.report import RegionView, Report, make_report
from tests.hostile.strategies import hostile_tags, values
from tests.pure.builders import ACCOUNT, CONTRACT, ELSEWHERE, NOW, REGION, SEVEN_DAYS

THE_LAST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
TIMES = (NOW, NOW + timedelta(days=400), THE_LAST, datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC))
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-01"}

managed_tags = st.builds(lambda more: EXPIRED | more, hostile_tags)
backed_up_tags = st.builds(
    lambda more: {"Name": "web"} | more | {"Backup": "Yes", "Copy_Dest": ELSEWHERE}, hostile_tags
)


@dataclass(frozen=True)
class Account:
    """An instance with two volumes, and snapshots of them in two Regions, all with tags as somebody wrote them."""

    instances: list[Instance]
    raw: dict[str, Mapping[str, str]]
    primaries: list[Snapshot]
    copies: list[Snapshot]
    problems: list[TagProblem]

    def destinations(self) -> dict[str, plan.Destination]:
        return {name: plan.Destination(tuple(self.copies)) for name in CONTRACT.regions}

    def report(self, now: datetime) -> Report:
        inventory = Inventory(tuple(self.instances), problems=tuple(self.problems))
        here = RegionView(REGION, inventory, Inventory(snapshots=tuple(self.primaries)), self.destinations())
        there = RegionView(ELSEWHERE, Inventory(), Inventory(snapshots=tuple(self.copies)), self.destinations())
        return make_report([here, there], now, last_copy_grace_days=3650)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    problems: list[TagProblem] = []
    volumes = []
    for letter in "ab":
        volume, wrong = tags.read_volume(f"vol-0{letter}", f"/dev/sd{letter}", draw(hostile_tags))
        volumes.append(volume)
        problems += wrong
    instances = []
    for number in range(2):
        mine = volumes if number == 0 else []
        instance, wrong = tags.read_instance(
            f"i-0{number}", draw(hostile_tags | backed_up_tags), "/dev/sda", mine, CONTRACT, account=ACCOUNT
        )
        instances.append(instance)
        problems += wrong
    raw: dict[str, Mapping[str, str]] = {}

    def some(prefix: str, region: str, of: dict[str, str]) -> list[Snapshot]:
        drawn = []
        for number in range(draw(st.integers(1, 3))):
            id = f"snap-{prefix}{number}"
            raw[id] = of | draw(hostile_tags | managed_tags)
            snapshot, wrong = tags.read_snapshot(
                id,
                raw[id],
                CONTRACT.in_region(region),
                volume_id="vol-0a" if region == REGION else "vol-ffffffff",
                state=draw(st.sampled_from(["completed", "completed", "pending", "error"])),
                started=NOW - timedelta(days=number),
                description=draw(values)[:255],
                state_message=draw(values),
                volume_gib=8,
            )
            drawn.append(snapshot)
            problems.extend(wrong)
        return drawn

    primaries = some("a", REGION, {"Copy_Dest": ELSEWHERE})
    copies = some(
        "c", ELSEWHERE, {"Source_SnapshotId": "snap-a0", "Source_Region": REGION, "Source_VolumeId": "vol-0a"}
    )
    return Account(instances, raw, primaries, copies, problems)


def everything(account: Account, now: datetime) -> list[Decision]:
    """What all jobs decide."""
    today = now.date()
    circumstances = plan.Circumstances(REGION, now, SEVEN_DAYS)
    plan.current_slots(account.instances, now)
    due = plan.instances_due(account.instances, account.primaries, now)
    plan.slots_before(due, now)
    plan.history_of_interest(due, account.primaries, now)
    decisions = plan.plan_creation(account.instances, account.primaries, circumstances)
    decisions += plan.plan_copies(account.primaries, account.destinations(), now)
    decisions += plan.plan_protection(account.primaries, account.destinations())
    for snapshots, region in ((account.primaries, REGION), (account.copies, ELSEWHERE)):
        decisions += plan.plan_sweep(snapshots, today, plan.Guards(3650, 100), region)
    return decisions
