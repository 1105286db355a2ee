"""Slots and retention: pure calendar arithmetic, all of it in UTC.

A schedule names the slots of a day; a retention names how long a snapshot is kept.
Nothing here reads a clock: the time is always an argument.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MINUTES_PER_DAY = 24 * 60

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_EVERY = re.compile(r"every ([0-9]{1,2}) ?h")
_TIER = re.compile(r"([0-9]{1,6})([dwmy]?)")
SCHEDULE_FORMS = "daily, daily HH:MM, hourly, every Nh where N divides 24, on-request, on-request HH:MM (UTC)"
RETENTION_FORMS = "days such as 7 or 7d, or tiers such as 7d 4w 12m 3y, up to a hundred years"
LIMIT_FORMS = "days such as 7 or 7d, or one of 4w, 12m, 3y; or nothing"
TIME_FORMS = "HH:MM from 00:00 to 23:59, UTC"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The slots of every day, in minutes after midnight UTC, sorted.

    With ``on_request``, a snapshot that was requested after the previous slot also fills a slot. A schedule without
    slots has requested snapshots only.
    """

    minutes: tuple[int, ...]
    on_request: bool = False

    @classmethod
    def daily(cls, at: time) -> Schedule:
        """One slot a day at the given time of day (UTC)."""
        return cls((at.hour * 60 + at.minute,))


@dataclass(frozen=True, slots=True)
class Tier:
    """How many of a unit: ``d`` days, ``w`` ISO weeks, ``m`` months, ``y`` years."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Retention:
    """The tiers that a snapshot can qualify for, in the order of the tag."""

    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The shortest and the longest time that a snapshot may be kept for; None where there is no limit."""

    least: Tier | None = None
    most: Tier | None = None


NO_LIMITS = Limits()

# The day from which the lengths of tiers are compared: any day would do. A leap year follows this one.
_REFERENCE_DAY = date(2023, 12, 31)


def parse_limit(text: str) -> Tier | None:
    """Return the one tier in a setting, None if the setting is empty; ValueError names what is accepted."""
    words = text.casefold().split()
    return _tier(" ".join(words)) if words else None


def parse_time(text: str) -> time:
    """Return the time of day written as ``HH:MM``; ValueError names what is accepted."""
    match = _TIME_OF_DAY.fullmatch(text.strip())
    if not match:
        raise ValueError(TIME_FORMS)
    return time(int(match[1]), int(match[2]))


def parse_schedule(text: str, daily_at: time) -> Schedule:
    """Return the schedule written in a tag; ValueError names what is accepted.

    ``daily_at`` is the time of day (UTC) that ``daily`` without a time means.
    """
    words = " ".join(text.casefold().split())
    if words == "daily":
        return Schedule.daily(daily_at)
    if words == "hourly":
        return _every(1)
    if words == "on-request":
        return Schedule((), on_request=True)
    kind, _, at = words.partition(" ")
    if kind in ("daily", "on-request") and _TIME_OF_DAY.fullmatch(at):
        return Schedule(Schedule.daily(parse_time(at)).minutes, on_request=kind == "on-request")
    match = _EVERY.fullmatch(words)
    if match and int(match[1]) and 24 % int(match[1]) == 0:
        return _every(int(match[1]))
    raise ValueError(SCHEDULE_FORMS)


def _every(hours: int) -> Schedule:
    return Schedule(tuple(range(0, MINUTES_PER_DAY, hours * 60)))


def parse_retention(text: str) -> Retention:
    """Return the retention written in a tag or a setting; ValueError names what is accepted."""
    words = text.casefold().replace(",", " ").split()
    if not words:
        raise ValueError(RETENTION_FORMS)
    return Retention(tuple(_tier(word) for word in words))


def _tier(word: str) -> Tier:
    match = _TIER.fullmatch(word)
    if not match:
        raise ValueError(RETENTION_FORMS)
    tier = Tier(int(match[1]), match[2] or "d")
    if not 1 <= tier.count <= _UNITS[tier.unit].max_count:
        raise ValueError(RETENTION_FORMS)
    return tier


