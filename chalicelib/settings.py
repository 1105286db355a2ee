"""Environment variables, read once into a frozen ``Settings``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import TypeVar

from chalicelib.identifiers import is_region
from chalicelib.quoting import printable, quoted
from chalicelib.schedule import (
    LIMIT_FORMS,
    RETENTION_FORMS,
    TIME_FORMS,
    Limits,
    Retention,
    exceeds,
    parse_limit,
    parse_retention,
    parse_time,
)

T = TypeVar("T")

NAMES = (
    "DAILY_AT", "DEFAULT_RETENTION", "MIN_RETENTION", "MAX_RETENTION", "ALLOWED_DESTINATIONS", "REQUESTS_PER_DAY",
    "MAX_DELETE_PERCENT", "LAST_COPY_GRACE_DAYS", "COPY_SLOTS", "CONCURRENCY", "CONSISTENCY_TIMEOUT",
    "VSS_TIMEOUT", "VSS_COPY_ONLY", "REPORT_TOPIC_ARN", "DRY_RUN", "LOG_LEVEL",
)  # fmt: skip
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingsError(ValueError):
    """Settings that are not understood; the message says for each what was read and what is accepted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one deployment.

    ``region`` is empty outside Lambda (``chalice deploy`` imports the app too); ``daily_at`` is in UTC; ``copy_slots``
    is how many copies a destination Region takes at a time; ``concurrency`` is how many calls are made side by side.
    Timeouts are in seconds.
    """

    region: str
    daily_at: time
    default_retention: Retention
    limits: Limits
    allowed_destinations: frozenset[str] | None
    requests_per_day: int
    max_delete_percent: int
    last_copy_grace_days: int
    copy_slots: int
    concurrency: int
    consistency_timeout: int
    vss_timeout: int
    vss_copy_only: bool
    report_topic_arn: str
    dry_run: bool
    log_level: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings in ``environ``; SettingsError names all that are not understood."""
        wrong: list[str] = []

        def read(name: str, default: str, parse: Callable[[str], T], accepted: str) -> T:
            text = environ.get(name, "").strip() or default
            try:
                return parse(text)
            except ValueError:
                wrong.append(f"{name}={quoted(text)} is not understood; accepted: {accepted}")
                return parse(default)

        settings = cls(
            region=read("AWS_REGION", "", _region, "a Region such as eu-west-1"),
            daily_at=read("DAILY_AT", "03:00", parse_time, TIME_FORMS),
            default_retention=read("DEFAULT_RETENTION", "7", parse_retention, RETENTION_FORMS),
            limits=Limits(
                least=read("MIN_RETENTION", "", parse_limit, LIMIT_FORMS),
                most=read("MAX_RETENTION", "", parse_limit, LIMIT_FORMS),
            ),
            allowed_destinations=read("ALLOWED_DESTINATIONS", "", _regions, "Regions such as eu-west-1, or nothing"),
            requests_per_day=read("REQUESTS_PER_DAY", "24", _number(0, 10_000), "a number from 0 to 10000"),
            max_delete_percent=read("MAX_DELETE_PERCENT", "80", _number(0, 100), "a number from 0 to 100"),
            last_copy_grace_days=read("LAST_COPY_GRACE_DAYS", "30", _number(0, 3650), "a number from 0 to 3650"),
            copy_slots=read("COPY_SLOTS", "20", _number(1, 1000), "a number from 1 to 1000"),
            concurrency=read("CONCURRENCY", "16", _number(1, 64), "a number from 1 to 64"),
            consistency_timeout=read("CONSISTENCY_TIMEOUT", "60", _number(5, 300), "seconds, from 5 to 300"),
            vss_timeout=read("VSS_TIMEOUT", "180", _number(30, 240), "seconds, from 30 to 240"),
            vss_copy_only=read("VSS_COPY_ONLY", "true", _boolean, "true or false"),
            report_topic_arn=read("REPORT_TOPIC_ARN", "", _topic_arn, "the ARN of an SNS topic, or nothing"),
            dry_run=read("DRY_RUN", "false", _boolean, "true or false"),
            log_level=read("LOG_LEVEL", "INFO", _log_level, ", ".join(_LOG_LEVELS)),
        )
        wrong += _misspelt(environ)
        limits = settings.limits
        if not wrong and limits.least and limits.most and exceeds(Retention((limits.least,)), Limits(most=limits.most)):
            wrong.append("MIN_RETENTION is longer than MAX_RETENTION")
        if wrong:
            raise SettingsError("; ".join(wrong))
        return settings


def _region(text: str) -> str:
    if text and not is_region(text):
        raise ValueError
    return text


def _regions(text: str) -> frozenset[str] | None:
    words = text.casefold().replace(",", " ").split()
    return frozenset(_region(word) for word in words) or None


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    """Return a message for each name that looks like a setting and is none."""
    by_letters = {_letters(name): name for name in NAMES}
    messages = []
    for name in sorted(set(environ) - set(NAMES)):
        close = [by_letters[letters] for letters in difflib.get_close_matches(_letters(name), by_letters, cutoff=0.9)]
        close += [setting for setting in NAMES if _begins_alike(name, setting)]
        if close:
            messages.append(f"{printable(name)} is no setting: {close[0]}?")
    return messages


def _begins_alike(name: str, setting: str) -> bool:
    """Return whether one of two names is the other with more words, such as DEFAULT_RETENTION_DAYS.

    A name of one word is too common in other programs.
    """
    longer, shorter = sorted((name, setting), key=len, reverse=True)
    return "_" in shorter and longer.startswith(f"{shorter}_")


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _topic_arn(text: str) -> str:
    if text and not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", text):
        raise ValueError
    return text


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return parse


def _boolean(text: str) -> bool:
    if text.casefold() not in _BOOLEANS:
        raise ValueError
    return _BOOLEANS[text.casefold()]


def _log_level(text: str) -> str:
    if text.upper() not in _LOG_LEVELS:
        raise ValueError
    return text.upper()
