"""The company on its AWS: what people and AWS did there is noted, and every snapshot ever seen is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from emulator import DeadLetter, Invocation, LocalAWS
from emulator.aws import DEVICES
from emulator.demo.company import PLACES, START, Instance


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot as it was when last seen: what EC2 says of it, and its tags."""

    id: str
    region: str
    volume_id: str
    state: str
    started: datetime
    tags: Mapping[str, str]

    @property
    def managed(self) -> bool:
        """Whether its tags say that the app made it."""
        return self.tags.get("Type") == "Automated"

    @property
    def primary_id(self) -> str | None:
        """The primary, if this is a copy."""
        return self.tags.get("Source_SnapshotId")

    @property
    def delete_on(self) -> date | None:
        """The day that its tag names, if any."""
        text = self.tags.get("DeleteOn")
        return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Deletion:
    """A successful DeleteSnapshot; `function` is None if it was not the app's."""

    at: datetime
    region: str
    snapshot_id: str
    function: str | None


@dataclass(frozen=True, slots=True)
class Outage:
    """The creator of a Region does not run from `since` to `until`."""

    region: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Mistake:
    """Somebody overwrote the DeleteOn of a Region's snapshots at `at`; `before` has what stood there."""

    region: str
    at: datetime
    before: Mapping[str, date]


@dataclass
class Facts:
    """What the story brought about. The checks start from it, never from the app's word. Times are UTC."""

    instance_ids: dict[str, str] = field(default_factory=dict)
    volume_ids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    launched: dict[str, datetime] = field(default_factory=dict)
    terminated: dict[str, datetime] = field(default_factory=dict)
    creator_off: list[Outage] = field(default_factory=list)
    events_lost: list[date] = field(default_factory=list)
    crowded: list[date] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    kept_forever: list[str] = field(default_factory=list)
    by_hand: list[Seen] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the table and the checks look at: taken at `now`, and no longer connected to the AWS it came from."""

    now: datetime
    facts: Facts
    standing: Mapping[str, Seen]
    seen: Mapping[str, Seen]
    deletions: Sequence[Deletion]
    invocations: Sequence[Invocation]
    dead_letters: Sequence[DeadLetter]


class World:
    """The AWS account of the company."""

    def __init__(self, aws: LocalAWS) -> None:
        self.aws = aws
        self.facts = Facts()
        self.seen: dict[str, Seen] = {}
        self._names: dict[str, str] = {}

    def launch(self, instance: Instance) -> None:
        """Starts an instance with its tags."""
        own = [{"Backup": "No"} if number in instance.left_out else {} for number in range(len(instance.volumes))]
        instance_id = self.aws.launch(
            instance.region, name=instance.name, tags=instance.tags, volumes=instance.volumes, volume_tags=own
        )
        volumes = self.aws.client(instance.region).describe_volumes(
            Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}]
        )["Volumes"]
        devices = {str(volume["Attachments"][0]["Device"]): str(volume["VolumeId"]) for volume in volumes}
        ids = tuple(devices[device] for device in DEVICES[: len(devices)])
        self.facts.instance_ids[instance.name] = instance_id
        self.facts.volume_ids[instance.name] = ids
        self.facts.launched[instance.name] = self.aws.now
        self._names |= dict.fromkeys((instance_id, *ids), instance.name)

    def travel_to(self, instant: datetime) -> None:
        """Lets time pass and looks at every snapshot."""
        self.aws.travel_to(instant)
        self.look()

    def look(self) -> dict[str, Seen]:
        """Returns what stands now, and remembers it for when it is gone."""
        standing = {one.id: one for region in PLACES for one in self._snapshots(region)}
        self.seen |= standing
        return standing

    def _snapshots(self, region: str) -> list[Seen]:
        return [
            Seen(one["SnapshotId"], region, one["VolumeId"], one["State"], one["StartTime"], one["Tags"])
            for one in self.aws.snapshots(region)
        ]

    def name(self, id: str) -> str:
        """The name of the instance behind the id of an instance, a volume, a snapshot or a copy; else the id."""
        if id in self._names or id not in self.seen:
            return self._names.get(id, id)
        snapshot = self.seen[id]
        return self._names.get(snapshot.volume_id) or self.name(snapshot.primary_id or snapshot.volume_id)

    def evidence(self) -> Evidence:
        """All there is to be checked, as of now."""
        standing = self.look()
        deletions = tuple(
            Deletion(call.at, call.region, call.params["SnapshotId"], call.function)
            for call in self.aws.calls
            if call.operation == "DeleteSnapshot" and call.error is None
        )
        return Evidence(
            now=self.aws.now,
            facts=self.facts,
            standing=standing,
            seen=dict(self.seen),
            deletions=deletions,
            invocations=tuple(self.aws.invocations),
            dead_letters=tuple(self.aws.dead_letters),
        )


def local_aws() -> LocalAWS:
    """The company's AWS at the start of the month: the same at every run."""
    return LocalAWS(start=START, regions=tuple(PLACES), seed=2026)
