"""What a job reads: instances, volumes and snapshots, their tags understood; all times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from chalicelib.models.problems import TagProblem
from chalicelib.schedule import Retention, Schedule

Tags: TypeAlias = tuple[tuple[str, str], ...]


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
class Inventory:
    """What a job compares: instances, snapshots, and what their tags got wrong."""

    instances: tuple[Instance, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    problems: tuple[TagProblem, ...] = ()
