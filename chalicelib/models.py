"""What a job reads, decides and reports: frozen values, all times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from chalicelib.schedule import Retention, Schedule

Tags: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class TagProblem:
    """A tag that looks meant but is not understood: what was read and what is accepted."""

    target: str
    read: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.target}: read {self.read}; accepted: {self.accepted}"


@dataclass(frozen=True, slots=True)
class Consistency:
    """How an application is brought to rest for a snapshot: ``fsfreeze``, ``vss`` or ``ssm`` with a document.

    ``required`` says that a crash-consistent snapshot would not be good enough.
    """

    kind: str
    document: str = ""
    required: bool = False

    @property
    def label(self) -> str:
        """What a snapshot's tag says when it was achieved."""
        return f"{self.kind}:{self.document}" if self.document else self.kind


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner of an instance asked for, as understood from its tags."""

    enabled: bool
    name: str
    schedule: Schedule
    retention: Retention
    destinations: tuple[str, ...] = ()
    copy_retention: Retention | None = None
    copy_kms_key: str | None = None
    consistency: Consistency | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """An EBS volume as one instance sees it; ``size_gib`` is 0 if nobody asked, ``throughput`` is in MiB/s."""

    id: str
    device: str
    excluded: bool = False
    carried: Tags = ()
    size_gib: int = 0
    type: str = ""
    iops: int | None = None
    throughput: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """A running or stopped instance with the volumes attached to it, sorted by id; ``running`` is False if stopped.

    ``asked_for`` are the app's own keys among its tags, whether it is backed up or not.
    """

    id: str
    policy: Policy
    root_device: str
    volumes: tuple[Volume, ...]
    carried: Tags = ()
    running: bool = True
    asked_for: tuple[str, ...] = ()


class State(StrEnum):
    """The states of a snapshot.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html
    """

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"
    RECOVERABLE = "recoverable"
    RECOVERING = "recovering"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of this account with its tags understood.

    ``volume_id`` is what EC2 says, which means nothing on a copy; ``source_volume_id`` is what the tags say. ``tries``
    counts the copies asked for, up to this one. ``size_gib`` is what a restore reads, not what is stored. ``tags`` are
    all tags but AWS's own, to be passed on whole, not to be read. What a restore needs of the volume: ``volume_gib``,
    ``device``, ``volume_type``, ``iops`` and ``throughput`` (MiB/s); ``set_size`` is how many volumes were to be taken
    for the slot, ``source_started`` when the primary of a copy began.
    """

    id: str
    region: str
    volume_id: str
    state: str
    started: datetime
    description: str = ""
    state_message: str = ""
    managed: bool = False
    protected: bool = False
    delete_on: date | None = None
    destinations: tuple[str, ...] = ()
    copy_kms_key: str | None = None
    copy_delete_on: date | None = None
    slot: str | None = None
    on_request: bool = False
    instance_id: str | None = None
    source_volume_id: str | None = None
    primary_id: str | None = None
    primary_region: str | None = None
    tries: int = 1
    tags: Tags = ()
    size_gib: float = 0.0
    volume_gib: int = 0
    device: str | None = None
    volume_type: str | None = None
    iops: int | None = None
    throughput: int | None = None
    set_size: int | None = None
    source_started: datetime | None = None

    @property
    def taken(self) -> datetime:
        """The point in time that it holds; of a copy that does not say, when the copy began, which is later."""
        return self.source_started or self.started

    @property
    def is_copy(self) -> bool:
        """Whether this is a copy: its tags name a primary, or its volume is not the one tagged."""
        return bool(self.primary_id) or self.source_volume_id not in (None, self.volume_id)

    @property
    def is_primary(self) -> bool:
        """Whether this app created this snapshot from a volume of this Region."""
        return self.managed and not self.is_copy


@dataclass(frozen=True, slots=True)
class CreateSnapshot:
    """Create the snapshot of one volume; ``consistency`` is what its ``instance_id`` is to be brought to before.

    ``exclude_boot`` and ``exclude_data`` name the instance's other volumes, for who would take them along.
    """

    volume_id: str
    description: str
    tags: Tags
    instance_id: str = ""
    consistency: Consistency | None = None
    exclude_boot: bool = False
    exclude_data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateSnapshots:
    """Create the snapshots of an instance's volumes at one point in time.

    ``tags`` are those that the whole set shares; ``own_tags`` maps a volume to what only its
    snapshot gets, by a second call.
    """

    instance_id: str
    exclude_boot: bool
    exclude_data: tuple[str, ...]
    description: str
    tags: Tags
    own_tags: tuple[tuple[str, Tags], ...]
    consistency: Consistency | None = None


@dataclass(frozen=True, slots=True)
class CopySnapshot:
    """Copy a snapshot of this Region to another one."""

    snapshot_id: str
    destination: str
    description: str
    tags: Tags
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreateTags:
    """Add tags to a snapshot, here or in a destination."""

    snapshot_id: str
    region: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class DeleteSnapshot:
    """Delete a snapshot, here or in a destination."""

    snapshot_id: str
    region: str


Creation: TypeAlias = CreateSnapshot | CreateSnapshots
Call: TypeAlias = CreateSnapshot | CreateSnapshots | CopySnapshot | CreateTags | DeleteSnapshot


@dataclass(frozen=True, slots=True)
class Request:
    """What an event asks for: a snapshot of one instance, now. ``id`` is the event's, the same if it comes twice."""

    id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What an event says of snapshots that were created: each id, and whether it failed."""

    snapshots: tuple[tuple[str, bool], ...]
    cause: str = ""


class Result(StrEnum):
    """How a target ended; ``deferred`` is no failure: the next event or run goes on."""

    DONE = "done"
    KEPT = "kept"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to some targets, and why: a call to make, or a result without one.

    Targets are volumes for a creation, snapshots for a deletion, and
    ``snapshot -> destination`` for a copy.
    """

    targets: tuple[str, ...]
    reason: str
    call: Call | None = None
    result: Result = Result.KEPT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to the targets of a decision; ``created`` names new snapshots."""

    decision: Decision
    result: Result
    reason: str
    created: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a job compares: instances, snapshots, and what their tags got wrong."""

    instances: tuple[Instance, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    problems: tuple[TagProblem, ...] = ()
