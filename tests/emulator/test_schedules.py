"""rate(…) and AWS's cron(…) with six fields, in UTC."""

from datetime import UTC, datetime

import pytest

from emulator.events.schedules import ScheduleError, parse

SUNDAY = datetime(2026, 11, 1, 2, 30, 15, tzinfo=UTC)

TABLE: dict[str, tuple[str, str]] = {
    "minutes": ("rate(5 minutes)", "2026-11-01 02:35:15"),
    "one hour": ("rate(1 hour)", "2026-11-01 03:30:15"),
    "days": ("rate(2 days)", "2026-11-03 02:30:15"),
    "hourly": ("cron(0 * * * ? *)", "2026-11-01 03:00:00"),
    "daily, still today": ("cron(0 3 * * ? *)", "2026-11-01 03:00:00"),
    "daily, tomorrow": ("cron(30 2 * * ? *)", "2026-11-02 02:30:00"),
    "step": ("cron(0/20 * * * ? *)", "2026-11-01 02:40:00"),
    "star with step": ("cron(*/45 * * * ? *)", "2026-11-01 02:45:00"),
    "range with step": ("cron(0 8-18/5 * * ? *)", "2026-11-01 08:00:00"),
    "list": ("cron(0 1,23 * * ? *)", "2026-11-01 23:00:00"),
    "weekdays": ("cron(0 0 ? * MON-FRI *)", "2026-11-02 00:00:00"),
    "sunday is 1": ("cron(0 0 ? * 1 *)", "2026-11-08 00:00:00"),
    "saturday is 7": ("cron(0 0 ? * 7 *)", "2026-11-07 00:00:00"),
    "month by name": ("cron(0 0 1 JAN ? *)", "2027-01-01 00:00:00"),
    "leap day": ("cron(0 0 29 2 ? *)", "2028-02-29 00:00:00"),
    "year": ("cron(0 0 1 1 ? 2030)", "2030-01-01 00:00:00"),
}


@pytest.mark.parametrize(("expression", "wanted"), TABLE.values(), ids=TABLE.keys())
def test_the_next_time(expression: str, wanted: str) -> None:
    assert parse(expression)(SUNDAY) == datetime.fromisoformat(wanted + "+00:00")


def test_the_next_time_is_strictly_after() -> None:
    after = parse("cron(0 3 * * ? *)")
    first = after(SUNDAY)
    assert first is not None
    second = after(first)
    assert second is not None
    assert (second - first).total_seconds() == 86400


def test_a_past_year_has_no_next_time() -> None:
    assert parse("cron(0 0 1 1 ? 2020)")(SUNDAY) is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("cron(bad)", "1 fields"),
        ("cron(0 3 * * *)", "5 fields"),
        ("cron(0 3 * * * *)", "exactly one"),
        ("cron(0 3 ? * ? *)", "exactly one"),
        ("cron(60 3 * * ? *)", "'60' is not supported as minutes"),
        ("cron(0 3 L * ? *)", "'L' is not supported as day of month"),
        ("cron(0 3 ? * 6#3 *)", "'6#3' is not supported as day of week"),
        ("cron(0 3 ? * 2L *)", "'2L'"),
        ("cron(0 3W * * ? *)", "'3W'"),
        ("cron(0 5-3 * * ? *)", "backwards"),
        ("cron(0/0 3 * * ? *)", "not a valid step"),
        ("rate(1 hours)", "singular"),
        ("rate(2 hour)", "singular"),
        ("rate(0 hours)", "singular"),
        ("rate(5 weeks)", "neither"),
        ("0 3 * * *", "neither"),
    ],
)
def test_an_unsupported_expression_is_an_error(expression: str, message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as caught:
        parse(expression)
    assert expression in str(caught.value)
