"""A sample of the troubles that last; ``make prove`` runs all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import plan
from chalicelib.models import Inventory
from chalicelib.plan import copies, needed, sweep
from tests.proof.lasting import run

KEY, STATE, ARCHIVED, DATES = (
    "the key is away for 50 hours",
    "the instance is stopping at each sweep",
    "the snapshots of a volume are archived",
    "all dates are brought forward for a day",
)
SAMPLE = (KEY, STATE)


# What the app would do if a guard were missing.
volumes, instances, again, kept = plan.volume_wishes, plan.instance_wishes, copies._plan_again, sweep._kept


def running_instances_only(of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wishes(read: Any) -> Any:
        if isinstance(read, Inventory):
            return of(replace(read, instances=tuple(instance for instance in read.instances if instance.running)))
        return of(instance for instance in read if instance.running)

    return wishes


def nothing_is_held(*args: Any) -> dict[str, Any]:
    return {}


def gives_up(snapshot: Any, destination: Any, failed: Any, reporting: Any) -> Any:
    return [] if max(copy.tries for copy in failed) >= 3 else again(snapshot, destination, failed, reporting)


def ignores_the_promise(snapshot: Any, today: Any) -> Any:
    return kept(replace(snapshot, promised=None), today)


def test_the_app_recovers_from_every_trouble_of_the_sample() -> None:
    assert {name: run(name).wrong for name in SAMPLE} == dict.fromkeys(SAMPLE, ())


@pytest.mark.parametrize(
    ("trouble", "broken", "seen"),
    [
        pytest.param(
            STATE,
            {
                (plan, "volume_wishes"): running_instances_only(volumes),
                (plan, "instance_wishes"): running_instances_only(instances),
            },
            "is deleted: it was the newest of its volume",
            id="instances in other states are overlooked",
        ),
        pytest.param(
            ARCHIVED,
            {(needed, "_newest_sets"): nothing_is_held},
            "is deleted: it was of the newest whole set, 2026-11-2",
            id="sets are not kept whole",
        ),
        pytest.param(
            KEY,
            {(sweep, "owed_copies"): nothing_is_held},
            "is deleted: it owed a copy to us-east-1",
            id="what is owed goes",
        ),
        pytest.param(
            KEY,
            {(copies, "_plan_again"): gives_up},
            "to us-east-1: expected 1 completed copy; is ",
            id="a copy is given up",
        ),
        pytest.param(
            DATES,
            {(sweep, "_kept"): ignores_the_promise},
            "is deleted: it was promised until 2026-11-2",
            id="the promised date is not read",
        ),
        pytest.param(
            DATES,
            {(sweep, "_unproven"): nothing_is_held},
            "is deleted: it promises no date, and is younger than one that does",
            id="tags alone are proof",
        ),
    ],
)
def test_a_guard_that_is_missing_is_noticed(
    monkeypatch: pytest.MonkeyPatch, trouble: str, broken: dict[tuple[Any, str], Any], seen: str
) -> None:
    for (module, name), replacement in broken.items():
        monkeypatch.setattr(module, name, replacement)
    assert seen in " ".join(run(trouble).wrong)


def test_what_is_owed_for_too_long_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app keeps for 30 days what it should keep for one."""
    trouble = "the key is away for 50 hours, and owed snapshots are kept for 1 day"
    owed = plan.owed_copies
    monkeypatch.setattr(
        sweep, "owed_copies", lambda snapshots, destinations, today, grace: owed(snapshots, destinations, today, 30)
    )
    assert "expected gone; is completed, DeleteOn=2026-11-2" in " ".join(run(trouble).wrong)
