"""Which requests IAM decides on for a call: its actions, resources and condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from emulator import ApiCall
from emulator.ec2.model import ACCOUNT
from tests.policies.evaluator import Request, Value

# A snapshot that is yet to be made has the ARN `…:snapshot/*`, with a literal asterisk: it matches `snapshot/*` and not
# `snapshot/snap-*`. The evaluator takes an asterisk for a wildcard of its own, hence another word that does the same.
NEW = "to-be-made"

# What EC2 does with keys in the caller's name when it copies an encrypted snapshot, or encrypts the copy.
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
KMS_ACTIONS = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
LOG_ACTIONS = ("CreateLogGroup", "CreateLogStream", "PutLogEvents")
STRANGER = "666666666666"
# For these, aws:ResourceAccount is missing, and ec2:Owner says who owns the snapshot that they start from.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
FROM_A_SNAPSHOT = frozenset({"ec2:CopySnapshot", "ec2:CreateVolume"})

Tags = Mapping[str, str]
Context = dict[str, Value]


def snapshot(region: str, snapshot_id: str) -> str:
    return f"arn:aws:ec2:{region}::snapshot/{snapshot_id}"


def ec2(region: str, kind: str, resource_id: str) -> str:
    return f"arn:aws:ec2:{region}:{ACCOUNT}:{kind}/{resource_id}"


def document(region: str, name: str) -> str:
    """A document of AWS has no account in its ARN, and nobody else's name begins as AWS's do.

    https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
    """
    account = "" if name.startswith(("AWS", "Amazon")) else ACCOUNT
    return f"arn:aws:ssm:{region}:{account}:document/{name}"


def log_stream(region: str, function: str) -> str:
    group = f"/aws/lambda/ebs-snapshot-reactor-{region}-{function}"
    return f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:log-stream:2026/11/22"


def requested(tags: Tags) -> Context:
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()} | (
        {"aws:TagKeys": tuple(sorted(tags))} if tags else {}
    )


def held(tags: Tags) -> Context:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def asks(action: str, resource: str, context: Context | None = None, *, owner: str = ACCOUNT) -> Request:
    """``owner`` is the account that owns the resource, where the ARN does not say so."""
    asked: Context = {"aws:PrincipalAccount": ACCOUNT} | _owned(action, resource, owner) | (context or {})
    return Request(action, resource, tuple(sorted(asked.items())))


def _owned(action: str, resource: str, owner: str) -> Context:
    """What tells IAM whose the resource is; nothing does of what is yet to be made, and of what has no ARN."""
    if resource == "*" or resource.endswith(f"/{NEW}"):
        return {}
    if action in FROM_A_SNAPSHOT:
        return {"ec2:Owner": owner} if ":snapshot/" in resource else {}
    account = resource.split(":")[4]
    return {"aws:ResourceAccount": account or ("amazon" if ":document/" in resource else owner)}


def of_a_stranger(request: Request) -> Request | None:
    """The same request about what another account owns; None if there is no such thing."""
    context = dict(request.context)
    if not {"aws:ResourceAccount", "ec2:Owner"} & context.keys() or "::document/" in request.resource:
        return None
    context |= {key: STRANGER for key in ("aws:ResourceAccount", "ec2:Owner") if key in context}
    resource = request.resource.replace(f":{ACCOUNT}:", f":{STRANGER}:")
    return Request(request.action, resource, tuple(sorted(context.items())))


def requests_of(call: ApiCall) -> Iterator[Request]:
    """NotImplementedError for a call that nobody has said this of yet."""
    if call.operation.startswith(("Describe", "List")):
        yield asks(f"ec2:{call.operation}", "*")
    elif call.operation in CALLS:
        yield from CALLS[call.operation](call)
    else:
        raise NotImplementedError(f"{call.operation}: say here what IAM is asked")


def _tagging(call: ApiCall) -> Iterator[Request]:
    tags = {tag["Key"]: tag["Value"] for tag in call.params["Tags"]}
    for existing in _existing(call, call.params["Resources"]):
        yield asks(
            "ec2:CreateTags", snapshot(call.region, existing), requested(tags) | held(call.resource_tags[existing])
        )


def _deleting(call: ApiCall) -> Iterator[Request]:
    for existing in _existing(call, [call.params["SnapshotId"]]):
        yield asks("ec2:DeleteSnapshot", snapshot(call.region, existing), held(call.resource_tags[existing]))


def _undeleting(call: ApiCall) -> Iterator[Request]:
    for existing in _existing(call, [call.params["SnapshotId"]]):
        yield asks(
            "ec2:RestoreSnapshotFromRecycleBin", snapshot(call.region, existing), held(call.resource_tags[existing])
        )


def _following(call: ApiCall) -> Iterator[Request]:
    yield asks(f"ssm:{call.operation}", "*")


def _publishing(call: ApiCall) -> Iterator[Request]:
    yield asks("sns:Publish", call.params["TopicArn"])


def _invoking(call: ApiCall) -> Iterator[Request]:
    name = call.params["FunctionName"]
    yield asks("lambda:InvokeFunction", f"arn:aws:lambda:{call.region}:{ACCOUNT}:function:{name}")


def _commanding(call: ApiCall) -> Iterator[Request]:
    """The document, AWS's or the account's, and each instance.

    A document that is neither AWS's nor this app's is taken for one that its owner has tagged for such a use.
    """
    name = call.params["DocumentName"]
    ours = name.startswith(("AWS", "ebs-snapshot-reactor-"))
    tags = {} if ours else {"DLMScriptsAccess": "true"}
    yield asks("ssm:SendCommand", document(call.region, name), held(tags))
    for id in call.params["InstanceIds"]:
        context: Context = {f"ssm:resourceTag/{key}": value for key, value in call.resource_tags[id].items()}
        yield asks("ssm:SendCommand", ec2(call.region, "instance", id), held(call.resource_tags[id]) | context)


def _existing(call: ApiCall, ids: Iterable[str]) -> Iterator[str]:
    """What is gone by now has no tags to decide on: EC2 answers that it is not there."""
    return (id for id in ids if id in call.resource_tags)


def _creating(call: ApiCall) -> Iterator[Request]:
    action, params, new = f"ec2:{call.operation}", call.params, snapshot(call.region, NEW)
    tags = _specified(params)
    yield asks(action, new, requested(tags))
    if tags:
        yield asks("ec2:CreateTags", new, requested(tags) | {"ec2:CreateAction": call.operation})
    if call.operation == "CreateSnapshot":
        yield asks(action, ec2(call.region, "volume", params["VolumeId"]))
    elif call.operation == "CreateSnapshots":
        instance_id = params["InstanceSpecification"]["InstanceId"]
        yield asks(action, ec2(call.region, "instance", instance_id), held(call.resource_tags[instance_id]))
        yield asks(action, ec2(call.region, "volume", "vol-0123456789abcdef0"))
    else:
        # AWS does not say whether the tags of the request are there when the source is asked about.
        yield asks(action, snapshot(params["SourceRegion"], params["SourceSnapshotId"]))
        yield asks(action, snapshot(params["SourceRegion"], params["SourceSnapshotId"]), requested(tags))
        if params.get("KmsKeyId"):
            yield from _keys(call)


def _restoring(call: ApiCall) -> Iterator[Request]:
    tags, source = _specified(call.params), call.params["SnapshotId"]
    new = ec2(call.region, "volume", NEW)
    yield asks("ec2:CreateVolume", new, requested(tags))
    yield asks("ec2:CreateTags", new, requested(tags) | {"ec2:CreateAction": "CreateVolume"})
    yield asks("ec2:CreateVolume", snapshot(call.region, source), held(call.resource_tags[source]))


def _deleting_volume(call: ApiCall) -> Iterator[Request]:
    """The emulator does not say which tags a volume had; only a drill deletes any, and those that it created."""
    yield asks("ec2:DeleteVolume", ec2(call.region, "volume", call.params["VolumeId"]), held({"Restored_For": "drill"}))


def _specified(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        tag["Key"]: tag["Value"]
        for specification in params.get("TagSpecifications", ())
        for tag in specification["Tags"]
    }


def _keys(call: ApiCall) -> Iterator[Request]:
    for region in (call.params["SourceRegion"], call.region):
        for action in KMS_ACTIONS:
            yield key_use(region, action)


def key_use(region: str, action: str, **context: str) -> Request:
    """What EC2 asks for in the caller's name; ``context`` changes the request into what nobody should do."""
    via: Context = {"kms:ViaService": f"ec2.{region}.amazonaws.com"}
    granted: Context = {"kms:GrantIsForAWSResource": "true"} if action == "CreateGrant" else {}
    changed: Context = {f"kms:{key}": value for key, value in context.items()}
    return asks(f"kms:{action}", f"arn:aws:kms:{region}:{ACCOUNT}:key/0123", via | granted | changed)


def logging(region: str, function: str) -> Iterator[Request]:
    for action in LOG_ACTIONS:
        yield asks(f"logs:{action}", log_stream(region, function))


CALLS: dict[str, Callable[[ApiCall], Iterator[Request]]] = {
    "CopySnapshot": _creating,
    "CreateSnapshot": _creating,
    "CreateSnapshots": _creating,
    "CreateTags": _tagging,
    "CreateVolume": _restoring,
    "DeleteSnapshot": _deleting,
    "DeleteVolume": _deleting_volume,
    "CancelCommand": _following,
    "GetCommandInvocation": _following,
    "RestoreSnapshotFromRecycleBin": _undeleting,
    "SendCommand": _commanding,
    "Publish": _publishing,
    "Invoke": _invoking,
}
