"""The outlook of a snapshot: what the sweep decides today, and on the day on which it expires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.models import Code, Snapshot, Wish, because
from chalicelib.plan.sweep import Guards, plan_sweep
from chalicelib.wording import reason_text
from reactor_cli.explain.outlook import Outlook, outlooks
from tests.pure.builders import ELSEWHERE, NOW, REGION, snapshot

TODAY = date(2026, 11, 22)
GUARDS = Guards(last_copy_grace_days=30, max_delete_percent=80, volumes={"vol-0a": Wish.YES})
EXPIRES = {"Type": "Automated", "DeleteOn": "2026-11-29"}
COPIED = EXPIRES | {"Source_SnapshotId": "snap-9", "Source_Region": REGION, "Source_VolumeId": "vol-0a"}


def older(id: str = "snap-1", **tags: str) -> Snapshot:
    return snapshot(id, EXPIRES | tags, started=NOW - timedelta(days=1))


def outlook(*snapshots: Snapshot, of: str = "snap-1", guards: Guards = GUARDS) -> Outlook:
    return outlooks(snapshots, [of], TODAY, guards, REGION)[of]


def kept_after_expiry(outlook: Outlook) -> str:
    return reason_text(outlook.kept_after_expiry) if outlook.kept_after_expiry else ""


NEWEST = snapshot("snap-2", EXPIRES)


def test_an_expired_snapshot_is_deleted_on_its_day() -> None:
    result = outlook(older(), NEWEST)
    assert (result.deletion, result.kept_after_expiry) == (date(2026, 11, 29), None)
    assert reason_text(result.today.reason) == "expires on 2026-11-29"


def test_the_newest_stays_until_a_newer_one_completes() -> None:
    result = outlook(older(), NEWEST, of="snap-2")
    assert (result.deletion, kept_after_expiry(result)) == (None, "the newest completed snapshot of vol-0a")


def test_a_pending_snapshot_counts_as_the_newest_on_that_day() -> None:
    result = outlook(older(), snapshot("snap-2", EXPIRES, state="pending"))
    assert result.deletion == date(2026, 11, 29)


def test_a_failed_snapshot_never_counts_as_the_newest() -> None:
    result = outlook(older(), snapshot("snap-2", EXPIRES, state="error"))
    assert (result.deletion, kept_after_expiry(result)) == (None, "the newest completed snapshot of vol-0a")


def test_a_copy_whose_lineage_is_unknown_is_deleted_on_its_day() -> None:
    without_region = {key: value for key, value in COPIED.items() if key != "Source_Region"}
    copy = snapshot("snap-1", without_region, volume_id="vol-ffffffff", region=ELSEWHERE)
    assert outlooks([copy], ["snap-1"], TODAY, GUARDS, ELSEWHERE)["snap-1"].deletion == date(2026, 11, 29)


def test_the_newest_copy_is_deleted_when_its_grace_ends() -> None:
    copy = snapshot("snap-1", COPIED, volume_id="vol-ffffffff", region=ELSEWHERE)
    result = outlooks([copy], ["snap-1"], TODAY, GUARDS, ELSEWHERE)["snap-1"]
    assert (result.deletion, kept_after_expiry(result)) == (
        date(2026, 12, 29),
        "the newest completed copy for vol-0a, kept until 2026-12-29",
    )


def test_what_has_expired_is_deleted_today() -> None:
    result = outlook(older(DeleteOn="2026-11-20"), NEWEST)
    assert result.deletion == TODAY
    assert result.today.call is not None


@pytest.mark.parametrize(
    ("tags", "guards", "reason", "kept"),
    [
        ({"KeepForever": ""}, GUARDS, "KeepForever is set", ""),
        ({"DeleteOn": "soon"}, GUARDS, "it has no valid DeleteOn", ""),
        ({"Type": "Manual"}, GUARDS, "not made by this app: Type is not Automated", ""),
        ({}, Guards(30, 80, locked=frozenset({"snap-1"})), "expires on 2026-11-29", "it is locked"),
        ({}, Guards(30, 80, images={"snap-1": "ami-0a"}), "expires on 2026-11-29", "used by ami-0a"),
    ],
)
def test_what_is_never_deleted(tags: dict[str, str], guards: Guards, reason: str, kept: str) -> None:
    result = outlook(older(**tags), NEWEST, guards=guards)
    assert (reason_text(result.today.reason), result.deletion, kept_after_expiry(result)) == (reason, None, kept)


def test_how_much_expires_on_that_day_does_not_matter_before_it() -> None:
    many = [older(f"snap-{number:03}") for number in range(30)]
    assert outlook(*many, NEWEST, of="snap-007").deletion == date(2026, 11, 29)


def test_copies_that_expire_before_the_primary_change_nothing() -> None:
    result = outlook(older(Copy_DeleteOn="2026-11-25"), NEWEST)
    assert (result.deletion, kept_after_expiry(result)) == (date(2026, 11, 29), "")


def of_another_instance(id: str, days_old: int, **tags: str) -> Snapshot:
    raw = {"Type": "Automated", "DeleteOn": "2026-12-01", "Source_InstanceId": "i-0b"} | tags
    return snapshot(id, raw, volume_id="vol-0b", started=NOW - timedelta(days=days_old))


def test_a_snapshot_that_another_one_of_the_region_makes_unproven_is_never_deleted() -> None:
    promised = date(2026, 12, 1)
    others = (
        replace(of_another_instance("snap-5", 0), promised=promised),
        replace(of_another_instance("snap-6", 9), promised=promised),
        replace(of_another_instance("snap-7", 0, Type="Manual"), promised=promised),
        of_another_instance("snap-8", 20),
    )
    undated = replace(older(), description="web (i-0a) - vol-0a (/dev/xvda) - eu-west-1")
    result = outlook(undated, NEWEST, *others)
    assert (result.deletion, result.kept_after_expiry) == (None, because(Code.UNPROVEN))


def test_the_rest_of_its_set_keeps_a_snapshot() -> None:
    of_set = EXPIRES | {"Source_InstanceId": "i-0a", "Backup_Slot": "2026-11-22T03:00Z", "Source_Volumes": "2"}
    first, second = snapshot("snap-1", of_set), snapshot("snap-2", of_set, volume_id="vol-0b")
    guards = Guards(last_copy_grace_days=30, max_delete_percent=80, instances={"i-0a": Wish.YES})
    result = outlook(first, second, guards=guards)
    reason = because(Code.NEWEST_WHOLE_SET, instance="i-0a", slot="2026-11-22T03:00Z")
    assert (result.deletion, result.kept_after_expiry) == (None, reason)
    assert outlook(first, guards=guards).deletion == date(2026, 11, 29)


def test_no_day_is_expected_while_the_breaker_holds() -> None:
    expired = [older(f"snap-{number:03}", DeleteOn="2026-11-20") for number in range(30)]
    result = outlook(*expired, of="snap-007")
    assert (result.deletion, kept_after_expiry(result)) == (None, "")
    assert reason_text(result.today.reason) == "expired on 2026-11-20, but the run would delete too many snapshots"


def test_the_expected_days_are_those_of_the_sweep() -> None:
    days = ["2026-11-20", "2026-11-22", "2026-11-25", "2026-12-01"]
    snapshots = [
        snapshot(f"snap-{n}", EXPIRES | {"DeleteOn": day}, started=NOW - timedelta(days=n))
        for n, day in enumerate(days)
    ]
    result = outlooks(snapshots, [snapshot.id for snapshot in snapshots], TODAY, GUARDS, REGION)
    for day in (TODAY + timedelta(days=n) for n in range(20)):
        deleted = {decision.targets[0].id for decision in plan_sweep(snapshots, day, GUARDS, REGION) if decision.call}
        assert deleted == {id for id, expected in result.items() if expected.deletion and expected.deletion <= day}
