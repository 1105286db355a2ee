"""EventBridge's schedule expressions, in UTC: rate(…) and cron(…). Unsupported ones are errors.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
YEARS_AHEAD = 9  # 29 February is at most eight years away

Next = Callable[[datetime], datetime | None]


class ScheduleError(ValueError):
    """An expression that AWS would refuse, or that the emulator does not support."""


@dataclass(frozen=True, slots=True)
class Cron:
    """The values at which an AWS cron expression fires; days by date or by weekday (1 is Sunday)."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]

    def after(self, instant: datetime) -> datetime | None:
        """The first time strictly after `instant` (aware, UTC); None if there is none in the next years."""
        day = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        last = instant.year + YEARS_AHEAD
        while day.year < last:
            if self._on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        fire = day.replace(hour=hour, minute=minute)
                        if fire > instant:
                            return fire
            day += timedelta(days=1)
        return None

    def _on(self, day: datetime) -> bool:
        if day.year not in self.years or day.month not in self.months:
            return False
        if self.days is not None:
            return day.day in self.days
        return self.weekdays is None or day.isoweekday() % 7 + 1 in self.weekdays


def parse(expression: str) -> Next:
    """A function that returns the next time after a given one. ScheduleError for an unsupported expression."""
    rate = RATE.fullmatch(expression)
    if rate:
        value, unit = int(rate.group(1)), rate.group(2)
        if value < 1 or (value == 1) == unit.endswith("s"):
            raise ScheduleError(f"{expression!r}: use the singular unit for 1, and the plural for more")
        step = timedelta(**{unit if unit.endswith("s") else unit + "s": value})
        return lambda instant: instant + step
    if not expression.startswith("cron(") or not expression.endswith(")"):
        raise ScheduleError(f"{expression!r} is neither rate(…) nor cron(…)")
    try:
        return parse_cron(expression).after
    except ScheduleError as error:
        raise ScheduleError(f"{expression!r}: {error}") from None


def parse_cron(expression: str) -> Cron:
    """ScheduleError with the name of the field that is wrong or not supported."""
    fields = expression[5:-1].split()
    if len(fields) != 6:
        raise ScheduleError(f"it has {len(fields)} fields, but cron needs six: minutes hours day month weekday year")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ScheduleError("exactly one of day of month and day of week must be '?'")
    return Cron(
        MINUTES.values(fields[0]),
        HOURS.values(fields[1]),
        None if fields[2] == "?" else DAYS.values(fields[2]),
        MONTHS.values(fields[3]),
        None if fields[4] == "?" else WEEKDAYS.values(fields[4]),
        YEARS.values(fields[5]),
    )


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a cron expression: its bounds, and names for its values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """All values that `text` names. ScheduleError for values that are out of bounds or not supported."""
        values: set[int] = set()
        for part in text.split(","):
            values.update(self._part(part))
        return frozenset(values)

    def _part(self, part: str) -> range:
        span, slash, step = part.partition("/")
        if slash and (not step.isdecimal() or int(step) < 1):
            raise ScheduleError(f"{step!r} is not a valid step in {self.name}")
        first, dash, last = span.partition("-")
        start = self.low if span == "*" else self._number(first)
        end = self.high if span == "*" or (slash and not dash) else start
        end = self._number(last) if dash else end
        if end < start:
            raise ScheduleError(f"the range {span!r} in {self.name} runs backwards")
        return range(start, end + 1, int(step) if slash else 1)

    def _number(self, text: str) -> int:
        if text.upper() in self.names:
            return self.names.index(text.upper()) + self.low
        if text.isascii() and text.isdecimal() and self.low <= int(text) <= self.high:
            return int(text)
        accepted = f"{self.low} to {self.high}, *, lists, ranges and steps"
        raise ScheduleError(f"{text!r} is not supported as {self.name} (accepted: {accepted})")


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
DAYS = Field("day of month", 1, 31)
MONTHS = Field(
    "month",
    1,
    12,
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
WEEKDAYS = Field("day of week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
YEARS = Field("year", 1970, 2199)
