"""The snapshots and images of the emulated EC2, by Region. moto has the instances and volumes."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ACCOUNT = "123456789012"
BOGUS_VOLUME = "vol-ffffffff"
IN_BIN = "aws:recycle-bin:resource-in-bin"

Origin = Literal["create", "set", "copy", "foreign"]
TieringOperation = Literal["archival", "temporary-restore", "permanent-restore"]
Tags = dict[str, str]


@dataclass(slots=True)
class Tiering:
    """The last archival or restore of a snapshot. Times are aware and UTC.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotTierStatus.html
    """

    operation: TieringOperation
    started: datetime
    ends_at: datetime
    ended: bool = False

    @property
    def status(self) -> str:
        """The status in EC2's words."""
        return f"{self.operation}-{'completed' if self.ended else 'in-progress'}"


@dataclass(slots=True)
class Snapshot:
    """A snapshot: pending until `ends_at`, then `completed`, or `error` if it has a `failure`.

    Times are aware and UTC.
    """

    snapshot_id: str
    sequence: (
        int  # order of creation in the Region; page tokens name it, so that a deletion between two pages skips nothing
    )
    region: str
    volume_id: str
    volume_size: int  # GiB
    description: str
    start_time: datetime
    ends_at: datetime
    origin: Origin
    owner_id: str = ACCOUNT
    owner_alias: str | None = None
    encrypted: bool = False
    kms_key_id: str | None = None
    tags: Tags = field(default_factory=dict)
    failure: str | None = None
    ended: bool = False
    delete_when_ended: bool = False
    source_id: str = ""  # of a copy: the snapshot that was copied
    source_region: str = ""
    lineage: str = ""  # the volume that it comes from, of a copy too
    incremental: bool | None = None  # of a copy
    moved_gib: float = 0.0  # of a copy: what was transferred
    lock: Lock | None = None
    storage_tier: Literal["standard", "archive"] = "standard"
    tiering: Tiering | None = None
    archived_at: datetime | None = None
    restore_expires: datetime | None = None  # of a temporary restore
    tag_version: float = 1.0
    xml: str | None = None  # cached responses, which touch() removes
    parsed: dict[str, Any] | None = None

    @property
    def state(self) -> str:
        """pending, completed or error."""
        if not self.ended:
            return "pending"
        return "completed" if self.failure is None else "error"

    @property
    def progress(self) -> str:
        """The percentage in EC2's format; 0% for a failed snapshot."""
        return "100%" if self.state == "completed" else "0%"

    @property
    def mine(self) -> bool:
        """Whether it belongs to the emulated account."""
        return self.owner_id == ACCOUNT

    def summary(self) -> dict[str, Any]:
        """The snapshot as tests read it: names as in EC2's API, tags as a plain dictionary."""
        return {
            "SnapshotId": self.snapshot_id,
            "VolumeId": self.volume_id,
            "State": self.state,
            "StateMessage": self.failure if self.state == "error" else None,
            "StartTime": self.start_time,
            "CompletionTime": self.ends_at if self.state == "completed" else None,
            "VolumeSize": self.volume_size,
            "Incremental": self.incremental,
            "MovedGiB": self.moved_gib,
            "Description": self.description,
            "Encrypted": self.encrypted,
            "KmsKeyId": self.kms_key_id,
            "StorageTier": self.storage_tier,
            "RestoreExpiryTime": self.restore_expires,
            "Tags": dict(self.tags),
        }

    def touch(self) -> None:
        """Removes the cached responses, because tags or state have changed."""
        self.xml = None
        self.parsed = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A snapshot lock. `expires` is aware and UTC.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html
    """

    mode: str
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """A snapshot as it was (see `Snapshot.summary`) when a call deleted it. `at` is aware and UTC.

    `function` is None if no function of the app made the call.
    """

    at: datetime
    region: str
    function: str | None
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BinRule:
    """A retention rule of the Recycle Bin: for snapshots with any of `tags`, or for all if `tags` is empty."""

    days: int
    tags: Tags


@dataclass(frozen=True, slots=True)
class Binned:
    """A deleted snapshot in the Recycle Bin. Times are aware and UTC."""

    snapshot: Snapshot
    enters: datetime
    exits: datetime


@dataclass(slots=True)
class Image:
    """An AMI of this account, with the snapshots that it uses, by device name."""

    image_id: str
    name: str
    description: str
    created: datetime
    root_device: str
    snapshots: dict[str, tuple[str, int]]  # device name → snapshot id, GiB
    tags: Tags = field(default_factory=dict)
    state: str = "available"


@dataclass
class Region:
    """The state of a Region. `version` counts changes of snapshots; `fleet_version` counts changes in moto."""

    name: str
    rng: random.Random
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    client_tokens: dict[str, tuple[Mapping[str, Any], str]] = field(default_factory=dict)  # parameters, response
    bin: dict[str, Binned] = field(default_factory=dict)
    bin_rules: list[BinRule] = field(default_factory=list)
    version: int = 0
    fleet_version: int = 0
    sequence: int = 0
    pending_copies: int = 0
    pending_snapshots: int = 0
    deletions: list[Deletion] = field(default_factory=list)
    recent: dict[str, deque[Snapshot]] = field(default_factory=dict)  # the last few snapshots of each volume
    newest_copies: dict[str, Snapshot] = field(default_factory=dict)  # by lineage: completed last, deleted or not

    def next_sequence(self) -> int:
        """The sequence number for the next snapshot."""
        self.sequence += 1
        return self.sequence

    def new_id(self, prefix: str) -> str:
        """A resource id from the seeded randomness."""
        return f"{prefix}-{self.rng.getrandbits(68):017x}"

    def held(self, snapshot_id: str) -> Snapshot | None:
        """The snapshot with this id, also if it is in the Recycle Bin; None if there is none."""
        binned = self.bin.get(snapshot_id)
        return binned.snapshot if binned is not None else self.snapshots.get(snapshot_id)

    def add(self, snapshot: Snapshot) -> None:
        """Adds a new snapshot and counts it as pending."""
        self.snapshots[snapshot.snapshot_id] = snapshot
        self.version += 1
        if snapshot.ended:
            return
        if snapshot.origin == "copy":
            self.pending_copies += 1
        else:
            self.pending_snapshots += 1
            self.recent.setdefault(snapshot.volume_id, deque(maxlen=8)).append(snapshot)

    def end(self, snapshot: Snapshot) -> None:
        """Completes or fails a pending snapshot."""
        snapshot.ended = True
        snapshot.touch()
        self.version += 1
        if snapshot.origin != "copy":
            self.pending_snapshots -= 1
            return
        self.pending_copies -= 1
        if snapshot.failure is None:
            rivals = [snapshot, self.newest_copies.get(snapshot.lineage, snapshot)]
            self.newest_copies[snapshot.lineage] = max(
                rivals, key=lambda copy: (copy.ends_at, copy.start_time, copy.snapshot_id)
            )
