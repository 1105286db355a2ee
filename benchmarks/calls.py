"""How many calls each job makes, compared with the fewest that could do the same work.

Every handler does typical work in the emulated AWS. The fewest calls follow from the situation: one for each page to
read, and one for each change. EC2 changes several snapshots with one call only when it creates those of one instance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure
from emulator import LocalAWS

HOME, AWAY, THIRD = REGIONS = ("eu-west-1", "us-east-1", "eu-central-1")
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HANDLERS = (
    "create_snapshots", "create_on_request", "copy_on_completion", "continue_copies",
    "copy_missing", "mirror_protection", "sweep_snapshots", "report",
)  # fmt: skip
GOAL = 1.0
COPIED = {"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"}
# DescribeImages takes this many values in a filter.
MAX_FILTER_VALUES = 200


@dataclass(frozen=True, slots=True)
class Fewest:
    """The fewest calls that do the work: pages to read, changes to make. ``why`` explains calls beyond these."""

    reads: int
    changes: int
    why: str = ""

    @property
    def calls(self) -> int:
        """Reads and changes together."""
        return self.reads + self.changes


@dataclass(frozen=True, slots=True)
class Measured:
    """The calls of a handler in a situation, and the fewest possible."""

    handler: str
    situation: str
    calls: Mapping[str, int]
    fewest: Fewest

    @property
    def number(self) -> int:
        """The number of calls."""
        return sum(self.calls.values())

    @property
    def ratio(self) -> float:
        """The number of calls, compared with the fewest possible."""
        return self.number / self.fewest.calls


class Scene:
    """An emulated AWS in which a handler runs only when a scene asks for it."""

    def __init__(self, aws: LocalAWS) -> None:
        self.aws = aws
        self.measured: list[Measured] = []

    def launch(self, number: int = 1, tags: Mapping[str, str] | None = None, volumes: tuple[int, ...] = (8,)) -> str:
        """Launch instances that are to be backed up, and return the id of the last one."""
        return [
            self.aws.launch(HOME, name="server", tags=tags or {"Backup": "Yes"}, volumes=volumes) for _ in range(number)
        ][-1]

    def travel_until_called(self, handler: str) -> None:
        """Let time pass until a handler has run once more."""
        runs = sum(run.function == handler for run in self.aws.invocations)
        while sum(run.function == handler for run in self.aws.invocations) == runs:
            self.aws.travel(minutes=1)

    @contextmanager
    def counted(self, handler: str, situation: str, fewest: Fewest, region: str = HOME) -> Iterator[None]:
        """Deliver events to a handler within this context, and count the calls that it makes."""
        first = len(self.aws.calls)
        self.aws.enable(region, handler)
        yield
        self.aws.disable(region, handler)
        calls = Counter(call.operation for call in self.aws.calls[first:] if call.function == handler)
        self.measured.append(Measured(handler, situation, calls, fewest))

    def invoke(self, handler: str, situation: str, fewest: Fewest) -> None:
        """Invoke a handler once, and count the calls that it makes."""
        with self.counted(handler, situation, fewest):
            self.aws.invoke(HOME, handler)


def creation(scene: Scene) -> None:
    """Create what is due, for instances of one volume and of three. Then nothing is due."""
    ones, sets, volumes = 10, 5, 3
    scene.launch(ones)
    scene.launch(sets, volumes=(8,) * volumes)
    reads = len(("volumes", "instances", "snapshots of the slots"))
    history = len(("snapshots of the slots before", "snapshots of the volumes without these"))
    fewest = Fewest(reads + history, ones + sets)
    scene.invoke("create_snapshots", f"{ones} instances of one volume, {sets} of {volumes}", fewest)
    scene.invoke("create_snapshots", "nothing is due", Fewest(reads, 0))


def tiers(scene: Scene) -> None:
    """Create what is due where the tiers depend on the snapshots that a volume already has."""
    number = 10
    scene.launch(number, {"Backup": "Yes", "Retention": "7d 4w"})
    reads = len(("volumes", "instances", "snapshots of the slots", "of the slots before", "snapshots of the volumes"))
    scene.invoke("create_snapshots", f"{number} instances of one volume, weekly tiers", Fewest(reads, number))


def on_request(scene: Scene) -> None:
    """Create the snapshots of one instance on request."""
    volumes = 3
    instance = scene.launch(volumes=(8,) * volumes)
    reads = len(("its volumes", "the instance", "their snapshots"))
    event = {
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": instance},
    }
    with scene.counted("create_on_request", f"an instance of {volumes} volumes", Fewest(reads, 1)):
        scene.aws.send(HOME, event)
        scene.aws.travel(minutes=1)


def completion(scene: Scene) -> None:
    """Copy a snapshot as soon as it completes; protect it and its copies; report on them."""
    scene.launch(tags=COPIED)
    away = 2
    scene.aws.invoke(HOME, "create_snapshots")
    reads = 1 + away * len(("pending copies", "copies"))
    with scene.counted("copy_on_completion", f"one snapshot to {away} Regions", Fewest(reads, away)):
        scene.aws.travel(minutes=30)
    scene.aws.travel(hours=1)
    snapshot = scene.aws.snapshots(HOME)[0]["SnapshotId"]
    with scene.counted("mirror_protection", f"one snapshot with copies in {away} Regions", Fewest(1 + away, away)):
        scene.aws.client(HOME).create_tags(Resources=[snapshot], Tags=[{"Key": "KeepForever", "Value": ""}])
        scene.aws.travel(minutes=1)
    reads = len(("volumes", "instances", "snapshots")) + away * len(("copies", "pending copies"))
    scene.invoke("report", f"copies in {away} Regions", Fewest(reads, 0))


def missing(scene: Scene) -> None:
    """Copy what no event has copied. Then nothing is missing."""
    number, away = 5, 2
    scene.launch(number, COPIED)
    scene.aws.invoke(HOME, "create_snapshots")
    scene.aws.travel(minutes=20)
    reads = len(("snapshots", "sets without their later tags")) + away * len(("copies", "pending copies"))
    scene.invoke("copy_missing", f"{number} snapshots to {away} Regions", Fewest(reads, number * away))
    scene.aws.travel(hours=2)
    why = "it counts the free slots of each Region before it knows that nothing is missing there"
    scene.invoke("copy_missing", "nothing is missing", Fewest(2 + away, 0, why))


def slots(scene: Scene) -> None:
    """Start the next copy when one ends. Then none waits."""
    for minutes in (20, 70, 110):
        scene.launch(tags={"Backup": "Yes", "Copy_Dest": AWAY}, volumes=(minutes,))
    scene.aws.copy_slots = 2
    scene.aws.copy_duration = lambda gib: timedelta(minutes=gib)
    scene.aws.invoke(HOME, "create_snapshots")
    scene.aws.travel(minutes=20)
    scene.aws.invoke(HOME, "copy_missing")
    reads = len(("pending copies", "copies", "snapshots"))
    with scene.counted("continue_copies", "one copy ended, one waits", Fewest(reads, 1), AWAY):
        scene.travel_until_called("continue_copies")
    why = "it reads all, because a copy that started before says that others wait, and takes this back"
    with scene.counted(
        "continue_copies", "one copy ended, the last one that waited has started", Fewest(reads, 0, why), AWAY
    ):
        scene.travel_until_called("continue_copies")
    with scene.counted("continue_copies", "one copy ended, none waits", Fewest(reads, 0), AWAY):
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
    # The newest snapshot of each volume stays, because the volume is still to be backed up.
    expired, deleted = sets * volumes, (sets - 1) * volumes
    images = -(-expired // MAX_FILTER_VALUES)
    reads = len(("snapshots", "volumes", "instances", "locks")) + images
    scene.invoke("sweep_snapshots", f"{deleted} of {expired} expired snapshots can be deleted", Fewest(reads, deleted))
    scene.aws.travel(minutes=1)


SCENES: tuple[Callable[[Scene], None], ...] = (creation, tiers, on_request, completion, slots, missing, sweep)


def measure_all() -> list[Measured]:
    """Play all scenes and return what the handlers did, in the order of the handlers."""
    measured: list[Measured] = []
    for play in SCENES:
        with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
            aws.deploy(*REGIONS, MAX_DELETE_PERCENT="100", COPY_SLOTS="2" if play is slots else "20")
            for region in REGIONS:
                for handler in HANDLERS:
                    aws.disable(region, handler)
            scene = Scene(aws)
            play(scene)
            measured += scene.measured
    return sorted(measured, key=lambda measurement: HANDLERS.index(measurement.handler))


def measure() -> list[Figure]:
    """Return the figures; calls beyond the fewest are no miss where nothing is to change, if ``why`` explains them."""
    return [_figure(measurement) for measurement in measure_all()]


def _figure(measured: Measured) -> Figure:
    calls = ", ".join(f"{number} {operation}" for operation, number in sorted(measured.calls.items()))
    return Figure(
        "calls",
        f"{measured.handler}: {measured.situation}",
        measured.ratio,
        "times the fewest",
        "at most",
        GOAL if measured.fewest.changes or not measured.fewest.why else None,
        f"{calls}; the fewest: {measured.fewest.calls}",
    )
