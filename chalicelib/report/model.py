"""The data of a report: frozen values in a fixed order, each verdict with its reason. Times are aware and UTC. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from chalicelib.models import Inventory, TagProblem
from chalicelib.plan import Destination


class Cover(StrEnum):
    """Whether a volume has the backup that its tags ask for.

    ``covered``: a snapshot fills the slot that was due. ``late``: its newest completed snapshot is older than the
    schedule allows. ``uncovered``: it is to be backed up, and has no completed snapshot. ``untagged``: no tag asks for
    a backup. ``left-out``: the volume is tagged ``Backup=No``.
    """

    UNCOVERED = "uncovered"
    LATE = "late"
    COVERED = "covered"
    UNTAGGED = "untagged"
    LEFT_OUT = "left-out"


class CopyState(StrEnum):
    """The state of a copy that should exist; ``deferred``: its destination has no free slot for now."""

    COMPLETED = "completed"
    PENDING = "pending"
    DEFERRED = "deferred"
    MISSING = "missing"
    FAILED = "failed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class RegionView:
    """What is known of one Region: its instances, the app's snapshots in it, and their copies by destination.

    ``unreadable`` is the error if the Region could not be read.
    """

    region: str
    inventory: Inventory = field(default_factory=Inventory)
    snapshots: Inventory = field(default_factory=Inventory)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """What costs are estimated with: prices in USD, and the part of a volume that changes in a day.

    Prices differ by Region and change with time: these are defaults to replace, not a quotation.
    """

    storage_per_gb_month: float = 0.05
    transfer_per_gb_low: float = 0.01
    transfer_per_gb_high: float = 0.02
    daily_change_low: float = 0.005
    daily_change_high: float = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """A range of USD a month for the snapshots that exist now, and the assumptions of the estimate."""

    low: float = 0.0
    high: float = 0.0
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A snapshot or copy on a timeline, ``at`` the point in time that it holds.

    ``delete_on`` is what its tag says, even if something keeps it longer.
    """

    at: datetime
    id: str
    state: str
    delete_on: date | None = None
    kept_forever: bool = False


@dataclass(frozen=True, slots=True)
class CopyReport:
    """The copies of one volume in one destination.

    ``newest_at`` is the point in time that the newest one holds, ``newest_age`` the hours since then.

    ``wanted`` says whether the instance's tags still name the destination; ``missing``, ``deferred``, ``pending`` and
    ``failed`` count the snapshots whose copy is in that state.
    """

    region: str
    wanted: bool
    good: bool
    reason: str
    newest_id: str = ""
    newest_at: datetime | None = None
    newest_age: float | None = None
    pending: int = 0
    deferred: int = 0
    missing: int = 0
    failed: int = 0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """One volume. ``newest_*`` is its newest completed snapshot; ages are in hours.

    ``next_expiry`` is the first day on which a snapshot of it in its own Region may be deleted; ``kept_forever`` counts
    snapshots and copies.
    """

    id: str
    device: str
    size_gib: int
    cover: Cover
    reason: str
    newest_id: str = ""
    newest_at: datetime | None = None
    newest_age: float | None = None
    next_expiry: date | None = None
    kept_forever: int = 0
    marks: tuple[Mark, ...] = ()
    copies: tuple[CopyReport, ...] = ()
    cost: Cost = Cost()

    @property
    def covered(self) -> bool:
        """Whether it has the snapshot that its schedule asks for, whatever its copies are."""
        return self.cover == Cover.COVERED

    @property
    def failing(self) -> bool:
        """Whether it should have a backup or a copy that it does not have."""
        return self.cover in (Cover.LATE, Cover.UNCOVERED) or any(not copy.good for copy in self.copies)


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """An instance with its volumes by device; ``schedule`` and ``retention`` are empty if it is not backed up."""

    region: str
    id: str
    name: str
    enabled: bool
    schedule: str
    retention: str
    volumes: tuple[VolumeReport, ...]

    @property
    def failing(self) -> bool:
        """Whether one of its volumes should have a backup or a copy that it does not have."""
        return any(volume.failing for volume in self.volumes)


@dataclass(frozen=True, slots=True)
class Failure:
    """A snapshot or copy in state error.

    ``resolution`` is the id of the snapshot that has taken its place, or why none is needed; empty if unresolved.
    """

    at: datetime
    region: str
    id: str
    kind: str
    of: str
    cause: str
    resolution: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """The snapshots and copies of a volume that is attached to no instance.

    ``last_expiry`` is the day on which the last of them may be deleted, None if one of them never expires;
    ``kept_forever`` counts snapshots and copies.
    """

    region: str
    instance_id: str
    volume_id: str
    name: str
    reason: str
    snapshots: int
    copies: int
    newest_at: datetime
    last_expiry: date | None
    kept_forever: int = 0
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class ForeignCopies:
    """Copies whose source Region is not part of the report: the backups that remain if that Region is down."""

    region: str
    source_region: str
    copies: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A Region that did not answer.

    ``asked_by`` is the Region whose copies were to be read there; empty if the Region itself was to be read.
    """

    region: str
    asked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs the attention of a person.

    ``rank`` is 1 if data may be lost, 2 if a backup is older than asked for, 3 if a tag is not understood.
    """

    rank: int
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The report in numbers. The first five count volumes.

    ``oldest_age`` is the time in hours since the newest completed snapshot of a volume, for the volume where it is
    longest; None if no volume has one. ``failures`` are the unresolved ones.
    """

    covered: int = 0
    late: int = 0
    uncovered: int = 0
    untagged: int = 0
    left_out: int = 0
    oldest_age: float | None = None
    copies_missing: int = 0
    copies_deferred: int = 0
    copies_pending: int = 0
    failures: int = 0
    tag_problems: int = 0
    kept_forever: int = 0
    snapshots: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The report on some Regions at ``now``."""

    now: datetime
    regions: tuple[str, ...]
    instances: tuple[InstanceReport, ...]
    failures: tuple[Failure, ...]
    orphans: tuple[Orphan, ...]
    foreign_copies: tuple[ForeignCopies, ...]
    unreadable: tuple[Unreadable, ...]
    problems: tuple[TagProblem, ...]
    cost: Cost
    totals: Totals
    attention: tuple[Attention, ...]
