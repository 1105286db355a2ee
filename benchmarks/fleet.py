"""How close a fleet comes to what EC2 allows: the rate of deletions and creations, and the use of the copy slots.

Everything happens in the emulated AWS and on its clock, with EC2's token buckets or its copy quota in force.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.figures import Figure
from emulator import LocalAWS

HOME, DESTINATIONS = "eu-west-1", ("us-east-1", "eu-central-1")
SOURCES = (HOME, "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1")
START = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
DELETIONS, CREATIONS, VOLUMES = 20_000, 4_000, 500

# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
BURST, PER_SECOND = 100, 5.0
RATE_GOAL, CALLS_GOAL, SLOT_GOAL, REFUSED_GOAL = 0.98, 1.02, 0.95, 0.05
# Instances whose volumes are created as a set: 1% more calls than instances, and 4 s more than EC2 makes them take.
SETS, SETS_GOAL, SETS_SECONDS = 300, 1.01, 4.0
CALL_DURATION = timedelta(milliseconds=20)
MAX_RUNS = 100
VOLUMES_PER_INSTANCE = 20
# The shortest and the longest time that a copy takes, in minutes, by the size of its volume in GiB.
COPY_MINUTES = {8: (1, 5), 100: (5, 20), 500: (20, 40)}


def deletions(number: int) -> list[Figure]:
    """Let the sweep delete so many expired snapshots."""
    return _changes("sweep_snapshots", number, create_expired_snapshots)


def creations(number: int) -> list[Figure]:
    """Create the first snapshots of so many instances of one volume each."""
    return _changes("create_snapshots", number, launch_instances)


def create_expired_snapshots(aws: LocalAWS, number: int) -> None:
    """Create so many snapshots, which expire at once."""
    tags = [{"Key": "Type", "Value": "Automated"}, {"Key": "DeleteOn", "Value": "2026-11-01"}]
    instance = aws.launch(HOME, name="past", volumes=(8,) * VOLUMES_PER_INSTANCE)
    for _ in range(number // VOLUMES_PER_INSTANCE):
        aws.client(HOME).create_snapshots(
            InstanceSpecification={"InstanceId": instance},
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
        )
        aws.travel(minutes=10)


def launch_instances(aws: LocalAWS, number: int) -> None:
    """Launch so many instances of one volume."""
    for index in range(number):
        aws.launch(HOME, name=f"server-{index}", tags={"Backup": "Yes"})


def _changes(job: str, number: int, prepare: Callable[[LocalAWS, int], None]) -> list[Figure]:
    """Invoke a job until it defers nothing, and compare its rate with that of a full token bucket."""
    with LocalAWS(start=START, regions=(HOME,), seed=1) as aws:
        prepare(aws, number)
        aws.travel(minutes=10)
        aws.token_buckets = True
        snapshots, calls, started = len(aws.snapshots(HOME)), len(aws.calls), aws.now
        aws.deploy(HOME, MAX_DELETE_PERCENT="100")
        runs = next((run for run in range(1, MAX_RUNS) if not aws.invoke(HOME, job)["counts"]["deferred"]), MAX_RUNS)
        changed = abs(len(aws.snapshots(HOME)) - snapshots)
        job_calls = aws.calls[calls:]
        seconds = (aws.now - started).total_seconds()
    least_seconds = max(changed - BURST, 0) / PER_SECOND
    throttled = sum(call.error == "RequestLimitExceeded" for call in job_calls)
    detail = f"{changed:,} of {number:,} in {runs} runs and {seconds:,.0f} s, {throttled} calls throttled"
    rate = least_seconds / seconds if seconds else 1.0
    return [
        Figure("fleet", f"{job}: share of the allowed rate", rate, "share", "at least", RATE_GOAL, detail),
        Figure(
            "fleet", f"{job}: calls per change", len(job_calls) / max(changed, 1), "", "at most", CALLS_GOAL, detail
        ),
        Figure("fleet", f"{job}: not done", number - changed, "", "at most", 0, detail),
    ]


def sets(instances: int, volumes: int) -> list[Figure]:
    """Create the sets of so many instances in one run; each call takes 20 ms, and EC2's token buckets are full."""
    with LocalAWS(start=START, regions=(HOME,), seed=1) as aws:
        for index in range(instances):
            own = [{"team": "system"}, *({"team": "data"} for _ in range(volumes - 1))]
            aws.launch(HOME, name=f"server-{index}", tags={"Backup": "Yes"}, volumes=(8,) * volumes, volume_tags=own)
        aws.deploy(HOME)
        aws.token_buckets, aws.call_duration = True, CALL_DURATION
        calls, started = len(aws.calls), aws.now
        aws.invoke(HOME, "create_snapshots")
        job_calls = aws.calls[calls:]
        seconds = (aws.now - started).total_seconds()
        created = len(aws.snapshots(HOME))
    reads = sum(call.operation.startswith("Describe") for call in job_calls)
    throttled = sum(call.error is not None for call in job_calls)
    detail = f"{created:,} snapshots; {reads} of the calls read; {throttled} calls refused"
    name = f"create_snapshots: {instances} instances of {volumes} volumes, 20 ms a call"
    least_seconds = max(instances - BURST, 0) / PER_SECOND
    return [
        Figure(
            "fleet", f"{name}: creating calls", len(job_calls) - reads, "", "at most", instances * SETS_GOAL, detail
        ),
        Figure("fleet", f"{name}: seconds", seconds, "", "at most", least_seconds + SETS_SECONDS, detail),
        Figure("fleet", f"{name}: not done", instances * volumes - created, "", "at most", 0, detail),
    ]


