"""Systems Manager: a document runs on one instance, and its agent is all that has to be there."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.clients import Clients, error_code
from chalicelib.aws.pacing import Pace

# The shortest that Systems Manager accepts; it limits the delivery, not the script.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
DELIVERY_SECONDS = 30
POLL_SECONDS = 1.0
_UNFINISHED = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
_THROTTLED = "ThrottlingException"
# https://docs.aws.amazon.com/ebs/latest/userguide/script-prepare.html
CAME_TWICE = 205
_EXITS = {
    201: "the pre-script failed",
    202: "the post-script failed",
    203: "auto-thaw came before the post-script: the snapshot was not taken in time",
    204: "the post-script came before the pre-script",
    CAME_TWICE: "the pre-script came twice, or another snapshot is being taken",
    206: "the application is not ready",
}


class ScriptFailed(Exception):
    """A script did not do its part; the message says why.

    ``code`` is its exit code, -1 if that is not known; ``accepted`` is False if Systems Manager refused to run it.
    """

    def __init__(self, message: str, *, code: int = -1, accepted: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Document:
    """A document to run on an instance; ``step`` names it in messages, ``timeout`` is in seconds.

    ``thaws`` says that an instance is frozen until it ran: it waits for nothing, and may run twice.
    """

    name: str
    parameters: Mapping[str, Sequence[str]]
    step: str
    timeout: float
    thaws: bool = False


class SystemsManager:
    """Systems Manager in one Region. It is kept as long as Lambda keeps the process, as it paces its calls."""

    def __init__(self, region: str, clients: Clients) -> None:
        self._region = region
        self._clients = clients
        self._pace = Pace()

    def run(self, instance_id: str, document: Document) -> str:
        """Run a document on an instance and return its standard output; ScriptFailed if it does not succeed in time.

        What does not answer in time is cancelled, so that it does not freeze an instance that nobody waits for.
        """
        end = time.monotonic() + document.timeout
        try:
            command_id = self._send(instance_id, document, end)
        except (ClientError, BotoCoreError) as error:
            raise ScriptFailed(
                f"{document.step} of {document.name} on {instance_id}: {error}", accepted=_is_passing(error)
            ) from error
        return self._wait(instance_id, document, command_id, end)

    def _send(self, instance_id: str, document: Document, end: float) -> str:
        """Send a command and return its id; a throttled one is sent again, until ``end``.

        If the answer was lost, only what may run twice is sent again.
        """
        while True:
            try:
                if not document.thaws:
                    self._pace.wait(self._region, "SendCommand")
                answer = self._clients.ssm(self._region).send_command(
                    InstanceIds=[instance_id],
                    DocumentName=document.name,
                    Parameters={name: list(values) for name, values in document.parameters.items()},
                    TimeoutSeconds=DELIVERY_SECONDS,
                    Comment=f"ebs-snapshot-reactor: {document.step}",
                )
                return answer["Command"]["CommandId"]
            except (ClientError, BotoCoreError) as error:
                again = self._is_throttled(error, "SendCommand") or (document.thaws and _is_passing(error))
                if not again or time.monotonic() >= end:
                    raise
            _pause()

    def _wait(self, instance_id: str, document: Document, command_id: str, end: float) -> str:
        """Return the standard output of a command that succeeds before ``end``. Errors of the calls are waited out."""
        unread = ""
        while time.monotonic() < end:
            _pause()
            try:
                self._pace.wait(self._region, "GetCommandInvocation")
                invocation = self._clients.ssm(self._region).get_command_invocation(
                    CommandId=command_id, InstanceId=instance_id
                )
            except (ClientError, BotoCoreError) as error:
                throttled = self._is_throttled(error, "GetCommandInvocation")
                if not throttled and not _is_passing(error):
                    if not document.thaws:
                        self._cancel(instance_id, command_id)
                    raise ScriptFailed(f"{document.step} on {instance_id}: {error}") from error
                unread = f" ({error})"
                continue
            status, code = invocation["Status"], invocation["ResponseCode"]
            if status == "Success":
                return invocation.get("StandardOutputContent", "")
            if status not in _UNFINISHED:
                why = _EXITS.get(code, f"exit code {code}")
                raise ScriptFailed(f"{document.step} on {instance_id}: {why} (status {status})", code=code)
            unread = ""
        self._cancel(instance_id, command_id)
        raise ScriptFailed(f"{document.step} on {instance_id}: no answer within {document.timeout:.0f} s{unread}")

    def _cancel(self, instance_id: str, command_id: str) -> None:
        with suppress(ClientError, BotoCoreError):
            self._clients.ssm(self._region).cancel_command(CommandId=command_id, InstanceIds=[instance_id])

    def _is_throttled(self, error: ClientError | BotoCoreError, operation: str) -> bool:
        if not isinstance(error, ClientError) or error_code(error) != _THROTTLED:
            return False
        self._pace.throttled(self._region, operation)
        return True


def _is_passing(error: ClientError | BotoCoreError) -> bool:
    """Return whether the same call may succeed later. A command is not known to all of Systems Manager at once."""
    if not isinstance(error, ClientError):
        return True
    return error_code(error) == "InvocationDoesNotExist" or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _pause() -> None:
    """Wait for about a second, so that the instances of a fleet are not asked for all at once."""
    time.sleep(POLL_SECONDS * random.uniform(0.5, 1))  # noqa: S311  # no secret
