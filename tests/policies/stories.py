"""Stories in the emulator that lead every handler to every kind of call that it ever makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from emulator import LocalAWS
from tests.policies.authorisation import logging, requests_of
from tests.policies.evaluator import Request
from tests.scenarios.stories import by_volume, copies, make, tag

HOME, AWAY = "eu-west-1", "us-east-1"
START = datetime(2026, 11, 22, 2, 45, tzinfo=UTC)
FLEET = {"Backup": "Yes", "Copy_Dest": AWAY, "Retention": "2"}
KEY = "alias/backup"


def launch_fleet(aws: LocalAWS) -> None:
    aws.kms_keys[AWAY].add(KEY)
    aws.launch(HOME, name="web", tags=FLEET)
    own = ({"team": "system"}, {"team": "data"})
    aws.launch(HOME, name="database", tags=FLEET | {"Copy_KmsKey": KEY}, volumes=(8, 100), volume_tags=own)


def a_week(aws: LocalAWS) -> None:
    """Snapshots, copies with a key, and their expiry; on one day a snapshot is protected and its copy follows."""
    launch_fleet(aws)
    aws.travel(days=2)
    tag(aws, HOME, aws.snapshots(HOME)[0]["SnapshotId"], KeepForever="audit")
    aws.travel(days=5)


def failed_copies(aws: LocalAWS) -> None:
    """Copies fail twice, and are made again after an hour, and after four."""
    launch_fleet(aws)
    aws.fail_copy(AWAY, "An internal error occurred", times=6)
    aws.travel(days=1)


def failed_copies_unheard(aws: LocalAWS) -> None:
    """The same, but no event of their end starts a function."""
    aws.disable(AWAY, "continue_copies")
    failed_copies(aws)


def full_destination(aws: LocalAWS) -> None:
    """One copy at a time fits into the destination: the end of each starts the next."""
    aws.copy_slots = 1
    aws.disable(HOME, "copy_missing")
    launch_fleet(aws)
    for number in range(3):
        aws.launch(HOME, name=f"database-{number}", tags=FLEET | {"Copy_KmsKey": KEY}, volumes=(8, 100))
    aws.travel(days=1)


def protection_unheard(aws: LocalAWS) -> None:
    """Protection is handed on by whoever looks at the copies next."""
    launch_fleet(aws)
    aws.disable(HOME, "mirror_protection")
    aws.travel(days=1)
    for silenced in ("continue_copies", "copy_missing"):
        for snapshots in by_volume(aws, HOME).values():
            tag(aws, HOME, snapshots[-1]["SnapshotId"], KeepForever="audit")
        region = AWAY if silenced == "continue_copies" else HOME
        aws.disable(region, silenced)
        aws.travel(days=1)
        aws.enable(region, silenced)


def events_lost(aws: LocalAWS) -> None:
    """No event arrives: the hourly pass copies everything."""
    aws.event_loss = 1.0
    launch_fleet(aws)
    aws.travel(days=1)


def a_destination_disabled(aws: LocalAWS) -> None:
    """Somebody disables the Region of copies that are owed: the sweep asks EC2 whether the account has enabled it."""
    aws.launch(HOME, name="web", tags=FLEET | {"Copy_Retention": "30"})
    aws.travel(hours=2)
    aws.disabled_regions.add(AWAY)
    aws.travel(days=3)


def a_copy_too_many(aws: LocalAWS) -> None:
    """Somebody's second copy, in the app's name, is deleted."""
    launch_fleet(aws)
    aws.travel(hours=2)
    for siblings in copies(aws, AWAY).values():
        make(aws, AWAY, siblings[0]["Tags"], description=siblings[0]["Description"])
    aws.travel(hours=2)


def events_of_old(aws: LocalAWS) -> None:
    """The event of a completion comes again when its copies need something: protection, or to be one fewer."""
    launch_fleet(aws)
    aws.travel(hours=2)
    for region, function in ((HOME, "mirror_protection"), (HOME, "copy_missing"), (AWAY, "continue_copies")):
        aws.disable(region, function)
    for snapshots in by_volume(aws, HOME).values():
        tag(aws, HOME, snapshots[0]["SnapshotId"], KeepForever="audit")
    unprotected = [siblings[0] for siblings in copies(aws, AWAY).values()]
    again(aws)
    for copy in unprotected * 2:
        make(aws, AWAY, copy["Tags"], description=copy["Description"])
    aws.travel(minutes=20)
    again(aws)


def again(aws: LocalAWS) -> None:
    heard = [
        invocation.event
        for invocation in aws.invocations
        if invocation.region == HOME and invocation.function == "copy_on_completion"
    ]
    for event in heard:
        aws.send(HOME, event)
    aws.travel(minutes=20)


def on_request(aws: LocalAWS) -> None:
    """Somebody asks for snapshots, of one volume and of two."""
    single = aws.launch(HOME, name="web", tags=FLEET)
    pair = aws.launch(HOME, name="database", tags=FLEET, volumes=(8, 100))
    aws.travel(hours=1)
    for instance_id in (single, pair):
        ask(aws, instance_id)


def ask(aws: LocalAWS, instance_id: str) -> None:
    request = {"source": "ebs-snapshot-reactor", "detail-type": "Snapshot Requested"}
    aws.send(HOME, request | {"detail": {"instance-id": instance_id}})
    aws.travel(minutes=5)


def reported(aws: LocalAWS) -> None:
    """The daily report goes to a topic."""
    topic = aws.client(HOME, "sns").create_topic(Name="backups")["TopicArn"]
    aws.deploy(HOME, AWAY, REPORT_TOPIC_ARN=topic)
    launch_fleet(aws)
    aws.travel(hours=5)


def at_rest(aws: LocalAWS) -> None:
    """Applications are brought to rest, every day and on request; one script takes too long and is cancelled."""
    instances = {
        wanted: aws.launch(HOME, name=wanted, tags=FLEET | {"Consistency": wanted}, volumes=(8, 100))
        for wanted in ("fsfreeze", "vss", "ssm:Flush-Database")
    }
    silent = aws.launch(HOME, name="silent", tags=FLEET | {"Consistency": "fsfreeze"})
    aws.agent(silent).seconds = 300
    aws.travel(hours=1)
    for instance_id in (*instances.values(), silent):
        ask(aws, instance_id)


def time_is_up(aws: LocalAWS) -> None:
    """EC2 throttles the calls for one instance so much that the time of runs is up: Lambda is to start them again."""
    for function in ("create_snapshots", "copy_missing", "sweep_snapshots"):
        aws.set_timeout(HOME, function, seconds=40)
    aws.disable(HOME, "copy_on_completion")
    aws.disable(AWAY, "continue_copies")
    launch_fleet(aws)
    aws.launch(HOME, name="slow", tags=FLEET)
    for operation in ("CreateSnapshot", "CopySnapshot"):
        aws.fault(
            operation, error="RequestLimitExceeded", times=30, match=lambda params: "slow" in params["Description"]
        )
    aws.travel(hours=2)
    of_slow = {snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME) if "slow" in snapshot["Description"]}
    aws.fault(
        "DeleteSnapshot", error="RequestLimitExceeded", times=30, match=lambda params: params["SnapshotId"] in of_slow
    )
    aws.travel(days=2)


STORIES: tuple[Callable[[LocalAWS], None], ...] = (
    a_week,
    failed_copies,
    failed_copies_unheard,
    full_destination,
    a_destination_disabled,
    protection_unheard,
    events_lost,
    a_copy_too_many,
    events_of_old,
    on_request,
    reported,
    at_rest,
    time_is_up,
)


def used(aws: LocalAWS) -> dict[str, set[Request]]:
    """What each function asked of IAM, its logs included."""
    asked: dict[str, set[Request]] = defaultdict(set)
    for call in aws.calls:
        if call.function:
            asked[call.function].update(requests_of(call))
    for invocation in aws.invocations:
        asked[invocation.function].update(logging(invocation.region, invocation.function))
    return asked


def recorded() -> tuple[int, dict[str, set[Request]]]:
    """How many calls the functions made in all stories, and the different requests behind them."""
    count, asked = 0, defaultdict[str, set[Request]](set)
    for story in STORIES:
        with LocalAWS(start=START, regions=(HOME, AWAY), seed=1) as aws:
            topic = aws.client(HOME, "sns").create_topic(Name="backups")["TopicArn"]
            aws.deploy(HOME, AWAY, REPORT_TOPIC_ARN=topic)
            story(aws)
            count += sum(1 for call in aws.calls if call.function)
            for function, requests in used(aws).items():
                asked[function] |= requests
    return count, asked
