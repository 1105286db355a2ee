"""The form of the policy documents: one for each function, no wildcard action, every statement with a name."""

from __future__ import annotations

import json
import re

import pytest
from chalice.app import Chalice

from app import app as reactor
from tests.policies.documents import CHALICE, document, functions, grants, listed

# IAM offers no narrower resource for these.
UNLIMITED = re.compile(r"ec2:Describe[A-Za-z]+|ssm:CancelCommand|ssm:GetCommandInvocation")


def test_every_function_has_a_policy_of_its_own_and_every_policy_a_function() -> None:
    assert isinstance(reactor, Chalice)
    assert functions() == sorted(reactor.handler_map)
    named = {f"policy-{function}.json" for function in functions()}
    config = json.loads((CHALICE / "config.json").read_text())
    assert {own["iam_policy_file"] for own in config["lambda_functions"].values()} == named
    assert {path.name for path in CHALICE.glob("policy-*.json")} == named
    assert config["autogen_policy"] is False


@pytest.mark.parametrize("function", functions())
def test_no_wildcard_action_and_no_resource_left_open(function: str) -> None:
    for grant in grants(document(function)):
        assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", grant.action), grant
        assert UNLIMITED.fullmatch(grant.action) or grant.resource.startswith("arn:*:"), grant


@pytest.mark.parametrize("function", functions())
def test_the_form_that_people_read(function: str) -> None:
    path = CHALICE / f"policy-{function}.json"
    policy = document(function)
    assert path.read_text() == json.dumps(policy, indent=2) + "\n"
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert listed(statement["Action"]) == sorted(listed(statement["Action"]))
