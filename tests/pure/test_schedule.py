import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import tags
from chalicelib.schedule import (
    Retention,
    Schedule,
    Tier,
    current_slot,
    days_after,
    delete_on,
    next_slot,
    parse_retention,
    parse_schedule,
    parse_time,
    previous_slot,
)
from tests.pure.builders import SEVEN_DAYS, at, snapshot

# Hypothesis wants naive bounds; the zone is added in the test.
EARLIEST, LATEST = datetime(1, 1, 3), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
FORMS = ["daily", "daily 00:00", "daily 23:59", "hourly", "every 1h", "every 6h", "every 24h", "on-request 05:00"]


@pytest.mark.parametrize(
    ("text", "now", "slot"),
    [
        pytest.param("daily", "2026-11-22 03:00", "2026-11-22 03:00", id="on the tick"),
        pytest.param("daily", "2026-11-22 02:59:59", "2026-11-21 03:00", id="a second early"),
        pytest.param("daily", "2026-11-23 02:59", "2026-11-22 03:00", id="a day late"),
        pytest.param("daily 03:30", "2026-11-22 04:00", "2026-11-22 03:30", id="between hours"),
        pytest.param("DAILY  03:30 ", "2026-11-22 03:29", "2026-11-21 03:30", id="case and space"),
        pytest.param("daily 23:59", "2027-01-01 00:00", "2026-12-31 23:59", id="year's end"),
        pytest.param("daily", "2028-02-29 03:00", "2028-02-29 03:00", id="leap day"),
        pytest.param("daily", "2028-03-01 02:00", "2028-02-29 03:00", id="after the leap day"),
        pytest.param("hourly", "2026-11-22 03:59:59", "2026-11-22 03:00", id="hourly"),
        pytest.param("hourly", "2026-11-22 00:00", "2026-11-22 00:00", id="hourly at midnight"),
        pytest.param("every 6h", "2026-11-22 17:59", "2026-11-22 12:00", id="every 6h"),
        pytest.param("every 6 h", "2026-11-22 18:00", "2026-11-22 18:00", id="every 6 h"),
        pytest.param("every 24h", "2026-11-22 18:00", "2026-11-22 00:00", id="every 24h"),
    ],
)
def test_current_slot(text: str, now: str, slot: str) -> None:
    assert current_slot(parse_schedule(text, time(3)), at(now)) == at(slot)


@pytest.mark.parametrize(
    "text",
    ["", "weekly", "every 5h", "every 0h", "every 48h", "daily 24:00", "daily 3:30", "daily03:30",
     "hourly 03:00", "on-request 5", "on request", "every h", "every 6", "daily ٠٣:٠٠"],
)  # fmt: skip
def test_schedule_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="daily HH:MM, hourly, every Nh"):
        parse_schedule(text, time(3))


@given(text=st.sampled_from(FORMS), now=st.datetimes(EARLIEST, LATEST))
def test_the_current_slot_is_the_latest_not_after_now(text: str, now: datetime) -> None:
    schedule = parse_schedule(text, time(3))
    now = now.replace(tzinfo=UTC)
    slot = current_slot(schedule, now)
    assert slot is not None
    assert slot <= now
    assert current_slot(schedule, slot) == slot
    before = previous_slot(schedule, slot)
    assert before is not None
    # A gap between neighbours is never longer than a day, so nothing waits longer.
    assert timedelta(0) < slot - before <= timedelta(days=1)
    following = next_slot(schedule, now)
    assert now < following <= now + timedelta(days=1) if following else now.year == 9999


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-11-22", 9, "2026-12-01"),
        ("2026-11-22", 0, "2026-11-22"),
        ("2026-11-22", -22, "2026-10-31"),
        ("9999-12-31", 0, "9999-12-31"),
        ("9999-12-30", 1, "9999-12-31"),
        ("9999-12-31", 1, "9999-12-31"),
        ("2026-11-22", 10**9, "9999-12-31"),
        ("0001-01-02", -1, "0001-01-01"),
        ("0001-01-01", -1, "0001-01-01"),
        ("2026-11-22", -(10**9), "0001-01-01"),
    ],
)
def test_no_day_is_beyond_the_first_and_the_last(day: str, days: int, expected: str) -> None:
    assert days_after(date.fromisoformat(day), days) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "taken", "expected"),
    [
        ("1m", "9999-11-15", "9999-12-15"),
        ("1m", "9999-12-15", "9999-12-31"),
        ("1y", "9998-02-28", "9999-02-28"),
        ("100y", "9999-01-01", "9999-12-31"),
        ("7d", "9999-12-30", "9999-12-31"),
        ("1w", "9999-12-24", "9999-12-31"),
        ("2w", "9999-12-24", "9999-12-31"),
    ],
)
def test_no_retention_ends_beyond_the_last_day(text: str, taken: str, expected: str) -> None:
    expiry = delete_on(parse_retention(text), SEVEN_DAYS, date.fromisoformat(taken), [])
    assert expiry == date.fromisoformat(expected)


