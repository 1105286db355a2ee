"""What becomes of a snapshot: today's verdict, and that of the day on which it expires."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.models import Snapshot
from chalicelib.plan.sweep import Guards, plan_sweep
from chalicelib.wording import reason_text
from reactor_cli.outlook import Fate, fates
from tests.pure.builders import ELSEWHERE, NOW, REGION, snapshot

TODAY = date(2026, 11, 22)
GUARDS = Guards(last_copy_grace_days=30, max_delete_percent=80, backed_up=frozenset({"vol-0a"}))
EXPIRES = {"Type": "Automated", "DeleteOn": "2026-11-29"}
COPIED = EXPIRES | {"Source_SnapshotId": "snap-9", "Source_Region": REGION, "Source_VolumeId": "vol-0a"}


def older(id: str = "snap-1", **tags: str) -> Snapshot:
    return snapshot(id, EXPIRES | tags, started=NOW - timedelta(days=1))


def fate(*snapshots: Snapshot, of: str = "snap-1", guards: Guards = GUARDS) -> Fate:
    return fates(snapshots, [of], TODAY, guards, REGION)[of]


def then_of(fate: Fate) -> str:
    return reason_text(fate.then) if fate.then else ""


NEWEST = snapshot("snap-2", EXPIRES)


def test_what_expires_goes_on_its_day() -> None:
    found = fate(older(), NEWEST)
    assert (reason_text(found.today.reason), found.goes, then_of(found)) == (
        "expires on 2026-11-29",
        date(2026, 11, 29),
        "",
    )


def test_the_newest_stays_until_a_newer_one_completes() -> None:
    found = fate(older(), NEWEST, of="snap-2")
    assert (found.goes, then_of(found)) == (None, "the newest completed snapshot of vol-0a")


def test_a_pending_one_counts_as_the_newest_by_then() -> None:
    found = fate(older(), snapshot("snap-2", EXPIRES, state="pending"))
    assert found.goes == date(2026, 11, 29)


def test_a_failed_one_does_not_count_as_the_newest_by_then() -> None:
    found = fate(older(), snapshot("snap-2", EXPIRES, state="error"))
    assert (found.goes, then_of(found)) == (None, "the newest completed snapshot of vol-0a")


def test_a_copy_that_does_not_say_what_it_is_one_of_goes_on_its_day() -> None:
    adrift = {key: value for key, value in COPIED.items() if key != "Source_Region"}
    copy = snapshot("snap-1", adrift, volume_id="vol-ffffffff", region=ELSEWHERE)
    assert fates([copy], ["snap-1"], TODAY, GUARDS, ELSEWHERE)["snap-1"].goes == date(2026, 11, 29)


def test_the_newest_copy_goes_when_its_grace_ends() -> None:
    copy = snapshot("snap-1", COPIED, volume_id="vol-ffffffff", region=ELSEWHERE)
    found = fates([copy], ["snap-1"], TODAY, GUARDS, ELSEWHERE)["snap-1"]
    assert (found.goes, then_of(found)) == (
        date(2026, 12, 29),
        "the newest completed copy for vol-0a, kept until 2026-12-29",
    )


def test_what_has_expired_goes_today() -> None:
    found = fate(older(DeleteOn="2026-11-20"), NEWEST)
    assert found.goes == TODAY
    assert found.today.call is not None


@pytest.mark.parametrize(
    ("tags", "guards", "reason", "then"),
    [
        ({"KeepForever": ""}, GUARDS, "KeepForever is set", ""),
        ({"DeleteOn": "soon"}, GUARDS, "it has no DeleteOn that is understood", ""),
        ({"Type": "Manual"}, GUARDS, "not made by this app: Type is not Automated", ""),
        ({}, Guards(30, 80, locked=frozenset({"snap-1"})), "expires on 2026-11-29", "it is locked"),
        ({}, Guards(30, 80, images={"snap-1": "ami-0a"}), "expires on 2026-11-29", "used by ami-0a"),
    ],
)
def test_what_never_goes(tags: dict[str, str], guards: Guards, reason: str, then: str) -> None:
    found = fate(older(**tags), NEWEST, guards=guards)
    assert (reason_text(found.today.reason), found.goes, then_of(found)) == (reason, None, then)


def test_how_much_would_go_on_that_day_does_not_matter_before_it() -> None:
    many = [older(f"snap-{number:03}") for number in range(30)]
    assert fate(*many, NEWEST, of="snap-007").goes == date(2026, 11, 29)


def test_the_days_foretold_are_those_of_the_sweep() -> None:
    days = ["2026-11-20", "2026-11-22", "2026-11-25", "2026-12-01"]
    every = [
        snapshot(f"snap-{n}", EXPIRES | {"DeleteOn": day}, started=NOW - timedelta(days=n))
        for n, day in enumerate(days)
    ]
    found = fates(every, [each.id for each in every], TODAY, GUARDS, REGION)
    for day in (TODAY + timedelta(days=n) for n in range(20)):
        gone = {each.targets[0].id for each in plan_sweep(every, day, GUARDS, REGION) if each.call}
        assert gone == {id for id, each in found.items() if each.goes and each.goes <= day}
