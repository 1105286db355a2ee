"""Owed copies: their primaries stay, within bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import plan
from chalicelib.models import Snapshot
from tests.pure.builders import ELSEWHERE, REGION, snapshot
from tests.pure.test_guards import TODAY, deleted, primary, swept

# Rule 3: what is owed


def owing(id: str, age: int, keeps: int = 2, copies_keep: int = 365, **changes: str) -> Snapshot:
    expiry = str(TODAY - timedelta(days=age - copies_keep))
    return primary(id, age, keeps, Copy_Dest=ELSEWHERE, Copy_DeleteOn=expiry, **changes)


def there(primary_id: str, state: str = "completed") -> Snapshot:
    raw = {"Type": "Automated", "DeleteOn": "2027-11-22", "Source_SnapshotId": primary_id, "Source_Region": REGION}
    return snapshot(f"{primary_id}-c", raw, volume_id="vol-ffffffff", state=state, region=ELSEWHERE)


@pytest.mark.parametrize(
    ("destination", "gone"),
    [
        pytest.param(plan.Destination(), False, id="no copy"),
        pytest.param(plan.Destination((there("snap-1", "pending"),)), False, id="pending"),
        pytest.param(plan.Destination((there("snap-1", "error"),)), False, id="failed"),
        pytest.param(plan.Destination((there("snap-2"),)), False, id="another one's copy"),
        pytest.param(plan.Destination((there("snap-1"),)), True, id="completed"),
        pytest.param(
            plan.Destination((there("snap-1", "error"), there("snap-1"))),
            False,
            id="completed, and a failed one to delete",
        ),
        pytest.param(plan.Destination(unreadable="down"), False, id="a destination that does not answer"),
        pytest.param(None, True, id="a destination that is not enabled"),
    ],
)
def test_a_copy_that_is_owed_keeps_its_primary(destination: plan.Destination | None, gone: bool) -> None:
    destinations = {ELSEWHERE: destination} if destination else {}
    assert deleted([owing("snap-1", 3)], destinations=destinations) == ({"snap-1"} if gone else set())


def test_who_says_what_is_owed() -> None:
    until = TODAY + timedelta(days=362)
    nothing, away = {ELSEWHERE: plan.Destination()}, {ELSEWHERE: plan.Destination(unreadable="down")}
    assert swept([owing("snap-1", 3)], destinations=nothing)["snap-1"].reason == (
        f"kept until its copy in us-east-1 is completed, at the latest until {until}"
    )
    assert swept([owing("snap-1", 3)], destinations=away)["snap-1"].reason == (
        f"us-east-1 cannot be read, so its copy there may be missing: kept until {until} at the latest"
    )


def test_a_key_that_is_dead_for_a_year_keeps_a_month_of_primaries_and_one() -> None:
    """Retention=2 Copy_Retention=365: without a bound, 365 primaries of each volume would be kept."""
    history = [owing(f"snap-{age}", age) for age in range(1, 400)]
    kept = {"snap-1"} | {f"snap-{age}" for age in range(2, 32)}
    left = {snapshot.id for snapshot in history} - deleted(history, destinations={ELSEWHERE: plan.Destination()})
    assert left == kept
    # The last of them stays until its copy would have expired itself.
    last = [owing("snap-last", 300)]
    assert not deleted(last, destinations={ELSEWHERE: plan.Destination()})
    assert deleted(last, destinations={ELSEWHERE: plan.Destination()}, today=TODAY + timedelta(days=65)) == {
        "snap-last"
    }


def test_copies_that_expire_with_their_primary_are_not_owed() -> None:
    plain = primary("snap-1", 10, Copy_Dest=ELSEWHERE)
    assert deleted([plain], destinations={ELSEWHERE: plan.Destination()}) == {"snap-1"}
    assert plan.owing([plain], TODAY) == {}


# What an inventory says
