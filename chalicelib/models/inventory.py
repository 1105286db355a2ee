"""What a job reads: instances, volumes and snapshots, with their tags as typed values; all times aware and in UTC."""

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
    """How an application is brought to rest during a snapshot: ``fsfreeze``, ``vss`` or ``ssm`` with a document.

    With ``required``, no snapshot is better than a crash-consistent one.
    """

    kind: str
    document: str = ""
    required: bool = False

    @property
    def label(self) -> str:
        """The value of the snapshot's tag if it was achieved."""
        return f"{self.kind}:{self.document}" if self.document else self.kind


@dataclass(frozen=True, slots=True)
class Policy:
    """The backup policy of an instance, read from its tags."""

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

    ``yes`` and ``no`` are clear. ``unclear``: the tag is not understood. ``absent``: there is no tag.
    """

    YES = "yes"
    UNCLEAR = "unclear"
    ABSENT = "absent"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Volume:
    """An EBS volume that exists; ``size_gib`` is 0 if it was not read, ``throughput`` is in MiB/s.

    ``device`` is empty if it is not attached. ``policy_tags`` are its tags that set a backup policy on an instance, or
    protect a snapshot. ``carried`` are the owner's other tags, which its snapshots get too.
    """

    id: str
    device: str
    wish: Wish = Wish.ABSENT
    carried: Tags = ()
    size_gib: int = 0
    type: str = ""
    iops: int | None = None
    throughput: int | None = None
    policy_tags: Tags = ()

    @property
    def excluded(self) -> bool:
        """Whether its tags exclude it from the sets of its instance."""
        return self.wish == Wish.NO


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that is not terminated, with the volumes attached to it, sorted by id.

    ``state`` is as EC2 names it. ``policy_keys`` are the keys of its tags that set a backup policy, even if it is not
    backed up. ``carried`` are the owner's other tags, which its snapshots get too.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
    """

    id: str
    policy: Policy
    root_device: str
    volumes: tuple[Volume, ...]
    carried: Tags = ()
    state: str = "running"
    policy_keys: tuple[str, ...] = ()
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
    """A snapshot of this account, with its tags as typed values.

    ``volume_id`` is from EC2, and arbitrary for a copy; ``source_volume_id`` is from the tags. ``tags`` are all tags
    except AWS's own: for copying to other resources, not for decisions. ``size_gib`` is how much a restore reads, not
    how much is stored. ``archived``: it is in the archive tier. ``restored_until``: until then, an archived one is
    temporarily restored. ``completed`` is when it was completed, None if it was not. ``promised`` is the day until
    which its description promises to keep it: EC2 lets nobody change a description.

    For a restore: ``volume_gib``, ``device``, ``volume_type``, ``iops`` and ``throughput`` (MiB/s) of the volume;
    ``set_size``, the number of volumes in the set of the slot, and ``set_volumes``, their ids, empty if they are not
    known.

    For a copy: ``tries`` is the number of attempts to copy, this one included; ``source_started`` is the start time of
    its primary; ``after`` is the copy whose end made room for it; ``waiting_regions`` are the Regions whose snapshots
    waited for a slot when that was written.
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
    set_volumes: tuple[str, ...] = ()
    source_started: datetime | None = None
    promised: date | None = None
    archived: bool = False
    restored_until: datetime | None = None
    completed: datetime | None = None
    after: str = ""
    waiting_regions: tuple[str, ...] = ()

    @property
    def taken(self) -> datetime:
        """The point in time of its data; for a copy without the tag, the start of the copy, which is later.

        A copy's tag says when its primary started: that cannot be after the start of the copy.
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
        """Whether EC2 can create a volume from it at once; an archived snapshot has to be restored before."""
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
    """What a job reads of a Region: instances, snapshots, and the problems in their tags.

    ``loose_volumes`` are not attached to any instance.
    """

    instances: tuple[Instance, ...] = ()
    loose_volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    problems: tuple[TagProblem, ...] = ()
