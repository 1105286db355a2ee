"""Parameters, responses and events of ministack's EC2."""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import ec2, eventbridge

Params = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]

ORIGINAL: dict[str, Handler] = dict(ec2._ACTION_MAP)


def param(params: Params, name: str) -> str:
    return str(ec2._p(params, name))


def answer(action: str, inner: str) -> Response:
    response: Response = ec2._xml(200, f"{action}Response", inner)
    return response


def refuse(code: str, message: str) -> Response:
    response: Response = ec2._error(code, message, 400)
    return response


def no_such_snapshot(snapshot_id: str) -> Response:
    return refuse("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def emit(source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
    entries = {"Entries": [{**entry, "Resources": resources}]}
    eventbridge._put_events(entries, allow_aws_source=True)  # PutEvents itself refuses `aws.ec2`
