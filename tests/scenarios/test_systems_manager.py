"""Systems Manager throttled, failing and forgetful, while an application is at rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import HOME
from tests.scenarios.stories import FROZEN, achieved, failures, first_failure


def count(aws: LocalAWS, operation: str) -> int:
    return sum(call.operation == operation for call in aws.calls)


@pytest.mark.parametrize("error", ["ThrottlingException", "InternalServerError", "timeout"])
@pytest.mark.parametrize("times", [1, 8], ids=["once", "for a while"])
def test_an_error_while_polling_is_waited_out(aws: LocalAWS, error: str, times: int) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault("GetCommandInvocation", error=error, times=times)
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "fsfreeze"]
    assert not failures(aws)
    assert not count(aws, "CancelCommand")


@pytest.mark.parametrize("error", ["ThrottlingException", "InternalServerError"])
def test_polling_that_always_fails_ends_with_a_thaw(aws: LocalAWS, error: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault("GetCommandInvocation", error=error, times=1000)
    aws.travel(minutes=35)
    assert achieved(aws) == ["crash", "crash"]
    assert "no answer within 60 s" in first_failure(aws)
    assert error in first_failure(aws)
    assert count(aws, "CancelCommand") == count(aws, "SendCommand") == 2
    assert not aws.frozen


@pytest.mark.parametrize(("cancels", "thawed_by"), [(True, []), (False, ["post-script"])], ids=["in time", "too late"])
def test_a_permission_that_is_missing_is_not_waited_for(aws: LocalAWS, cancels: bool, thawed_by: list[str]) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.agent(db).cancels = cancels
    aws.fault("GetCommandInvocation", error="AccessDeniedException", times=1000)
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    assert "AccessDeniedException" in first_failure(aws)
    assert count(aws, "GetCommandInvocation") == count(aws, "SendCommand") == 2
    # The pre-script may not have begun, and has to freeze nothing now. The post-script has to run.
    assert count(aws, "CancelCommand") == 1
    assert [freeze.thawed_by for freeze in aws.freezes] == thawed_by


@pytest.mark.parametrize("times", [1, 12], ids=["once", "for a while"])
def test_a_throttled_command_is_sent_again(aws: LocalAWS, times: int) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault("SendCommand", error="ThrottlingException", times=times)
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "fsfreeze"]
    assert not failures(aws)
    assert len(aws.freezes) == 1


def test_a_pre_script_whose_answer_was_lost_is_not_sent_again(aws: LocalAWS) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault("SendCommand", error="timeout", carried_out=True)
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    # It may have frozen the instance, so it is thawed at once.
    assert [command.parameters["command"] for command in aws.commands] == [["pre-script"], ["post-script"]]
    assert not aws.frozen
    assert all(freeze.until - freeze.since < timedelta(seconds=10) for freeze in aws.freezes)


@pytest.mark.parametrize("carried_out", [False, True], ids=["lost before", "lost after"])
def test_a_post_script_whose_answer_was_lost_is_sent_again(aws: LocalAWS, carried_out: bool) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault(
        "SendCommand",
        error="timeout",
        carried_out=carried_out,
        match=lambda params: params["Parameters"]["command"] == ["post-script"],
    )
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "fsfreeze"]
    assert not failures(aws)
    assert [freeze.thawed_by for freeze in aws.freezes] == ["post-script"]


def test_a_pre_script_that_came_twice_is_not_followed_by_a_post_script(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.agent(db).exits["pre-script"] = 205
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    assert [command.parameters["command"] for command in aws.commands] == [["pre-script"]]


@pytest.mark.parametrize("rate", [10, 40])
def test_a_fleet_is_at_rest_however_few_calls_systems_manager_allows(aws: LocalAWS, rate: float) -> None:
    for number in range(60):
        aws.launch(HOME, name=f"db{number}", tags=FROZEN, volumes=(8, 100))
    aws.run_command_rate = rate
    aws.travel(minutes=59)
    assert achieved(aws) == ["crash"] * 60 + ["fsfreeze"] * 60
    assert not failures(aws)
    assert {freeze.thawed_by for freeze in aws.freezes} == {"post-script"}
    refused = sum(call.error == "ThrottlingException" for call in aws.calls)
    asked = count(aws, "SendCommand") + count(aws, "GetCommandInvocation")
    assert refused < asked / 4
