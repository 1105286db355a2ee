"""What a decision on a failed copy says, as data; and which copy is kept of several that are not all in use."""

from __future__ import annotations

from dataclasses import replace

from chalicelib import plan
from chalicelib.models import Code, Decision, Result, Snapshot, because
from tests.pure.builders import ELSEWHERE, NOW
from tests.pure.test_copies import copy, primary

FACTS = {
    "copy": "snap-1",
    "snapshot": "snap-0a",
    "destination": ELSEWHERE,
    "key": "",
    "tries": 1,
    "cause": "Given key ID is not accessible",
}


def decision_on(*copies: Snapshot) -> Decision:
    return plan.plan_copies([primary()], {ELSEWHERE: plan.Destination(copies)}, NOW)[0]


def test_a_failed_copy_that_waits_is_no_failure_of_a_run_that_is_about_something_else() -> None:
    decision = decision_on(copy("snap-1", "error", age=30))
    assert decision.result == Result.KEPT
    assert decision.reason == because(Code.COPY_WAITS, **FACTS, next="2026-11-22T03:30Z")  # type: ignore[arg-type]


def test_a_copy_that_is_made_again_names_the_one_that_failed() -> None:
    decision = decision_on(copy("snap-1", "error", age=90))
    assert decision.reason == because(Code.COPY_AGAIN, **FACTS | {"tries": 2}, next="")  # type: ignore[arg-type]


def test_an_archived_copy_is_worth_more_than_one_that_is_not_completed() -> None:
    archived = replace(copy("snap-1", age=90), archived=True)
    assert decision_on(archived, copy("snap-2", "pending")).reason == because(Code.COPIED, copy="snap-1")
