"""The verdict on each volume and on its copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.models import Snapshot, TagProblem, Wrong
from chalicelib.plan import Destination
from chalicelib.report import (
    Cover,
    make_report,
)
from tests.pure.builders import ELSEWHERE, at
from tests.pure.report_views import BACKUP, COPIED, NOW, TODAY, YESTERDAY, copy, only, primary, view, wants


@pytest.mark.parametrize(
    ("snapshots", "raw", "cover", "reason"),
    [
        pytest.param([YESTERDAY, TODAY], None, Cover.COVERED, "snap-2 is 4 h old", id="today's"),
        pytest.param(
            [YESTERDAY], None, Cover.LATE, "no snapshot since 2026-11-22 03:00; snap-1 is 28 h old", id="late"
        ),
        pytest.param(
            [YESTERDAY, primary("snap-2", "2026-11-22 03:00", "pending")],
            None,
            Cover.COVERED,
            "snap-1 is 28 h old, and snap-2 is pending",
            id="today's is pending",
        ),
        pytest.param(
            [YESTERDAY, primary("snap-2", "2026-11-22 03:00", "error")],
            None,
            Cover.LATE,
            "no snapshot since 2026-11-22 03:00; snap-1 is 28 h old; snap-2 failed: no luck",
            id="today's failed",
        ),
        pytest.param([], None, Cover.UNCOVERED, "no snapshot yet", id="none"),
        pytest.param(
            [replace(TODAY, archived=True)],
            None,
            Cover.UNCOVERED,
            "only archived snapshots, the newest snap-2: EC2 takes up to 72 hours to restore one",
            id="archived",
        ),
        pytest.param(
            [YESTERDAY, replace(TODAY, archived=True)],
            None,
            Cover.LATE,
            "no snapshot since 2026-11-22 03:00; snap-1 is 28 h old",
            id="the newest is archived",
        ),
        pytest.param(
            [primary("snap-2", "2026-11-22 03:00", "error")],
            None,
            Cover.UNCOVERED,
            "no snapshot has completed; snap-2 failed: no luck",
            id="all failed",
        ),
        pytest.param(
            [primary("snap-2", "2026-11-22 06:00", "pending")],
            None,
            Cover.UNCOVERED,
            "its first snapshot, snap-2, is not completed yet",
            id="first is pending",
        ),
        pytest.param(
            [TODAY], {"Name": "web"}, Cover.UNTAGGED, "the instance is not tagged Backup=Yes", id="not tagged"
        ),
        pytest.param(
            [primary("snap-1", "2026-11-21 05:00")],
            BACKUP | {"Schedule": "daily 05:00"},
            Cover.COVERED,
            "snap-1 is 26 h old",
            id="the slot is within the margin",
        ),
        pytest.param(
            [primary("snap-1", "2026-11-22 03:00")],
            BACKUP | {"Schedule": "hourly"},
            Cover.LATE,
            "no snapshot since 2026-11-22 04:00; snap-1 is 4 h old",
            id="hourly",
        ),
        pytest.param(
            [primary("snap-1", "2026-11-22 04:00")],
            BACKUP | {"Schedule": "hourly"},
            Cover.COVERED,
            "snap-1 is 2 h old",
            id="hourly, within the margin",
        ),
        pytest.param(
            [primary("snap-1", "2026-10-01 03:00")],
            BACKUP | {"Schedule": "on-request"},
            Cover.COVERED,
            "snap-1 is 52 days old; snapshots are created on request only",
            id="on request",
        ),
        pytest.param(
            [primary("snap-1", "2026-11-21 04:10")],
            BACKUP | {"Schedule": "on-request 03:00"},
            Cover.COVERED,
            "snap-1 is 26 h old",
            id="asked for since the slot before",
        ),
    ],
)
def test_verdicts(snapshots: list[Snapshot], raw: dict[str, str] | None, cover: Cover, reason: str) -> None:
    result = only(make_report([view(*snapshots, raw=raw)], NOW))
    assert (result.cover, result.reason) == (cover, reason)


def test_a_volume_left_out() -> None:
    result = only(make_report([view(volume_raw={"Backup": "No"})], NOW))
    assert (result.cover, result.reason) == (Cover.LEFT_OUT, "the volume is tagged Backup=No")


def test_a_mistyped_tag_leaves_the_volume_uncovered() -> None:
    problem = TagProblem("i-0a", "Backup", "Yse", Wrong.VALUE, "Backup")
    report = make_report([view(raw={"Backup": "Yse"}, problems=(problem,))], NOW)
    assert only(report).cover == Cover.UNCOVERED
    # It is reported once, with the instance, and not again as a tag problem.
    [entry] = report.attention
    assert "is not understood: read Backup=Yse; accepted: Yes" in entry.text


@pytest.mark.parametrize(
    ("snapshots", "destination", "good", "reason"),
    [
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination((copy("snap-c", "snap-1", "2026-11-22 03:05"),)),
            True,
            "snap-c is the newest copy",
            id="copied",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination(),
            False,
            f"no copy of snap-1 in {ELSEWHERE}",
            id="missing",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-21 03:00"), wants("snap-2", "2026-11-22 03:00")],
            Destination(),
            False,
            f"no copy of snap-2 in {ELSEWHERE}, and 1 more",
            id="two missing",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination(free_slots=0),
            True,
            f"no free slot in {ELSEWHERE}",
            id="deferred",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-20 03:00")],
            Destination(free_slots=0),
            False,
            f"no copy of snap-1 in {ELSEWHERE}",
            id="deferred for too long",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination((copy("snap-c", "snap-1", "2026-11-22 03:05", "pending"),)),
            True,
            "no completed copy yet: snap-c is pending",
            id="pending",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 06:00")],
            Destination(),
            True,
            "no completed copy yet: snap-1 is new",
            id="new",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination((copy("snap-c", "snap-1", "2026-11-22 03:05", "error", Copy_Try="4"),)),
            False,
            "the copy of snap-1 failed at try 4 and will be made again: no key",
            id="failed often",
        ),
        pytest.param(
            [wants("snap-1", "2026-11-22 03:00")],
            Destination(unreadable="access denied"),
            False,
            f"{ELSEWHERE} cannot be read: access denied",
            id="unreadable",
        ),
        pytest.param(
            [TODAY],
            Destination(),
            True,
            "no snapshot asks for a copy there yet; the next snapshot will",
            id="tagged since",
        ),
    ],
)
def test_copies(snapshots: list[Snapshot], destination: Destination, good: bool, reason: str) -> None:
    report = make_report([view(*snapshots, raw=COPIED, copies=destination)], NOW)
    [result] = only(report).copies
    assert (result.good, result.reason, result.wanted) == (good, reason, True)
    late = [entry for entry in report.attention if "no snapshot since" not in entry.text]
    assert bool(late) != good


def test_copies_that_the_tags_no_longer_ask_for_are_shown_and_are_good() -> None:
    destination = Destination((copy("snap-c", "snap-0", "2026-11-12 03:05"),))
    [result] = only(make_report([view(TODAY, copies=destination)], NOW)).copies
    assert (result.wanted, result.good, result.newest_id) == (False, True, "snap-c")


def test_the_age_of_a_copy_is_the_age_of_its_data() -> None:
    """Old data that was copied late, an hour ago, is not the newest copy, and is not an hour old."""
    late = copy("snap-c1", "snap-1", "2026-11-22 05:30", Source_StartTime="2026-11-16T23:30:00Z")
    newest = copy("snap-c2", "snap-2", "2026-11-20 05:00", Source_StartTime="2026-11-20T03:30:00Z")
    [alone] = only(make_report([view(TODAY, copies=Destination((late,)))], NOW)).copies
    assert (alone.newest_id, alone.newest_at, alone.newest_age) == ("snap-c1", at("2026-11-16 23:30"), 127.0)
    [both] = only(make_report([view(TODAY, copies=Destination((late, newest)))], NOW)).copies
    assert (both.newest_id, both.newest_at, both.newest_age) == ("snap-c2", at("2026-11-20 03:30"), 51.0)
    assert [mark.at for mark in both.marks] == [at("2026-11-16 23:30"), at("2026-11-20 03:30")]
