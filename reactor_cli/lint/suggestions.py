"""For a tag that is not understood: the value that was probably meant, and what happens meanwhile. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date

from chalicelib import tags
from chalicelib.models import TagProblem, Wrong
from chalicelib.schedule import parse_retention

_YES_OR_NO = ("Yes", "true", "on", "No", "false", "off")
_SCHEDULES = ("daily", "hourly", "every 1h", "every 2h", "every 3h", "every 4h", "every 6h", "every 8h", "every 12h",
              "every 24h", "on-request")  # fmt: skip
_CONSISTENCIES = ("crash", "fsfreeze", "vss", "ssm:")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
            "thirteen", "fourteen")  # fmt: skip
_INTERVAL = re.compile(r"(?:every\s*)?(?P<count>\d{1,4})\s*(?P<unit>[a-z]*)")
_HOURS_PER_UNIT = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1 / 3600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 1 / 60),
    **dict.fromkeys(("", "h", "hr", "hrs", "hour", "hours"), 1),
    **dict.fromkeys(("d", "day", "days"), 24),
}
_UNITS = re.compile(r"\b(\d+)\s*(d|day|days|w|week|weeks|m|month|months|y|year|years)\b")

_MEANWHILE: Mapping[str, str] = {
    tags.BACKUP: "not backed up",
    tags.SCHEDULE: "backed up daily, at the time of the setting DAILY_AT",
    tags.RETENTION: "kept for as long as the setting DEFAULT_RETENTION says",
    tags.COPY_DEST: "not copied there",
    tags.COPY_RETENTION: "copies are kept for as long as the primary",
    tags.COPY_KMS_KEY: "copied with the destination's default key",
    tags.CONSISTENCY: "crash-consistent snapshots",
    tags.DELETE_ON: "kept, and never deleted",
    tags.KEEP_FOREVER: "not protected",
    tags.TYPE: "kept, and never deleted",
}
# What holds instead of a time that the settings do not allow.
_LIMITED = frozenset({tags.RETENTION, tags.COPY_RETENTION, tags.COPY_DELETE_ON})


def meanwhile(problem: TagProblem) -> str:
    """Return what happens as long as nobody changes the tag; empty if the tag has no effect."""
    if problem.wrong == Wrong.MISPLACED:
        return ""
    if problem.wrong == Wrong.NOT_ALLOWED and problem.meant in _LIMITED:
        return "kept for as long as the settings allow"
    if problem.meant == tags.BACKUP and problem.target.startswith("vol-"):
        return "backed up with its instance"
    return _MEANWHILE.get(problem.meant, "")


def suggest(problem: TagProblem, regions: Iterable[str]) -> str:
    """Return the value of the key ``meant`` that is most like the one written; empty if none is."""
    match problem.wrong:
        case Wrong.KEY:
            return problem.value
        case Wrong.BROUGHT_FORWARD:
            return problem.limit
        case Wrong.WORD:
            return _closest(problem.word, regions)
        case Wrong.VALUE:
            return _suggest_value(problem.meant, " ".join(problem.value.split()).casefold())
    return ""


def _suggest_value(key: str, value: str) -> str:
    if key == tags.BACKUP:
        return _closest(value, _YES_OR_NO)
    if key in (tags.RETENTION, tags.COPY_RETENTION):
        return _retention(value)
    if key == tags.SCHEDULE:
        return _schedule(value)
    if key == tags.CONSISTENCY:
        return _closest(value, _CONSISTENCIES)
    if key in (tags.DELETE_ON, tags.COPY_DELETE_ON):
        return _day(value)
    return ""


def _closest(word: str, accepted: Iterable[str]) -> str:
    by_casefold = {text.casefold(): text for text in sorted(accepted)}
    closest = difflib.get_close_matches(word.casefold(), by_casefold, n=1, cutoff=0.6)
    return by_casefold[closest[0]] if closest else ""


def _retention(value: str) -> str:
    if word := difflib.get_close_matches(value.removesuffix("days").strip(), _NUMBERS, n=1, cutoff=0.75):
        return str(_NUMBERS.index(word[0]) + 1)
    suggestion = " ".join(f"{int(count)}{unit[0]}" for count, unit in _UNITS.findall(value))
    try:
        parse_retention(suggestion)
    except ValueError:
        return ""
    return suggestion


def _schedule(value: str) -> str:
    if value in ("weekly", "monthly", "yearly"):
        return ""  # a schedule has no weeks, months or years: the owner may mean Retention
    if time := re.fullmatch(r"(?:daily|at)?\s*(?:at\s*)?(\d{1,2})[:.](\d{2})", value):
        hours, minutes = int(time[1]), int(time[2])
        return f"daily {hours:02}:{minutes:02}" if hours < 24 and minutes < 60 else ""
    if interval := _INTERVAL.match(value):
        return _interval(int(interval["count"]), interval["unit"])
    return _closest(value, _SCHEDULES)


def _interval(count: int, unit: str) -> str:
    """Return the schedule with the interval that is most like the one asked for; empty if none is like it."""
    if unit not in _HOURS_PER_UNIT:
        return ""
    wanted = count * _HOURS_PER_UNIT[unit]
    if wanted > 24:
        return ""
    divisors = [hours for hours in range(1, 25) if 24 % hours == 0]
    closest = min(divisors, key=lambda hours: (abs(hours - wanted), hours))
    return "hourly" if closest == 1 else "daily" if unit.startswith("d") else f"every {closest}h"


_DAYS = (
    re.compile(r"(?P<y>\d{4})[-/.]?(?P<m>\d{1,2})[-/.]?(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
)


def _day(value: str) -> str:
    for pattern in _DAYS:
        if match := pattern.fullmatch(value):
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
            except ValueError:
                return ""
    return ""
