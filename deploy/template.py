"""The template that `chalice package` merges into its own. It merges dictionaries and replaces lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from deploy import destinations, recycle_bin
from deploy.alarms import alarms
from deploy.dashboard import dashboard
from deploy.functions import PROJECT, Function, configuration
from deploy.parameters import environment, parameters

Resources = dict[str, Any]
DAY = 24 * 3600
# Seconds. The hourly runs have long done the work of an older event.
MAX_EVENT_AGE = 6 * 3600
RETRIES = 2


def template(functions: Sequence[Function]) -> dict[str, Any]:
    """Return everything that is added to the template of Chalice."""
    resources: Resources = {}
    for function in functions:
        resources |= _function(function)
    return {
        "Description": "Backs up the EBS volumes of tagged EC2 instances: ebs-snapshot-reactor",
        "Parameters": parameters(),
        "Conditions": destinations.CONDITIONS
        | recycle_bin.CONDITIONS
        | {"HasAlarmEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}},
        "Globals": {"Function": {"Environment": {"Variables": environment()}}},
        "Resources": resources
        | _queues(functions)
        | _topic()
        | _document()
        | destinations.resources(functions)
        | recycle_bin.resources()
        | alarms(functions)
        | {"Dashboard": dashboard(functions)},
        "Outputs": {
            "AlarmTopic": {"Description": "The topic that alarms are sent to", "Value": {"Ref": "Alarms"}},
            "Dashboard": {"Description": "The name of the dashboard", "Value": {"Ref": "Dashboard"}},
        },
    }


def _function(function: Function) -> Resources:
    arn = {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}
    retry = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": MAX_EVENT_AGE}
    event = {"DeadLetterConfig": {"Arn": arn}, "RetryPolicy": retry}
    failed = {"Type": "SQS", "Destination": {"Fn::GetAtt": ["FailedInvocations", "Arn"]}}
    retries = {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": MAX_EVENT_AGE}
    return {
        function.logical_id: {
            # Without this, the first run could create the log group before the stack does, and the stack would fail.
            "DependsOn": [function.log_group, "DeadLetterAccess"],
            "Properties": {
                "FunctionName": function.full_name,
                "Events": {function.event: {"Properties": event}},
                "EventInvokeConfig": retries | {"DestinationConfig": {"OnFailure": failed}},
            },
        },
        function.log_group: {
            "Properties": {"LogGroupName": function.log_group_name, "RetentionInDays": {"Ref": "LogRetentionDays"}},
        },
    }


def _queues(functions: Sequence[Function]) -> Resources:
    queue = {
        "Type": "AWS::SQS::Queue",
        "UpdateReplacePolicy": "Delete",
        "DeletionPolicy": "Delete",
        "Properties": {"MessageRetentionPeriod": 14 * DAY, "SqsManagedSseEnabled": True},
    }
    return {
        "UndeliveredEvents": queue,
        "FailedInvocations": queue,
        "UndeliveredEventsPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "UndeliveredEvents"}],
                "PolicyDocument": _from_rules("UndeliveredEvents"),
            },
        },
        # Not in the policies of the app, because `chalice deploy` creates no queue.
        "DeadLetterAccess": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "DeadLetterAccess",
                "PolicyDocument": _allowing("sqs:SendMessage", {"Fn::GetAtt": ["FailedInvocations", "Arn"]}),
                "Roles": [{"Ref": function.role} for function in functions],
            },
        },
    }


def _allowing(action: str, resource: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement | more]}


def _from_rules(queue: str) -> dict[str, Any]:
    rules = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-*"}
    return _allowing(
        "sqs:SendMessage",
        {"Fn::GetAtt": [queue, "Arn"]},
        Principal={"Service": "events.amazonaws.com"},
        Condition={"ArnLike": {"aws:SourceArn": rules}},
    )


def _document() -> Resources:
    """Return the document that `Consistency=fsfreeze` runs on an instance."""
    content = yaml.safe_load((PROJECT / "deploy" / "documents" / "fsfreeze.yaml").read_text())
    properties = {
        "Name": "ebs-snapshot-reactor-fsfreeze",
        "DocumentType": "Command",
        "TargetType": "/AWS::EC2::Instance",
        "UpdateMethod": "NewVersion",
        "Content": content,
    }
    return {"Fsfreeze": {"Type": "AWS::SSM::Document", "Properties": properties}}


def _topic() -> Resources:
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    principal = {"Service": "cloudwatch.amazonaws.com"}
    policy = _allowing("sns:Publish", {"Ref": "Alarms"}, Principal=principal, Condition=account)
    return {
        "Alarms": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": configuration()["app_name"]}},
        "AlarmsPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": "Alarms"}], "PolicyDocument": policy},
        },
        "AlarmSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlarmEmail",
            "Properties": {"TopicArn": {"Ref": "Alarms"}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}},
        },
    }
