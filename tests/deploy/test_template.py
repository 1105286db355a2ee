"""The template for CloudFormation: every rule, function and queue is tied to the right other ones, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]

from app import app
from chalicelib.consistency import FSFREEZE_DOCUMENT
from chalicelib.settings import Settings
from deploy.functions import Function, functions
from deploy.parameters import DESCRIPTIONS, parameter, settings
from tests.deploy.triggers import when
from tests.policies.documents import document

Template = dict[str, Any]
FUNCTIONS = [pytest.param(function, id=function.name) for function in functions()]
LINTED_IN = ["eu-west-1", "us-east-1", "ap-southeast-2"]


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {
        name: resource["Properties"] for name, resource in template["Resources"].items() if resource["Type"] == kind
    }


@pytest.mark.parametrize("template_name", ["sam", "stack_sets"])
def test_cfn_lint_finds_nothing(template_name: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(template_name)
    assert lint(path.read_text(), config=ManualArgs(regions=LINTED_IN)) == []


def test_cfn_lint_would_find_a_wrong_policy(stack_sets: Path) -> None:
    for right, wrong in {"ec2:DescribeSnapshots": "ec2:DescribeSnapshot", '"StringEquals"': '"StringEqual"'}.items():
        text = stack_sets.read_text()
        assert right in text
        assert lint(text.replace(right, wrong), config=ManualArgs(regions=LINTED_IN))


def test_there_is_a_function_for_every_handler(translated: Template) -> None:
    handlers = {resource["Handler"] for resource in of_type(translated, "AWS::Lambda::Function").values()}
    assert handlers == {f"app.{name}" for name in app.handler_map}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_one_rule_calls_it_with_retries_and_a_queue(translated: Template, function: Function) -> None:
    [(name, rule)] = [
        (name, rule)
        for name, rule in of_type(translated, "AWS::Events::Rule").items()
        if [target["Arn"] for target in rule["Targets"]] == [arn(function.logical_id)]
    ]
    [target] = rule["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": arn("UndeliveredEvents")}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 6 * 3600}
    [source] = [configuration for configuration in app.event_sources if configuration.name == function.name]
    assert rule.get("EventPattern", rule.get("ScheduleExpression")) == when(source)
    [permission] = [
        resource
        for resource in of_type(translated, "AWS::Lambda::Permission").values()
        if resource["FunctionName"] == {"Ref": function.logical_id}
    ]
    assert (permission["Principal"], permission["SourceArn"]) == ("events.amazonaws.com", arn(name))


def test_there_is_no_other_rule_and_no_other_permission(translated: Template) -> None:
    for kind in ("AWS::Events::Rule", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig"):
        assert len(of_type(translated, kind)) == len(functions()), kind


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_fails_for_good_is_kept(translated: Template, function: Function) -> None:
    [config] = [
        resource
        for resource in of_type(translated, "AWS::Lambda::EventInvokeConfig").values()
        if resource["FunctionName"] == {"Ref": function.logical_id}
    ]
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": arn("FailedInvocations")}}
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 6 * 3600)


def test_functions_and_rules_may_write_to_their_queues(translated: Template) -> None:
    access = of_type(translated, "AWS::IAM::Policy")["DeadLetterAccess"]
    assert sorted(role["Ref"] for role in access["Roles"]) == sorted(of_type(translated, "AWS::IAM::Role"))
    [statement] = access["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", arn("FailedInvocations"))
    [policy] = of_type(translated, "AWS::SQS::QueuePolicy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", arn("UndeliveredEvents"))
    assert policy["Queues"] == [{"Ref": "UndeliveredEvents"}]
    assert "rule/${AWS::StackName}-*" in statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_role_is_its_own_and_says_what_its_policy_says(translated: Template, function: Function) -> None:
    properties = of_type(translated, "AWS::Lambda::Function")[function.logical_id]
    assert properties["Role"] == arn(function.role)
    [policy] = of_type(translated, "AWS::IAM::Role")[function.role]["Policies"]
    assert policy["PolicyDocument"] == document(function.name)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_log_group_is_there_first_and_has_an_end(translated: Template, function: Function) -> None:
    group = of_type(translated, "AWS::Logs::LogGroup")[function.log_group]
    name = of_type(translated, "AWS::Lambda::Function")[function.logical_id]["FunctionName"]["Fn::Sub"]
    assert group == {"LogGroupName": {"Fn::Sub": f"/aws/lambda/{name}"}, "RetentionInDays": {"Ref": "LogRetentionDays"}}
    assert function.log_group in translated["Resources"][function.logical_id]["DependsOn"]
    [logs] = [statement for statement in document(function.name)["Statement"] if statement["Sid"] == "WriteLogs"]
    pattern = logs["Resource"].split("log-group:")[1]
    assert pattern == f"/aws/lambda/{name}:*".replace("${AWS::Region}", "*")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_code_settings_and_architecture(translated: Template, function: Function) -> None:
    properties = of_type(translated, "AWS::Lambda::Function")[function.logical_id]
    assert properties["Code"] == {"S3Bucket": "bucket", "S3Key": "0123456789abcdef"}
    assert properties["Architectures"] == ["arm64"]
    assert properties["Environment"]["Variables"] == {name: {"Ref": parameter(name)} for name in settings()}


def test_settings_left_empty_are_the_apps_defaults(sam: Path) -> None:
    parameters = json.loads(sam.read_text())["Parameters"]
    left = {name: parameters[parameter(name)]["Default"] for name in settings()}
    assert Settings.from_environ(left) == Settings.from_environ({})
    assert set(settings()) <= set(DESCRIPTIONS), "say in deploy/parameters.py what the new setting is for"


def test_a_stack_set_needs_no_transform_and_finds_its_code_in_its_own_region(stack_sets: Path) -> None:
    template = json.loads(stack_sets.read_text())
    assert "Transform" not in template
    assert {"CodeBucketPrefix", "CodeKey"} <= set(template["Parameters"])
    for properties in of_type(template, "AWS::Lambda::Function").values():
        bucket = {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"}
        assert properties["Code"] == {"S3Bucket": bucket, "S3Key": {"Ref": "CodeKey"}}


def test_the_document_for_fsfreeze_has_the_name_that_the_app_sends(translated: Template) -> None:
    [document] = of_type(translated, "AWS::SSM::Document").values()
    assert document["Name"] == FSFREEZE_DOCUMENT
    assert set(document["Content"]["parameters"]) >= {"command", "executionId"}
