"""How a report says things. Pure."""

from __future__ import annotations

from chalicelib.schedule import Retention, Schedule


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule as its tag would be written, with the time of day (UTC) in full."""
    minutes = schedule.minutes
    kind = "on-request" if schedule.on_request else "daily"
    if not minutes:
        return kind
    if len(minutes) == 1:
        return f"{kind} {minutes[0] // 60:02}:{minutes[0] % 60:02}"
    return "hourly" if len(minutes) == 24 else f"every {24 // len(minutes)}h"


def retention_text(retention: Retention) -> str:
    """Return a retention as its tag would be written."""
    return " ".join(f"{each.count}{each.unit}" for each in retention.tiers)


def age_text(age: float) -> str:
    """Return an age in hours as a person says it."""
    if age < 1:
        return f"{max(0, round(age * 60))} min"
    if age < 48:
        return f"{age:.0f} h"
    return f"{age / 24:.0f} days"
