"""Stands where botocore would send a request: records it, lets faults and quotas have their say, and answers it.

botocore's own code runs on both sides of it, its retries included. A repeated read that nothing can disturb is
answered one step earlier, as signing, XML and its parser would take nearly all of a simulated month.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from emulator import moto_bridge
from emulator.cloud import Cloud, Outage
from emulator.ec2.describe import SnapshotReader
from emulator.ec2.model import Region
from emulator.ec2.operations import serve
from emulator.ec2.pages import parsed_page
from emulator.ec2.tagging import named_tags
from emulator.errors import STATUS, AWSError
from emulator.functions import running
from emulator.functions.running import Running, at_once
from emulator.http.faults import KILLED, TIMEOUT, Buckets, Fault, Faults, FunctionKilled
from emulator.http.wire import HTTP_OK, Answered, Body, error_body, error_code
from emulator.ssm.run_command import SystemsManager

MOST_ANSWERS = 256
FROM_MOTO = frozenset({"DescribeInstances", "DescribeVolumes"})
Question = tuple[str, str, str]
Answer = tuple[int, Mapping[str, str], bytes]
State = int | tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One HTTP attempt, retries included. `at` is aware and UTC; `function` is None for a call of the test itself.

    `resource_tags` are those that the snapshots and instances had which a change names, by id, before the attempt.
    """

    at: datetime
    region: str
    operation: str
    params: Mapping[str, Any]
    error: str | None
    function: str | None
    resource_tags: Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class Asked:
    """What the present thread is asking for."""

    region: str
    operation: str
    service: str
    protocol: str
    params: dict[str, Any]
    connect_timeout: float  # seconds


