"""Troubles that last: a key that is away, a Region that is down, an instance in each state, and people's mistakes.

Each story runs with all schedules for six days. The trouble begins on the third day, just before its first
sweep. Twice a day nothing may be gone that was needed, and nothing be left over that nobody needed. In the end
everything has to be as promised.

``python -m tests.proof.lasting`` runs all of them; ``--trouble NAME`` repeats one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as at

from emulator import LocalAWS
from emulator.judge import Case, ExpectedFailure, Instance, Promise, Snapshot, World, deletions, leftovers, violations
from tests.proof.course import Course
from tests.proof.network import run_of
from tests.proof.runs import Finding, prove
from tests.proof.world import AWAY, HOME, MAIL, REGIONS, THIRD, judge

START = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
TROUBLE = datetime(2026, 11, 24, 0, 20, tzinfo=UTC)  # half an hour before the first sweep of the day
END = datetime(2026, 11, 28, 7, 45, tzinfo=UTC)
# By the hours since TROUBLE: after the first sweep of the day, and after the first one after shop is backed up.
MORNINGS = tuple(24 * day + hours for day in range(4) for hours in (0.75, 6.75))
BEFORE_BACKUP = 4.75  # 05:05
AT_BACKUP, AFTER_SWEEPS = 5 + 2 / 3, 5.6  # 06:00, and just after the last sweep before it
OF_SWEEPS = (
    deletions.deletions_were_allowed,
    deletions.what_could_be_restored_still_can,
    deletions.owed_snapshots_stayed,
    leftovers.expired_snapshots_are_gone,
)
KEY = "alias/backup"
# At the first six sweeps of a day its only backup has expired, and the next one is made after them.
SHOP = Instance(
    "shop",
    HOME,
    {
        "Backup": "Yes",
        "Schedule": "daily 06:00",
        "Retention": "1",
        "Copy_Dest": AWAY,
        "Copy_Retention": "6",
        "Copy_KmsKey": KEY,
    },
    Promise((at(6),), 1, (AWAY,), 6),
    (8, 9),
)
WEB = Instance(
    "web",
    HOME,
    {"Backup": "Yes", "Retention": "2", "Copy_Dest": f"{AWAY} {THIRD}"},
    Promise((at(3),), 2, (AWAY, THIRD), 2),
)
DATA = 1  # the position of shop's second volume

Act = Callable[[World], None]


@dataclass(frozen=True)
class Trouble:
    """What happens, by the hours since TROUBLE.

    ``reported`` is in an error that the app has to report. ``grace`` is the app's LAST_COPY_GRACE_DAYS.
    """

    acts: Mapping[float, Act]
    reported: str = ""
    grace: int = 30


def _key_away(hours: float) -> Trouble:
    return Trouble(
        {BEFORE_BACKUP: lambda world: world.aws.key_away(AWAY, KEY, hours=hours)}, "Given key ID is not accessible"
    )


def _region_down(region: str, error: str, reported: str) -> Trouble:
    return Trouble({0: lambda world: world.region_down(region, hours=48, error=error)}, reported)


def _daily(before: Act, after: Act | None = None) -> dict[float, Act]:
    """Just before the sweeps of each of the next three nights, and just after the last of them."""
    acts: dict[float, Act] = {24 * day: before for day in range(3)}
    return acts | {24 * day + AFTER_SWEEPS: after for day in range(3) if after}


def _state(state: str) -> Trouble:
    return Trouble(_daily(lambda world: _set_state(world, state), lambda world: _set_state(world, "running")))


def _set_state(world: World, state: str) -> None:
    world.aws.set_instance_state(HOME, world.facts.instance_ids[SHOP.name], state)


def _archive(world: World) -> None:
    """The newest snapshot of the data volume: no set is whole any more but the one before."""
    world.aws.archive_duration = lambda gib: timedelta(minutes=5)
    world.aws.client(HOME).modify_snapshot_tier(SnapshotId=_newest(world).id, StorageTier="archive")


def _newest(world: World) -> Snapshot:
    volume = world.facts.volume_ids[SHOP.name][DATA]
    return max(
        (snapshot for snapshot in world.look().values() if snapshot.volume_id == volume),
        key=lambda snapshot: snapshot.started,
    )


def _bring_forward(world: World) -> None:
    for snapshot in _dated(world):
        _set_date(world, snapshot, date(2026, 11, 1))


def _put_right(world: World) -> None:
    for snapshot in _dated(world):
        if snapshot.promised is not None:
            _set_date(world, snapshot, snapshot.promised)


def _dated(world: World) -> list[Snapshot]:
    return [snapshot for snapshot in world.look().values() if snapshot.managed and snapshot.promised]


def _set_date(world: World, snapshot: Snapshot, day: date) -> None:
    world.aws.client(snapshot.region).create_tags(
        Resources=[snapshot.id], Tags=[{"Key": "DeleteOn", "Value": f"{day}"}]
    )


TROUBLES = {
    "the key is away for 1 hour": Trouble(
        {AT_BACKUP: lambda world: world.aws.key_away(AWAY, KEY, hours=1)}, "Given key ID is not accessible"
    ),
    "the key is away for 5 hours": _key_away(5),
    "the key is away for 50 hours": _key_away(50),
    "the key is away for 50 hours, and owed snapshots are kept for 1 day": Trouble(
        _key_away(50).acts, "Given key ID is not accessible", grace=1
    ),
    "the destination is down for 2 days": _region_down(AWAY, "Unavailable", "Unavailable"),
    "the destination does not answer for 2 days": _region_down(AWAY, "timeout", "timeout"),
    "the source is down for 2 days": _region_down(HOME, "Unavailable", "Unavailable"),
    "the instance is pending at each sweep": _state("pending"),
    "the instance is stopping at each sweep": _state("stopping"),
    "the instance is stopped at each sweep": _state("stopped"),
    "the instance is shutting down at each sweep": _state("shutting-down"),
    "a volume is detached for a day": Trouble(
        {0: lambda world: world.detach(SHOP.name, DATA), 24: lambda world: world.attach(SHOP.name, DATA)}
    ),
    "the snapshots of a volume are archived": Trouble(
        {hour + AT_BACKUP + 1 / 6: act for hour, act in _daily(_archive).items()}
    ),
    "all dates are brought forward for a day": Trouble({0: _bring_forward, 26: _put_right}),
}


def run(name: str) -> Finding:
    """Runs a story with a trouble, and returns what does not hold: on the first morning on which anything does not."""
    trouble = TROUBLES[name]
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world = _deploy(aws, trouble.grace)
        aws.travel_to(TROUBLE - timedelta(hours=2))
        _tag_as_a_stranger(world)
        wrong = _live(world, trouble.acts)
        if not wrong:
            if trouble.reported:
                world.facts.failures.append(ExpectedFailure(trouble.reported))
            course = Course(world, [run_of(invocation) for invocation in aws.invocations])
            wrong = judge(world, course, course.creator_runs())
        return Finding(name, f"--trouble '{name}'", tuple(wrong))


def _live(world: World, acts: Mapping[float, Act]) -> list[str]:
    for hours in sorted({*acts, *MORNINGS}):
        world.aws.travel_to(TROUBLE + timedelta(hours=hours))
        if hours in acts:
            acts[hours](world)
        world.look()
        if hours in MORNINGS and (wrong := violations(Case(world.evidence()), OF_SWEEPS)):
            return wrong
    world.aws.travel_to(END)
    return []


def _deploy(aws: LocalAWS, grace: int) -> World:
    aws.deploy(*REGIONS, CONCURRENCY="1", LAST_COPY_GRACE_DAYS=f"{grace}")
    aws.kms_keys[AWAY].add(KEY)
    world = World(aws, REGIONS)
    world.facts.grace = timedelta(days=grace)
    for instance in (SHOP, WEB, MAIL):
        world.launch(instance)
    return world


def _tag_as_a_stranger(world: World) -> None:
    """Somebody tags another's snapshot as if the app had made it, and as if it had expired."""
    ec2 = world.aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="before the upgrade")["SnapshotId"]
    tags = {"Type": "Automated", "DeleteOn": "2026-11-23"}
    ec2.create_tags(Resources=[snapshot], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    ec2.delete_volume(VolumeId=volume)
    world.note_by_hand(HOME, snapshot)


def main() -> int:
    """Print troubles and violations; return 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trouble", choices=TROUBLES, help="only this one")
    wanted = parser.parse_args()
    started = time.perf_counter()
    findings = prove(run, [wanted.trouble] if wanted.trouble else list(TROUBLES), "tests.proof.lasting")
    bad = sum(bool(finding.wrong) for finding in findings)
    sys.stdout.write(f"{len(findings)} troubles, {bad} violations in {time.perf_counter() - started:.0f} s\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
