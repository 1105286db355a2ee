"""What a test can set: durations, quotas, keys, and how many events are lost, doubled or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, Protocol, TypeVar, cast, overload

T = TypeVar("T")
Duration = Callable[[int], timedelta]


def default_duration(gib: int) -> timedelta:
    """The default time that a snapshot or copy of `gib` GiB stays pending: a minute, and 2 s per GiB."""
    return timedelta(seconds=60 + 2 * gib)


def default_archival(gib: int) -> timedelta:
    """The default time that archiving takes, whatever the size."""
    return timedelta(hours=1)


def default_tier_restore(gib: int) -> timedelta:
    """The default time that a restore from the archive takes: the longest that AWS names, whatever the size."""
    return timedelta(hours=72)


@dataclass
class Conditions:
    """They are read at every use, so that a test may change them at any time."""

    snapshot_duration: Duration = default_duration
    copy_duration: Duration = default_duration
    archive_duration: Duration = default_archival
    restore_duration: Duration = default_tier_restore
    copy_slots: int = 20
    pending_snapshots: int | None = None
    describe_lag: timedelta = timedelta(0)
    filters_after_paging: bool = False
    tagging_lag: timedelta = timedelta(0)
    token_buckets: bool = False
    call_duration: timedelta = timedelta(0)
    run_command_rate: float | None = None
    individual_events_of_sets: bool = True
    kms_keys: dict[str, set[str]] = field(default_factory=dict)
    disabled_regions: set[str] = field(default_factory=set)
    event_loss: float = 0.0
    event_duplication: float = 0.0
    event_jitter: timedelta = timedelta(0)


class HasConditions(Protocol):
    """A class that can have a `Condition`."""

    conditions: Conditions


class Condition(Generic[T]):
    """An attribute of `LocalAWS` that reads and writes one of its `conditions`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Condition[T]: ...
    @overload
    def __get__(self, instance: HasConditions, owner: type) -> T: ...
    def __get__(self, instance: HasConditions | None, owner: type) -> T | Condition[T]:
        if instance is None:
            return self
        return cast(T, getattr(instance.conditions, self._name))

    def __set__(self, instance: HasConditions, value: T) -> None:
        setattr(instance.conditions, self._name, value)
