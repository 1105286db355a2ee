"""The calls to Systems Manager: a document runs on one instance, and its agent is all that has to be there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.clients import Clients, error_code

# The shortest that Systems Manager accepts; it limits the delivery, not the script.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
DELIVERY_SECONDS = 30
POLL_SECONDS = 1.0
_UNFINISHED = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
# https://docs.aws.amazon.com/ebs/latest/userguide/script-prepare.html
_EXITS = {
    201: "the pre-script failed",
    202: "the post-script failed",
    203: "auto-thaw came before the post-script: the snapshot was not taken in time",
    204: "the post-script came before the pre-script",
    205: "the pre-script came twice",
    206: "the application is not ready",
}


class ScriptFailed(Exception):
    """A script did not do its part; the message says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document to run on an instance; ``step`` names it in messages, ``timeout`` is in seconds."""

    name: str
    parameters: Mapping[str, Sequence[str]]
    step: str
    timeout: float


def run_document(clients: Clients, region: str, instance_id: str, document: Document) -> None:
    """Run a document on one instance and return when it succeeded; ScriptFailed if not within its timeout.

    What does not answer in time is cancelled, so that it does not freeze an instance that nobody waits for.
    """
    try:
        sent = clients.ssm(region).send_command(
            InstanceIds=[instance_id],
            DocumentName=document.name,
            Parameters={name: list(values) for name, values in document.parameters.items()},
            TimeoutSeconds=DELIVERY_SECONDS,
            Comment=f"ebs-snapshot-reactor: {document.step}",
        )
        _wait(clients, region, sent["Command"]["CommandId"], instance_id, document)
    except (ClientError, BotoCoreError) as error:
        raise ScriptFailed(f"{document.step} of {document.name} on {instance_id}: {error}") from error


def _wait(clients: Clients, region: str, command_id: str, instance_id: str, document: Document) -> None:
    end = time.monotonic() + document.timeout
    while True:
        status, code = _look(clients, region, command_id, instance_id)
        if status == "Success":
            return
        if status not in _UNFINISHED:
            why = _EXITS.get(code, f"exit code {code}")
            raise ScriptFailed(f"{document.step} on {instance_id}: {why} (status {status})")
        if time.monotonic() >= end:
            clients.ssm(region).cancel_command(CommandId=command_id, InstanceIds=[instance_id])
            raise ScriptFailed(f"{document.step} on {instance_id}: no answer within {document.timeout:.0f} s")
        time.sleep(POLL_SECONDS)


def _look(clients: Clients, region: str, command_id: str, instance_id: str) -> tuple[str, int]:
    """Return status and exit code; a command that is not known yet is pending."""
    try:
        invocation = clients.ssm(region).get_command_invocation(CommandId=command_id, InstanceId=instance_id)
    except ClientError as error:
        if error_code(error) != "InvocationDoesNotExist":
            raise
        return "Pending", -1
    return invocation["Status"], invocation["ResponseCode"]
