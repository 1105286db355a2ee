"""The alarms: each says what happened, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploy.functions import Function

Resources = dict[str, Any]

HOUR = 3600
NAMESPACE = "EbsSnapshotReactor"
# Late enough for one daily run that failed and was made up for.
HOURS_WITHOUT_CREATION = 26
# A destination's slots may be full for hours: that is what deferring is for. For a whole day they are not.
HOURS_OF_MISSING_COPIES = 24
NEAR_TIMEOUT = 0.9


def alarm(description: str, **properties: Any) -> Resources:
    """An alarm that tells the topic when it goes off and when it is over."""
    topic = [{"Ref": "Alarms"}]
    common = {"AlarmDescription": description, "AlarmActions": topic, "OKActions": topic}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": common | properties}


def alarms(functions: Sequence[Function]) -> Resources:
    """All alarms and the metrics that they need, by logical id."""
    found: Resources = {}
    for function in functions:
        found[f"{function.logical_id}ErrorsAlarm"] = _errors(function)
        found[f"{function.logical_id}DurationAlarm"] = _duration(function)
    for queue in ("UndeliveredEvents", "FailedInvocations"):
        found[f"{queue}Alarm"] = _dead_letters(queue)
    for function in functions:
        if function.name == "create_snapshots":
            found["NoCreationAlarm"] = _no_creation(function)
        if function.name == "copy_missing":
            found |= _missing_copies(function)
    return found


def _errors(function: Function) -> Resources:
    return alarm(
        f"{function.name} failed: its log says for which targets. Lambda tries again twice, and so does the next run.",
        **_metric(function, "Errors", "Sum"),
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def _duration(function: Function) -> Resources:
    return alarm(
        f"{function.name} took nearly as long as it may. What it deferred is done by the next run.",
        **_metric(function, "Duration", "Maximum"),
        Period=300,
        EvaluationPeriods=1,
        Threshold=int(function.timeout * 1000 * NEAR_TIMEOUT),
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
        "Events that EventBridge could not hand over" if queue == "UndeliveredEvents" else "Runs that failed for good"
    )
    return alarm(
        f"{what} are in the queue {queue}. The hourly runs make up for them; the messages say why.",
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
