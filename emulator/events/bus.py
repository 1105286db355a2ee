"""The event bus and the schedules of every Region. They call the handlers that the app has registered.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from chalice.app import BaseEventSourceConfig, CloudWatchEventConfig, ScheduledEventConfig

from emulator.clock import VirtualClock
from emulator.cloud import event_time
from emulator.conditions import Conditions
from emulator.ec2.model import ACCOUNT
from emulator.errors import AWSError
from emulator.events import patterns, schedules
from emulator.functions import running
from emulator.functions.interleaving import Turns, run_all
from emulator.functions.running import Running, at_once
from emulator.functions.runtime import Function, Invocation, sink
from emulator.timeline import Timeline

RETRIES = (timedelta(minutes=1), timedelta(minutes=2))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event at which a handler failed three times. `at` is aware and UTC."""

    at: datetime
    region: str
    function: str
    event: Mapping[str, Any]
    error: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event to be delivered to a function; `attempt` counts from 1."""

    region: str
    function: str
    event: dict[str, Any]
    attempt: int = 1


@dataclass
class Rule:
    """What starts a function: an event pattern or a schedule."""

    function: str
    pattern: Mapping[str, Any] | None
    next_fire: schedules.Next | None
    enabled: bool = True


class Bus:
    """Matches events against the rules of their Region, and delivers them as asynchronous invocations."""

    def __init__(self, clock: VirtualClock, timeline: Timeline, conditions: Conditions, rng: random.Random) -> None:
        self.invocations: list[Invocation] = []
        self.dead_letters: list[DeadLetter] = []
        self._held: list[Delivery] | None = None
        self._numbers = count(1)
        self._clock = clock
        self._timeline = timeline
        self._conditions = conditions
        self._rng = rng
        self._functions: dict[str, Function] = {}
        self._rules: dict[str, dict[str, Rule]] = {}

    def deploy(self, function: Function) -> None:
        """Enables the rules of an app in a Region, in place of those of an earlier deployment."""
        self._functions[function.region] = function
        rules = [_rule(source) for source in function.chalice.event_sources]
        self._rules[function.region] = {rule.function: rule for rule in rules}
        for rule in rules:
            if rule.next_fire is not None:
                self._plan(function.region, rule, self._clock.now)

    def enable(self, region: str, function: str, enabled: bool) -> None:
        """Enables or disables the rule of a function. KeyError with the names of all functions if it has none."""
        rules = self._rules.get(region, {})
        if function not in rules:
            raise KeyError(
                f"{function!r} has no rule in {region}; rules exist for: {', '.join(sorted(rules)) or 'no function'}"
            )
        rules[function].enabled = enabled

    def _plan(self, region: str, rule: Rule, after: datetime) -> None:
        fire = rule.next_fire(after) if rule.next_fire is not None else None
        if fire is not None:
            self._timeline.deliver(fire, lambda: self._fire(region, rule, fire))

    def _fire(self, region: str, rule: Rule, when: datetime) -> None:
        if self._rules[region].get(rule.function) is not rule:
            return  # deployed again since
        self._plan(region, rule, when)
        if rule.enabled:
            delivery = Delivery(region, rule.function, self.scheduled(region, rule.function, when))
            if self._held is None:
                self.attempt(delivery)
            else:
                self._held.append(delivery)

    def new_id(self) -> str:
        """A UUID from the seeded randomness."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def scheduled(self, region: str, function: str, when: datetime) -> dict[str, Any]:
        """The envelope of a schedule.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
        """
        rule = f"arn:aws:events:{region}:{ACCOUNT}:rule/{function}"
        return self.envelope(region, "Scheduled Event", "aws.events", when) | {"resources": [rule]}

    def envelope(self, region: str, kind: str, source: str, when: datetime) -> dict[str, Any]:
        """An event with all fields that EventBridge sets, and an empty detail."""
        return {
            "version": "0",
            "id": self.new_id(),
            "detail-type": kind,
            "source": source,
            "account": ACCOUNT,
            "time": event_time(when),
            "region": region,
            "resources": [],
            "detail": {},
        }

    def publish(self, region: str, event: dict[str, Any]) -> None:
        """Delivers an event to every matching rule, unless the conditions lose it; they may also double or delay it."""
        for rule in self._rules.get(region, {}).values():
            if rule.enabled and rule.pattern is not None and patterns.matches(rule.pattern, event):
                for _ in range(self._deliveries()):
                    self._deliver(Delivery(region, rule.function, event), self._delay())

    def invoke(self, region: str, name: str, event: dict[str, Any]) -> None:
        """Queues an asynchronous invocation of a function by its full name. AWSError if it is not deployed."""
        deployed = self._functions.get(region)
        function = deployed.handler(name) if deployed else None
        if function is None:
            raise AWSError("ResourceNotFoundException", f"Function not found: {name}")
        self._deliver(Delivery(region, function, event), timedelta(0))

    def set_timeout(self, region: str, function: str, seconds: int) -> None:
        """Changes the timeout of a function. KeyError if it is not deployed."""
        deployed = self._functions[region]
        if function not in deployed.chalice.handler_map:
            raise KeyError(f"{function!r} is not deployed in {region}")
        deployed.timeouts = {**deployed.timeouts, function: seconds}

    def _deliveries(self) -> int:
        if self._conditions.event_loss and self._rng.random() < self._conditions.event_loss:
            return 0
        doubled = self._conditions.event_duplication and self._rng.random() < self._conditions.event_duplication
        return 2 if doubled else 1

    def _delay(self) -> timedelta:
        return self._conditions.event_jitter * self._rng.random() if self._conditions.event_jitter else timedelta(0)

    def _deliver(self, delivery: Delivery, delay: timedelta) -> None:
        if self._held is None:
            self._timeline.deliver(self._clock.now + delay, partial(self.attempt, delivery))
        else:
            self._held.append(delivery)

    @contextmanager
    def holding(self) -> Iterator[list[Delivery]]:
        """Collects deliveries in a list meanwhile, and does not make them."""
        held: list[Delivery] = []
        before, self._held = self._held, held
        try:
            yield held
        finally:
            self._held = before

    def attempt(self, delivery: Delivery, before_call: Callable[[], None] = at_once) -> None:
        """Calls the function; if it fails, schedules the next attempt, or makes the event a dead letter."""
        _, error = self.call(delivery.region, delivery.function, delivery.event, delivery.attempt, before_call)
        if error is None:
            return
        if delivery.attempt <= len(RETRIES):
            self._deliver(replace(delivery, attempt=delivery.attempt + 1), RETRIES[delivery.attempt - 1])
        else:
            text = f"{type(error).__name__}: {error}"
            self.dead_letters.append(
                DeadLetter(self._clock.now, delivery.region, delivery.function, delivery.event, text)
            )

    def attempt_all(self, deliveries: Sequence[Delivery], order: Iterable[int]) -> list[int]:
        """Makes several attempts concurrently; returns for each AWS call the position of its delivery. See `Turns`."""
        turns = Turns(len(deliveries), order)
        attempts = [
            partial(self.attempt, delivery, partial(turns.before_call, place))
            for place, delivery in enumerate(deliveries)
        ]
        with redirect_stdout(sink):  # each restores standard output when it ends, in any order
            run_all(attempts, turns)
        return turns.calls

    def call(
        self,
        region: str,
        function: str,
        event: dict[str, Any],
        attempt: int,
        before_call: Callable[[], None] = at_once,
    ) -> tuple[Any, BaseException | None]:
        """Calls a handler now, and records the invocation. KeyError if the Region or the function is not deployed.

        `before_call` returns when an AWS call may be made.
        """
        deployed = self._functions.get(region)
        if deployed is None or function not in deployed.chalice.handler_map:
            raise KeyError(f"{function!r} is not deployed in {region}")
        at = self._clock.now
        with running.on_behalf_of(Running(function, next(self._numbers), before_call)):
            result, error, log = deployed.call(function, event, self._clock, self.new_id())
        text = None if error is None else f"{type(error).__name__}: {error}"
        self.invocations.append(Invocation(at, region, function, event, attempt, result, text, log))
        return result, error

    def direct(self, region: str, function: str, detail: Mapping[str, Any]) -> dict[str, Any]:
        """An event for a direct call: as the function's own pattern or schedule would send it."""
        rule = self._rules.get(region, {}).get(function)
        if rule is None or rule.pattern is None:
            event = self.scheduled(region, function, self._clock.now)
        else:
            kind, source = (_first(rule.pattern.get(key)) for key in ("detail-type", "source"))
            event = self.envelope(region, kind or "Direct Call", source or "aws.events", self._clock.now)
        event["detail"] = json.loads(json.dumps(dict(detail)))
        return event


def _rule(source: BaseEventSourceConfig) -> Rule:
    if isinstance(source, CloudWatchEventConfig):
        patterns.check(source.event_pattern)
        return Rule(source.name, source.event_pattern, None)
    if isinstance(source, ScheduledEventConfig):
        expression = source.schedule_expression
        text = expression if isinstance(expression, str) else expression.to_string()
        return Rule(source.name, None, schedules.parse(text))
    raise NotImplementedError(
        f"{source.name}: the emulator supports schedules and events only, not {type(source).__name__}"
    )


def _first(alternatives: Any) -> str | None:
    texts = [text for text in alternatives or () if isinstance(text, str)]
    return texts[0] if texts else None
