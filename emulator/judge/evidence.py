"""What the judge looks at: snapshots as they were last seen, deletions, and what people and AWS did. Times are UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from emulator import DeadLetter, Invocation
from emulator.judge.promises import Instance
from emulator.ssm.run_command import Freeze

PROMISE = re.compile(r" - until (\d{4}-\d\d-\d\d)$")  # how the app ends each description


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot or copy as it was when last seen: what EC2 says of it, and its tags. `size` is in GiB.

    `completed` is when it was completed, None if it was not. Of a copy, `incremental` says whether it is, and
    `moved_gib` what was transferred for it.
    """

    id: str
    region: str
    volume_id: str
    state: str
    started: datetime
    size: int
    tags: Mapping[str, str]
    description: str = ""
    completed: datetime | None = None
    archived: bool = False
    incremental: bool | None = None
    moved_gib: float = 0.0

    @property
    def managed(self) -> bool:
        """Whether its tags say that the app made it."""
        return self.tags.get("Type") == "Automated"

    @property
    def protected(self) -> bool:
        """Whether it has the tag KeepForever."""
        return is_protected(self.tags)

    @property
    def primary_id(self) -> str | None:
        """The id of the primary, if this is a copy."""
        return self.tags.get("Source_SnapshotId")

    @property
    def slot(self) -> str:
        """The slot or request for which it was created; empty if its tags name none."""
        return self.tags.get("Backup_Slot", "")

    @property
    def delete_on(self) -> date | None:
        """The day that the tag DeleteOn names, if any."""
        text = self.tags.get("DeleteOn")
        return date.fromisoformat(text) if text else None

    @property
    def promised(self) -> date | None:
        """The day that its description promises, which nobody can change; None for what the app did not make."""
        promise = PROMISE.search(self.description)
        return date.fromisoformat(promise[1]) if promise else None

    @property
    def copies_expire(self) -> date | None:
        """The day that a primary names for its copies: Copy_DeleteOn, or else DeleteOn."""
        text = self.tags.get("Copy_DeleteOn")
        return date.fromisoformat(text) if text else self.delete_on

    def __str__(self) -> str:
        return f"{'copy' if self.primary_id else 'snapshot'} {self.id} in {self.region}"


def is_protected(tags: Mapping[str, str]) -> bool:
    """Whether one of the tags is KeepForever, in any spelling that the documentation names."""
    return any(key.lower().replace("-", "").replace("_", "") == "keepforever" for key in tags)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A DeleteSnapshot that took effect; `function` is None if the app did not call it.

    `snapshot` is as it was in that instant.
    """

    at: datetime
    function: str | None
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Outage:
    """From `since` to `until` the schedule of a function does not start it; `until` is None while it lasts.

    An empty `function` says that the Region's API does not answer.
    """

    region: str
    function: str
    since: datetime
    until: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Whether it lasts at `instant`."""
        return self.since <= instant and (self.until is None or instant <= self.until)


@dataclass(frozen=True, slots=True)
class Detachment:
    """From `since` to `until` a volume is attached to no instance; `until` is None while it lasts."""

    volume_id: str
    since: datetime
    until: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Whether it lasts at `instant`."""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked for snapshots of an instance; `id` is that of the event."""

    id: str
    instance: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mistake:
    """Somebody overwrote DeleteOn of a Region's snapshots at `at`, and corrected it at `until`.

    `before` has the right days by snapshot id.
    """

    region: str
    at: datetime
    before: Mapping[str, date]
    until: datetime | None = None

    @property
    def ended_on_its_day(self) -> bool:
        """Whether sweeps of the same day saw the right dates again."""
        return self.until is not None and self.until.date() == self.at.date()


@dataclass(frozen=True, slots=True)
class Undeletion:
    """Somebody restored a snapshot from the Recycle Bin at `at`, with `until` as its DeleteOn."""

    snapshot_id: str
    at: datetime
    until: date


@dataclass(frozen=True, slots=True)
class ExpectedFailure:
    """A failure that the story caused: `text` must be in the error of an invocation.

    An empty `function` or `region` stands for any.
    """

    text: str
    function: str = ""
    region: str = ""

    def explains(self, failed: Invocation | DeadLetter) -> bool:
        """Whether it is the cause of a failed invocation, or of a dead letter."""
        same = self.function in ("", failed.function) and self.region in ("", failed.region)
        return same and self.text in (failed.error or "")


@dataclass
class Facts:
    """What people and AWS did. The judge starts from it, never from what the app says. Keys are instance names."""

    instances: dict[str, Instance] = field(default_factory=dict)
    instance_ids: dict[str, str] = field(default_factory=dict)
    volume_ids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    launched: dict[str, datetime] = field(default_factory=dict)
    terminated: dict[str, datetime] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    events_lost: list[date] = field(default_factory=list)  # the days on which no event arrived
    quota_full: list[date] = field(default_factory=list)  # the days on which other teams used the quota of copies
    failing_volumes: list[str] = field(default_factory=list)  # AWS was to fail a snapshot of each
    failures: list[ExpectedFailure] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    undeletions: list[Undeletion] = field(default_factory=list)
    kept_forever: list[str] = field(default_factory=list)  # the primaries that were given KeepForever
    by_hand: list[Snapshot] = field(default_factory=list)  # not the app's: as they were created
    detachments: list[Detachment] = field(default_factory=list)
    grace: timedelta = timedelta(days=30)  # how long what is owed, and the newest copy, are kept past their DeleteOn

    def is_down(self, region: str, at: datetime) -> bool:
        """Whether a Region's API does not answer at `at`."""
        return any((outage.region, outage.function) == (region, "") and outage.covers(at) for outage in self.outages)

    def covered_volumes(self, name: str, at: datetime | None = None) -> tuple[str, ...]:
        """The volumes of an instance that are to be backed up; of these the ones attached at `at`, if it is given."""
        instance = self.instances[name]
        if instance.promise is None:
            return ()
        detached = {detachment.volume_id for detachment in self.detachments if at is not None and detachment.covers(at)}
        return tuple(
            id
            for place, id in enumerate(self.volume_ids[name])
            if place not in instance.left_out and id not in detached
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the judge looks at, taken at `now` and no longer connected to the account that it came from."""

    now: datetime
    facts: Facts
    standing: Mapping[str, Snapshot]
    seen: Mapping[str, Snapshot]
    deletions: Sequence[Deletion]
    invocations: Sequence[Invocation]
    dead_letters: Sequence[DeadLetter]
    freezes: Sequence[Freeze]
    frozen: Mapping[str, datetime]
