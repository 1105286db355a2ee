"""A small account in three Regions, and three days in which every job has something to do.

It makes the same calls in the same order every time, so that the call with a given number is always the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from emulator import LocalAWS
from emulator.judge import GENERAL, Case, Excuses, Instance, Promise, Request, World, violations
from emulator.judge.due import Runs

HOME, AWAY, THIRD = REGIONS = ("eu-west-1", "us-east-1", "eu-central-1")
START = datetime(2026, 11, 22, 2, 55, tzinfo=UTC)
DAYS, CALM_DAYS = 3, 2
# The hours (UTC) in which schedules fire. The others would bring nothing new, and take real time.
HOURS = (3, 5, 12)
SCHEDULED = ("create_snapshots", "copy_missing", "sweep_snapshots", "report")
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-22"}
# What versions of the app wrote before descriptions had a date.
UNDATED = "old (i-0123456789abcdef0) - eu-west-1"

NIGHT = (time(3),)
WEB = Instance(
    "web",
    HOME,
    {"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}", "Retention": "2d 2w"},
    Promise(NIGHT, 2, (AWAY, THIRD), 2, weeks=2),
)
DB = Instance(
    "db",
    HOME,
    {"Backup": "Yes", "Copy_Dest": AWAY, "Consistency": "fsfreeze"},
    Promise(NIGHT, 7, (AWAY,), 7),
    (8, 9),
)
MAIL = Instance(
    "mail",
    AWAY,
    {"Backup": "Yes", "Copy_Dest": HOME, "Retention": "1", "Copy_Retention": "2"},
    Promise(NIGHT, 1, (HOME,), 2),
)


def deploy(aws: LocalAWS) -> World:
    """Deploys to the three Regions and starts the instances of the story."""
    aws.deploy(*REGIONS, CONCURRENCY="1", DAILY_AT="03:00")
    world = World(aws, REGIONS)
    for instance in (WEB, DB, MAIL):
        world.launch(instance)
    for region in (HOME, AWAY):
        ec2 = aws.client(region)
        volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=8)["VolumeId"]
        world.note_by_hand(region, ec2.create_snapshot(VolumeId=volume)["SnapshotId"])
        aws.travel(seconds=20)
        for extra in ({}, {"KeepForever": "audit"}):
            pairs = [{"Key": key, "Value": value} for key, value in (EXPIRED | extra).items()]
            ec2.create_snapshot(
                VolumeId=volume,
                Description=UNDATED,
                TagSpecifications=[{"ResourceType": "snapshot", "Tags": pairs}],
            )
            aws.travel(seconds=20)
        # Only its tags hold the protected one: no guard of the newest snapshot stands in for them.
        ec2.delete_volume(VolumeId=volume)
    aws.copy_slots = 2
    return world


def live(world: World) -> None:
    """Runs the days of the story: a copy fails, a snapshot is protected, and one is requested."""
    for day in range(DAYS):
        if day == 1:
            world.aws.fail_copy(AWAY, "An internal error occurred")
            world.aws.send(HOME, request(world, "0a0a0a0a-0000-0000-0000-000000000001"))
        day_of(world, _midnight(day))
        if day == 0:
            protect_newest(world)


def request(world: World, event_id: str) -> dict[str, Any]:
    """The event that asks for a snapshot of the instance `db`; the request is noted."""
    world.facts.requests.append(Request(event_id, DB.name, world.aws.now))
    return {
        "id": event_id,
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": world.facts.instance_ids[DB.name]},
    }


def protect_newest(world: World) -> None:
    """Protects a primary that has copies."""
    [volume] = world.facts.volume_ids[WEB.name]
    newest = [snapshot for snapshot in world.standing().values() if snapshot.volume_id == volume][-1]
    world.aws.client(HOME).create_tags(Resources=[newest.id], Tags=[{"Key": "KeepForever", "Value": "audit"}])
    world.aws.travel(minutes=1)


def calm(world: World, first: int = DAYS) -> None:
    """Lets the normal schedule go on, from the day that is `first`."""
    for day in range(first, first + CALM_DAYS):
        day_of(world, _midnight(day))


def _midnight(day: int) -> datetime:
    return START.replace(hour=0, minute=0) + timedelta(days=day)


def day_of(world: World, midnight: datetime) -> None:
    """Lets the schedules fire in some hours of a day, with what follows from them; none fires in the other hours."""
    for hour in HOURS:
        for region in REGIONS:
            for function in SCHEDULED:
                world.disable(region, function)
        # Five minutes before the hour: by then, everything that the hours before started has ended.
        world.aws.travel_to(max(world.aws.now, midnight + timedelta(hours=hour, minutes=-5)))
        for region in REGIONS:
            for function in SCHEDULED:
                world.enable(region, function)
        world.aws.travel(hours=1)
        world.look()


def judge(world: World, excuses: Excuses | None = None, runs: Runs | None = None) -> list[str]:
    """Returns what does not hold, in words; empty if all is well."""
    return violations(Case(world.evidence(), excuses or Excuses(), runs), GENERAL)
