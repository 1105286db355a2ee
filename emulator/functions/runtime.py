"""Runs the app's handlers as Lambda does: its environment, its context object, its captured output, its time limit."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from chalice.app import Chalice

from emulator.clock import VirtualClock
from emulator.ec2.model import ACCOUNT
from emulator.functions import running
from emulator.functions.running import Running
from emulator.http.faults import FunctionKilled

DEFAULT_TIMEOUT = 60
MEMORY = 128
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of a handler that has ended. `at` is aware and UTC; `attempt` counts from 1; `log` is what it printed."""

    at: datetime
    region: str
    function: str
    event: Mapping[str, Any]
    attempt: int
    result: Any
    error: str | None
    log: str


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    aws_request_id: str
    invoked_function_arn: str
    log_group_name: str
    log_stream_name: str
    deadline: datetime
    clock: VirtualClock
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = MEMORY

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of the emulated clock until Lambda ends the invocation, at least 0."""
        return max(0, int((self.deadline - self.clock.now).total_seconds() * 1000))


class TimedOut(Exception):
    """Lambda ended the invocation: on the emulated clock, the handler ran longer than the function's timeout."""


class Sink(io.TextIOBase):
    """The standard output of all handlers, with a text for each invocation.

    It is one object for the whole process, because loggers keep the standard output that they see first.
    """

    def __init__(self) -> None:
        self._texts: dict[Running, io.StringIO] = {}

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keeps `text` for the current invocation; drops it if there is none."""
        if mine := running.current():
            self._texts.setdefault(mine, io.StringIO()).write(text)
        return len(text)

    def take(self) -> str:
        """Removes and returns what the current invocation has written."""
        mine = running.current()
        written = self._texts.pop(mine, None) if mine else None
        return written.getvalue() if written else ""


sink = Sink()


@dataclass
class Function:
    """A deployed app in one Region: its handlers, settings and time limits (seconds)."""

    region: str
    chalice: Chalice
    environment: Mapping[str, str]
    timeouts: Mapping[str, int] = field(default_factory=dict)

    def timeout(self, name: str) -> timedelta:
        """The timeout of a function."""
        return timedelta(seconds=self.timeouts.get(name, self.timeouts.get("", DEFAULT_TIMEOUT)))

    def full_name(self, name: str) -> str:
        """The name of a function in Lambda: `chalice deploy` and the template give the same one."""
        return f"{self.chalice.app_name}-{self.region}-{name}"

    def handler(self, full_name: str) -> str | None:
        """The handler of the function with this name in Lambda; None if there is none."""
        return next((name for name in self.chalice.handler_map if self.full_name(name) == full_name), None)

    def call(
        self, name: str, event: Mapping[str, Any], clock: VirtualClock, request_id: str
    ) -> tuple[Any, BaseException | None, str]:
        """Calls a handler; returns its result after a round trip through JSON, its exception, and what it printed."""
        context = self._context(name, clock, request_id)
        error: BaseException | None = None
        result: Any = None
        with lambda_environment(self.region, name, self.environment), redirect_stdout(sink):
            try:
                result = json.loads(json.dumps(self.chalice.handler_map[name](json.loads(json.dumps(event)), context)))
            except (Exception, FunctionKilled) as raised:  # noqa: BLE001  # Lambda records every exception
                error = raised
                traceback.print_exc(file=sink)
        if error is None and clock.now > context.deadline:
            error, result = TimedOut(f"Task timed out after {self.timeout(name).total_seconds():.2f} seconds"), None
        return result, error, sink.take()

    def _context(self, name: str, clock: VirtualClock, request_id: str) -> LambdaContext:
        full = self.full_name(name)
        return LambdaContext(
            function_name=full,
            aws_request_id=request_id,
            invoked_function_arn=f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{full}",
            log_group_name=f"/aws/lambda/{full}",
            log_stream_name=f"{clock.now:%Y/%m/%d}/[$LATEST]{request_id.replace('-', '')}",
            deadline=clock.now + self.timeout(name),
            clock=clock,
        )


@contextmanager
def lambda_environment(region: str, name: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Sets os.environ as Lambda does, and undoes it afterwards."""
    own = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_LAMBDA_FUNCTION_NAME": name} | dict(settings)
    before = {key: os.environ.get(key) for key in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def load(path: Path, region: str, settings: Mapping[str, str]) -> Function:
    """Imports the app anew under a unique name; the modules that it imports are shared.

    ImportError if the file holds no Chalice object named `app`.
    """
    name = f"emulated_app_{next(_numbers)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        with lambda_environment(region, "", settings), redirect_stdout(sink):
            spec.loader.exec_module(module)
    finally:
        del sys.modules[name]  # or the app and its clients would stay in memory
    chalice = getattr(module, "app", None)
    if not isinstance(chalice, Chalice):
        raise ImportError(f"{path} has no Chalice object named 'app'")
    return Function(region, chalice, dict(settings), _timeouts(path.parent / ".chalice" / "config.json"))


def _timeouts(path: Path) -> dict[str, int]:
    """Seconds by function; the empty name is the default. The values of the first stage override those of the app."""
    if not path.exists():
        return {}
    config = json.loads(path.read_text())
    stages = list(config.get("stages", {}).values())[:1]
    timeouts: dict[str, int] = {}
    for level in [config, *stages]:
        if "lambda_timeout" in level:
            timeouts[""] = level["lambda_timeout"]
        for name, function in level.get("lambda_functions", {}).items():
            if "lambda_timeout" in function:
                timeouts[name] = function["lambda_timeout"]
    return timeouts
