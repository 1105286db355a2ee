"""A fleet of which everything is due at once: what the schedules, and the runs that they continue, need for it.

Everything happens in the emulated AWS and on its clock, with EC2's token buckets in force. A call takes no time there.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure
from benchmarks.fleet import BURST, HOME, PER_SECOND, START, create_expired_snapshots, launch_instances
from emulator import LocalAWS

SLOT = datetime(2026, 11, 22, 3, tzinfo=UTC)
DUE, EXPIRING = 10_000, 20_000
DUE_GOAL, OVERDUE_GOAL = 1.05, 2.0


def due_at_once(number: int) -> list[Figure]:
    """Let the schedule create the first snapshots of so many instances: how long after their slot is the last one?"""
    with LocalAWS(start=START, regions=(HOME,), seed=1) as aws:
        launch_instances(aws, number)
        aws.travel_to(SLOT - timedelta(minutes=1))
        aws.token_buckets = True
        aws.deploy(HOME)
        calls = len(aws.calls)
        aws.travel_to(SLOT + timedelta(seconds=2 * _limit(number)) + timedelta(minutes=15))
        seconds = max((snapshot["StartTime"] - SLOT).total_seconds() for snapshot in aws.snapshots(HOME))
        runs = sum(run.result["counts"]["done"] > 0 for run in aws.invocations)
        own = [call for call in aws.calls[calls:] if call.function == "create_snapshots"]
        operations = Counter(call.operation for call in own)
        missing = number - len(aws.snapshots(HOME))
        throttled = sum(call.error == "RequestLimitExceeded" for call in own)
    detail = f"{seconds:,.0f} s in {runs} runs, {throttled} calls throttled, {dict(operations)}"
    return [
        Figure(
            "at once", f"{number:,} due at once: time until the last", seconds / _limit(number), "times the limit",
            "at most", DUE_GOAL, detail,
        ),
        Figure("at once", f"{number:,} due at once: missing or doubled", abs(missing), "", "at most", 0, detail),
    ]  # fmt: skip


def expire_at_once(number: int) -> list[Figure]:
    """Let the schedule delete so many snapshots that expire on one day: how long is the last one overdue?"""
    with LocalAWS(start=START, regions=(HOME,), seed=1) as aws:
        create_expired_snapshots(aws, number)
        midnight = aws.now.replace(hour=0, minute=0) + timedelta(days=1)
        aws.travel_to(midnight - timedelta(minutes=1))
        aws.token_buckets = True
        aws.deploy(HOME, MAX_DELETE_PERCENT="100")
        aws.travel_to(midnight + timedelta(seconds=2 * _limit(number)) + timedelta(hours=2))
        hours = max((deletion.at - midnight).total_seconds() for deletion in aws.deletions) / 3600
        runs = sum(run.function == "sweep_snapshots" and run.result["counts"]["done"] > 0 for run in aws.invocations)
        left = len(aws.snapshots(HOME))
    detail = f"{runs} runs; EC2's own limit: {_limit(number) / 3600:.2f} hours"
    return [
        Figure(
            "at once",
            f"{number:,} expire on a day: the last is overdue",
            hours,
            "hours",
            "at most",
            OVERDUE_GOAL,
            detail,
        ),
        Figure("at once", f"{number:,} expire on a day: left over", left, "", "at most", 0, detail),
    ]


def _limit(calls: int) -> float:
    """Return how many seconds EC2 needs to take so many calls."""
    return max(calls - BURST, 1) / PER_SECOND


def measure(due: int, expiring: int) -> list[Figure]:
    """Measure both."""
    return [*due_at_once(due), *expire_at_once(expiring)]