class Gateway:
    """Serves every request of the process while its `LocalAWS` is active."""

    def __init__(self, cloud: Cloud) -> None:
        self.calls: list[ApiCall] = []
        self.faults = Faults()
        self.buckets = Buckets()
        self.systems_manager = SystemsManager(cloud)
        self._cloud = cloud
        self._killed: Running | None = None
        self.made = 0  # how many calls functions have made
        self.fault_at: dict[int, Fault] = {}
        self._reader = SnapshotReader(cloud)
        self._known: dict[Question, tuple[State, bytes]] = {}
        self._thread = threading.local()

    def asked(self, params: dict[str, Any], model: Any, context: Mapping[str, Any]) -> None:
        """before-parameter-build: the last moment at which the parameters are still those of boto3."""
        if (context["client_config"].retries or {}).get("mode") == "adaptive":
            # Its limiter waits on a lock until a clock has moved that here stands still: it would wait for ever.
            raise NotImplementedError("botocore's adaptive retry mode cannot run under the emulated clock")
        metadata = model.service_model.metadata
        protocol = model.service_model.resolved_protocol
        self._thread.asked = Asked(
            context["client_region"],
            model.name,
            metadata["endpointPrefix"],
            protocol,
            _copied(params),
            context["client_config"].connect_timeout,
        )

    def shortcut(self, context: dict[str, Any]) -> tuple[Answered, dict[str, Any]] | None:
        """before-call: answers a read that no fault waits for, with what botocore would have parsed."""
        asked: Asked = self._thread.asked
        if asked.service != "ec2" or not asked.operation.startswith("Describe") or asked.params.get("DryRun"):
            return None
        if (mine := running.current()) and mine.before_call is not at_once:
            return None  # it waits for its turn in `send`, once for each call
        with self._cloud.lock:
            self._check_alive()
            self._cloud.timeline.settle(self._cloud.now)
            if self._faulty_now() or self.faults.expects(asked.operation) or not self._cloud.answers(asked.region):
                return None
            parsed = self._answer(asked, context)
            if parsed is None or not self._admitted(asked):
                return None
            self._record(asked, None, {})
        parsed["ResponseMetadata"] = {"HTTPStatusCode": HTTP_OK, "HTTPHeaders": {}, "RetryAttempts": 0}
        return Answered(), parsed

    def _faulty_now(self) -> bool:
        return running.current() is not None and self.made + 1 in self.fault_at

    def _check_alive(self) -> None:
        if self._killed is not None and self._killed == running.current():
            raise FunctionKilled("the function's process was ended")

    def _admitted(self, asked: Asked) -> bool:
        try:
            self._throttle(asked)
        except AWSError:
            return False
        return True

    def _throttle(self, asked: Asked) -> None:
        if self._cloud.conditions.token_buckets and asked.service == "ec2":
            self.buckets.take(asked.region, asked.operation, asked.params, self._cloud.now)

    def _answer(self, asked: Asked, context: dict[str, Any]) -> dict[str, Any] | None:
        region = self._cloud.region(asked.region)
        snapshots = asked.operation == "DescribeSnapshots"
        if not snapshots and asked.operation not in FROM_MOTO:
            return None
        question = (asked.region, asked.operation, repr(asked.params))
        state = self._stamp(region) if snapshots else region.fleet_version
        if question not in self._known or self._known[question][0] != state:
            if not snapshots:
                context["emulator"] = (question, state)
                return None
            try:
                page = parsed_page(*self._reader.page(region, asked.params))
            except AWSError:
                return None  # the refusal is told over HTTP
            self._keep(question, state, page)
        parsed: dict[str, Any] = pickle.loads(self._known[question][1])  # noqa: S301  # made here
        return parsed

    def _stamp(self, region: Region) -> State:
        """What an answer of DescribeSnapshots depends on: with a lag, on the instant as well."""
        return (region.version, self._cloud.now) if self._cloud.conditions.describe_lag else region.version

    def _keep(self, question: Question, state: State, parsed: dict[str, Any]) -> None:
        if len(self._known) >= MOST_ANSWERS:
            self._known.clear()
        self._known[question] = (state, pickle.dumps(parsed, protocol=pickle.HIGHEST_PROTOCOL))

    def answered(self, status: int, parsed: dict[str, Any], context: Mapping[str, Any]) -> None:
        """after-call: keeps what botocore has parsed, for the same question asked of the same state."""
        if "emulator" in context and status == HTTP_OK:
            question, version = context["emulator"]
            kept = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
            self._keep(question, version, kept)

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """before-send: one HTTP attempt."""
        asked: Asked = self._thread.asked
        if mine := running.current():
            mine.before_call()
        if outage := self._outage(asked):
            return self._unanswered(outage, asked, request)
        with self._cloud.lock:
            self._check_alive()
            self._cloud.timeline.settle(self._cloud.now)
            fault = self.fault_at.pop(self.made + 1) if self._faulty_now() else None
            fault = fault or self.faults.take(asked.region, asked.operation, asked.params)
            tags = named_tags(self._cloud, asked.region, asked.operation, asked.params)
            answer: Answer = (HTTP_OK, {}, b"")
            if fault is None or fault.carried_out:
                answer = self._attempt(asked, request)
            if fault is not None and fault.error == KILLED:
                self._record(asked, KILLED, tags)
                self._killed = mine
            self._check_alive()
            if fault is not None and fault.error == TIMEOUT:
                self._record(asked, TIMEOUT, tags)
                raise ReadTimeoutError(endpoint_url=request.url)
            if fault is not None:
                status = STATUS.get(fault.error, 400)
                answer = (status, {}, error_body(asked.protocol, fault.error, fault.message))
            status, headers, body = answer
            self._record(asked, error_code(body) if status >= 300 else None, tags)
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), Body(body))

    def _outage(self, asked: Asked) -> Outage | None:
        with self._cloud.lock:
            self._check_alive()
            outage = self._cloud.outage(asked.region)
            if outage is not None:
                self._record(asked, outage.error, {})
            return outage

    def _unanswered(self, outage: Outage, asked: Asked, request: AWSPreparedRequest) -> AWSResponse:
        if outage.error == TIMEOUT:
            # Outside the lock: threads that wait side by side wait at the same time.
            self._cloud.clock.sleep(asked.connect_timeout)
            raise ConnectTimeoutError(endpoint_url=request.url)
        body = error_body(asked.protocol, outage.error, f"The Region {asked.region} does not answer.")
        return AWSResponse(request.url, STATUS.get(outage.error, 400), HTTPHeaders(), Body(body))

    def _attempt(self, asked: Asked, request: AWSPreparedRequest) -> Answer:
        if asked.service != "ec2" and asked.region in self._cloud.conditions.disabled_regions:
            code = "InvalidClientTokenId" if asked.protocol == "query" else "UnrecognizedClientException"
            return 403, {}, error_body(asked.protocol, code, "The security token included in the request is invalid.")
        if asked.service == "ssm":
            return self._managed(asked, request)
        if asked.service != "ec2":
            return moto_bridge.answer(request)
        try:
            region = self._cloud.region(asked.region)
            self._throttle(asked)
            own = serve(self._cloud, self._reader, asked.operation, region, asked.params)
            if own is not None:
                return HTTP_OK, {}, own.encode()
            if not asked.operation.startswith("Describe"):
                region.fleet_version += 1
            return moto_bridge.answer(request)
        except AWSError as error:
            return error.status, {}, error_body("ec2", error.code, error.message)

    def _managed(self, asked: Asked, request: AWSPreparedRequest) -> Answer:
        try:
            own = self.systems_manager.serve(asked.region, asked.operation, asked.params)
        except AWSError as error:
            return error.status, {}, error_body(asked.protocol, error.code, error.message)
        return moto_bridge.answer(request) if own is None else (HTTP_OK, {}, own)

    def _record(self, asked: Asked, error: str | None, tags: Mapping[str, Mapping[str, str]]) -> None:
        mine = running.current()
        self.made += mine is not None
        function = mine.function if mine else None
        call = ApiCall(self._cloud.now, asked.region, asked.operation, asked.params, error, function, tags)
        self.calls.append(call)


def _copied(value: Any) -> Any:
    """A copy of parameters, as the caller may reuse them; much faster than deepcopy."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(one) for one in value]
    return value
