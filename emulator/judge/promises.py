"""What the owners of instances may rely on, in plain figures: written by hand, never read out of tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True, slots=True)
class Promise:
    """What the tags of an instance ask for.

    It is written beside the tags by hand, so that the judge shares no parser with the app. Times are UTC and sorted;
    days count from the day on which a snapshot is taken. The first snapshot of an ISO week is kept for `weeks`, the
    first of a month for `months`, and so are its copies.
    """

    at: tuple[time, ...]
    days: int
    copies: tuple[str, ...] = ()
    copy_days: int = 0
    weeks: int = 0
    months: int = 0

    def __str__(self) -> str:
        often = f"daily {self.at[0]:%H:%M}" if len(self.at) == 1 else f"{len(self.at)} a day"
        tiers = f", {self.weeks} weeks, {self.months} months" if self.weeks else ""
        longer = f", copies {self.copy_days} days" if self.copies and self.copy_days != self.days else ""
        return f"{often}, {self.days} days{tiers}{longer}"


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance to be launched.

    `volumes` are sizes in GiB, the root first; `left_out` are the positions of those tagged Backup=No, from 0.
    `promise` is None if the tags ask for no backup, or cannot be understood.
    """

    name: str
    region: str
    tags: Mapping[str, str]
    promise: Promise | None
    volumes: tuple[int, ...] = (8,)
    left_out: frozenset[int] = field(default_factory=frozenset)
