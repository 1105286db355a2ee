"""How many calls each job makes, beside the least that could do the same work.

``python -m benchmarks.calls`` lets every handler do typical work in the emulated AWS. The least is derived from the
situation: a call for each page that has to be read, and one for each change. EC2 has no call for several changes at
once, but for the snapshots of one instance, whose tags then have to be told apart by one call each.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, all_met
from emulator import LocalAWS

HOME, AWAY, THIRD = REGIONS = ("eu-west-1", "us-east-1", "eu-central-1")
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HANDLERS = (
    "create_snapshots", "create_on_request", "copy_on_completion", "continue_copies",
    "copy_missing", "mirror_protection", "sweep_snapshots", "report",
)  # fmt: skip
GOAL = 1.0
COPIED = {"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"}
# What DescribeImages takes at a time.
MOST_FILTER_VALUES = 200


@dataclass(frozen=True, slots=True)
class Least:
    """The least that does the work: pages to read, changes to make. ``why`` says what any more calls are for."""

    reads: int
    changes: int
    why: str = ""

    @property
    def calls(self) -> int:
        """All of them."""
        return self.reads + self.changes


@dataclass(frozen=True, slots=True)
class Made:
    """What a handler did in a situation, and the least."""

    handler: str
    situation: str
    calls: Mapping[str, int]
    least: Least

    @property
    def number(self) -> int:
        """How many calls were made."""
        return sum(self.calls.values())

    @property
    def ratio(self) -> float:
        """Calls beside the least."""
        return self.number / self.least.calls


class Scene:
    """An emulated AWS in which handlers run only when they are told to."""

    def __init__(self, aws: LocalAWS) -> None:
        self.aws = aws
        self.made: list[Made] = []

    def launch(self, number: int = 1, tags: Mapping[str, str] | None = None, volumes: tuple[int, ...] = (8,)) -> str:
        """Start instances that are to be backed up, and return the last one's id."""
        return [
            self.aws.launch(HOME, name="server", tags=tags or {"Backup": "Yes"}, volumes=volumes) for _ in range(number)
        ][-1]

    def travel_until_called(self, handler: str) -> None:
        """Let time pass until a handler has run once more."""
        runs = sum(each.function == handler for each in self.aws.invocations)
        while sum(each.function == handler for each in self.aws.invocations) == runs:
            self.aws.travel(minutes=1)

    @contextmanager
    def watched(self, handler: str, situation: str, least: Least, region: str = HOME) -> Iterator[None]:
        """Let a handler have its events for a while, and note the calls that it makes."""
        first = len(self.aws.calls)
        self.aws.enable(region, handler)
        yield
        self.aws.disable(region, handler)
        calls = Counter(call.operation for call in self.aws.calls[first:] if call.function == handler)
        self.made.append(Made(handler, situation, calls, least))

    def invoke(self, handler: str, situation: str, least: Least) -> None:
        """Call a handler once, and note the calls that it makes."""
        with self.watched(handler, situation, least):
            self.aws.invoke(HOME, handler)


def creation(scene: Scene) -> None:
    """Create what is due: instances of one volume, and of three; and then nothing."""
    ones, sets, volumes = 10, 5, 3
    scene.launch(ones)
    scene.launch(sets, volumes=(8,) * volumes)
    reads = len(("volumes", "instances", "snapshots of the slots"))
    least = Least(reads, ones + sets * (1 + volumes))
    scene.invoke("create_snapshots", f"{ones} instances of one volume, {sets} of {volumes}", least)
    scene.invoke("create_snapshots", "nothing is due", Least(reads, 0))


def tiers(scene: Scene) -> None:
    """Create what is due where it matters which snapshots a volume has already."""
    number = 10
    scene.launch(number, {"Backup": "Yes", "Retention": "7d 4w"})
    reads = len(("volumes", "instances", "snapshots of the slots", "those of the volumes"))
    scene.invoke("create_snapshots", f"{number} instances of one volume, weekly tiers", Least(reads, number))


def on_request(scene: Scene) -> None:
    """Create the snapshots of one instance that asks for them."""
    volumes = 3
    instance = scene.launch(volumes=(8,) * volumes)
    reads = len(("its volumes", "the instance", "their snapshots"))
    event = {
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": instance},
    }
    with scene.watched("create_on_request", f"an instance of {volumes} volumes", Least(reads, 1 + volumes)):
        scene.aws.send(HOME, event)
        scene.aws.travel(minutes=1)


def completion(scene: Scene) -> None:
    """Copy a snapshot as soon as it completes; protect it and its copies; report on them."""
    scene.launch(tags=COPIED)
    away = 2
    scene.aws.invoke(HOME, "create_snapshots")
    with scene.watched("copy_on_completion", f"one snapshot to {away} Regions", Least(1 + away, away)):
        scene.aws.travel(minutes=30)
    scene.aws.travel(hours=1)
    snapshot = scene.aws.snapshots(HOME)[0]["SnapshotId"]
    with scene.watched("mirror_protection", f"one snapshot with copies in {away} Regions", Least(1 + away, away)):
        scene.aws.client(HOME).create_tags(Resources=[snapshot], Tags=[{"Key": "KeepForever", "Value": ""}])
        scene.aws.travel(minutes=1)
    reads = len(("volumes", "instances", "snapshots")) + away * len(("copies", "those on their way"))
    scene.invoke("report", f"copies in {away} Regions", Least(reads, 0))


