"""The alarms: what is watched, who is told, and that the log lines they count are the ones that are written."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from deploy.functions import Function, functions
from emulator import LocalAWS
from tests.deploy.test_template import of_type
from tests.policies.stories import AWAY, FLEET, HOME, START

Template = dict[str, Any]
TOPIC = [{"Ref": "Alarms"}]


def watched(alarm: dict[str, Any]) -> tuple[str, str]:
    return alarm["MetricName"], json.dumps(alarm["Dimensions"])


def test_every_alarm_is_told_and_says_what_to_do(translated: Template) -> None:
    for name, alarm in of_type(translated, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == TOPIC, name
        assert len(alarm["AlarmDescription"]) > 40, name


@pytest.mark.parametrize("function", [pytest.param(function, id=function.name) for function in functions()])
def test_errors_and_time_of_each_function(translated: Template, function: Function) -> None:
    alarms = of_type(translated, "AWS::CloudWatch::Alarm")
    errors, duration = (alarms[f"{function.logical_id}{what}Alarm"] for what in ("Errors", "Duration"))
    mine = json.dumps([{"Name": "FunctionName", "Value": {"Ref": function.logical_id}}])
    assert watched(errors) == ("Errors", mine)
    assert errors["Threshold"] == 1
    assert watched(duration) == ("Duration", mine)
    timeout = of_type(translated, "AWS::Lambda::Function")[function.logical_id]["Timeout"]
    # A run that continues in a next one works until 30 seconds before its timeout.
    continued = function.name in ("create_snapshots", "copy_missing", "sweep_snapshots")
    assert duration["Threshold"] == (880_000 if continued else timeout * 900)


@pytest.mark.parametrize("queue", ["UndeliveredEvents", "FailedInvocations"])
def test_dead_letters(translated: Template, queue: str) -> None:
    alarm = of_type(translated, "AWS::CloudWatch::Alarm")[f"{queue}Alarm"]
    name = {"Fn::GetAtt": [queue, "QueueName"]}
    assert watched(alarm) == (
        "ApproximateNumberOfMessagesVisible",
        json.dumps([{"Name": "QueueName", "Value": name}]),
    )
    assert alarm["Threshold"] == 1


def test_no_creation_for_four_hours_silence_included(translated: Template) -> None:
    alarm = of_type(translated, "AWS::CloudWatch::Alarm")["NoCreationAlarm"]
    assert {metric["Id"]: metric.get("Expression") for metric in alarm["Metrics"]} == {
        "runs": None,
        "errors": None,
        "succeeded": "runs - errors",
    }
    assert [metric["Id"] for metric in alarm["Metrics"] if metric["ReturnData"]] == ["succeeded"]
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (4, "breaching")
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    assert alarm["EvaluationPeriods"] * 3600 <= 604_800


def test_missing_copies_are_counted_from_what_the_hourly_pass_writes(translated: Template) -> None:
    [counted] = of_type(translated, "AWS::Logs::MetricFilter").values()
    assert counted["FilterPattern"] == (
        '{ ($.message = "summary") && ($.summary.job = "copy_missing") && ($.summary.dry_run IS FALSE) }'
    )
    [transformation] = counted["MetricTransformations"]
    assert transformation["MetricValue"] == "$.summary.counts.deferred"
    alarm = of_type(translated, "AWS::CloudWatch::Alarm")["MissingCopiesAlarm"]
    assert alarm["MetricName"] == transformation["MetricName"]
    assert alarm["Namespace"] == transformation["MetricNamespace"]
    assert [line["summary"]["counts"]["deferred"] for line in summaries_of_a_full_destination()][-1] == 1


def summaries_of_a_full_destination() -> list[dict[str, Any]]:
    """The log lines that the metric's filter selects, when one of two copies finds no slot."""
    with LocalAWS(start=START, regions=(HOME, AWAY), seed=1) as aws:
        aws.deploy(HOME, AWAY)
        aws.copy_slots = 1
        aws.disable(AWAY, "continue_copies")
        for name in ("web", "database"):
            aws.launch(HOME, name=name, tags=FLEET)
        aws.copy_duration = lambda _: timedelta(hours=9)
        aws.travel(hours=2)
        logs = [
            invocation.log
            for invocation in aws.invocations
            if invocation.function == "copy_missing" and invocation.region == HOME
        ]
    lines = [json.loads(line) for log in logs for line in log.splitlines()]
    return [
        line
        for line in lines
        if line.get("message") == "summary"
        and line["summary"]["job"] == "copy_missing"
        and line["summary"]["dry_run"] is False
    ]


def test_the_topic_and_its_subscription(translated: Template) -> None:
    [subscription] = of_type(translated, "AWS::SNS::Subscription").values()
    assert subscription == {"TopicArn": {"Ref": "Alarms"}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}
    assert translated["Resources"]["AlarmSubscription"]["Condition"] == "HasAlarmEmail"
    [policy] = of_type(translated, "AWS::SNS::TopicPolicy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")


def test_the_dashboard_shows_every_function(translated: Template) -> None:
    [dashboard] = of_type(translated, "AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    assert len(body["widgets"]) == 6
    for function in functions():
        assert f"${{{function.logical_id}}}" in dashboard["DashboardBody"]["Fn::Sub"]
