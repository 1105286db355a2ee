"""Each policy allows what its function does, nothing that it never does, and no misuse: conditions included."""

from __future__ import annotations

import pytest

from tests.policies.authorisation import of_a_stranger
from tests.policies.conftest import Recording
from tests.policies.documents import document, functions, grants, made_of, roles
from tests.policies.evaluator import ALLOWED, REFUSED, Request, verdict, verdicts
from tests.policies.misuses import MISUSES

pytestmark = pytest.mark.node


def test_the_stories_reach_every_function(recording: Recording) -> None:
    assert sorted(recording.requests) == functions()


def test_everything_that_is_used_is_allowed(recording: Recording) -> None:
    asked = [
        (function, request) for function in functions() for request in sorted(recording.requests[function], key=repr)
    ]
    results = verdicts([(document(function), request) for function, request in asked])
    refused = [(*pair, result) for pair, result in zip(asked, results, strict=True) if result != ALLOWED]
    recording.lines.append(
        f"Policies: {recording.calls:,} calls recorded, {len(asked):,} different requests to IAM, all but {len(refused)} permitted."
    )
    assert not refused


def test_nothing_is_allowed_that_is_never_used(recording: Recording) -> None:
    """Without any one of its grants a policy refuses something that its function does."""
    questions, tried = [], []
    for function in functions():
        parts = list(grants(document(function)))
        for part in parts:
            rest = made_of([other for other in parts if other is not part])
            for request in _about(part.action, recording.requests[function]):
                questions.append((rest, request))
                tried.append((function, part))
    needed = {grant for grant, result in zip(tried, verdicts(questions), strict=True) if result == REFUSED}
    every = [(function, part) for function in functions() for part in grants(document(function))]
    unused = [f"{function}: {part}" for function, part in every if (function, part) not in needed]
    recording.lines.append(f"Policies: {len(every)} grants, all but {len(unused)} needed.")
    assert not unused


def _about(action: str, requests: set[Request]) -> list[Request]:
    return [request for request in sorted(requests, key=repr) if request.action == action]


def test_misuse_is_refused(recording: Recording) -> None:
    policies = roles()
    tried = [(role, misuse) for role in policies for misuse in MISUSES if role not in misuse.but]
    results = verdicts([(policies[role], misuse.request) for role, misuse in tried])
    wrong = [
        f"{role} can {misuse.deed}: {result}"
        for (role, misuse), result in zip(tried, results, strict=True)
        if result != REFUSED
    ]
    recording.lines.append(
        f"Policies: {len(MISUSES)} misuses tried with each role, {len(tried)} requests, {len(wrong)} not refused."
    )
    assert not wrong
    assert len({misuse.deed for misuse in MISUSES}) == len(MISUSES) >= 25


def test_no_function_does_to_a_stranger_what_it_does_at_home(recording: Recording) -> None:
    """Whatever is used, also what will be used one day, with a resource of another account in place of ours."""
    moved = {
        (function, moved)
        for function in functions()
        for request in recording.requests[function]
        if (moved := of_a_stranger(request))
    }
    tried = sorted(moved, key=repr)
    results = verdicts([(document(function), request) for function, request in tried])
    wrong = [(*pair, result) for pair, result in zip(tried, results, strict=True) if result != REFUSED]
    recording.lines.append(f"Policies: {len(tried)} requests about a stranger's resources, {len(wrong)} not refused.")
    assert not wrong
    assert {request.action for _, request in tried} >= {
        "ec2:CopySnapshot",
        "ssm:SendCommand",
        "kms:CreateGrant",
        "sns:Publish",
    }


def test_no_function_writes_the_log_of_another(recording: Recording) -> None:
    questions = [
        (document(function), request)
        for function in functions()
        for other in functions()
        if other != function
        for request in recording.requests[other]
        if request.action.startswith("logs:")
    ]
    assert set(verdicts(questions)) == {REFUSED}


def test_the_evaluator_does_look_at_conditions(recording: Recording) -> None:
    """A control: the same requests pass once the conditions are gone."""
    bare = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
    requests = [misuse.request for misuse in MISUSES if misuse.request.action.startswith("ec2:")]
    assert set(verdicts([(bare, request) for request in requests])) == {ALLOWED}
    assert verdict(document("sweep_snapshots"), requests[0]) == REFUSED
