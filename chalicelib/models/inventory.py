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


class Wish(StrEnum):
    """What a ``Backup`` tag says.

    ``yes`` and ``no`` are clear. ``unclear``: there is a tag that is not understood. ``absent``: there is none.
    """

    YES = "yes"
    UNCLEAR = "unclear"
    ABSENT = "absent"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Volume:
    """An EBS volume that exists; ``size_gib`` is 0 if it was not read, ``throughput`` is in MiB/s.

    ``device`` is empty if it is attached to nothing. ``asked_for`` are its tags that would be a policy on an instance.
    """

    id: str
    device: str
    wish: Wish = Wish.ABSENT
    carried: Tags = ()
    size_gib: int = 0
    type: str = ""
    iops: int | None = None
    throughput: int | None = None
    asked_for: Tags = ()

    @property
    def excluded(self) -> bool:
        """Whether its tags say that it is left out of its instance's set."""
        return self.wish == Wish.NO


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that is not terminated, with the volumes attached to it, sorted by id.

    ``state`` is EC2's word for it. ``asked_for`` are the app's own keys among its tags, whether it is backed up or not.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
    """

    id: str
    policy: Policy
    root_device: str
    volumes: tuple[Volume, ...]
    carried: Tags = ()
    state: str = "running"
    asked_for: tuple[str, ...] = ()
    wish: Wish = Wish.ABSENT

    @property
    def running(self) -> bool:
        """Whether its applications run."""
        return self.state == "running"


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

    ``promised`` is the day until which its description promises to keep it: EC2 lets nobody change a description.
    ``archived`` is whether it is in the archive tier, ``restored_until`` until when EC2 holds an archived one ready.
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
    promised: date | None = None
    archived: bool = False
    restored_until: datetime | None = None

    @property
    def taken(self) -> datetime:
        """The point in time that it holds; of a copy that does not say, when the copy began, which is later.

        A tag says when the primary of a copy began. That cannot be after the copy began.
        """
        if self.source_started is None or not self.is_copy:
            return self.started
        return min(self.source_started, self.started)

    @property
    def copy_expiry(self) -> date | None:
        """The day on which its copies expire; None if they do not.

        It is never before the promised day of the primary, unless the owner gave copies a retention of their own.
        """
        if self.copy_delete_on or self.delete_on is None:
            return self.copy_delete_on
        return max(self.delete_on, self.promised or self.delete_on)

    @property
    def is_backup(self) -> bool:
        """Whether it is completed and in the standard tier: it counts as the newest of its volume."""
        return self.state == State.COMPLETED and not self.archived

    @property
    def is_restorable(self) -> bool:
        """Whether EC2 can make a volume of it at once; an archived snapshot has to be restored to do so."""
        return self.state == State.COMPLETED and (not self.archived or self.restored_until is not None)

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
    """What a job compares: instances, snapshots, and the problems of their tags.

    ``loose_volumes`` are attached to nothing.
    """

    instances: tuple[Instance, ...] = ()
    loose_volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    problems: tuple[TagProblem, ...] = ()
