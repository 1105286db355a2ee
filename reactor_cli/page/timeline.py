"""The timelines of a page as SVG paths. One unit is one hour, which keeps the paths short. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise

from chalicelib.models import State
from chalicelib.report.model import Mark, Report

MIN_DAYS, MAX_DAYS_PAST, MAX_DAYS_AHEAD = 7, 30, 21
MIN_HOURS_BETWEEN_DOTS = 20  # closer dots would overlap
HOUR = timedelta(hours=1)
MIDDLE, TICK_TOP, TICK, BAR_TOP, BAR = 8, 4, 8, 3, 10


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
    """Return the time that shows all snapshots, at most 30 days before now and 21 days after it."""
    volumes = [volume for instance in report.instances for volume in instance.volumes]
    lanes = [volume.marks for volume in volumes] + [copy.marks for volume in volumes for copy in volume.copies]
    marks = [mark for lane in lanes for mark in lane]
    today = report.now.astimezone(UTC).date()
    oldest = min((mark.at.date() for mark in marks), default=today)
    last = max((mark.delete_on for mark in marks if mark.delete_on), default=today)
    before = min(max((today - oldest).days + 1, MIN_DAYS), MAX_DAYS_PAST)
    after = min(max((last - today).days + 1, MIN_DAYS), MAX_DAYS_AHEAD)
    return Window(_midnight(today - timedelta(days=before)), _midnight(today + timedelta(days=after)), report.now)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def kind_of(mark: Mark) -> str:
    """Return the class of a mark: ``x`` for error, ``p`` pending, ``k`` kept forever, ``s`` completed."""
    if mark.state == State.ERROR:
        return "x"
    if mark.state != State.COMPLETED:
        return "p"
    return "k" if mark.kept_forever else "s"


def is_dense(marks: Sequence[Mark]) -> bool:
    """Return whether marks are so close that bars are clearer than dots: by the median distance."""
    gaps = sorted((after.at - before.at) / HOUR for before, after in pairwise(marks))
    return bool(gaps) and gaps[len(gaps) // 2] < MIN_HOURS_BETWEEN_DOTS


def dots(marks: Sequence[Mark], window: Window, dense: bool = False) -> str:
    """Return a path of one dot, or one vertical bar, for each mark, oldest first.

    A dot is a subpath without length: its round line cap makes it round at any scale.
    """
    first, more = (f"{BAR_TOP}v{BAR}", f"-{BAR}v{BAR}") if dense else (f"{MIDDLE}h0", "0h0")
    parts: list[str] = []
    last = 0
    for mark in marks:
        x = window.x(mark.at)
        separator = "" if dense and parts else " "
        parts.append(f"m{x - last}{separator}{more}" if parts else f"M{x} {first}")
        last = x
    return "".join(parts)


def expiry_ticks(marks: Iterable[Mark], window: Window) -> str:
    """Return a path of one tick for each future day on which a mark may be deleted."""
    days = {mark.delete_on for mark in marks if mark.delete_on and not mark.kept_forever}
    shown = sorted(day for day in days if window.now < _midnight(day) <= window.end)
    return "".join(f"M{window.x(_midnight(day))} {TICK_TOP}v{TICK}" for day in shown)


def lifetimes(marks: Iterable[Mark]) -> str:
    """Return for each mark its days until deletion, ``-`` for never; 30 marks of 7 days in a row as ``7*30``."""
    days = [
        "-" if mark.kept_forever or not mark.delete_on else str((mark.delete_on - mark.at.date()).days)
        for mark in marks
    ]
    counts = [(day, len(list(group))) for day, group in groupby(days)]
    return " ".join(day if count == 1 else f"{day}*{count}" for day, count in counts)
