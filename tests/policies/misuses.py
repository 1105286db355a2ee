"""What nobody should be able to do with a function's role or an operator's, each with the request that IAM has to refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.policies import authorisation as iam
from tests.policies.documents import functions
from tests.policies.evaluator import Request

HOME, AWAY = "eu-west-1", "us-east-1"
MANAGED = {"Type": "Automated", "DeleteOn": "2026-11-22"}
COPY = MANAGED | {"Source_SnapshotId": "snap-0123456789abcdef0", "Source_Region": HOME}
BACKED_UP = {"Backup": "Yes"}
SNAPSHOT = iam.snapshot(HOME, "snap-0123456789abcdef0")
NEW = iam.snapshot(HOME, iam.NEW)
VOLUME = iam.ec2(HOME, "volume", "vol-0123456789abcdef0")
INSTANCE = iam.ec2(HOME, "instance", "i-0123456789abcdef0")
RELEASED = iam.held({"DLMScriptsAccess": "true"})


@dataclass(frozen=True, slots=True)
class Misuse:
    """A deed, the request for it, and which roles are tried: all but those that may do it."""

    deed: str
    request: Request
    but: frozenset[str] = frozenset()


def _deleting() -> Iterator[Misuse]:
    action = "ec2:DeleteSnapshot"
    kept = {
        "kept forever": {"KeepForever": "Yes"},
        "kept forever without a value": {"KeepForever": ""},
        "kept forever, in lower case": {"keepforever": "Yes"},
        "kept forever, in capitals with a line": {"KEEP_FOREVER": "Yes"},
        "kept forever, with a dash": {"keep-forever": "No"},
    }
    yield Misuse("delete a snapshot without tags", iam.asks(action, SNAPSHOT))
    yield Misuse("delete a snapshot made by hand", iam.asks(action, SNAPSHOT, iam.held({"Name": "before the upgrade"})))
    yield Misuse(
        "delete a snapshot of another Type", iam.asks(action, SNAPSHOT, iam.held(MANAGED | {"Type": "Manual"}))
    )
    yield Misuse("delete a Type in lower case", iam.asks(action, SNAPSHOT, iam.held(MANAGED | {"Type": "automated"})))
    for name, tags in kept.items():
        yield Misuse(f"delete a snapshot {name}", iam.asks(action, SNAPSHOT, iam.held(MANAGED | tags)))
        yield Misuse(f"delete a copy {name}", iam.asks(action, SNAPSHOT, iam.held(COPY | tags)))
    sweepers = frozenset({"sweep_snapshots", "policy run"})
    yield Misuse("delete a primary, as anybody but a sweeper", iam.asks(action, SNAPSHOT, iam.held(MANAGED)), sweepers)


def _creating() -> Iterator[Misuse]:
    other = {"Type": "Manual"}
    for name in ("CreateSnapshot", "CreateSnapshots", "CopySnapshot"):
        action = f"ec2:{name}"
        yield Misuse(f"{name} without tags", iam.asks(action, NEW))
        yield Misuse(f"{name} without a Type", iam.asks(action, NEW, iam.requested({"Name": "mine"})))
        yield Misuse(f"{name} with another Type", iam.asks(action, NEW, iam.requested(other)))
    yield Misuse("snapshot an instance that is not tagged for it", iam.asks("ec2:CreateSnapshots", INSTANCE))
    yield Misuse("snapshot an untagged instance", iam.asks("ec2:CreateSnapshots", INSTANCE, iam.held({"Name": "db"})))


def _tagging() -> Iterator[Misuse]:
    action, tags = "ec2:CreateTags", iam.requested({"DeleteOn": "2020-01-01"})
    for kind, resource in {
        "an instance": INSTANCE,
        "a volume": VOLUME,
        "an image": f"arn:aws:ec2:{HOME}::image/ami-0123456789abcdef0",
        "a security group": iam.ec2(HOME, "security-group", "sg-0123456789abcdef0"),
    }.items():
        yield Misuse(f"tag {kind}", iam.asks(action, resource, tags))
        yield Misuse(f"tag {kind} of ours", iam.asks(action, resource, tags | iam.held(COPY)))
    yield Misuse("tag a snapshot made by hand", iam.asks(action, SNAPSHOT, tags))
    yield Misuse("tag a snapshot of another Type", iam.asks(action, SNAPSHOT, tags | iam.held({"Type": "Manual"})))
    manage = iam.requested({"Type": "Automated"})
    yield Misuse("take a snapshot made by hand for managed", iam.asks(action, SNAPSHOT, manage))
    disown = iam.requested({"Type": "Manual"})
    yield Misuse("give a managed copy another Type", iam.asks(action, SNAPSHOT, disown | iam.held(COPY)))
    yield Misuse("give a managed primary another Type", iam.asks(action, SNAPSHOT, disown | iam.held(MANAGED)))
    for creation in ("CreateVolume", "RunInstances", "CreateImage"):
        created = tags | {"ec2:CreateAction": creation}
        yield Misuse(f"tag what {creation} makes", iam.asks(action, iam.snapshot(HOME, iam.NEW), created))
    yield Misuse("remove the tags of a copy", iam.asks("ec2:DeleteTags", SNAPSHOT, tags | iam.held(COPY)))
    yield Misuse("remove the tags of a primary", iam.asks("ec2:DeleteTags", SNAPSHOT, tags | iam.held(MANAGED)))


def _undeleting() -> Iterator[Misuse]:
    action, undeleters = "ec2:RestoreSnapshotFromRecycleBin", frozenset({"policy undelete"})
    yield Misuse("restore from the bin what was made by hand", iam.asks(action, SNAPSHOT, iam.held({"Name": "mine"})))
    yield Misuse("restore from the bin what has no tags", iam.asks(action, SNAPSHOT))
    yield Misuse("restore from the bin a managed primary", iam.asks(action, SNAPSHOT, iam.held(MANAGED)), undeleters)
    yield Misuse("restore from the bin a managed copy", iam.asks(action, SNAPSHOT, iam.held(COPY)), undeleters)
    taggers = {"create_snapshots", "create_on_request", "policy run"}
    destined = iam.requested({"Copy_Dest": AWAY}) | iam.held(MANAGED)
    yield Misuse("have a primary copied elsewhere", iam.asks("ec2:CreateTags", SNAPSHOT, destined), frozenset(taggers))
    sooner = iam.requested({"DeleteOn": "2026-11-22"}) | iam.held(MANAGED)
    taggers |= {"policy undelete"}
    yield Misuse("have a primary deleted sooner", iam.asks("ec2:CreateTags", SNAPSHOT, sooner), frozenset(taggers))


def _keys() -> Iterator[Misuse]:
    for action in iam.KMS_ACTIONS:
        yield Misuse(f"{action} without EC2", iam.key_use(HOME, action, ViaService="s3.eu-west-1.amazonaws.com"))
    granted = iam.key_use(HOME, "CreateGrant", GrantIsForAWSResource="false")
    yield Misuse("grant a key to somebody", granted)
    yield Misuse("delete a key", iam.key_use(HOME, "ScheduleKeyDeletion"))
    yield Misuse("encrypt with a key", iam.key_use(HOME, "Encrypt"))


def _commanding() -> Iterator[Misuse]:
    action = "ssm:SendCommand"
    for name in (
        "AWS-RunShellScript",
        "AWS-RunPowerShellScript",
        "AWS-RunRemoteScript",
        "AmazonInspector2-InvokeInspector",
    ):
        yield Misuse(f"run {name}", iam.asks(action, iam.document(HOME, name)))
        yield Misuse(f"run {name} as if released", iam.asks(action, iam.document(HOME, name), RELEASED))
    yield Misuse("run a document not released", iam.asks(action, iam.document(HOME, "Drop-Database")))
    tags = iam.held(BACKED_UP) | {"ssm:resourceTag/Backup": "Yes"}
    yield Misuse("run a script where nobody asked for it", iam.asks(action, INSTANCE, tags))
    yield Misuse("open a shell", iam.asks("ssm:StartSession", INSTANCE, tags))
    yield Misuse("read a secret", iam.asks("ssm:GetParameter", f"arn:aws:ssm:{HOME}:123456789012:parameter/password"))


def _elsewhere() -> Iterator[Misuse]:
    for action, resource in {
        "ec2:DeleteVolume": VOLUME,
        "ec2:DetachVolume": VOLUME,
        "ec2:CreateVolume": VOLUME,
        "ec2:StopInstances": INSTANCE,
        "ec2:TerminateInstances": INSTANCE,
        "ec2:ModifySnapshotAttribute": SNAPSHOT,
        "ec2:ModifySnapshotTier": SNAPSHOT,
        "ec2:LockSnapshot": SNAPSHOT,
        "ec2:UnlockSnapshot": SNAPSHOT,
        "ec2:DeregisterImage": f"arn:aws:ec2:{HOME}::image/ami-0123456789abcdef0",
        "iam:PassRole": "arn:aws:iam::123456789012:role/administrator",
        "sts:AssumeRole": "arn:aws:iam::123456789012:role/administrator",
        "s3:GetObject": "arn:aws:s3:::payroll/2026.csv",
        "ebs:GetSnapshotBlock": SNAPSHOT,
        "lambda:UpdateFunctionCode": f"arn:aws:lambda:{HOME}:123456789012:function:ebs-snapshot-reactor",
    }.items():
        yield Misuse(action, iam.asks(action, resource, iam.held(COPY)))
    for function in ("ebs-snapshot-reactor-eu-west-1-report", "payroll"):
        arn = f"arn:aws:lambda:{HOME}:123456789012:function:{function}"
        yield Misuse(f"invoke {function}", iam.asks("lambda:InvokeFunction", arn))
    yield Misuse("write another program's log", iam.asks("logs:PutLogEvents", iam.log_stream(HOME, "payroll")))


def _strangers() -> Iterator[Misuse]:
    """What belongs to another account, as if that account allowed everybody everything."""
    both = iam.held(COPY | BACKED_UP)
    wanted = iam.held({"Consistency": "fsfreeze"}) | {"ssm:resourceTag/Consistency": "fsfreeze"}
    yield from (
        _strange("snapshot a volume of", iam.asks("ec2:CreateSnapshot", VOLUME)),
        _strange("snapshot, in a set, a volume of", iam.asks("ec2:CreateSnapshots", VOLUME)),
        _strange("snapshot an instance of", iam.asks("ec2:CreateSnapshots", INSTANCE, both)),
        _strange("copy a snapshot of", iam.asks("ec2:CopySnapshot", SNAPSHOT)),
        _strange("copy, tagged as ours, a snapshot of", iam.asks("ec2:CopySnapshot", SNAPSHOT, iam.requested(COPY))),
        _strange("restore a snapshot of", iam.asks("ec2:CreateVolume", SNAPSHOT, both)),
        _strange("delete a copy of", iam.asks("ec2:DeleteSnapshot", SNAPSHOT, both)),
        _strange("delete a primary of", iam.asks("ec2:DeleteSnapshot", SNAPSHOT, iam.held(MANAGED))),
        _strange(
            "delete a drill's volume of", iam.asks("ec2:DeleteVolume", VOLUME, iam.held({"Restored_For": "drill"}))
        ),
        _strange("tag a copy of", iam.asks("ec2:CreateTags", SNAPSHOT, both)),
        _strange("tag a primary of", iam.asks("ec2:CreateTags", SNAPSHOT, iam.held(MANAGED))),
        _strange("restore from the bin a snapshot of", iam.asks("ec2:RestoreSnapshotFromRecycleBin", SNAPSHOT, both)),
        _strange("run a script on an instance of", iam.asks("ssm:SendCommand", INSTANCE, wanted)),
        _strange("send a report to", iam.asks("sns:Publish", f"arn:aws:sns:{HOME}:123456789012:reports")),
    )
    for name in ("ebs-snapshot-reactor-fsfreeze", "Flush-Database"):
        request = iam.asks("ssm:SendCommand", iam.document(HOME, name), RELEASED)
        yield _strange(f"run {name} of", request)
    named_like_aws = f"arn:aws:ssm:{HOME}:{iam.STRANGER}:document/AWSEC2-VssInstallAndSnapshot"
    yield Misuse("run a stranger's document with a name of AWS", iam.asks("ssm:SendCommand", named_like_aws, RELEASED))
    for action in iam.KMS_ACTIONS:
        yield _strange(f"{action} with a key of", iam.key_use(AWAY, action))
    for function in functions():
        for request in iam.logging(HOME, function):
            yield _strange(f"{request.action} for {function} in", request)


def _strange(deed: str, request: Request) -> Misuse:
    requests = iam.of_a_stranger(request)
    assert requests, request
    return Misuse(f"{deed} a stranger", requests)


MISUSES: tuple[Misuse, ...] = (
    *_deleting(),
    *_creating(),
    *_tagging(),
    *_undeleting(),
    *_keys(),
    *_commanding(),
    *_elsewhere(),
    *_strangers(),
)