def test_slots_at_both_ends_of_time() -> None:
    daily = parse_schedule("daily 03:00", time(3))
    assert current_slot(daily, at("0001-01-01 02:59")) is None
    assert current_slot(daily, at("0001-01-01 03:00")) == at("0001-01-01 03:00")
    assert next_slot(daily, at("9999-12-31 02:59")) == at("9999-12-31 03:00")
    assert next_slot(daily, at("9999-12-31 03:00")) is None


@pytest.mark.parametrize("text", ["7:00", "24:00", "12:60", "", "noon", "03:00:00"])
def test_time_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"^HH:MM from 00:00 to 23:59, UTC$"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("7", ((7, "d"),)),
        ("7d", ((7, "d"),)),
        ("3Y 12m, 4w 7d", ((3, "y"), (12, "m"), (4, "w"), (7, "d"))),
        ("36500 5200w 1200m 100y", ((36500, "d"), (5200, "w"), (1200, "m"), (100, "y"))),
    ],
)
def test_retention(text: str, tiers: tuple[tuple[int, str], ...]) -> None:
    assert parse_retention(text) == Retention(tuple(Tier(*tier) for tier in tiers))


@pytest.mark.parametrize(
    "text", ["", " ", "seven", "0", "-7", "7.5", "7x", "7 days", "36501", "5201w", "1201m", "101y", "9999999", "٧"]
)
def test_retention_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="days such as 7"):
        parse_retention(text)


@pytest.mark.parametrize(
    ("text", "taken", "earlier", "expected"),
    [
        pytest.param("7", "2026-11-22", [], "2026-11-29", id="days"),
        pytest.param("7", "2026-12-28", [], "2027-01-04", id="days over the year's end"),
        pytest.param("7", "2028-02-27", [], "2028-03-05", id="days over a leap day"),
        pytest.param("30d", "2026-11-22", ["2026-11-21"], "2026-12-22", id="days, and not the first"),
        pytest.param("7d 4w", "2026-11-22", ["2026-11-16"], "2026-11-29", id="not the week's first"),
        pytest.param("7d 4w", "2026-11-23", ["2026-11-22"], "2026-12-21", id="the week's first"),
        pytest.param("7d 4w", "2026-11-25", ["2026-11-22"], "2026-12-23", id="a missed Monday"),
        pytest.param("7d 4w", "2027-01-01", ["2026-12-28"], "2027-01-08", id="ISO week 53 spans years"),
        pytest.param("7d 4w", "2027-01-04", ["2027-01-03"], "2027-02-01", id="week 1 after week 53"),
        pytest.param("7d 4w", "2025-12-29", ["2024-12-30"], "2026-01-26", id="week 1 of another year"),
        pytest.param("7d 1m", "2026-01-31", ["2025-12-31"], "2026-02-28", id="month's last day"),
        pytest.param("7d 1m", "2028-01-31", ["2027-12-31"], "2028-02-29", id="leap month's last day"),
        pytest.param("7d 12m", "2026-11-02", ["2026-11-01"], "2026-11-09", id="not the month's first"),
        pytest.param("7d 12m", "2026-12-01", ["2026-11-30"], "2027-12-01", id="the month's first"),
        pytest.param("7d 3y", "2028-02-29", [], "2031-02-28", id="years from a leap day"),
        pytest.param("3y 7d", "2026-01-01", ["2025-12-31"], "2029-01-01", id="the year's first"),
        pytest.param("90d 1m", "2026-11-01", [], "2027-01-30", id="the latest of the tiers"),
        pytest.param("4w", "2026-11-24", ["2026-11-23"], "2026-12-01", id="no tier: as by default"),
    ],
)  # fmt: skip
def test_delete_on(text: str, taken: str, earlier: list[str], expected: str) -> None:
    days = [date.fromisoformat(day) for day in earlier]
    day = date.fromisoformat(taken)
    assert delete_on(parse_retention(text), SEVEN_DAYS, day, days).isoformat() == expected


def test_no_tier_stands_as_long_as_the_longest_days_of_the_default() -> None:
    default = parse_retention("3d 10d 1y")
    assert delete_on(parse_retention("4w"), default, date(2026, 11, 24), [date(2026, 11, 23)]) == date(2026, 12, 4)


def test_no_tier_and_a_default_without_days_stands_a_week() -> None:
    weeks = parse_retention("4w")
    day = date(2026, 11, 24)
    assert delete_on(weeks, weeks, day, [date(2026, 11, 23)]) == date(2026, 12, 1)


tiers = st.builds(Tier, st.integers(1, 100), st.sampled_from("dwmy"))
days = st.dates()


@given(st.lists(tiers, min_size=1), tiers, days, st.lists(days))
def test_a_longer_retention_never_deletes_earlier(
    some: list[Tier], more: Tier, taken: date, earlier: list[date]
) -> None:
    # A tier of days on both sides: without one the default decides, which is no retention's length.
    shorter = Retention((Tier(1, "d"), *some))
    longer = Retention((*shorter.tiers, more))
    assert delete_on(shorter, SEVEN_DAYS, taken, earlier) <= delete_on(longer, SEVEN_DAYS, taken, earlier)


