"""Takes the place of the network under botocore: records every HTTP attempt, applies faults and quotas, and answers.

botocore's own code runs above it, with its retries. Repeated reads are answered from a cache, one step earlier.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from emulator import moto_bridge
from emulator.cloud import Cloud, Outage
from emulator.ec2.describe import SnapshotReader
from emulator.ec2.operations import serve
from emulator.ec2.tagging import named_tags
from emulator.errors import STATUS, AWSError
from emulator.functions import running
from emulator.functions.running import Running, at_once
from emulator.http.calls import ApiCall, Request
from emulator.http.faults import KILLED, TIMEOUT, Fault, Faults, FunctionKilled
from emulator.http.read_cache import ReadCache
from emulator.http.token_buckets import TokenBuckets
from emulator.http.wire import HTTP_ACCEPTED, HTTP_OK, Body, CachedResponse, error_body, error_code
from emulator.ssm.run_command import SystemsManager

Response = tuple[int, Mapping[str, str], bytes]


class Gateway:
    """Answers every request of the process while its `LocalAWS` is active."""

    def __init__(self, cloud: Cloud) -> None:
        self.calls: list[ApiCall] = []
        self.function_calls = 0  # how many of them functions made
        self.faults = Faults()
        self.systems_manager = SystemsManager(cloud)
        self._cloud = cloud
        self._buckets = TokenBuckets()
        self._reader = SnapshotReader(cloud)
        self._cache = ReadCache(cloud, self._reader)
        self._killed: Running | None = None
        self._thread = threading.local()

    def note_request(self, params: dict[str, Any], model: Any, context: Mapping[str, Any]) -> None:
        """before-parameter-build: later, the parameters are no longer those that the caller gave to boto3."""
        if (context["client_config"].retries or {}).get("mode") == "adaptive":
            # It waits until a clock moves that does not move here: it would wait for ever.
            raise NotImplementedError("botocore's adaptive retry mode cannot run under the emulated clock")
        metadata = model.service_model.metadata
        self._thread.request = Request(
            region=context["client_region"],
            operation=model.name,
            service=metadata["endpointPrefix"],
            protocol=model.service_model.resolved_protocol,
            params=_copied(params),
            connect_timeout=context["client_config"].connect_timeout,
        )

    def answer_from_cache(self, context: dict[str, Any]) -> tuple[CachedResponse, dict[str, Any]] | None:
        """before-call: the parsed response of a read that no fault can hit; None for all other calls."""
        request: Request = self._thread.request
        caller = running.current()
        if not request.is_ec2_read or (caller and caller.before_call is not at_once):
            return None  # a concurrent function waits for its turn in `send`
        with self._cloud.lock:
            self._check_alive()
            self._cloud.timeline.settle(self._cloud.now)
            if self.faults.may_hit(request.operation, self._number()) or not self._cloud.answers(request.region):
                return None
            parsed = self._cache.response(request, context)
            if parsed is None or not self._is_admitted(request):
                return None
            self._record(request, None, {})
        parsed["ResponseMetadata"] = {"HTTPStatusCode": HTTP_OK, "HTTPHeaders": {}, "RetryAttempts": 0}
        return CachedResponse(), parsed

    def keep_response(self, status: int, parsed: dict[str, Any], context: Mapping[str, Any]) -> None:
        """after-call: keeps what botocore has parsed, for the next call with the same parameters."""
        if status == HTTP_OK:
            self._cache.keep(parsed, context)

    def send(self, http_request: AWSPreparedRequest) -> AWSResponse:
        """before-send: answers one HTTP attempt."""
        request: Request = self._thread.request
        caller = running.current()
        if caller:
            caller.before_call()
        if outage := self._outage(request):
            return self._refuse(outage, request, http_request)
        with self._cloud.lock:
            self._check_alive()
            self._cloud.timeline.settle(self._cloud.now)
            fault = self.faults.take(request, self._number())
            tags = named_tags(self._cloud, request.region, request.operation, request.params)
            response: Response = (HTTP_OK, {}, b"")
            if fault is None or fault.carried_out:
                response = self._answer(request, http_request)
            if fault is not None:
                response = self._fail(request, fault, caller, tags, http_request)
            status, headers, body = response
            self._record(request, error_code(body) if status >= 300 else None, tags)
        return AWSResponse(http_request.url, status, HTTPHeaders.from_dict(headers), Body(body))

    def _outage(self, request: Request) -> Outage | None:
        with self._cloud.lock:
            self._check_alive()
            outage = self._cloud.outage(request.region)
            if outage is not None:
                self._record(request, outage.error, {})
            return outage

    def _refuse(self, outage: Outage, request: Request, http_request: AWSPreparedRequest) -> AWSResponse:
        if outage.error == TIMEOUT:
            # Outside the lock, so that threads wait concurrently.
            self._cloud.clock.sleep(request.connect_timeout)
            raise ConnectTimeoutError(endpoint_url=http_request.url)
        body = error_body(request.protocol, outage.error, f"The Region {request.region} does not answer.")
        return AWSResponse(http_request.url, STATUS.get(outage.error, 400), HTTPHeaders(), Body(body))

    def _fail(
        self,
        request: Request,
        fault: Fault,
        caller: Running | None,
        tags: Mapping[str, Mapping[str, str]],
        http_request: AWSPreparedRequest,
    ) -> Response:
        if fault.error in (KILLED, TIMEOUT):
            self._record(request, fault.error, tags)
        if fault.error == KILLED:
            self._killed = caller
            self._check_alive()
        if fault.error == TIMEOUT:
            raise ReadTimeoutError(endpoint_url=http_request.url)
        return STATUS.get(fault.error, 400), {}, error_body(request.protocol, fault.error, fault.message)

    def _answer(self, request: Request, http_request: AWSPreparedRequest) -> Response:
        try:
            if request.service == "lambda":
                return self._invoke(request)
            body = self._own_answer(request)
            return moto_bridge.answer(http_request) if body is None else (HTTP_OK, {}, body)
        except AWSError as error:
            return error.status, {}, error_body(request.protocol, error.code, error.message)

    def _invoke(self, request: Request) -> Response:
        """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
        if request.operation != "Invoke" or request.params.get("InvocationType") != "Event":
            raise NotImplementedError("of Lambda, the emulator supports asynchronous invocations only")
        self._cloud.invoke(request.region, request.params["FunctionName"], json.loads(request.params["Payload"]))
        return HTTP_ACCEPTED, {}, b""

    def _own_answer(self, request: Request) -> bytes | None:
        """The body of the response; None if moto answers. AWSError if AWS refuses the call."""
        if request.service != "ec2" and request.region in self._cloud.conditions.disabled_regions:
            code = "InvalidClientTokenId" if request.protocol == "query" else "UnrecognizedClientException"
            raise AWSError(code, "The security token included in the request is invalid.")
        if request.service == "ssm":
            return self.systems_manager.serve(request.region, request.operation, request.params)
        if request.service != "ec2":
            return None
        region = self._cloud.region(request.region)
        self._throttle(request)
        own = serve(self._cloud, self._reader, request.operation, region, request.params)
        if own is not None:
            return own.encode()
        if not request.operation.startswith("Describe"):
            region.fleet_version += 1
        return None

    def _number(self) -> int | None:
        """The number of the next call, if a function makes it."""
        return self.function_calls + 1 if running.current() else None

    def _check_alive(self) -> None:
        if self._killed is not None and self._killed == running.current():
            raise FunctionKilled("the function's process was ended")

    def _is_admitted(self, request: Request) -> bool:
        try:
            self._throttle(request)
        except AWSError:
            return False
        return True

    def _throttle(self, request: Request) -> None:
        if self._cloud.conditions.token_buckets and request.service == "ec2":
            self._buckets.take(request.region, request.operation, request.params, self._cloud.now)

    def _record(self, request: Request, error: str | None, tags: Mapping[str, Mapping[str, str]]) -> None:
        caller = running.current()
        self.function_calls += caller is not None
        function = caller.function if caller else None
        call = ApiCall(self._cloud.now, request.region, request.operation, request.params, error, function, tags)
        self.calls.append(call)
        if self._cloud.conditions.call_duration:
            self._cloud.clock.sleep(self._cloud.conditions.call_duration.total_seconds())


def _copied(value: Any) -> Any:
    """A copy of parameters, because the caller may change them later; much faster than deepcopy."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return value
