"""How close deletions and creations come to what EC2's token buckets allow, and what they cost in calls.

``python -m benchmarks.sweep`` prints a row for the app, and one for a plain loop with boto3's defaults over the same
work.
The buckets are in force; the clock is the emulated one, on which waiting costs nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, all_met
from emulator import LocalAWS

HOME = "eu-west-1"
START = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
BURST, PER_SECOND = 100, 5.0
THROUGHPUT_GOAL, CALLS_GOAL = 0.98, 1.02
PER_INSTANCE = 20
DELETIONS, CREATIONS = 20_000, 4_000
LOOP = "plain loop"


@dataclass(frozen=True)
class Figures:
    """What some work came to; ``took`` is on the emulated clock, ``seconds`` on the real one."""

    name: str
    wanted: int
    done: int
    took: timedelta
    calls: int
    throttled: int
    runs: int
    seconds: float
    error: str = ""

    @property
    def throughput(self) -> float:
        """Return the ratio to what a full bucket allows: a burst at once, and then so many a second."""
        least = max(self.done - BURST, 0) / PER_SECOND
        return least / self.took.total_seconds() if self.took else 1.0

    @property
    def cost(self) -> float:
        """Return the ratio of all calls, throttled and reading ones too, to one per change."""
        return self.calls / max(self.done, 1)


def expired_snapshots(aws: LocalAWS, number: int) -> None:
    """Fill the Region with snapshots that have expired."""
    tags = [{"Key": "Type", "Value": "Automated"}, {"Key": "DeleteOn", "Value": "2026-11-01"}]
    instance = aws.launch(HOME, name="past", volumes=(8,) * PER_INSTANCE)
    for _ in range(number // PER_INSTANCE):
        aws.client(HOME).create_snapshots(
            InstanceSpecification={"InstanceId": instance},
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
        )
        aws.travel(minutes=10)


def instances_to_back_up(aws: LocalAWS, number: int) -> None:
    """Start as many tagged instances of one volume each."""
    for each in range(number):
        aws.launch(HOME, name=f"server-{each}", tags={"Backup": "Yes"})


def measure(
    name: str, number: int, prepare: Callable[[LocalAWS, int], None], work: Callable[[LocalAWS, int], int], changes: int
) -> Figures:
    """Prepare a Region, do the work with the buckets in force, and return the figures.

    ``changes`` is 1 if the work makes snapshots, and -1 if it deletes them.
    """
    real = time.perf_counter()
    with LocalAWS(start=START, regions=(HOME,), seed=1) as aws:
        prepare(aws, number)
        aws.travel(minutes=10)
        aws.token_buckets = True
        before, calls, started = len(aws.snapshots(HOME)), len(aws.calls), aws.now
        runs, error = 0, ""
        try:
            runs = work(aws, number)
        except ClientError as refused:
            error = str(refused)
        made = aws.calls[calls:]
        return Figures(
            name=name,
            wanted=number,
            done=changes * (len(aws.snapshots(HOME)) - before),
            took=aws.now - started,
            calls=len(made),
            throttled=sum(call.error == "RequestLimitExceeded" for call in made),
            runs=runs,
            seconds=time.perf_counter() - real,
            error=error,
        )


def by_the_app(job: str) -> Callable[[LocalAWS, int], int]:
    """Return work that invokes a job until it defers nothing."""

    def work(aws: LocalAWS, number: int) -> int:
        aws.deploy(HOME, MAX_DELETE_PERCENT="100")
        for run in range(1, 100):
            if not aws.invoke(HOME, job)["counts"]["deferred"]:
                return run
        return 100

    return work


def by_a_loop(operation: str) -> Callable[[LocalAWS, int], int]:
    """Return work that asks for one change after the other, as boto3 retries by default."""

    def work(aws: LocalAWS, number: int) -> int:
        ec2: Any = boto3.client("ec2", region_name=HOME)
        if operation == "delete":
            for page in ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"]):
                for snapshot in page["Snapshots"]:
                    ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
        else:
            for page in ec2.get_paginator("describe_volumes").paginate():
                for volume in page["Volumes"]:
                    ec2.create_snapshot(VolumeId=volume["VolumeId"])
        return 1

    return work


def measure_all(deletions: int = DELETIONS, creations: int = CREATIONS, *, loops: bool = True) -> list[Figures]:
    """Let the app delete and create, and unless ``loops`` is False a plain loop as well."""
    found = []
    for job, number, prepare, operation, changes in (
        ("sweep_snapshots", deletions, expired_snapshots, "delete", -1),
        ("create_snapshots", creations, instances_to_back_up, "create", 1),
    ):
        found.append(measure(job, number, prepare, by_the_app(job), changes))
        if loops:
            found.append(measure(LOOP, number, prepare, by_a_loop(operation), changes))
    return found


def figures(measured: list[Figures]) -> list[Figure]:
    """Return the app's figures."""
    made = []
    for each in measured:
        if each.name != LOOP:
            made += [
                Figure(
                    "sweep", f"{each.name}: of the rate allowed", each.throughput, "share", "at least", THROUGHPUT_GOAL
                ),
                Figure("sweep", f"{each.name}: calls per change", each.cost, "", "at most", CALLS_GOAL),
                Figure("sweep", f"{each.name}: not done", each.wanted - each.done, "", "at most", 0),
            ]
    return made


def main() -> int:
    """Print the figures; return 1 if the app lost something or missed a goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--deletions", type=int, default=DELETIONS, help=f"how many snapshots have expired (default: {DELETIONS})"
    )
    parser.add_argument(
        "--creations", type=int, default=CREATIONS, help=f"how many volumes are due (default: {CREATIONS})"
    )
    wanted = parser.parse_args()
    found = measure_all(wanted.deletions, wanted.creations)
    show(found)
    return 0 if all_met(figures(found)) else 1


def show(found: list[Figures]) -> None:
    """Print a row for the app, and one for a plain loop."""
    title = f"EC2's buckets in force; goals: throughput at least {THROUGHPUT_GOAL}, calls at most {CALLS_GOAL}"
    table = Table(title=title)
    for heading in (
        "work",
        "done",
        "took",
        "of what the bucket allows",
        "calls per change",
        "throttled",
        "runs",
        "real time",
    ):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for each in found:
        table.add_row(
            each.name,
            f"{each.done:,} of {each.wanted:,}",
            str(timedelta(seconds=round(each.took.total_seconds()))),
            f"{each.throughput:.3f}",
            f"{each.cost:.3f}",
            f"{each.throttled:,}",
            str(each.runs) if not each.error else "gave up",
            f"{each.seconds:.0f} s",
        )
    Console(width=140).print(table)
    for each in found:
        if each.error:
            sys.stdout.write(f"{each.name}: {each.error}\n")


if __name__ == "__main__":
    sys.exit(main())
