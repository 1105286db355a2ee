"""The dashboard: runs, errors, durations, dead letters and missing copies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deploy.alarms import NAMESPACE
from deploy.functions import Function

Widget = dict[str, Any]
WIDTH, HEIGHT = 12, 6


def dashboard(functions: Sequence[Function]) -> dict[str, Any]:
    """Return the dashboard. Its body is one string, where CloudFormation inserts the names of functions and queues."""
    widgets = [
        _functions("Runs", functions, "Invocations", "Sum"),
        _functions("Errors", functions, "Errors", "Sum"),
        _functions("Duration", functions, "Duration", "Maximum"),
        _queues(),
        _copies(),
        _summaries(functions),
    ]
    placed = [
        {"x": index % 2 * WIDTH, "y": index // 2 * HEIGHT, "width": WIDTH, "height": HEIGHT} | widget
        for index, widget in enumerate(widgets)
    ]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"},
            "DashboardBody": {"Fn::Sub": json.dumps({"widgets": placed})},
        },
    }


def _metrics(title: str, metrics: list[list[Any]], statistic: str) -> Widget:
    shown = {"title": title, "region": "${AWS::Region}", "stat": statistic, "period": 300, "metrics": metrics}
    return {"type": "metric", "properties": shown}


def _functions(title: str, functions: Sequence[Function], metric: str, statistic: str) -> Widget:
    lines = [
        ["AWS/Lambda", metric, "FunctionName", f"${{{function.logical_id}}}", {"label": function.name}]
        for function in functions
    ]
    return _metrics(title, lines, statistic)


def _queues() -> Widget:
    name = "ApproximateNumberOfMessagesVisible"
    lines = [
        ["AWS/SQS", name, "QueueName", f"${{{queue}.QueueName}}"]
        for queue in ("UndeliveredEvents", "FailedInvocations")
    ]
    return _metrics("Dead letters", lines, "Maximum")


def _copies() -> Widget:
    return _metrics("Missing copies", [[NAMESPACE, "${AWS::StackName}-missing-copies"]], "Maximum")


def _summaries(functions: Sequence[Function]) -> Widget:
    groups = " | ".join(f"SOURCE '/aws/lambda/${{{function.logical_id}}}'" for function in functions)
    fields = "summary.job, summary.counts.done, summary.counts.kept, summary.counts.deferred, summary.counts.failed"
    query = f'{groups} | filter message = "summary" | fields @timestamp, {fields} | sort @timestamp desc | limit 50'
    return {"type": "log", "properties": {"title": "Last runs", "region": "${AWS::Region}", "query": query}}
