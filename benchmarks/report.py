"""What the report and planning cost over 2,000 instances, 5,000 volumes and 50,000 snapshots.

``python -m benchmarks.report`` prints time and peak memory, and the time spent outside the emulator's own answers as a
ratio to that of bare boto3 paginators which read the same pages and do nothing with them. Every answer is XML that
botocore parses, as it is with AWS.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, all_met
from chalicelib import jobs, tags
from chalicelib.aws.clients import Clients
from chalicelib.aws.reading import EC2
from chalicelib.report import as_json, make_report
from chalicelib.report.gather import view_region
from chalicelib.settings import Settings
from emulator import LocalAWS
from emulator.ec2.model import Snapshot
from emulator.ec2.pages import xml_page
from emulator.http.gateway import Gateway
from emulator.http.hooks import switch
from reactor_cli.page import as_html

HOME, AWAY = "eu-west-1", "us-east-1"
START = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
SETTINGS = Settings.from_environ({"AWS_REGION": HOME})
VOLUMES_OF_TWO = (2, 3)
INSTANCES, DAYS = 2_000, 10
RATIO_GOAL = 1.5
PAGE = {"DescribeInstances": "describe_instances", "DescribeVolumes": "describe_volumes",
        "DescribeSnapshots": "describe_snapshots", "DescribeImages": "describe_images"}  # fmt: skip


class Watch:
    """Stands before the emulator: takes the time of its answers, and lets it take no short cut past botocore."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.answering = 0.0

    def shortcut(self, context: dict[str, Any]) -> None:
        """Take none: the answer goes through XML."""

    def send(self, request: Any) -> Any:
        """Answer, and add the time that it took."""
        before = time.perf_counter()
        answer = self._gateway.send(request)
        self.answering += time.perf_counter() - before
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)


@contextmanager
def watched() -> Iterator[Watch]:
    """Put a watch before the emulator that is active."""
    gateway = switch.gateway
    if gateway is None:
        raise RuntimeError("no LocalAWS is active")
    watch = Watch(gateway)
    switch.gateway = cast(Gateway, watch)
    yield watch
    switch.gateway = gateway


@dataclass(frozen=True)
class Figures:
    """What some work came to, in seconds; ``own`` is the time outside the emulator's answers."""

    name: str
    seconds: float
    own: float
    bare: float
    calls: int

    @property
    def ratio(self) -> float:
        """Return the own time over that of bare paginators."""
        return self.own / self.bare


def populate(aws: LocalAWS, instances: int, days: int) -> int:
    """Start a fleet with a snapshot of each volume for every day, a third of them with copies; return the volumes."""
    raw = {"Backup": "Yes", "Retention": "30"}
    for number in range(instances):
        more = {"Copy_Dest": AWAY} if number % 3 == 0 else {}
        sizes = (8,) * VOLUMES_OF_TWO[number % 2]
        aws.launch(HOME, name=f"server-{number:04}", tags=raw | more, volumes=sizes)
    found = EC2(SETTINGS, Clients()).instances().instances
    for instance in found:
        for volume in instance.volumes:
            for day in range(days):
                began = START.replace(hour=3, minute=0) - timedelta(days=day)
                expiry = began.date() + timedelta(days=30)
                own = tags.primary_tags(instance, volume, tags.slot_value(began), expiry, None)
                _add(aws, HOME, volume.id, began, dict(own))
    return sum(len(each.volumes) for each in found)


def add_copies(aws: LocalAWS) -> None:
    """Add a copy of every snapshot that asks for one."""
    for primary in EC2(SETTINGS, Clients()).snapshots(with_destination=True).snapshots:
        _add(aws, AWAY, "vol-ffffffff", primary.started + timedelta(minutes=9), dict(tags.copy_tags(primary)))


def _add(aws: LocalAWS, name: str, volume_id: str, began: datetime, own: dict[str, str]) -> None:
    region = aws._cloud.region(name)
    one = Snapshot(
        snapshot_id=region.new_id("snap"),
        sequence=region.next_sequence(),
        region=name,
        volume_id=volume_id,
        volume_size=8,
        description=f"server - {volume_id} - {name}",
        start_time=began,
        ends_at=began + timedelta(minutes=5),
        origin="create",
        tags=own,
        ended=True,
    )
    region.add(one)


def report() -> None:
    """Make the report with everything that an operator may have written."""
    made = make_report([view_region(EC2(SETTINGS, Clients()), SETTINGS.copy_slots)], START)
    as_json(made)
    as_html(made)


