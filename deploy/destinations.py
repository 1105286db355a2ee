"""The administrator's word on where copies may go, for IAM: a policy that denies all other Regions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deploy.functions import PROJECT, Function, configuration

PARAMETER, CONDITION = "AllowedDestinations", "HasAllowedDestinations"
PARAMETERS = {
    PARAMETER: {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "([a-z0-9-]+(,[a-z0-9-]+)*)?",
        "ConstraintDescription": "Regions such as eu-central-1,us-east-1: separated by commas, without spaces",
        "Description": "The Regions that snapshots may be copied to, separated by commas without spaces; empty for any",
    }
}
CONDITIONS = {CONDITION: {"Fn::Not": [{"Fn::Equals": [{"Ref": PARAMETER}, ""]}]}}


def resources(functions: Sequence[Function]) -> dict[str, Any]:
    """Return a policy for the roles of the functions that copy. Without a list of Regions, the stack has none.

    The Region is compared in the ARN of the new copy. ``aws:RequestedRegion`` would be the destination in the app's
    request, but the source in the presigned request that botocore adds to it for encrypted snapshots.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
    """
    statement = {
        "Sid": "CopyToAllowedDestinationsOnly",
        "Effect": "Deny",
        "Action": "ec2:CopySnapshot",
        "NotResource": _copies_and_sources(),
    }
    properties = {
        "PolicyName": "AllowedDestinations",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Roles": [{"Ref": function.role} for function in functions if _copies(function)],
    }
    return {"AllowedDestinationsPolicy": {"Type": "AWS::IAM::Policy", "Condition": CONDITION, "Properties": properties}}


def _copies_and_sources() -> dict[str, Any]:
    """What is not denied: sources in any Region, and copies in the allowed ones.

    The ARN of a copy that is yet to be made has an asterisk for an id, so that it does not match ``snap-*``.
    """
    between = "::snapshot/*,arn:*:ec2:"
    regions = {"Fn::Join": [between, {"Fn::Split": [",", {"Ref": PARAMETER}]}]}
    text = "arn:*:ec2:*::snapshot/snap-*,arn:*:ec2:${Regions}::snapshot/*"
    return {"Fn::Split": [",", {"Fn::Sub": [text, {"Regions": regions}]}]}


def _copies(function: Function) -> bool:
    name = configuration()["lambda_functions"][function.name]["iam_policy_file"]
    statements = json.loads((PROJECT / ".chalice" / name).read_text())["Statement"]
    return any("ec2:CopySnapshot" in statement["Action"] for statement in statements)
