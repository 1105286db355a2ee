"""Systems Manager's Run Command: agents that answer, fail or do not answer, and the file systems that they freeze."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from emulator import moto_bridge
from emulator.cloud import Cloud
from emulator.ec2 import snapshots
from emulator.errors import AWSError
from emulator.http.token_buckets import Bucket

Params = Mapping[str, Any]
VSS = "AWSEC2-VssInstallAndSnapshot"
FSFREEZE = "ebs-snapshot-reactor-fsfreeze"
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-vss-snapshots-ssm.html
VSS_PARAMETERS = frozenset({"CopyOnly", "ExcludeBootVolume", "NoWriters", "description", "executionTimeout", "tags"})
RESERVED_FOR_VSS = frozenset({"Device", "AppConsistent", "AwsVssConfig"})
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
MAX_INSTANCES = 50
MIN_TIMEOUT = 30
# GetCommandInvocation does not know a new command at once.
UNKNOWN_FOR = timedelta(seconds=1)
OPEN = frozenset({"Pending", "InProgress"})


@dataclass(slots=True)
class Agent:
    """How the agent and the scripts of an instance behave; a test may change it at any time.

    `exits` maps a command (`pre-script`, `post-script`, `vss`) to its exit code; a command takes `seconds`. After
    `auto_thaw` seconds the script thaws the file systems by itself. `output` is what the pre-script prints; None for
    what `fsfreeze.yaml` prints where each data volume has a file system. Without `cancels`, a command goes on although
    it is cancelled. VSS reports `app_consistent`.
    """

    answers: bool = True
    seconds: float = 2.0
    exits: dict[str, int] = field(default_factory=dict)
    auto_thaw: float = 60.0
    app_consistent: bool = True
    output: str | None = None
    cancels: bool = True


@dataclass(frozen=True, slots=True)
class Freeze:
    """The file systems of an instance were frozen from `since` to `until` (aware, UTC)."""

    instance_id: str
    since: datetime
    until: datetime
    thawed_by: str


@dataclass(slots=True)
class Command:
    """A command on an instance; `code` is its exit code, -1 until it ends."""

    command_id: str
    region: str
    instance_id: str
    document: str
    parameters: Mapping[str, Any]
    sent_at: datetime
    status: str = "Pending"
    code: int = -1
    output: str = ""

    @property
    def execution(self) -> tuple[str, str]:
        """The instance, and the id of the execution that the command belongs to."""
        return self.instance_id, str(self.parameters.get("executionId", [""])[0])

    @property
    def name(self) -> str:
        """Which script it runs."""
        return "vss" if self.document == VSS else str(self.parameters.get("command", [""])[0])


class SystemsManager:
    """The commands and agents of all Regions."""

    def __init__(self, cloud: Cloud) -> None:
        self.agents: dict[str, Agent] = {}
        self.commands: list[Command] = []
        self.frozen: dict[str, datetime] = {}
        self.freezes: list[Freeze] = []
        self._cloud = cloud
        self._states: dict[tuple[str, str], str] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._operations: dict[str, Callable[[str, Params], dict[str, Any]]] = {
            "SendCommand": self._send,
            "GetCommandInvocation": self._get,
            "CancelCommand": self._cancel,
        }

    def agent(self, instance_id: str) -> Agent:
        """The agent of an instance, which answers by default."""
        return self.agents.setdefault(instance_id, Agent())

    def serve(self, region: str, operation: str, params: Params) -> bytes | None:
        """The response as JSON; None for another operation. AWSError if Systems Manager refuses the call."""
        handler = self._operations.get(operation)
        if handler is None:
            return None
        self._throttle(region, operation)
        return json.dumps(handler(region, params)).encode()

    def _throttle(self, region: str, operation: str) -> None:
        """AWS does not publish the rates of Run Command: here a burst is two seconds of the rate."""
        rate = self._cloud.conditions.run_command_rate
        if rate is not None:
            fresh = Bucket(2 * rate, rate, 2 * rate, self._cloud.now)
            if not self._buckets.setdefault((region, operation), fresh).take(self._cloud.now):
                raise AWSError("ThrottlingException", "Rate exceeded")

    def _send(self, region: str, params: Params) -> dict[str, Any]:
        ids = params.get("InstanceIds", [])
        if not 1 <= len(ids) <= MAX_INSTANCES or params.get("TimeoutSeconds", 3600) < MIN_TIMEOUT:
            raise AWSError("ValidationException", "1 to 50 instance ids, and a timeout of at least 30 seconds")
        if params["DocumentName"] == VSS and (unknown := set(params.get("Parameters", {})) - VSS_PARAMETERS):
            raise AWSError("InvalidParameters", f"The document has no parameters {', '.join(sorted(unknown))}.")
        for instance_id in ids:
            if not moto_bridge.is_running(region, instance_id):
                raise AWSError("InvalidInstanceId", f"Instances not in a valid state for account: {instance_id}")
        command_id = str(uuid.uuid4())
        for instance_id in ids:
            command = Command(
                command_id,
                region,
                instance_id,
                params["DocumentName"],
                params.get("Parameters", {}),
                self._cloud.now,
            )
            self.commands.append(command)
            self._schedule(command, params.get("TimeoutSeconds", 3600))
        return {"Command": {"CommandId": command_id, "Status": "Pending", "InstanceIds": list(ids)}}

    def _schedule(self, command: Command, delivery_seconds: int) -> None:
        agent = self.agent(command.instance_id)
        after = agent.seconds if agent.answers else delivery_seconds
        end = self._run if agent.answers else self._give_up
        self._cloud.timeline.change(self._cloud.now + timedelta(seconds=after), lambda: end(command))

    def _give_up(self, command: Command) -> None:
        if command.status in OPEN:
            command.status = "TimedOut"

    def _run(self, command: Command) -> None:
        stopped = command.status not in OPEN
        if stopped and self.agent(command.instance_id).cancels:
            return
        code = self._carry_out(command)
        if not stopped:
            command.code, command.status = code, "Failed" if code else "Success"

    def _carry_out(self, command: Command) -> int:
        agent = self.agent(command.instance_id)
        if code := agent.exits.get(command.name, 0):
            return code
        scripts = {"pre-script": self._freeze, "post-script": self._thaw, "vss": self._snapshot_by_vss}
        return scripts[command.name](command, agent)

    def _freeze(self, command: Command, agent: Agent) -> int:
        instance_id = command.instance_id
        if instance_id in self.frozen or command.execution in self._states:
            return 205
        command.output = agent.output if agent.output is not None else self._filesystems(command)
        self._states[command.execution] = "frozen"
        self.frozen[instance_id] = since = self._cloud.now
        until = since + timedelta(seconds=agent.auto_thaw)

        def thaw_late() -> None:
            if self._states[command.execution] == "frozen":
                self._end_freeze(command, until, "late", "auto-thaw")

        self._cloud.timeline.change(until, thaw_late)
        return 0

    def _filesystems(self, command: Command) -> str:
        if command.document != FSFREEZE:
            return ""
        root, volumes = moto_bridge.attached(command.region, command.instance_id)
        lines = [f"frozen {volume_id} /data{device}" for device, volume_id in volumes.items() if device != root]
        return "\n".join([*lines, f"system {volumes[root]} /", "hook no"])

    def _thaw(self, command: Command, agent: Agent) -> int:
        state = self._states.setdefault(command.execution, "never frozen")
        if state == "frozen":
            self._end_freeze(command, self._cloud.now, "thawed", "post-script")
        return {"late": 203, "never frozen": 204}.get(state, 0)

    def _end_freeze(self, command: Command, until: datetime, state: str, thawed_by: str) -> None:
        self._states[command.execution] = state
        since = self.frozen.pop(command.instance_id)
        self.freezes.append(Freeze(command.instance_id, since, until, thawed_by))

    def _snapshot_by_vss(self, command: Command, agent: Agent) -> int:
        parameters = command.parameters
        pairs = [pair for pair in str(parameters.get("tags", [""])[0]).split(";") if pair]
        tags = dict(pair.removeprefix("Key=").split(",Value=", 1) for pair in pairs)
        if RESERVED_FOR_VSS & set(tags):
            return 1
        tags |= {"AppConsistent": str(agent.app_consistent), "AwsVssConfig": "{}"}
        specification = {
            "InstanceId": command.instance_id,
            "ExcludeBootVolume": parameters.get("ExcludeBootVolume", ["False"])[0] == "True",
        }
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        request = {
            "InstanceSpecification": specification,
            "Description": str(parameters.get("description", [""])[0]),
            "TagSpecifications": [{"ResourceType": "snapshot", "Tags": listed}],
        }
        snapshots.create_snapshots(self._cloud, self._cloud.region(command.region), request)
        return 0

    def _find(self, params: Params) -> Command:
        wanted = (params["CommandId"], params["InstanceId"])
        for command in self.commands:
            if (command.command_id, command.instance_id) == wanted:
                return command
        raise AWSError("InvocationDoesNotExist", "")

    def _get(self, region: str, params: Params) -> dict[str, Any]:
        command = self._find(params)
        if command.region != region or self._cloud.now - command.sent_at < UNKNOWN_FOR:
            raise AWSError("InvocationDoesNotExist", "")
        return {
            "CommandId": command.command_id,
            "InstanceId": command.instance_id,
            "DocumentName": command.document,
            "Status": command.status,
            "StatusDetails": command.status,
            "ResponseCode": command.code,
            "StandardOutputContent": command.output,
        }

    def _cancel(self, region: str, params: Params) -> dict[str, Any]:
        for command in self.commands:
            if command.command_id == params["CommandId"] and command.region == region and command.status in OPEN:
                command.status = "Cancelled"
        return {}