def current_slot(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the latest slot time that is not after ``now`` (aware, UTC); None if the schedule has no slots."""
    today = now.astimezone(UTC).date()
    slots = (
        _midnight(day) + timedelta(minutes=minutes)
        for day in (today, days_after(today, -1))
        for minutes in reversed(schedule.minutes)
    )
    return next((slot for slot in slots if slot <= now), None)


def previous_slot(schedule: Schedule, slot: datetime) -> datetime | None:
    """Return the slot before this one; None if the schedule has no slots."""
    return current_slot(schedule, slot - timedelta(microseconds=1))


def next_slot(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the first slot time after ``now`` (aware, UTC); None if the schedule has no slots."""
    today = now.astimezone(UTC).date()
    slots = (
        _midnight(day) + timedelta(minutes=minutes)
        for day in (today, days_after(today, 1))
        for minutes in schedule.minutes
    )
    return next((slot for slot in slots if slot > now), None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def days_after(day: date, days: int) -> date:
    """Return the day that many days later, or earlier, limited to ``date.min`` and ``date.max``."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def delete_on(retention: Retention, fallback: Retention, taken: date, earlier: Iterable[date]) -> date:
    """Return the day (UTC) from which a snapshot taken on ``taken`` may be deleted.

    It is the latest date among the tiers that the snapshot qualifies for. Every snapshot
    qualifies for a tier of days; the first that a volume gets in an ISO week, a month or a year
    qualifies for that tier, where ``earlier`` holds the days of the volume's snapshots that exist.
    One that qualifies for no tier is kept for the days of ``fallback``.
    """
    days = frozenset(earlier)
    dates = [_after(taken, tier) for tier in retention.tiers if _qualifies(tier, taken, days)]
    return max(dates) if dates else _after(taken, Tier(_days(fallback), "d"))


def within(expiry: date, taken: date, limits: Limits) -> date:
    """Return the expiry of a snapshot taken on ``taken``, moved to the nearest day that the limits allow."""
    if limits.most:
        expiry = min(expiry, _after(taken, limits.most))
    if limits.least:
        expiry = max(expiry, _after(taken, limits.least))
    return expiry


def limits_text(limits: Limits) -> str:
    """Return limits as text, such as ``at least 7d, at most 3y``."""
    bounds = (("at least", limits.least), ("at most", limits.most))
    return ", ".join(f"{word} {tier.count}{tier.unit}" for word, tier in bounds if tier)


def exceeds(retention: Retention, limits: Limits) -> bool:
    """Return whether a retention is shorter or longer than the limits allow."""
    longest = max(_after(_REFERENCE_DAY, tier) for tier in retention.tiers)
    return longest != within(longest, _REFERENCE_DAY, limits)


def _days(retention: Retention) -> int:
    return max((tier.count for tier in retention.tiers if tier.unit == "d"), default=7)


def _qualifies(tier: Tier, taken: date, earlier: frozenset[date]) -> bool:
    period = _UNITS[tier.unit].period
    return period is None or all(period(day) != period(taken) for day in earlier)


def _after(day: date, tier: Tier) -> date:
    return _UNITS[tier.unit].after(day, tier.count)


def _add_months(day: date, months: int) -> date:
    """Add calendar months; a day that the month lacks becomes its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of retention: the highest count in a tag, how to add so many units to a day, and its periods.

    The first snapshot in each ``period`` qualifies for the tier; without periods, every snapshot does.
    """

    max_count: int
    after: Callable[[date, int], date]
    period: Callable[[date], tuple[int, ...]] | None


# A hundred years of each unit: far beyond any need, and no date overflows.
_UNITS: Mapping[str, _Unit] = {
    "d": _Unit(36500, days_after, None),
    "w": _Unit(5200, lambda day, count: days_after(day, 7 * count), lambda day: tuple(day.isocalendar()[:2])),
    "m": _Unit(1200, _add_months, lambda day: (day.year, day.month)),
    "y": _Unit(100, lambda day, count: _add_months(day, 12 * count), lambda day: (day.year,)),
}
