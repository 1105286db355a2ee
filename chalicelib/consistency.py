"""Scripts before and after a snapshot, through Systems Manager: its agent is all that has to be on the instance.

The contract is that of the documents written for Data Lifecycle Manager: parameters ``command`` and ``executionId``,
and exit codes 201 to 206. https://docs.aws.amazon.com/ebs/latest/userguide/script-prepare.html
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import tags
from chalicelib.models import Consistency, CreateSnapshots, Creation

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

FSFREEZE_DOCUMENT = "ebs-snapshot-reactor-fsfreeze"
VSS_DOCUMENT = "AWSEC2-VssInstallAndSnapshot"
# The shortest that Systems Manager takes; it bounds the delivery, not the script.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
DELIVERY_SECONDS = 30
POLL_SECONDS = 1.0
_STILL = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
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


@cache
def _client(region: str) -> SSMClient:
    config = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5)
    return boto3.client("ssm", region_name=region, config=config)


@dataclass(slots=True)
class Scripts:
    """The pre- and the post-script around the snapshot of one instance; ``timeout`` is in seconds, for each of them."""

    region: str
    instance_id: str
    wanted: Consistency
    timeout: float
    execution_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent: bool = False

    def before(self) -> None:
        """Run the pre-script; ScriptFailed if it failed or the agent did not answer in time."""
        self._run("pre-script")

    def after(self) -> None:
        """Run the post-script, if the pre-script was sent; ScriptFailed if it failed, or came too late."""
        if self.sent:
            self._run("post-script")

    def _run(self, command: str) -> None:
        document = self.wanted.document or FSFREEZE_DOCUMENT
        self.sent = True
        parameters = {"command": [command], "executionId": [self.execution_id]}
        run_document(self.region, self.instance_id, document, parameters, timeout=self.timeout, what=command)


def run_document(
    region: str, instance_id: str, document: str, parameters: dict[str, list[str]], *, timeout: float, what: str
) -> None:
    """Run a document on one instance and return when it succeeded; ScriptFailed if not within ``timeout`` seconds.

    What did not answer in time is cancelled, lest it freeze an instance that nobody waits for any more.
    """
    try:
        sent = _client(region).send_command(
            InstanceIds=[instance_id],
            DocumentName=document,
            Parameters=parameters,
            TimeoutSeconds=DELIVERY_SECONDS,
            Comment=f"ebs-snapshot-reactor: {what}",
        )
        _wait(region, sent["Command"]["CommandId"], instance_id, timeout, what)
    except (ClientError, BotoCoreError) as error:
        raise ScriptFailed(f"{what} of {document} on {instance_id}: {error}") from error


def _wait(region: str, command_id: str, instance_id: str, timeout: float, what: str) -> None:
    end = time.monotonic() + timeout
    while True:
        status, code = _look(region, command_id, instance_id)
        if status == "Success":
            return
        if status not in _STILL:
            why = _EXITS.get(code, f"exit code {code}")
            raise ScriptFailed(f"{what} on {instance_id}: {why} (status {status})")
        if time.monotonic() >= end:
            _client(region).cancel_command(CommandId=command_id, InstanceIds=[instance_id])
            raise ScriptFailed(f"{what} on {instance_id}: no answer within {timeout:.0f} s")
        time.sleep(POLL_SECONDS)


def _look(region: str, command_id: str, instance_id: str) -> tuple[str, int]:
    """Return status and exit code; a command that is not known yet is pending."""
    try:
        found = _client(region).get_command_invocation(CommandId=command_id, InstanceId=instance_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvocationDoesNotExist":
            raise
        return "Pending", -1
    return found["Status"], found["ResponseCode"]


def volumes_of(call: Creation) -> tuple[str, ...]:
    """Return the volumes that a creation is about."""
    if isinstance(call, CreateSnapshots):
        return tuple(volume_id for volume_id, _ in call.own_tags)
    return (call.volume_id,)


def run_vss(region: str, call: Creation, timeout: float) -> None:
    """Have Windows make the snapshots of a creation, with the app's tags; ScriptFailed if it did not.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-vss-snaps-ssm.html
    """
    if call.exclude_data:
        raise ScriptFailed(f"VSS takes all data volumes, and {', '.join(call.exclude_data)} is to be left out")
    parameters = {
        "ExcludeBootVolume": [str(call.exclude_boot)],
        "description": [tags.text_for_vss(call.description)],
        "tags": [tags.for_vss(call.tags)],
    }
    run_document(region, call.instance_id, VSS_DOCUMENT, parameters, timeout=timeout, what="VSS")