def missing(scene: Scene) -> None:
    """Copy what no event has copied, and then nothing."""
    number, away = 5, 2
    scene.launch(number, COPIED)
    scene.aws.invoke(HOME, "create_snapshots")
    scene.aws.travel(minutes=20)
    reads = 1 + away * len(("copies", "those on their way"))
    scene.invoke("copy_missing", f"{number} snapshots to {away} Regions", Least(reads, number * away))
    scene.aws.travel(hours=2)
    why = "free slots are counted in each Region before it is known that nothing is missing there"
    scene.invoke("copy_missing", "nothing is missing", Least(1 + away, 0, why))


def slots(scene: Scene) -> None:
    """Start the next copy when one has ended, and then nothing."""
    for minutes in (20, 70, 110):
        scene.launch(tags={"Backup": "Yes", "Copy_Dest": AWAY}, volumes=(minutes,))
    scene.aws.copy_slots = 2
    scene.aws.copy_duration = lambda gib: timedelta(minutes=gib)
    scene.aws.invoke(HOME, "create_snapshots")
    scene.aws.travel(minutes=20)
    scene.aws.invoke(HOME, "copy_missing")
    reads = len(("snapshots", "copies", "those on their way"))
    with scene.watched("continue_copies", "one copy has ended, one waits", Least(reads, 1), AWAY):
        scene.travel_until_called("continue_copies")
    why = "first what began yesterday or today is looked at; only if all of that is copied, the rest"
    with scene.watched("continue_copies", "one copy has ended, none waits", Least(reads - 1, 0, why), AWAY):
        scene.travel_until_called("continue_copies")


def sweep(scene: Scene) -> None:
    """Delete what has expired."""
    volumes, sets = 20, 25
    instance = scene.launch(volumes=(8,) * volumes)
    tags = [{"Key": "Type", "Value": "Automated"}, {"Key": "DeleteOn", "Value": "2026-11-01"}]
    for _ in range(sets):
        scene.aws.client(HOME).create_snapshots(
            InstanceSpecification={"InstanceId": instance},
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
        )
        scene.aws.travel(minutes=30)
    # The newest of each volume stays, as the volume is still to be backed up.
    expired, deleted = sets * volumes, (sets - 1) * volumes
    images = -(-expired // MOST_FILTER_VALUES)
    reads = len(("snapshots", "volumes", "instances", "locks")) + images
    scene.invoke("sweep_snapshots", f"{deleted} of {expired} expired snapshots may go", Least(reads, deleted))
    scene.aws.travel(minutes=1)


SCENES: tuple[Callable[[Scene], None], ...] = (creation, tiers, on_request, completion, slots, missing, sweep)


def measure() -> list[Made]:
    """Play all scenes and return what the handlers did, in the order of the handlers."""
    found: list[Made] = []
    for play in SCENES:
        with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
            aws.deploy(*REGIONS, MAX_DELETE_PERCENT="100", COPY_SLOTS="2" if play is slots else "20")
            for region in REGIONS:
                for handler in HANDLERS:
                    aws.disable(region, handler)
            scene = Scene(aws)
            play(scene)
            found += scene.made
    return sorted(found, key=lambda each: HANDLERS.index(each.handler))


def figures(found: list[Made]) -> list[Figure]:
    """Return the figures; where there is nothing to change there is no goal, as the calls are what finds that out."""
    return [
        Figure("calls", f"{each.handler}: {each.situation}", each.ratio, "of the least", "at most", GOAL)
        if each.least.changes or not each.least.why
        else Figure("calls", f"{each.handler}: {each.situation}", each.ratio, "of the least")
        for each in found
    ]


def show(found: list[Made]) -> None:
    """Print a row for each situation."""
    table = Table(title=f"Calls, and the least that could do the same; goal: {GOAL} wherever there is something to do")
    for heading in ("handler", "situation", "calls", "least", "ratio", "made"):
        table.add_column(heading, justify="right" if heading in ("calls", "least", "ratio") else "left")
    for each in found:
        made = ", ".join(f"{number} {operation}" for operation, number in sorted(each.calls.items()))
        table.add_row(
            each.handler, each.situation, str(each.number), str(each.least.calls), f"{each.ratio:.2f}",
            made + (f": {each.least.why}" if each.number > each.least.calls else ""),
        )  # fmt: skip
    Console(width=160).print(table)


def main() -> int:
    """Print the figures; return 1 if a goal is missed."""
    found = measure()
    show(found)
    return 0 if all_met(figures(found)) else 1


if __name__ == "__main__":
    sys.exit(main())
