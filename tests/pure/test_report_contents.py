"""What a report says beyond its verdicts: failures, orphans, costs, what needs attention."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from chalicelib import tags
from chalicelib.models import Inventory
from chalicelib.plan import Destination
from chalicelib.report import (
    Cover,
    Prices,
    RegionView,
    as_text,
    make_report,
)
from reactor_cli.page.timeline import dots, expiry_ticks, lifetimes, window_of
from tests.browser.sample import company
from tests.pure.builders import ELSEWHERE, REGION, at, instance, snapshot, volume
from tests.pure.report_views import BACKUP, COPIED, NOW, PRIMARY, TODAY, YESTERDAY, copy, only, primary, view, wants


def test_orphans_and_copies_of_other_regions_are_as_old_as_their_data() -> None:
    data = {"Source_VolumeId": "vol-9", "Source_StartTime": "2026-11-16T23:30:00Z"}
    left = copy("snap-c9", "snap-9", "2026-11-22 05:30", **data)
    [orphan] = make_report([view(TODAY, copies=Destination((left,)))], NOW).orphans
    assert orphan.newest_at == at("2026-11-16 23:30")
    there = RegionView(ELSEWHERE, snapshots=Inventory(snapshots=(left,)))
    [foreign] = make_report([there], NOW).foreign_copies
    assert foreign.newest_at == at("2026-11-16 23:30")


def test_failures_say_what_resolved_them() -> None:
    failed = primary("snap-x", "2026-11-21 03:00", "error")
    healed = wants("snap-1", "2026-11-22 03:00")
    copies = (
        copy("snap-cx", "snap-1", "2026-11-22 03:05", "error"),
        copy("snap-c", "snap-1", "2026-11-22 04:05", Copy_Try="2"),
    )
    report = make_report([view(failed, healed, raw=COPIED, copies=Destination(copies))], NOW)
    assert [(failure.kind, failure.id, failure.cause, failure.resolution) for failure in report.failures] == [
        ("snapshot", "snap-x", "no luck", "snap-1"),
        ("copy", "snap-cx", "no key", "snap-c"),
    ]
    assert report.totals.failures == 0
    assert not report.attention
    assert "Failures of the last day that are resolved:" in as_text(report)


def test_an_orphan_says_when_its_last_snapshot_expires() -> None:
    gone = {"Source_VolumeId": "vol-9", "Source_InstanceId": "i-9", "Name": "old - vol-9 (/dev/xvda)"}
    left = snapshot("snap-9", PRIMARY | gone, volume_id="vol-9", started=at("2026-11-20 03:00"))
    last = copy("snap-c9", "snap-9", "2026-11-20 03:05", **gone)
    report = make_report([view(TODAY, left, copies=Destination((last,)))], NOW)
    [orphan] = report.orphans
    assert (orphan.name, orphan.reason) == ("old", "the instance no longer exists")
    assert (orphan.snapshots, orphan.copies) == (1, 1)
    assert orphan.last_expiry == date(2026, 12, 29)  # the newest copy is kept for 30 days more
    kept = snapshot("snap-9", PRIMARY | gone | {"KeepForever": "x"}, volume_id="vol-9", started=at("2026-11-20 03:00"))
    assert make_report([view(TODAY, kept)], NOW).orphans[0].last_expiry is None


def test_copies_for_a_region_that_is_not_reported_on() -> None:
    foreign = snapshot(
        "snap-g",
        PRIMARY | {"Source_SnapshotId": "snap-0", "Source_Region": ELSEWHERE},
        volume_id="vol-ffffffff",
        started=at("2026-11-22 03:10"),
    )
    [copies] = make_report([view(TODAY, foreign)], NOW).foreign_copies
    assert (copies.region, copies.source_region, copies.copies) == (REGION, ELSEWHERE, 1)
    both = make_report([view(TODAY, foreign), RegionView(ELSEWHERE)], NOW)
    assert not both.foreign_copies
    down = make_report([view(TODAY, foreign), RegionView(ELSEWHERE, unreadable="timed out")], NOW)
    assert len(down.foreign_copies) == 1
    assert "the Region cannot be read: timed out" in down.attention[0].text


def test_copies_that_nothing_in_the_source_region_names_are_reported_with_both_regions() -> None:
    """The primaries have expired, and the tags name the destination no longer: only the destination has them."""
    mine = replace(copy("snap-c", "snap-1", "2026-11-10 03:05"), size_gib=10.0)
    gone = copy("snap-c9", "snap-9", "2026-11-10 03:05", Source_VolumeId="vol-9", Source_InstanceId="i-9")
    there = RegionView(ELSEWHERE, snapshots=Inventory(snapshots=(mine, replace(gone, size_gib=20.0))))
    report = make_report([view(), there], NOW, Prices(storage_per_gb_month=1))
    [copies] = only(report).copies
    assert (copies.region, copies.newest_id, copies.wanted, copies.good) == (ELSEWHERE, "snap-c", False, True)
    [orphan] = report.orphans
    assert (orphan.volume_id, orphan.region, orphan.copies) == ("vol-9", REGION, 1)
    assert not report.foreign_copies
    assert report.totals.copies == 2
    assert report.cost.low >= 30.0


def test_next_expiry_and_what_is_kept_forever() -> None:
    kept = primary("snap-0", "2026-11-01 03:00", DeleteOn="2026-11-08", KeepForever="audit")
    result = only(make_report([view(kept, YESTERDAY, TODAY)], NOW))
    assert (result.next_expiry, result.kept_forever) == (date(2026, 11, 29), 1)


def test_a_volume_of_two_instances_counts_once() -> None:
    shared = volume()
    both = (instance("i-0b", {"Name": "other"}, [shared]), instance("i-0a", BACKUP, [shared]))
    report = make_report([RegionView(REGION, Inventory(instances=both), Inventory(snapshots=(TODAY,)))], NOW)
    assert report.totals.covered == 1
    assert report.totals.untagged == 0


def test_cost_is_a_range_with_its_assumptions() -> None:
    ten = [replace(snapshot, size_gib=100.0) for snapshot in (YESTERDAY, TODAY)]
    report = make_report(
        [view(*ten)], NOW, Prices(storage_per_gb_month=1, daily_change_low=0.01, daily_change_high=0.1)
    )
    assert (report.cost.low, report.cost.high) == (101.0, 110.0)
    assert any("1 USD per GB-month" in assumption for assumption in report.cost.assumptions)
    most = make_report([view(*ten)], NOW, Prices(1, daily_change_low=5, daily_change_high=9))
    assert most.cost.high == 200.0  # never more than a full copy for each snapshot


def test_the_order_of_what_comes_in_does_not_matter() -> None:
    rng = random.Random(3)  # noqa: S311  # for repetition
    snapshots = [wants(f"snap-{number}", f"2026-11-{number:02} 03:00") for number in range(1, 23)]
    copies = [copy(f"snap-c{number}", f"snap-{number}", f"2026-11-{number:02} 03:05") for number in range(1, 20)]
    expected = make_report([view(*snapshots, raw=COPIED, copies=Destination(tuple(copies))), RegionView("x-1")], NOW)
    rng.shuffle(snapshots)
    rng.shuffle(copies)
    shuffled = make_report([RegionView("x-1"), view(*snapshots, raw=COPIED, copies=Destination(tuple(copies)))], NOW)
    assert shuffled == expected


def test_every_volume_has_a_verdict_and_a_reason() -> None:
    report = company(30, 2, 5)
    covers = [volume for instance in report.instances for volume in instance.volumes]
    totals = report.totals
    assert len(covers) == 60
    assert totals.covered + totals.late + totals.uncovered + totals.untagged + totals.left_out == 60
    assert all(volume.reason for volume in covers)
    assert all(copy.reason for volume in covers for copy in volume.copies)


def test_an_unresolved_failure_needs_attention() -> None:
    failed = primary("snap-x", "2026-11-22 06:00", "error")
    report = make_report(
        [view(primary("snap-1", "2026-11-22 05:00"), failed, raw=BACKUP | {"Schedule": "hourly"})], NOW
    )
    assert only(report).cover == Cover.COVERED
    [entry] = report.attention
    assert entry.text == "the snapshot snap-x of vol-0a failed: no luck"
    assert report.totals.failures == 1


def test_names_are_those_that_the_snapshots_carry() -> None:
    named = snapshot("snap-1", PRIMARY | {"Name": "web - a - vol-0a (/dev/xvda)"})
    assert tags.name_of(named) == "web - a"


def test_a_timeline_has_a_dot_for_each_snapshot_and_a_tick_for_each_day_of_expiry() -> None:
    report = make_report([view(YESTERDAY, TODAY)], NOW)
    window = window_of(report)
    marks = only(report).marks
    assert (window.start, window.end) == (at("2026-11-15 00:00"), at("2026-11-30 00:00"))
    assert dots(marks, window) == f"M{6 * 24 + 3} 8h0m24 0h0"
    assert dots(marks, window, dense=True) == f"M{6 * 24 + 3} 3v10m24-10v10"
    assert expiry_ticks(marks, window) == f"M{14 * 24} 4v8"
    assert lifetimes(marks) == "8 7"
    assert lifetimes([marks[1]] * 3) == "7*3"


def test_a_timeline_is_thirty_days_long_at_most() -> None:
    old = primary("snap-0", "2025-01-01 03:00", DeleteOn="2030-01-01")
    window = window_of(make_report([view(old)], NOW))
    assert (window.end - window.start) == timedelta(days=51)
