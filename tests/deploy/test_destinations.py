"""Where copies may go: the parameter of the stack, and what IAM then refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploy import destinations
from tests.policies import authorisation as iam
from tests.policies.documents import document, functions
from tests.policies.evaluator import ALLOWED, verdict

Template = dict[str, Any]
HOME, AWAY, ELSEWHERE = "eu-west-1", "us-east-1", "ap-southeast-2"
COPYING = ["continue_copies", "copy_missing", "copy_on_completion"]
TAGGED = iam.requested({"Type": "Automated"})


def resolved(value: Any, regions: str) -> Any:
    """What CloudFormation makes of the intrinsic functions that the policy uses."""
    match value:
        case {"Ref": destinations.PARAMETER}:
            resolved_: Any = regions
        case {"Fn::Split": [separator, text]}:
            resolved_ = resolved(text, regions).split(separator)
        case {"Fn::Join": [separator, items]}:
            resolved_ = separator.join(resolved(items, regions))
        case {"Fn::Sub": [text, {"Regions": inserted}]}:
            resolved_ = text.replace("${Regions}", resolved(inserted, regions))
        case _:
            resolved_ = value
    return resolved_


def with_policy(translated: Template, function: str, regions: str) -> dict[str, Any]:
    """What a function may do in a stack with this list of Regions."""
    added = translated["Resources"]["AllowedDestinationsPolicy"]["Properties"]["PolicyDocument"]
    [denial] = added["Statement"]
    denial = denial | {"NotResource": resolved(denial["NotResource"], regions)}
    return {"Version": "2012-10-17", "Statement": [*document(function)["Statement"], denial]}


def test_without_a_list_the_stack_has_no_such_policy(translated: Template) -> None:
    assert translated["Parameters"][destinations.PARAMETER]["Default"] == ""
    assert translated["Resources"]["AllowedDestinationsPolicy"]["Condition"] == destinations.CONDITION
    assert translated["Conditions"][destinations.CONDITION] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": destinations.PARAMETER}, ""]}]
    }


def test_it_is_for_every_function_that_copies(translated: Template) -> None:
    copying = [
        name
        for name in functions()
        if any("ec2:CopySnapshot" in statement["Action"] for statement in document(name)["Statement"])
    ]
    assert copying == COPYING
    roles = translated["Resources"]["AllowedDestinationsPolicy"]["Properties"]["Roles"]
    assert sorted(role["Ref"] for role in roles) == ["ContinueCopiesRole", "CopyMissingRole", "CopyOnCompletionRole"]


@pytest.mark.node
@pytest.mark.parametrize("regions", [AWAY, f"{AWAY},eu-central-1", f"eu-central-1,{AWAY}"])
@pytest.mark.parametrize("function", COPYING)
def test_copies_go_to_no_other_region(translated: Template, function: str, regions: str) -> None:
    policy = with_policy(translated, function, regions)
    verdict_of = {
        region: verdict(policy, iam.asks("ec2:CopySnapshot", iam.snapshot(region, iam.NEW), TAGGED))
        for region in (HOME, AWAY, ELSEWHERE)
    }
    assert verdict_of == {HOME: "ExplicitlyDenied", AWAY: ALLOWED, ELSEWHERE: "ExplicitlyDenied"}
    # The source may be anywhere, with and without the tags of the request.
    for region in (HOME, ELSEWHERE):
        for tags in ({}, TAGGED):
            request = iam.asks("ec2:CopySnapshot", iam.snapshot(region, "snap-0123456789abcdef0"), tags)
            assert verdict(policy, request) == ALLOWED


@pytest.mark.parametrize(
    ("text", "accepted"),
    [("", True), (AWAY, True), (f"{AWAY},{HOME}", True), (f"{AWAY}, {HOME}", False), (f"{AWAY} {HOME}", False),
     (f"{AWAY},", False), ("*", False), ("us-east-?", False)],
)  # fmt: skip
def test_a_list_that_would_not_be_understood_is_refused_by_the_stack(text: str, accepted: bool) -> None:
    assert bool(re.fullmatch(destinations.PARAMETERS[destinations.PARAMETER]["AllowedPattern"], text)) is accepted
