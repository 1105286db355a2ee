"""How many pages a run reads when a copy ends, in an account with many snapshots, and what that is of EC2's budget.

The account gets its snapshots evenly over the day, keeps them for some days, and copies all of them to two Regions. The
shares follow from the pages of one run: as many copies end in an hour as the slots can carry, and in the worst minute
the copies of all slots end at once. If EC2 cuts pages before it filters them, which is not confirmed, the figures are
information only: the app does not reach the goals then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure
from emulator import LocalAWS
from emulator.ec2.model import BOGUS_VOLUME, Region, Snapshot

HOME, DESTINATIONS = "eu-west-1", ("us-east-1", "eu-central-1")
AWAY = DESTINATIONS[0]
NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
A_DAY, DAYS, VOLUMES = 6_000, 14, 2_000
SLOTS, COPY_TIME = 20, timedelta(minutes=5)
# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: Describe* with a filter or pages.
BURST, PER_SECOND = 100, 20
PAGES_GOAL, SHARE_GOAL, MINUTE_GOAL = 3, 0.1, 0.5


def measure(a_day: int = A_DAY) -> list[Figure]:
    """Return the pages of one run in each situation, and the shares of the budget."""
    figures = []
    for cut_first in (False, True):
        name = "pages cut before filters" if cut_first else "pages cut after filters"
        none_free = _pages(a_day, pending=SLOTS, waiting=0, cut_first=cut_first)
        nothing_waits = _pages(a_day, pending=SLOTS // 2, waiting=0, cut_first=cut_first)
        waits = _pages(a_day, pending=SLOTS - 1, waiting=100, cut_first=cut_first)
        figures += [
            _figure(f"{name}: no slot is free", none_free.total(), None if cut_first else 1),
            _figure(f"{name}: nothing waits", nothing_waits.total(), None if cut_first else PAGES_GOAL),
            _figure(f"{name}: a snapshot waits", waits.total(), None),
            *_shares(name, waits, goals=not cut_first),
        ]
    return figures


def _figure(name: str, pages: int, goal: float | None) -> Figure:
    return Figure("reads", f"a copy ended, {name}", pages, "pages", "at most", goal)


def _shares(name: str, pages: Mapping[str, int], *, goals: bool) -> list[Figure]:
    """Return the share of the budget while copies wait all the time, in the Region where it is the highest."""
    at_source, at_destination = len(DESTINATIONS) * pages[HOME], pages[AWAY]
    most = max(at_source, at_destination)
    an_hour = SLOTS * (timedelta(hours=1) / COPY_TIME)
    share, minute = most * an_hour / (PER_SECOND * 3600), most * SLOTS / (BURST + 60 * PER_SECOND)
    detail = f"{pages[HOME]} pages in the source and {pages[AWAY]} in the destination for each copy"
    average_goal, minute_goal = (SHARE_GOAL, MINUTE_GOAL) if goals else (None, None)
    return [
        Figure("reads", f"{name}: share of the budget", share, "share", "at most", average_goal, detail),
        Figure("reads", f"{name}: in the worst minute", minute, "share", "at most", minute_goal, detail),
    ]


def _pages(a_day: int, *, pending: int, waiting: int, cut_first: bool) -> Counter[str]:
    """Return how many pages ``continue_copies`` reads in each Region when one copy has ended."""
    with LocalAWS(start=NOW, regions=(HOME, *DESTINATIONS), seed=1) as aws:
        aws.deploy(HOME, *DESTINATIONS, COPY_SLOTS=str(SLOTS))
        aws.filters_after_paging = cut_first
        home, away = aws._cloud.regions[HOME], aws._cloud.regions[AWAY]  # no call fills an account
        ended = _fill(home, away, a_day)
        for number in range(pending):
            _add(away, f"snap-{number:017x}", BOGUS_VOLUME, NOW, _copy_tags("snap-0", "Copies_Wait" if waiting else ""))
        for number in range(waiting):
            _add(home, f"snap-{0xF0000 + number:017x}", f"vol-{number:017x}", NOW - timedelta(hours=6), _PRIMARY)
        for snapshot in list(away.snapshots.values())[-pending:]:
            snapshot.ended = False
        away.pending_copies = pending
        aws.invoke(AWAY, "continue_copies", _end_of(ended))
        return Counter(call.region for call in aws.calls if call.operation == "DescribeSnapshots")


_PRIMARY = {"Type": "Automated", "DeleteOn": "2026-12-30", "Copy_Dest": " ".join(DESTINATIONS)}


def _fill(home: Region, away: Region, a_day: int) -> Snapshot:
    """Add the snapshots of all days and a copy of each; return the last copy."""
    number = a_day * DAYS
    for index in range(number):
        started = NOW - timedelta(days=DAYS) * (number - index) / number
        id, volume = f"snap-{0x100000 + index:017x}", f"vol-{index % VOLUMES:017x}"
        _add(home, id, volume, started, _PRIMARY)
        copy = _add(away, f"snap-{0x900000 + index:017x}", BOGUS_VOLUME, started, _copy_tags(id))
    copy.start_time, copy.ends_at = NOW - COPY_TIME, NOW - timedelta(seconds=1)
    return copy


def _copy_tags(primary: str, *more: str) -> dict[str, str]:
    own = {"Type": "Automated", "DeleteOn": "2026-12-30", "Source_SnapshotId": primary, "Source_Region": HOME}
    return own | dict.fromkeys(filter(None, more), HOME)


def _add(region: Region, id: str, volume: str, started: datetime, tags: Mapping[str, str]) -> Snapshot:
    ends = started + COPY_TIME
    snapshot = Snapshot(id, region.next_sequence(), region.name, volume, 8, "", started, ends, "create")
    snapshot.tags, snapshot.ended = dict(tags), True
    region.add(snapshot)
    return snapshot


def _end_of(copy: Snapshot) -> dict[str, str]:
    return {
        "event": "copySnapshot",
        "result": "succeeded",
        "snapshot_id": f"arn:aws:ec2::{AWAY}:snapshot/{copy.snapshot_id}",
        "source": f"arn:aws:ec2::{HOME}:snapshot/snap-0123456789abcdef0",
        "startTime": f"{copy.start_time:%Y-%m-%dT%H:%M:%SZ}",
    }
