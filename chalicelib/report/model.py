"""What a report says: frozen values in a fixed order, every verdict with a reason. Times are aware and UTC. Pure."""

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
    """What became of a copy that ought to exist; ``deferred``: its destination has no free slot for now."""

    COMPLETED = "completed"
    PENDING = "pending"
    DEFERRED = "deferred"
    MISSING = "missing"
    FAILED = "failed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class RegionView:
    """What is known of one Region: its instances, this app's snapshots in it, and their copies by destination.

    ``unreadable`` says why nothing is known.
    """

    region: str
    inventory: Inventory = field(default_factory=Inventory)
    snapshots: Inventory = field(default_factory=Inventory)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """What the range of the cost is made with: USD, and the part of a volume that changes in a day.

    Prices differ by Region and change with time: these are defaults to be replaced, not a quotation.
    """

    storage_per_gb_month: float = 0.05
    transfer_per_gb_low: float = 0.01
    transfer_per_gb_high: float = 0.02
    daily_change_low: float = 0.005
    daily_change_high: float = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """A range of USD a month, for what stands now; ``assumptions`` say how it was come by."""

    low: float = 0.0
    high: float = 0.0
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A snapshot or copy on a timeline. ``delete_on`` is the tag's day, whatever keeps it longer."""

    at: datetime
    id: str
    state: str
    delete_on: date | None = None
    kept_forever: bool = False


@dataclass(frozen=True, slots=True)
class CopyReport:
    """The copies of one volume in one destination. Ages are in hours.

    ``wanted`` says whether the instance's tags still name the destination; ``missing``, ``deferred``, ``pending`` and
    ``failed`` count snapshots whose copy is so.
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
        """Whether it is to be backed up, and is not, or one of its copies is not as it must be."""
        return self.cover in (Cover.LATE, Cover.UNCOVERED) or any(not each.good for each in self.copies)


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
        """Whether a volume of it is not as it must be."""
        return any(each.failing for each in self.volumes)


@dataclass(frozen=True, slots=True)
class Failure:
    """A snapshot or copy in state error; ``repaired`` says what has taken its place, and is empty if nothing has."""

    at: datetime
    region: str
    id: str
    kind: str
    of: str
    cause: str
    repaired: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """The snapshots and copies of a volume that is no longer there.

    ``runs_out`` is the day on which the last of them may be deleted, None if one of them is kept for good.
    """

    region: str
    instance_id: str
    volume_id: str
    name: str
    reason: str
    snapshots: int
    copies: int
    newest_at: datetime
    runs_out: date | None
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class Guest:
    """Copies held for a Region that this report does not look at: what is left if that one is down."""

    region: str
    source_region: str
    copies: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A Region that did not answer; ``asked_by`` is the Region whose copies were looked for, empty for itself."""

    region: str
    asked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Something for a person to look at, the worst first; ``rank`` is 1 for what may cost data."""

    rank: int
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The report in numbers: of volumes, but for copies, failures and snapshots. The age is in hours.

    ``oldest_age`` is that of the newest completed snapshot of the volume that has waited longest, None without one.
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
    """Everything that there is to say of some Regions at ``now``."""

    now: datetime
    regions: tuple[str, ...]
    instances: tuple[InstanceReport, ...]
    failures: tuple[Failure, ...]
    orphans: tuple[Orphan, ...]
    guests: tuple[Guest, ...]
    unreadable: tuple[Unreadable, ...]
    problems: tuple[TagProblem, ...]
    cost: Cost
    totals: Totals
    attention: tuple[Attention, ...]
