"""Bring an application to rest around a creation, with scripts that Systems Manager runs on the instance.

The contract is that of the documents written for Data Lifecycle Manager: parameters ``command`` and ``executionId``,
and exit codes 201 to 206. https://docs.aws.amazon.com/ebs/latest/userguide/script-prepare.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from chalicelib import tags
from chalicelib.aws.clients import Clients
from chalicelib.aws.systems_manager import Document, ScriptFailed, run_document
from chalicelib.models import Consistency, CreateSnapshots, Creation

FSFREEZE_DOCUMENT = "ebs-snapshot-reactor-fsfreeze"
VSS_DOCUMENT = "AWSEC2-VssInstallAndSnapshot"


@dataclass(slots=True)
class Scripts:
    """The pre- and the post-script around the snapshot of one instance; ``timeout`` is in seconds, for each of them."""

    clients: Clients
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
        self.sent = True
        parameters = {"command": [command], "executionId": [self.execution_id]}
        document = Document(self.wanted.document or FSFREEZE_DOCUMENT, parameters, command, self.timeout)
        run_document(self.clients, self.region, self.instance_id, document)


def volumes_of(call: Creation) -> tuple[str, ...]:
    """Return the volumes that a creation is about."""
    if isinstance(call, CreateSnapshots):
        return tuple(volume_id for volume_id, _ in call.own_tags)
    return (call.volume_id,)


def run_vss(clients: Clients, region: str, call: Creation, timeout: float) -> None:
    """Have Windows make the snapshots of a creation, with the app's tags; ScriptFailed if it did not.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-vss-snaps-ssm.html
    """
    if call.exclude_data:
        raise ScriptFailed(f"VSS takes all data volumes, but the tags exclude {', '.join(call.exclude_data)}")
    parameters = {
        "ExcludeBootVolume": [str(call.exclude_boot)],
        "description": [tags.text_for_vss(call.description)],
        "tags": [tags.for_vss(call.tags)],
    }
    run_document(clients, region, call.instance_id, Document(VSS_DOCUMENT, parameters, "VSS", timeout))