@dataclass(frozen=True, slots=True)
class Conditions:
    """The quota of copies in each destination, the Regions that they come from, and what happens to the events.

    ``lag``: functions that run within such a time do not see what the others have started.
    """

    name: str
    slots: int = 20
    sources: int = 1
    lag: timedelta = timedelta()
    events_lost: float = 0.0
    events_doubled: float = 0.0
    events_late: timedelta = timedelta()

    @property
    def reliable(self) -> bool:
        """Whether every event arrives, once and in time, and every copy is visible at once."""
        return not (self.events_lost or self.events_doubled or self.events_late or self.lag)


CONDITIONS = (
    Conditions("20 slots"),
    Conditions(
        "20 slots; 10% of events lost, 10% doubled, all late",
        events_lost=0.1,
        events_doubled=0.1,
        events_late=timedelta(minutes=2),
    ),
    Conditions("20 slots, 2 sources", sources=2),
    Conditions("20 slots, 5 sources", sources=5),
    Conditions("20 slots, 5 sources; 5 s lag", sources=5, lag=timedelta(seconds=5)),
    Conditions("5 slots", slots=5),
    Conditions("20 slots; all events lost", events_lost=1.0),
)


def copies(conditions: Conditions, volumes: int) -> list[Figure]:
    """Copy a snapshot of each volume to every destination; all snapshots complete within one minute."""
    rng = random.Random(7)
    sources = SOURCES[: conditions.sources]
    with LocalAWS(start=START, regions=(*sources, *DESTINATIONS), seed=1) as aws:
        aws.deploy(*sources, *DESTINATIONS, COPY_SLOTS=str(conditions.slots))
        aws.copy_slots, aws.describe_lag = conditions.slots, conditions.lag
        completion = START + timedelta(minutes=45)
        aws.snapshot_duration = lambda gib: (
            max(completion - aws.now, timedelta()) + timedelta(seconds=rng.uniform(0, 60))
        )
        aws.copy_duration = lambda gib: timedelta(minutes=rng.uniform(*COPY_MINUTES[gib]))
        aws.event_loss, aws.event_duplication = conditions.events_lost, conditions.events_doubled
        aws.event_jitter = conditions.events_late
        tags = {"Backup": "Yes", "Copy_Dest": " ".join(DESTINATIONS)}
        for index in range(volumes):
            source, size = sources[index % len(sources)], list(COPY_MINUTES)[index % 3]
            aws.launch(source, name=f"server-{index}", tags=tags, volumes=(size,))
        _travel_until_copied(aws, sources, volumes)
        return _copy_figures(aws, sources, conditions)


def _travel_until_copied(aws: LocalAWS, sources: Sequence[str], volumes: int) -> None:
    """Let time pass until every copy is completed and no duplicate is left, for three days at most."""
    while aws.now < START + timedelta(days=3):
        aws.travel(minutes=15)
        if sum(len(aws.snapshots(source)) for source in sources) == volumes:  # so that the next day adds no more
            for source in sources:
                aws.disable(source, "create_snapshots")
        copies_by_region = [_copies_in(aws, region) for region in DESTINATIONS]
        if all(
            len(copies) == volumes and all(copy["CompletionTime"] for copy in copies) for copies in copies_by_region
        ):
            return


def _copies_in(aws: LocalAWS, region: str) -> list[dict[str, Any]]:
    return [snapshot for snapshot in aws.snapshots(region) if "Source_SnapshotId" in snapshot["Tags"]]


def _copy_figures(aws: LocalAWS, sources: Sequence[str], conditions: Conditions) -> list[Figure]:
    primaries = {snapshot["SnapshotId"]: snapshot for source in sources for snapshot in aws.snapshots(source)}
    first = min(snapshot["CompletionTime"] for snapshot in primaries.values())
    wrong, used, last = 0, 1.0, first
    for region in DESTINATIONS:
        copies = _copies_in(aws, region)
        number = Counter(copy["Tags"]["Source_SnapshotId"] for copy in copies)
        wrong += len(primaries.keys() - number.keys()) + sum(count - 1 for count in number.values())
        used = min(used, _slots_in_use(copies, first, conditions.slots))
        last = max(last, *(copy["CompletionTime"] or aws.now for copy in copies))
    calls = [call for call in aws.calls if call.operation == "CopySnapshot"]
    refused = sum(call.error is not None for call in calls)
    surplus = len(calls) - refused - len(DESTINATIONS) * len(primaries)
    detail = (
        f"done in {last - first}, {len(calls):,} calls of CopySnapshot, {refused} refused, {surplus} doubled for a time"
    )
    goal, refused_goal = (SLOT_GOAL, REFUSED_GOAL) if conditions.reliable else (None, None)
    name = f"copies, {conditions.name}"
    return [
        Figure("fleet", f"{name}: slots in use", used, "share", "at least", goal, detail),
        Figure("fleet", f"{name}: refused calls", refused / len(calls), "share", "at most", refused_goal, detail),
        Figure("fleet", f"{name}: missing or doubled", wrong, "copies", "at most", 0, detail),
    ]


def _slots_in_use(copies: list[dict[str, Any]], first: datetime, slots: int) -> float:
    """Return which share of the slots' time is used, from the first snapshot's completion to the last copy's start."""
    until: datetime = max(copy["StartTime"] for copy in copies)
    used: float = sum(
        (min(copy["CompletionTime"] or until, until) - max(copy["StartTime"], first)).total_seconds() for copy in copies
    )
    return used / (slots * (until - first) / timedelta(seconds=1))


def measure(deletions_wanted: int, creations_wanted: int, volumes: int) -> list[Figure]:
    """Measure all of it."""
    return [
        *deletions(deletions_wanted),
        *creations(creations_wanted),
        *(figure for size in (2, 4) for figure in sets(min(SETS, creations_wanted), size)),
        *(figure for conditions in CONDITIONS for figure in copies(conditions, volumes)),
    ]
