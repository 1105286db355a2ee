"""The administrator's limits of retention, and the lines between what a day may be."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chalicelib import plan, tags
from chalicelib.models import TagProblem, Wrong
from chalicelib.schedule import Limits, Tier, limits_text, parse_limit, within
from tests.pure.builders import CONTRACT, instance, volume

DAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
LIMITS = Limits(least=Tier(7, "d"), most=Tier(2, "w"))


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(), ""),
        (Limits(least=Tier(7, "d")), "at least 7d"),
        (Limits(Tier(7, "d"), Tier(3, "y")), "at least 7d, at most 3y"),
    ],
)
def test_limits_as_text(limits: Limits, text: str) -> None:
    assert limits_text(limits) == text


@pytest.mark.parametrize("text", ["7 8", "seven", "7x"])
def test_a_limit_is_one_tier(text: str) -> None:
    with pytest.raises(ValueError, match="days such as 7 or 7d"):
        parse_limit(text)


@pytest.mark.parametrize(("expiry", "expected"), [(28, 29), (29, 29), (30, 30)])
def test_nothing_expires_before_the_shortest_retention(expiry: int, expected: int) -> None:
    assert within(date(2026, 11, expiry), DAY, LIMITS) == date(2026, 11, expected)


@pytest.mark.parametrize(("expiry", "expected"), [(5, 5), (6, 6), (7, 6)])
def test_nothing_expires_after_the_longest_retention(expiry: int, expected: int) -> None:
    assert within(date(2026, 12, expiry), DAY, LIMITS) == date(2026, 12, expected)


@pytest.mark.parametrize(
    "read",
    [
        lambda raw: tags.read_instance("x-0a", raw, "", (), CONTRACT)[1],
        lambda raw: tags.read_volume("x-0a", "", raw)[1],
        lambda raw: tags.read_snapshot("x-0a", raw, CONTRACT, volume_id="v", state="completed", started=MIDNIGHT)[1],
    ],
    ids=["instance", "volume", "snapshot"],
)
def test_a_misspelt_keep_forever_is_a_problem_wherever_it_is(read: object) -> None:
    raw = {"Backup": "Yes", "Type": "Automated", "DeleteOn": "2026-12-01", "KeepForevr": "audit"}
    assert callable(read)
    assert TagProblem("x-0a", "KeepForevr", "audit", Wrong.KEY, "KeepForever") in read(raw)


def test_the_time_of_completion_is_read() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-12-01"}
    later = datetime(2026, 11, 22, 1, tzinfo=UTC)
    snapshot, _ = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=MIDNIGHT, completed=later
    )
    assert snapshot.completed == later


def test_before_the_first_slot_of_all_there_is_none() -> None:
    first = datetime(1, 1, 1, 4, tzinfo=UTC)
    assert plan.history_of_interest([instance(volumes=[volume()])], [], first) == ("vol-0a",)
