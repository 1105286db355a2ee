"""The alarms. Each description says what happened and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploy.functions import Function

Resources = dict[str, Any]

HOUR = 3600
NAMESPACE = "EbsSnapshotReactor"
# Sixteen runs in a row.
HOURS_WITHOUT_CREATION = 4
# The copy slots of a destination may all be in use for hours, but not for a whole day.
HOURS_OF_MISSING_COPIES = 24
NEAR_TIMEOUT = 0.9
# Seconds. What continues in a next run starts nothing new in its last 30 seconds: only a run that hangs takes longer.
BEFORE_TIMEOUT = 20
CONTINUED = frozenset({"create_snapshots", "copy_missing", "sweep_snapshots"})


def alarm(description: str, **properties: Any) -> Resources:
    """Return an alarm that notifies the topic when it goes off and when it is over."""
    topic = [{"Ref": "Alarms"}]
    common = {"AlarmDescription": description, "AlarmActions": topic, "OKActions": topic}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": common | properties}


def alarms(functions: Sequence[Function]) -> Resources:
    """Return all alarms and the metrics that they need, by logical id."""
    resources: Resources = {}
    for function in functions:
        resources[f"{function.logical_id}ErrorsAlarm"] = _errors(function)
        resources[f"{function.logical_id}DurationAlarm"] = _duration(function)
    for queue in ("UndeliveredEvents", "FailedInvocations"):
        resources[f"{queue}Alarm"] = _dead_letters(queue)
    for function in functions:
        if function.name == "create_snapshots":
            resources["NoCreationAlarm"] = _no_creation(function)
        if function.name == "copy_missing":
            resources |= _missing_copies(function)
    return resources


def _errors(function: Function) -> Resources:
    return alarm(
        f"{function.name} failed: its log names the targets. Lambda retries twice, and the next run tries again.",
        **_metric(function, "Errors", "Sum"),
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def _duration(function: Function) -> Resources:
    seconds = function.timeout - BEFORE_TIMEOUT if function.name in CONTINUED else function.timeout * NEAR_TIMEOUT
    return alarm(
        f"{function.name} nearly reached its timeout. The next run does what this one deferred.",
        **_metric(function, "Duration", "Maximum"),
        Period=300,
        EvaluationPeriods=1,
        Threshold=int(seconds * 1000),
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def _metric(function: Function, name: str, statistic: str) -> Resources:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": name,
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": function.logical_id}}],
        "Statistic": statistic,
    }


def _dead_letters(queue: str) -> Resources:
    what = (
        "Events that EventBridge could not deliver"
        if queue == "UndeliveredEvents"
        else "Events whose runs failed after all retries"
    )
    return alarm(
        f"{what} are in the queue {queue}. Its messages say why. The hourly runs do what these runs should have done.",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def _no_creation(function: Function) -> Resources:
    def part(metric_id: str, name: str) -> Resources:
        dimensions = [{"Name": "FunctionName", "Value": {"Ref": function.logical_id}}]
        metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions}
        return {
            "Id": metric_id,
            "MetricStat": {"Metric": metric, "Period": HOUR, "Stat": "Sum"},
            "ReturnData": False,
        }

    succeeded = {"Id": "succeeded", "Expression": "runs - errors", "Label": "Runs without an error"}
    return alarm(
        f"No run of {function.name} has succeeded for {HOURS_WITHOUT_CREATION} hours: volumes may be without a backup.",
        Metrics=[part("runs", "Invocations"), part("errors", "Errors"), succeeded | {"ReturnData": True}],
        EvaluationPeriods=HOURS_WITHOUT_CREATION,
        DatapointsToAlarm=HOURS_WITHOUT_CREATION,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )


def _missing_copies(function: Function) -> Resources:
    summary = f'($.message = "summary") && ($.summary.job = "{function.name}")'
    metric = {
        "Type": "AWS::Logs::MetricFilter",
        "DependsOn": function.log_group,
        "Properties": {
            "LogGroupName": function.log_group_name,
            "FilterPattern": f"{{ {summary} && ($.summary.dry_run IS FALSE) }}",
            "MetricTransformations": [
                {
                    "MetricNamespace": NAMESPACE,
                    "MetricName": {"Fn::Sub": "${AWS::StackName}-missing-copies"},
                    "MetricValue": "$.summary.counts.deferred",
                }
            ],
        },
    }
    missing = alarm(
        f"Copies have been missing for {HOURS_OF_MISSING_COPIES} hours: their destination has no free slot for them.",
        Namespace=NAMESPACE,
        MetricName={"Fn::Sub": "${AWS::StackName}-missing-copies"},
        Statistic="Minimum",
        Period=HOUR,
        EvaluationPeriods=HOURS_OF_MISSING_COPIES,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    return {"MissingCopies": metric, "MissingCopiesAlarm": missing}
