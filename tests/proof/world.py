"""A small world of three Regions and three days in which everything happens that the jobs are for.

It is run the same way every time, one call after the other, so that the call with a given number is always the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator import LocalAWS

HOME, AWAY, THIRD = REGIONS = ("eu-west-1", "us-east-1", "eu-central-1")
START = datetime(2026, 11, 22, 2, 55, tzinfo=UTC)
DAYS, CALM_DAYS = 3, 2
# The hours (UTC) in which schedules fire; in between nothing is new, and the emulated nights would cost real time.
HOURS = (3, 5, 12)
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-22"}


@dataclass
class World:
    """The account, and what is known of it without asking the app."""

    aws: LocalAWS
    volumes: dict[str, list[str]] = field(default_factory=dict)
    foreign: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def look(self) -> None:
        """Remember every snapshot as it is now: what is gone later is judged by what it was."""
        for region in REGIONS:
            for one in self.aws.snapshots(region):
                self.seen[f"{region} {one['SnapshotId']}"] = one | {"Region": region, "LastSeen": self.aws.now}


def deploy(aws: LocalAWS) -> World:
    """Deploy to the three Regions and start the instances of the story."""
    aws.deploy(*REGIONS, CONCURRENCY="1", DAILY_AT="03:00")
    world = World(aws)
    tags = {"Backup": "Yes"}
    _launch(world, HOME, "web", tags | {"Copy_Dest": f"{AWAY} {THIRD}", "Retention": "2d 2w"})
    _launch(world, HOME, "db", tags | {"Copy_Dest": AWAY, "Consistency": "fsfreeze"}, (8, 9))
    _launch(world, AWAY, "mail", tags | {"Copy_Dest": HOME, "Retention": "1", "Copy_Retention": "2"})
    world.volumes["asked"] = []
    for region in (HOME, AWAY):
        ec2 = aws.client(region)
        volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=8)["VolumeId"]
        by_hand = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        world.foreign[region] = {by_hand}
        aws.travel(seconds=20)
        for extra in ({}, {"KeepForever": "audit"}):
            pairs = [{"Key": key, "Value": value} for key, value in (EXPIRED | extra).items()]
            ec2.create_snapshot(VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": pairs}])
            aws.travel(seconds=20)
    aws.copy_slots = 2
    return world


def _launch(world: World, region: str, name: str, tags: dict[str, str], volumes: tuple[int, ...] = (8,)) -> None:
    instance = world.aws.launch(region, name=name, tags=tags, volumes=volumes)
    pages = world.aws.client(region).describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance]}]
    )
    world.volumes[name] = [each["VolumeId"] for each in pages["Volumes"]]


def live(world: World) -> None:
    """Live through the days of the story: a copy fails, a snapshot is protected, somebody asks for one."""
    aws = world.aws
    for day in range(DAYS):
        if day == 1:
            aws.fail_copy(AWAY, "An internal error occurred")
            aws.send(HOME, request(world, "0a0a0a0a-0000-0000-0000-000000000001"))
        day_of(world, _midnight(day))
        if day == 0:
            protect_newest(world)


def request(world: World, event_id: str) -> dict[str, Any]:
    """The event that asks for a snapshot of the instance `db`."""
    volume = world.volumes["db"][0]
    found = world.aws.client(HOME).describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"][0]["InstanceId"]
    return {
        "id": event_id,
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": found},
    }


def protect_newest(world: World) -> None:
    """Protect a primary that has copies."""
    newest = [one for one in world.aws.snapshots(HOME) if one["VolumeId"] == world.volumes["web"][0]][-1]
    world.aws.client(HOME).create_tags(
        Resources=[newest["SnapshotId"]], Tags=[{"Key": "KeepForever", "Value": "audit"}]
    )
    world.aws.travel(minutes=1)


def calm(world: World, first: int = DAYS) -> None:
    """Let the normal schedule go on, from the day that is ``first``."""
    for day in range(first, first + CALM_DAYS):
        day_of(world, _midnight(day))


def _midnight(day: int) -> datetime:
    return START.replace(hour=0, minute=0) + timedelta(days=day)


def day_of(world: World, midnight: datetime) -> None:
    """Let the schedules of some hours fire, with what follows from them; the rest of the day passes at once."""
    for hour in HOURS:
        _switch(world.aws, on=False)
        # Five minutes before the hour: whatever came of the hours before has long happened.
        world.aws.travel_to(max(world.aws.now, midnight + timedelta(hours=hour, minutes=-5)))
        _switch(world.aws, on=True)
        world.aws.travel(hours=1)
        world.look()


def _switch(aws: LocalAWS, *, on: bool) -> None:
    for region in REGIONS:
        for function in ("create_snapshots", "copy_missing", "sweep_snapshots", "report"):
            (aws.enable if on else aws.disable)(region, function)
