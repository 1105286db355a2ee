"""A sample of the chaos; ``make prove`` runs thousands of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import plan
from chalicelib.plan import copies, sweep
from tests.proof.chaos import run

# What a version of the app would do that forgets one thing.
copy, create, kept = plan.plan_copies, plan.plan_creation, sweep._kept


def trusts_in_events(snapshots: Any, destinations: Any, today: Any, **more: Any) -> Any:
    counted = any(each.free_slots is not None for each in destinations.values())
    return [] if counted else copy(snapshots, destinations, today, **more)


def clears_nothing_up(one: Any, keeper: Any) -> list[Any]:
    return []


def creates_what_exists(instances: Any, snapshots: Any, circumstances: Any) -> Any:
    return create(instances, (), circumstances)


def forgets_protection(snapshot: Any, today: Any) -> Any:
    return kept(replace(snapshot, protected=False), today)


def test_whatever_becomes_of_the_events_nothing_is_lost() -> None:
    found = run(1, 10, shrink=False)
    assert not found.wrong, found.wrong
    assert found.steps.total() > 200


@pytest.mark.parametrize(
    ("module", "name", "broken", "seen"),
    [
        (plan, "plan_copies", trusts_in_events, "expected 1 completed copy; is none"),
        (copies, "_plan_surplus", clears_nothing_up, " error, snap-"),
        (plan, "plan_creation", creates_what_exists, " completed, snap-"),
        (sweep, "_kept", forgets_protection, "was protected before this step"),
    ],
)
def test_it_sees_what_is_broken(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Callable[..., Any], seen: str
) -> None:
    monkeypatch.setattr(module, name, broken)
    found = run(1, 10, shrink=False)
    assert seen in found.wrong
