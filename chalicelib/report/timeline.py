"""Where a snapshot stands on the timelines of a page. One unit is an hour, so that daily paths are short. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from chalicelib.models import State
from chalicelib.report.model import Mark, Report

SHORTEST, LONGEST = 7, 30
HOUR = timedelta(hours=1)
MIDDLE, TICK_TOP, TICK = 8, 4, 8


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a page shows, from one midnight (UTC) to another."""

    start: datetime
    end: datetime
    now: datetime

    @property
    def width(self) -> int:
        """The number of hours."""
        return self.x(self.end)

    def x(self, instant: datetime) -> int:
        """Return the hours from the start, rounded down."""
        return (instant - self.start) // HOUR

    def percent(self, instant: datetime) -> float:
        """Return how far an instant lies from the start, in percent of the width."""
        return round(100 * ((instant - self.start) / (self.end - self.start)), 2)


def window_of(report: Report) -> Window:
    """Return the time that shows all that stands, within 7 to 30 days before and after now."""
    volumes = [volume for each in report.instances for volume in each.volumes]
    lanes = [each.marks for each in volumes] + [copy.marks for each in volumes for copy in each.copies]
    marks = [mark for lane in lanes for mark in lane]
    today = report.now.astimezone(UTC).date()
    oldest = min((mark.at.date() for mark in marks), default=today)
    last = max((mark.delete_on for mark in marks if mark.delete_on), default=today)
    before = min(max((today - oldest).days + 1, SHORTEST), LONGEST)
    after = min(max((last - today).days + 1, SHORTEST), LONGEST)
    return Window(_midnight(today - timedelta(days=before)), _midnight(today + timedelta(days=after)), report.now)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def kind_of(mark: Mark) -> str:
    """Return how a mark looks: kept forever, completed, pending, or in error."""
    if mark.state == State.ERROR:
        return "x"
    if mark.state != State.COMPLETED:
        return "p"
    return "k" if mark.kept_forever else "s"


def dots(marks: Sequence[Mark], window: Window) -> str:
    """Return a path of one dot for each mark, oldest first: subpaths without length, which round caps make round."""
    parts: list[str] = []
    last = 0
    for mark in marks:
        x = window.x(mark.at)
        parts.append(f"m{x - last} 0h0" if parts else f"M{x} {MIDDLE}h0")
        last = x
    return "".join(parts)


def ends(marks: Iterable[Mark], window: Window) -> str:
    """Return a path of one tick for each day still to come on which a mark may be deleted."""
    days = {mark.delete_on for mark in marks if mark.delete_on and not mark.kept_forever}
    shown = sorted(day for day in days if window.now < _midnight(day) <= window.end)
    return "".join(f"M{window.x(_midnight(day))} {TICK_TOP}v{TICK}" for day in shown)


def lifetimes(marks: Iterable[Mark]) -> str:
    """Return for each mark after how many days it may be deleted, ``-`` if never; equal ones as ``7*30``."""
    days = [
        "-" if mark.kept_forever or not mark.delete_on else str((mark.delete_on - mark.at.date()).days)
        for mark in marks
    ]
    counts = [(day, len(list(group))) for day, group in groupby(days)]
    return " ".join(day if count == 1 else f"{day}*{count}" for day, count in counts)