@given(st.lists(tiers, min_size=1), days, st.lists(days))
def test_an_expiry_is_always_in_the_future_and_order_is_nothing(
    some: list[Tier], taken: date, earlier: list[date]
) -> None:
    expiry = delete_on(Retention(tuple(some)), SEVEN_DAYS, taken, earlier)
    assert expiry > taken or taken == date.max
    backwards = Retention(tuple(reversed(some)))
    assert delete_on(backwards, SEVEN_DAYS, taken, reversed(earlier)) == expiry


def test_on_request_alone_has_no_slots() -> None:
    schedule = parse_schedule(" On-Request", time(3))
    assert schedule == Schedule((), on_request=True)
    assert current_slot(schedule, at("2026-11-22 03:00")) is None
    assert previous_slot(schedule, at("2026-11-22 03:00")) is None


def test_on_request_at_the_latest_has_one_a_day() -> None:
    assert parse_schedule("on-request 05:00", time(3)) == Schedule((300,), on_request=True)


def test_daily_is_one_slot_a_day() -> None:
    assert Schedule.daily(time(3, 30)).minutes == (210,)


def standing(text: str, start: date, days: int) -> list[list[date]]:
    """Return the days of the snapshots that stand after each day of a daily schedule."""
    retention, expiries, kept = parse_retention(text), dict[date, date](), list[list[date]]()
    for day in (start + timedelta(days=number) for number in range(days)):
        expiries = {taken: expiry for taken, expiry in expiries.items() if expiry > day}
        expiries[day] = delete_on(retention, SEVEN_DAYS, day, expiries)
        kept.append(sorted(expiries))
    return kept


def test_the_readmes_example_over_400_days() -> None:
    start = date(2026, 1, 1)
    by_day = standing("7d 4w 12m", start, 400)
    for number, days in enumerate(by_day):
        day = start + timedelta(days=number)
        expected = {earlier for earlier in days_from(start, day) if earlier > day - timedelta(days=7)}
        # The first of a week is its Monday, but for the week in which it all began; so too for the month.
        weekly = {earlier for earlier in days_from(start, day) if earlier.weekday() == 0 or earlier == start}
        expected |= {earlier for earlier in weekly if earlier > day - timedelta(weeks=4)}
        monthly = {earlier for earlier in days_from(start, day) if earlier.day == 1}
        expected |= {earlier for earlier in monthly if earlier.replace(year=earlier.year + 1) > day}
        assert days == sorted(expected), day
    counts = {day: len(by_day[day - 1]) for day in (1, 7, 28, 61, 101, 365, 400)}
    assert counts == {1: 1, 7: 7, 28: 11, 61: 12, 101: 14, 365: 22, 400: 21}
    assert [day.isoformat() for day in by_day[-1]] == [
        "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01", "2026-09-01",
        "2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01", "2027-01-11", "2027-01-18", "2027-01-25",
        "2027-01-29", "2027-01-30", "2027-01-31", "2027-02-01", "2027-02-02", "2027-02-03", "2027-02-04",
    ]  # fmt: skip


def days_from(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


@pytest.mark.parametrize(
    ("text", "now", "following"),
    [
        ("daily 03:00", "2026-11-22 02:59", "2026-11-22 03:00"),
        ("daily 03:00", "2026-11-22 03:00", "2026-11-23 03:00"),
        ("every 6h", "2026-12-31 18:00", "2027-01-01 00:00"),
        ("hourly", "2026-11-22 03:30", "2026-11-22 04:00"),
        ("hourly", "2026-11-22 03:30:30.500000", "2026-11-22 04:00"),
        ("on-request", "2026-11-22 03:30", None),
    ],
)
def test_next_slot(text: str, now: str, following: str | None) -> None:
    assert next_slot(parse_schedule(text, time(3)), at(now)) == (at(following) if following else None)


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that is nine hours ahead of UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        clock.tzset()
        yield
    clock.tzset()


@pytest.mark.usefixtures("far_east")
def test_where_the_machine_is_is_nothing() -> None:
    daily, now = parse_schedule("daily", time(3)), at("2026-11-22 20:00")
    assert current_slot(daily, now) == at("2026-11-22 03:00")
    assert current_slot(parse_schedule("daily 21:00", time(3)), now) == at("2026-11-21 21:00")
    assert previous_slot(daily, now) == at("2026-11-22 03:00")
    assert next_slot(daily, now) == at("2026-11-23 03:00")
    assert next_slot(parse_schedule("hourly", time(3)), now) == at("2026-11-22 21:00")
    assert tags.slot_value(now) == "2026-11-22T20:00Z"
    assert dict(tags.copy_tags(snapshot(started=now)))["Source_StartTime"] == "2026-11-22T20:00:00Z"
