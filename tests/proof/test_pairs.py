"""A sample of the pairs of functions; `make prove` runs all of them."""

from __future__ import annotations

import pytest

from emulator import LocalAWS
from tests.proof.pairs import FUNCTIONS, PAIRS, Meeting, calls_of_functions, meet, meeting_point
from tests.proof.world import REGIONS, START, judge


def test_every_function_has_work_to_do_at_the_meeting_point() -> None:
    for name in FUNCTIONS:
        with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
            _, waiting = meeting_point(aws)
            before = len(aws.calls)
            aws.deliver(waiting[name])
            changes = [call for call in aws.calls[before:] if not call.operation.startswith(("Describe", "Get"))]
            assert bool(changes) == (name not in ("report",)), name
            assert aws.invocations[-1].error is None, name


def test_all_pairs_run_and_a_function_runs_beside_itself() -> None:
    assert len(PAIRS) == 36
    assert ("report", "report") in PAIRS


# The two functions make their calls in turn.
@pytest.mark.parametrize(("first", "second"), PAIRS[::5])
def test_two_concurrent_functions_leave_nothing_wrong(first: str, second: str) -> None:
    assert meet(Meeting(first, second, (0, 1) * 20)).wrong == ()


def test_a_second_copy_is_deleted() -> None:
    met = meet(Meeting("copy_on_completion", "continue_copies", (0, 0, 0, 1, 1, 1, 1, 1, 1)))
    assert (met.doubled, met.wrong) == (1, ())


def test_a_second_copy_that_is_not_deleted_is_noticed() -> None:
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world, waiting = meeting_point(aws)
        aws.deliver(waiting["copy_on_completion"], waiting["continue_copies"], order=(0, 0, 0, 1, 1, 1, 1, 1, 1))
        for region in REGIONS:
            for function in ("copy_missing", "continue_copies"):
                aws.disable(region, function)
        aws.travel(hours=2)
        assert "to us-east-1: expected 1 completed copy; is 2: snap-" in " ".join(judge(world))


def test_calls_are_counted() -> None:
    assert set(calls_of_functions()) == set(FUNCTIONS)