def daily_report() -> None:
    """Make the report as its function does."""
    make_report([view_region(EC2(SETTINGS, Clients()), SETTINGS.copy_slots)], START)


def plan() -> None:
    """Plan what the hourly and daily jobs would do now."""
    ec2 = EC2(SETTINGS, Clients())
    invocation = jobs.Invocation(SETTINGS, lambda region: ec2, START, {}, lambda: 900.0)
    for job in (jobs.create_snapshots, jobs.copy_missing, jobs.sweep_snapshots):
        job(invocation)


def read(aws: LocalAWS, first: int, last: int) -> Callable[[], None]:
    """Return bare paginators over all that was asked for between two calls."""
    questions = [call for call in aws.calls[first:last] if "NextToken" not in call.params]

    def work() -> None:
        for call in questions:
            client: Any = boto3.client("ec2", region_name=call.region)
            asked = {key: value for key, value in call.params.items() if key != "MaxResults"}
            pages = client.get_paginator(PAGE[call.operation])
            for _ in pages.paginate(**asked, PaginationConfig={"PageSize": call.params.get("MaxResults")}):
                pass

    return work


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    with watched() as watch:
        before = time.perf_counter()
        work()
        whole = time.perf_counter() - before
    return whole, whole - watch.answering


def peak(work: Callable[[], None]) -> float:
    """Do the work again, slowly, and return the most that it held at a time, in MiB; the emulator's answers count."""
    tracemalloc.start()
    with watched():
        work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def render(aws: LocalAWS) -> None:
    """Let the emulator render all snapshots once, which it keeps: it is not to count as the app's memory."""
    for name in (HOME, AWAY):
        xml_page("DescribeSnapshots", list(aws._cloud.region(name).snapshots.values()), None)


def measure(aws: LocalAWS, name: str, work: Callable[[], None]) -> Figures:
    """Do the work, then let bare paginators read the same pages, and return the figures."""
    first = len(aws.calls)
    whole, own = _timed(work)
    last = len(aws.calls)
    _, bare = _timed(read(aws, first, last))
    return Figures(name, whole, own, bare, last - first)


@dataclass(frozen=True)
class Measured:
    """All that was measured over one account, which ``title`` describes; ``memory`` is that of the daily report."""

    title: str
    works: list[Figures]
    memory: float


def measure_all(instances: int = INSTANCES, days: int = DAYS) -> Measured:
    """Make an account, and measure every kind of work over it."""
    with LocalAWS(start=START, regions=(HOME, AWAY), seed=1) as aws:
        volumes = populate(aws, instances, days)
        add_copies(aws)
        counts = len(aws.snapshots(HOME)), len(aws.snapshots(AWAY))
        render(aws)
        works = (("daily report", daily_report), ("report, JSON, page", report), ("plan: create, copy, sweep", plan))
        found = [measure(aws, name, work) for name, work in works]
        memory = peak(daily_report)
    title = f"{instances:,} instances, {volumes:,} volumes, {counts[0]:,} snapshots, {counts[1]:,} copies"
    return Measured(title, found, memory)


def figures(measured: Measured) -> list[Figure]:
    """Return the figures."""
    ratios = [
        Figure("report", f"{each.name}: time to bare paginators", each.ratio, "", "at most", RATIO_GOAL)
        for each in measured.works
    ]
    return [*ratios, Figure("report", "daily report: peak, answers included", measured.memory, "MiB")]


def main() -> int:
    """Print the figures; return 1 if a ratio misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=INSTANCES, help=f"how many instances (default: {INSTANCES})")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how many days of snapshots (default: {DAYS})")
    wanted = parser.parse_args()
    found = measure_all(wanted.instances, wanted.days)
    show(found)
    return 0 if all_met(figures(found)) else 1


def show(measured: Measured) -> None:
    """Print a row for each kind of work, and the memory."""
    table = Table(title=measured.title, caption=f"goal: a ratio of at most {RATIO_GOAL}")
    for heading in ("work", "calls", "time", "own time", "bare paginators", "ratio"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for each in measured.works:
        times = [f"{seconds:.1f} s" for seconds in (each.seconds, each.own, each.bare)]
        table.add_row(each.name, str(each.calls), *times, f"{each.ratio:.2f}")
    Console(width=120).print(table)
    sys.stdout.write(f"Peak memory of the daily report, the emulator's answers included: {measured.memory:,.0f} MiB\n")


if __name__ == "__main__":
    sys.exit(main())
