"""For a tag that is not understood: the nearest tag that is, and what happens meanwhile. Pure."""

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
_NUMBER = re.compile(r"\d+")
_UNITS = re.compile(r"\b(\d+)\s*(d|day|days|w|week|weeks|m|month|months|y|year|years)\b")

_MEANWHILE: Mapping[str, str] = {
    tags.BACKUP: "not backed up",
    tags.SCHEDULE: "backed up daily, at the time that the settings name",
    tags.RETENTION: "kept as long as the settings say",
    tags.COPY_DEST: "not copied there",
    tags.COPY_RETENTION: "copies are kept as long as the primary",
    tags.COPY_KMS_KEY: "copied with the destination's default key",
    tags.CONSISTENCY: "crash-consistent snapshots",
    tags.DELETE_ON: "kept, and never deleted",
}


def meanwhile(problem: TagProblem) -> str:
    """Return what happens as long as the tag stays as it is; empty if that is nothing."""
    if problem.meant == tags.BACKUP and problem.target.startswith("vol-"):
        return "backed up with its instance"
    return _MEANWHILE.get(problem.meant, "")


def nearest(problem: TagProblem, regions: Iterable[str]) -> str:
    """Return the tag that is most like the one written; empty if there is none."""
    match problem.wrong:
        case Wrong.KEY:
            return f"{problem.meant}={problem.value}"
        case Wrong.WORD:
            suggestion = _close(problem.word, regions)
        case Wrong.VALUE:
            suggestion = _value(problem.meant, " ".join(problem.value.split()).casefold())
        case _:
            return ""
    return f"{problem.meant}={suggestion}" if suggestion else ""


def _value(key: str, value: str) -> str:
    if key == tags.BACKUP:
        return _close(value, _YES_OR_NO)
    if key in (tags.RETENTION, tags.COPY_RETENTION):
        return _retention(value)
    if key == tags.SCHEDULE:
        return _schedule(value)
    if key == tags.CONSISTENCY:
        return _close(value, _CONSISTENCIES)
    if key in (tags.DELETE_ON, tags.COPY_DELETE_ON):
        return _day(value)
    return ""


def _close(word: str, accepted: Iterable[str]) -> str:
    by_case = {each.casefold(): each for each in sorted(accepted)}
    close = difflib.get_close_matches(word.casefold(), by_case, n=1, cutoff=0.6)
    return by_case[close[0]] if close else ""


def _retention(value: str) -> str:
    if word := difflib.get_close_matches(value.removesuffix("days").strip(), _NUMBERS, n=1, cutoff=0.75):
        return str(_NUMBERS.index(word[0]) + 1)
    meant = " ".join(f"{int(count)}{unit[0]}" for count, unit in _UNITS.findall(value))
    try:
        parse_retention(meant)
    except ValueError:
        return ""
    return meant


def _schedule(value: str) -> str:
    if value in ("weekly", "monthly", "yearly"):
        return ""  # there is no such schedule: how long is kept is the Retention's affair
    if time := re.fullmatch(r"(?:daily|at)?\s*(?:at\s*)?(\d{1,2})[:.](\d{2})", value):
        hours, minutes = int(time[1]), int(time[2])
        return f"daily {hours:02}:{minutes:02}" if hours < 24 and minutes < 60 else ""
    if (number := _NUMBER.search(value)) and value.startswith(("every", number[0])):
        wanted = int(number[0])
        divisors = [each for each in range(1, 25) if 24 % each == 0]
        return f"every {min(divisors, key=lambda each: (abs(each - wanted), each))}h"
    return _close(value, _SCHEDULES)


_DAYS = (
    re.compile(r"(?P<y>\d{4})[-/.]?(?P<m>\d{1,2})[-/.]?(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
)


def _day(value: str) -> str:
    for pattern in _DAYS:
        if found := pattern.fullmatch(value):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
            except ValueError:
                return ""
    return ""
