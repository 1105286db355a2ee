"""IAM in front of ministack's EC2: of every resource that a call is about, with its tags and those of the request.

ministack evaluates policies and their conditions, but asks once for each call, about a resource that it guesses. Here the
calls that change snapshots are asked about as EC2 does. It also leaves the variables in conditions as they are: here IAM's one variable
that the policies use has its value. Private names again, for the pinned version alone.
"""

import contextvars
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

Params = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]
Context = dict[str, Any]
Question = tuple[str, str, Context]

CREATING = ("CreateSnapshot", "CreateSnapshots", "CopySnapshot")
CHECKED = (*CREATING, "CreateTags", "DeleteTags", "DeleteSnapshot")
ORIGINAL_ENFORCE = iam_evaluator.enforce
ORIGINAL_CONDITIONS_MET = iam_evaluator._conditions_met
access_key: contextvars.ContextVar[str] = contextvars.ContextVar("access_key", default="")


def enforce(key: str, action: str, service: str, *rest: Any, **more: Any) -> Any:
    """Leaves the actions that are checked here to their handlers, but for wrong credentials."""
    access_key.set(key)
    verdict = ORIGINAL_ENFORCE(key, action, service, *rest, **more)
    later = service == "ec2" and action.removeprefix("ec2:") in CHECKED
    return None if later and not isinstance(verdict, iam_evaluator.AuthError) else verdict


def conditions_met(conditions: Context, context: Any) -> bool:
    text = json.dumps(conditions).replace("${aws:PrincipalAccount}", context.principal_account)
    met: bool = ORIGINAL_CONDITIONS_MET(json.loads(text), context)
    return met


def authorised(action: str, handler: Handler) -> Handler:
    def run(params: Params) -> Response:
        for asked, resource, context in questions(action, params):
            denied = ORIGINAL_ENFORCE(
                access_key.get(), f"ec2:{asked}", "ec2", get_region(), resource_arn=resource, service_context=context
            )
            if denied:
                message = f"You are not authorized to perform ec2:{asked} on {resource}."
                refused: Response = ec2._error("UnauthorizedOperation", message, 403)
                return refused
        return handler(params)

    return run


def questions(action: str, params: Params) -> Iterator[Question]:
    """What IAM is asked for a call: action, resource and condition keys."""
    if action in CREATING:
        yield from creating(action, params)
        return
    requested = request_tags(params, "Tag")
    ids = ec2._parse_member_list(params, "ResourceId") or [ec2._p(params, "SnapshotId")]
    for id in ids:
        kind = "snapshot" if id.startswith("snap-") else "instance" if id.startswith("i-") else "volume"
        yield action, arn(kind, id), requested | tags_of(id)


def creating(action: str, params: Params) -> Iterator[Question]:
    # What is yet to be made has an asterisk for an id, which a policy's `snap-*` does not match.
    resource = f"arn:aws:ec2:{get_region()}::snapshot/*"
    requested = request_tags(params, "TagSpecification.1.Tag")
    yield action, resource, requested
    if requested:
        yield "CreateTags", resource, requested | {"ec2:CreateAction": action}
    if action == "CopySnapshot":
        source = ec2._p(params, "SourceSnapshotId")
        yield (
            action,
            f"arn:aws:ec2:{ec2._p(params, 'SourceRegion')}::snapshot/{source}",
            {"ec2:Owner": get_account_id()},
        )
    elif action == "CreateSnapshot":
        yield action, arn("volume", ec2._p(params, "VolumeId")), {}
    else:
        instance_id = ec2._p(params, "InstanceSpecification.InstanceId")
        yield action, arn("instance", instance_id), tags_of(instance_id)
        yield action, arn("volume", "vol-of-the-instance"), {}


def arn(kind: str, resource_id: str) -> str:
    account = "" if kind == "snapshot" else get_account_id()
    return f"arn:aws:ec2:{get_region()}:{account}:{kind}/{resource_id}"


def request_tags(params: Params, prefix: str) -> Context:
    pairs, number = {}, 1
    while key := ec2._p(params, f"{prefix}.{number}.Key"):
        pairs[key] = ec2._p(params, f"{prefix}.{number}.Value")
        number += 1
    named = {f"aws:RequestTag/{key}": value for key, value in pairs.items()}
    return named | ({"aws:TagKeys": sorted(pairs)} if pairs else {})


def tags_of(resource_id: str) -> Context:
    return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in ec2._tags.get(resource_id, [])}


def install() -> None:
    """After whatever else replaces EC2's handlers."""
    iam_evaluator.enforce = enforce
    iam_evaluator._conditions_met = conditions_met
    for action in CHECKED:
        ec2._ACTION_MAP[action] = authorised(action, ec2._ACTION_MAP[action])
