"""How busy the copy slots are kept while a fleet is copied, with events and without.

``python -m benchmarks.copies`` prints one row per run; everything happens in the emulated AWS, on its clock.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, all_met
from emulator import LocalAWS

HOME, DESTINATIONS = "eu-west-1", ("us-east-1", "eu-central-1")
START = datetime(2026, 11, 22, 2, 55, tzinfo=UTC)
# Minutes that a copy takes, at least and at most, by the size of its volume in GiB.
COPY_MINUTES = {8: (1, 5), 100: (5, 20), 500: (20, 40)}
VOLUMES = 500
SLOT_GOAL = 0.95


@dataclass(frozen=True)
class Run:
    """One way to copy the fleet."""

    name: str
    slots: int = 20
    chaos: bool = False
    events: bool = True


RUNS = (
    Run("events"),
    Run("events; 10% lost, 10% doubled, all reordered", chaos=True),
    Run("5 slots, events", slots=5),
    Run("5 slots, events; lost, doubled and reordered as above", slots=5, chaos=True),
    Run("hourly pass only", events=False),
)


@dataclass(frozen=True)
class Figures:
    """What a run came to; ``took`` is on the emulated clock, ``seconds`` on the real one."""

    copies: int
    missing: int
    doubled: int
    busy: float
    took: timedelta
    asked: int
    refused: int
    failures: int
    seconds: float


def measure(run: Run, volumes: int) -> Figures:
    """Copy a fleet whose snapshots complete within a minute, and return the figures."""
    before = time.perf_counter()
    rng = random.Random(7)
    with LocalAWS(start=START, regions=(HOME, *DESTINATIONS), seed=1) as aws:
        aws.deploy(HOME, *DESTINATIONS, COPY_SLOTS=str(run.slots))
        aws.copy_slots = run.slots
        ends = START + timedelta(minutes=20)  # all of them within the minute after it
        aws.snapshot_duration = lambda gib: max(ends - aws.now, timedelta()) + timedelta(seconds=rng.uniform(0, 60))
        aws.copy_duration = lambda gib: timedelta(minutes=rng.uniform(*COPY_MINUTES[gib]))
        if run.chaos:
            aws.event_loss, aws.event_duplication, aws.event_jitter = 0.1, 0.1, timedelta(minutes=2)
        if not run.events:
            aws.event_loss = 1.0
        tags = {"Backup": "Yes", "Copy_Dest": " ".join(DESTINATIONS)}
        for number in range(volumes):
            aws.launch(HOME, name=f"server-{number}", tags=tags, volumes=(list(COPY_MINUTES)[number % 3],))
        last = _travel_until_copied(aws, volumes)
        return _figures(aws, run, last, time.perf_counter() - before)


def _travel_until_copied(aws: LocalAWS, volumes: int) -> datetime:
    """Let time pass until every copy is completed and no duplicate is left, three days at most."""
    while aws.now < START + timedelta(days=3):
        aws.travel(minutes=15)
        found = [_copies(aws, name) for name in DESTINATIONS]
        if len(aws.snapshots(HOME)) == volumes:  # the creator goes on the next day; one day's fleet is measured
            aws.disable(HOME, "create_snapshots")
        if all(len(each) == volumes and all(copy["CompletionTime"] for copy in each) for each in found):
            break
    return max(copy["CompletionTime"] or aws.now for each in found for copy in each)


def _copies(aws: LocalAWS, region: str) -> list[dict[str, Any]]:
    return [each for each in aws.snapshots(region) if "Source_SnapshotId" in each["Tags"]]


def _figures(aws: LocalAWS, run: Run, last: datetime, seconds: float) -> Figures:
    primaries = {each["SnapshotId"]: each for each in aws.snapshots(HOME)}
    first = min(each["CompletionTime"] for each in primaries.values())
    counts = [Counter(copy["Tags"]["Source_SnapshotId"] for copy in _copies(aws, name)) for name in DESTINATIONS]
    asked = [call for call in aws.calls if call.operation == "CopySnapshot"]
    return Figures(
        copies=sum(sum(each.values()) for each in counts),
        missing=sum(len(primaries.keys() - each.keys()) for each in counts),
        doubled=sum(number - 1 for each in counts for number in each.values()),
        busy=min(_busy(_copies(aws, name), first, run.slots) for name in DESTINATIONS),
        took=last - first,
        asked=len(asked),
        refused=sum(call.error is not None for call in asked),
        failures=sum(each.error is not None for each in aws.invocations),
        seconds=seconds,
    )


def _busy(copies: list[dict[str, Any]], first: datetime, slots: int) -> float:
    """Return the share of the slots' time in use, from the first snapshot's completion to the last copy's start."""
    until: datetime = max(each["StartTime"] for each in copies)
    used: float = sum(
        (min(each["CompletionTime"] or until, until) - max(each["StartTime"], first)).total_seconds() for each in copies
    )
    return used / (slots * (until - first) / timedelta(seconds=1))


def _row(run: Run, found: Figures) -> list[str]:
    return [
        run.name,
        str(found.copies),
        str(found.missing),
        str(found.doubled),
        f"{found.busy:.1%}",
        str(timedelta(seconds=round(found.took.total_seconds()))),
        str(found.asked),
        str(found.refused),
        str(found.failures),
        f"{found.seconds:.0f} s",
    ]


def measure_all(volumes: int = VOLUMES) -> list[tuple[Run, Figures]]:
    """Copy the fleet in every way."""
    return [(run, measure(run, volumes)) for run in RUNS]


def figures(measured: list[tuple[Run, Figures]]) -> list[Figure]:
    """Return the figures: slots are to be busy where events come as they should, and no copy missing or doubled."""
    made = []
    for run, found in measured:
        if run.events and not run.chaos:
            made.append(Figure("copies", f"slots in use: {run.name}", found.busy, "share", "at least", SLOT_GOAL))
        else:
            made.append(Figure("copies", f"slots in use: {run.name}", found.busy, "share"))
        wrong = found.missing + found.doubled
        made.append(Figure("copies", f"missing or doubled: {run.name}", wrong, "copies", "at most", 0))
    return made


def show(measured: list[tuple[Run, Figures]], volumes: int = VOLUMES) -> None:
    """Print a row for each run."""
    table = Table(title=f"{volumes} volumes to {len(DESTINATIONS)} Regions, copies of 1 to 40 minutes")
    for heading in (
        "run",
        "copies",
        "missing",
        "doubled",
        "slots in use",
        "took",
        "asked",
        "refused",
        "failures",
        "real time",
    ):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    for run, found in measured:
        table.add_row(*_row(run, found))
    Console(width=150).print(table)


def main() -> int:
    """Print the figures of every run; return 1 if a copy is missing or doubled, or a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--volumes", type=int, default=VOLUMES, help=f"how many volumes there are (default: {VOLUMES})")
    volumes = parser.parse_args().volumes
    measured = measure_all(volumes)
    show(measured, volumes)
    return 0 if all_met(figures(measured)) else 1


if __name__ == "__main__":
    sys.exit(main())
