"""The IAM policies that the commands need, by group: least privilege, with conditions wherever AWS has any.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
Each resource belongs to the operator's account. CopySnapshot and CreateVolume do not support ``aws:ResourceAccount``:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
"""

from __future__ import annotations

from typing import Any

from chalicelib import tags
from reactor_cli.restore.volumes import DRILL, RESTORE

Statement = dict[str, Any]
SNAPSHOTS = "arn:*:ec2:*::snapshot/*"
VOLUMES = "arn:*:ec2:*:*:volume/*"
INSTANCES = "arn:*:ec2:*:*:instance/*"
KEYS = "arn:*:kms:*:*:key/*"
KEEP_FOREVER = (tags.KEEP_FOREVER, "Keep_Forever", "Keep-Forever")
OWN = {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
OWN_SNAPSHOT = {"ec2:Owner": "${aws:PrincipalAccount}"}
MANAGED = {f"aws:ResourceTag/{tags.TYPE}": tags.AUTOMATED}
NEW_MANAGED = {"StringEquals": {f"aws:RequestTag/{tags.TYPE}": tags.AUTOMATED}}
READS = ("DescribeImages", "DescribeInstances", "DescribeLockedSnapshots", "DescribeRegions", "DescribeSnapshots",
         "DescribeVolumes")  # fmt: skip
GROUPS = {
    "read": "plan, explain, lint, report, run --dry-run",
    "run": "run create, copy, sweep and report",
    "restore": "restore and drill",
    "undelete": "undelete",
}


def policies() -> dict[str, dict[str, Any]]:
    """Return a policy for each group of commands; each group needs only its own."""
    return {
        "read": _policy(_read()),
        "run": _policy(_read(), *_create(), *_copy(), *_sweep(), *_consistency(), *_keys()),
        "restore": _policy(_read("DescribeAvailabilityZones"), *_restore(), *_keys()),
        "undelete": _policy(*_undelete()),
    }


def _policy(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: str | list[str], resource: str | list[str], **conditions: Any) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def _read(*more: str) -> Statement:
    # EC2 supports no resources for Describe calls: all or nothing.
    return _allow("Read", [f"ec2:{operation}" for operation in sorted({*READS, *more})], "*")


def _create() -> list[Statement]:
    both = ["ec2:CreateSnapshot", "ec2:CreateSnapshots"]
    tagged = {"Null": {f"aws:ResourceTag/{tags.BACKUP}": "false"}}
    during_creation = {"StringEquals": {"ec2:CreateAction": ["CreateSnapshot", "CreateSnapshots", "CopySnapshot"]}}
    not_the_type = {"Null": {f"aws:RequestTag/{tags.TYPE}": "true"}}
    return [
        _allow("SnapshotVolumes", both, VOLUMES, StringEquals=OWN),
        _allow("SnapshotInstancesTaggedForIt", "ec2:CreateSnapshots", INSTANCES, StringEquals=OWN, **tagged),
        _allow("CreateOnlyManagedSnapshots", both, SNAPSHOTS, **NEW_MANAGED),
        _allow("TagWhatIsBeingCreated", "ec2:CreateTags", SNAPSHOTS, **during_creation),
        _allow("TagManagedSnapshots", "ec2:CreateTags", SNAPSHOTS, StringEquals=OWN | MANAGED, **not_the_type),
    ]


def _copy() -> list[Statement]:
    return [
        _allow("CopyFromSnapshots", "ec2:CopySnapshot", "arn:*:ec2:*::snapshot/snap-*", StringEquals=OWN_SNAPSHOT),
        # The new copy has no owner yet. The source has one, and its ARN matches this resource, too.
        _allow(
            "CreateOnlyManagedCopies",
            "ec2:CopySnapshot",
            SNAPSHOTS,
            **NEW_MANAGED,
            StringEqualsIfExists=OWN_SNAPSHOT,
        ),
    ]


def _sweep() -> list[Statement]:
    unprotected = {"Null": {f"aws:ResourceTag/{key}": "true" for key in KEEP_FOREVER}}
    managed = {"StringEquals": OWN | MANAGED}
    return [_allow("DeleteOnlyManagedUnprotected", "ec2:DeleteSnapshot", SNAPSHOTS, **managed, **unprotected)]


def _consistency() -> list[Statement]:
    tagged = {"Null": {f"ssm:resourceTag/{tags.CONSISTENCY}": "false"}}
    released = {"StringEquals": OWN | {"aws:ResourceTag/DLMScriptsAccess": "true"}}
    document = "arn:*:ssm:*:*:document/"
    return [
        # A document of AWS has no account in its ARN.
        _allow("SendVssDocument", "ssm:SendCommand", "arn:*:ssm:*::document/AWSEC2-VssInstallAndSnapshot"),
        _allow("SendFsfreezeDocument", "ssm:SendCommand", f"{document}ebs-snapshot-reactor-fsfreeze", StringEquals=OWN),
        _allow("SendDocumentsTaggedForIt", "ssm:SendCommand", f"{document}*", **released),
        _allow("SendToInstancesTaggedForIt", "ssm:SendCommand", INSTANCES, StringEquals=OWN, **tagged),
        _allow("FollowCommands", ["ssm:CancelCommand", "ssm:GetCommandInvocation"], "*"),
        _allow("SendTheReport", "sns:Publish", "arn:*:sns:*:*:*", StringEquals=OWN),
    ]


def _restore() -> list[Statement]:
    purpose = {"StringEquals": {f"aws:RequestTag/{tags.RESTORED_FOR}": [DRILL, RESTORE]}}
    drilled = {"StringEquals": OWN | {f"aws:ResourceTag/{tags.RESTORED_FOR}": DRILL}}
    during_creation = {"StringEquals": {"ec2:CreateAction": "CreateVolume"}}
    return [
        _allow("FromManagedSnapshots", "ec2:CreateVolume", SNAPSHOTS, StringEquals=OWN_SNAPSHOT | MANAGED),
        _allow("CreateOnlyMarkedVolumes", "ec2:CreateVolume", VOLUMES, **purpose),
        _allow("TagWhatIsBeingCreated", "ec2:CreateTags", VOLUMES, **during_creation),
        _allow("DeleteOnlyVolumesOfDrills", "ec2:DeleteVolume", VOLUMES, **drilled),
    ]


def _undelete() -> list[Statement]:
    managed = {"StringEquals": OWN | MANAGED}
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": [tags.DELETE_ON, tags.KEEP_FOREVER]}}
    reads = ("DescribeRegions", "DescribeSnapshots", "DescribeTags", "ListSnapshotsInRecycleBin")
    return [
        # EC2 knows no resource for these, either.
        _allow("Read", [f"ec2:{operation}" for operation in reads], "*"),
        _allow("PutOffOrProtect", "ec2:CreateTags", SNAPSHOTS, **managed, **only),
        _allow("RestoreManagedFromTheBin", "ec2:RestoreSnapshotFromRecycleBin", SNAPSHOTS, **managed),
    ]


def _keys() -> list[Statement]:
    through_ec2 = {"StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"}}
    use = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
           "kms:ReEncryptTo"]  # fmt: skip
    grant = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        _allow("UseKeysThroughEC2", use, KEYS, StringEquals=OWN, **through_ec2),
        _allow("GrantKeysToEC2", "kms:CreateGrant", KEYS, StringEquals=OWN, **through_ec2, **grant),
    ]
