"""A sample of the chaos; `make prove` runs thousands of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import plan
from chalicelib.plan import copies, sweep
from tests.proof.chaos import run

# What the app would do if a part of it were missing.
copy, create, kept = plan.plan_copies, plan.plan_creation, sweep._kept


def copies_by_events_only(snapshots: Any, destinations: Any, today: Any, **more: Any) -> Any:
    counted = any(destination.free_slots is not None for destination in destinations.values())
    return [] if counted else copy(snapshots, destinations, today, **more)


def deletes_no_second_copy(one: Any, keeper: Any) -> list[Any]:
    return []


def creates_what_exists(instances: Any, snapshots: Any, circumstances: Any) -> Any:
    return create(instances, (), circumstances)


def ignores_protection(snapshot: Any, today: Any) -> Any:
    return kept(replace(snapshot, protected=False), today)


def test_nothing_is_lost_whatever_happens_to_the_events() -> None:
    finding = run(1, 10, shrink=False)
    assert not finding.wrong, finding.wrong
    assert finding.steps.total() > 200


@pytest.mark.parametrize(
    ("module", "name", "broken", "seen"),
    [
        (plan, "plan_copies", copies_by_events_only, "expected 1 completed copy; is none"),
        (copies, "_plan_surplus", deletes_no_second_copy, " error, snap-"),
        (plan, "plan_creation", creates_what_exists, " completed, snap-"),
        (sweep, "_kept", ignores_protection, "was protected before this step"),
    ],
)
def test_a_broken_app_is_noticed(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Callable[..., Any], seen: str
) -> None:
    monkeypatch.setattr(module, name, broken)
    finding = run(5, 10, shrink=False)
    assert seen in finding.wrong
