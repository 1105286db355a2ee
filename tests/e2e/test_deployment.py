"""What `chalice deploy` sets up in a Region, and what `chalice delete` leaves of it."""

import json
from typing import Any

import pytest

from .conftest import DESTINATION, HOME
from .deployment import Deployment
from .region import Region

pytestmark = pytest.mark.e2e

UNUSED = "ap-southeast-2"


@pytest.mark.parametrize("name", [HOME, DESTINATION])
def test_every_function_is_called_by_its_own_rules(deployment: Deployment, name: str) -> None:
    region = Region(deployment, name)
    functions = deployment.functions(name)
    assert {"create_snapshots", "copy_on_completion", "copy_missing", "sweep_snapshots"} <= set(functions)
    for function, arn in functions.items():
        assert arn.split(":")[3] == name
        rules = rules_of(region, arn)
        assert rules, f"nothing calls {function}"
        assert {rule["State"] for rule in rules} == {"ENABLED"}
        assert permitted_rules(region, arn) == {rule["Arn"] for rule in rules}, function


def test_both_regions_react_to_the_same(home: Region, destination: Region) -> None:
    assert triggers(home) == triggers(destination) != {}


def test_every_function_has_a_role_of_its_own(deployment: Deployment, home: Region) -> None:
    arns = deployment.functions(HOME).values()
    roles = [home.client("lambda").get_function_configuration(FunctionName=arn)["Role"] for arn in arns]
    assert len(set(roles)) == len(arns) > 0
    for role in roles:
        name = role.rsplit("/", 1)[-1]
        assert home.client("iam").list_role_policies(RoleName=name)["PolicyNames"], f"{name} allows nothing"


def test_deployed_again_nothing_changes_and_deleted_nothing_is_left(
    deployment: Deployment, home: Region, destination: Region
) -> None:
    unused, others = Region(deployment, UNUSED), [installed(home), installed(destination)]

    deployment.deploy(UNUSED)
    first = installed(unused)
    assert all(first.values())

    deployment.deploy(UNUSED)
    assert installed(unused) == first

    deployment.delete(UNUSED)
    assert installed(unused) == {"functions": [], "rules": {}, "roles": []}
    assert [installed(home), installed(destination)] == others


def rules_of(region: Region, function_arn: str) -> list[dict[str, Any]]:
    events = region.client("events")
    names = events.list_rule_names_by_target(TargetArn=function_arn)["RuleNames"]
    return [events.describe_rule(Name=name) for name in names]


def permitted_rules(region: Region, function_arn: str) -> set[str]:
    """The rules that may call the function; the local bus does not ask, AWS's does."""
    policy = json.loads(region.client("lambda").get_policy(FunctionName=function_arn)["Policy"])
    return {
        statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"} and statement["Effect"] == "Allow"
    }


def triggers(region: Region) -> dict[str, list[str]]:
    return {
        function: sorted(rule.get("EventPattern") or rule["ScheduleExpression"] for rule in rules_of(region, arn))
        for function, arn in region.deployment.functions(region.name).items()
    }


def installed(region: Region) -> dict[str, Any]:
    """All that a stage owns; a role belongs to no Region and is told by its name."""
    events = region.client("events")
    return {
        "functions": sorted(f["FunctionArn"] for f in region.client("lambda").list_functions()["Functions"]),
        "rules": {
            rule["Name"]: [target["Arn"] for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
            for rule in events.list_rules()["Rules"]
        },
        "roles": sorted(
            role["RoleName"]
            for page in region.client("iam").get_paginator("list_roles").paginate()
            for role in page["Roles"]
            if f"-{region.name}" in role["RoleName"]
        ),
    }
