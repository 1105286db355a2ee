"""The Recycle Bin: a retention rule that keeps this app's snapshots for some days after they were deleted."""

from __future__ import annotations

from typing import Any

from chalicelib import tags

PARAMETER, CONDITION = "RecycleBinDays", "HasRecycleBin"
MAX_DAYS = 365
PARAMETERS = {
    PARAMETER: {
        "Type": "Number",
        "Default": 0,
        "MinValue": 0,
        "MaxValue": MAX_DAYS,
        "Description": "How many days the Recycle Bin keeps a deleted snapshot of this app, 1 to 365; 0 for no rule",
    }
}
CONDITIONS = {CONDITION: {"Fn::Not": [{"Fn::Equals": [{"Ref": PARAMETER}, 0]}]}}


def resources() -> dict[str, Any]:
    """Return the retention rule. With 0 days, the stack has none.

    A rule by tags keeps only what has one of them, so that what others delete in the account is gone as before.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rbin-rule.html
    """
    properties = {
        "Description": "Keeps snapshots of ebs-snapshot-reactor after they were deleted",
        "ResourceType": "EBS_SNAPSHOT",
        "ResourceTags": [{"ResourceTagKey": tags.TYPE, "ResourceTagValue": tags.AUTOMATED}],
        "RetentionPeriod": {"RetentionPeriodUnit": "DAYS", "RetentionPeriodValue": {"Ref": PARAMETER}},
    }
    return {"RecycleBinRule": {"Type": "AWS::Rbin::Rule", "Condition": CONDITION, "Properties": properties}}
