"""LocalAWS: an AWS account in this process, for tests, the demo and benchmarks. Never deployed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from emulator import moto_bridge, session
from emulator.clock import VirtualClock
from emulator.cloud import Cloud, CopyFailure, Outage
from emulator.conditions import Condition, Conditions, Duration
from emulator.ec2 import fleet, recycle_bin
from emulator.ec2.model import Deletion, Lock, Region
from emulator.ec2.public_snapshots import add_foreign_snapshots
from emulator.events.bus import Bus, DeadLetter, Delivery
from emulator.functions import running, runtime
from emulator.http.calls import ApiCall
from emulator.http.faults import Fault, Match
from emulator.http.gateway import Gateway
from emulator.http.hooks import switch
from emulator.ssm.run_command import Agent, Command, Freeze
from emulator.timeline import Timeline

APP = Path(__file__).resolve().parent.parent / "app.py"


class LocalAWS:
    """Use as a context manager: `with LocalAWS(start=…, regions=("eu-west-1",), seed=1) as aws`.

    While it is active, every clock of the process shows `aws.now`, `time.sleep` moves that clock, and this object
    answers every boto3 client that was created since this package was imported. Only one can be active at a time
    (RuntimeError). All times are aware; returned ones are UTC. The same seed and the same calls give the same ids and
    the same order.
    """

    archive_duration = Condition[Duration]()
    restore_duration = Condition[Duration]()
    copy_slots = Condition[int]()
    pending_snapshots = Condition["int | None"]()
    snapshot_duration = Condition[Duration]()
    copy_duration = Condition[Duration]()
    describe_lag = Condition[timedelta]()
    filters_after_paging = Condition[bool]()
    tagging_lag = Condition[timedelta]()
    token_buckets = Condition[bool]()
    call_duration = Condition[timedelta]()
    run_command_rate = Condition["float | None"]()
    individual_events_of_sets = Condition[bool]()
    kms_keys = Condition["dict[str, set[str]]"]()
    disabled_regions = Condition["set[str]"]()
    event_loss = Condition[float]()
    event_duplication = Condition[float]()
    event_jitter = Condition[timedelta]()

    def __init__(self, *, start: datetime, regions: Sequence[str], seed: int = 0) -> None:
        self.conditions = Conditions(kms_keys={name: set() for name in regions})
        self._seed = seed
        self._clock = VirtualClock(start)
        self._timeline = Timeline()
        rng = random.Random(seed)
        self._bus = Bus(self._clock, self._timeline, self.conditions, random.Random(rng.random()))
        bus, own_rng = self._bus, random.Random(rng.random())
        self._cloud = Cloud(self._clock, self._timeline, self.conditions, own_rng, bus.publish, bus.invoke)
        for name in regions:
            self._cloud.regions[name] = Region(name, random.Random(rng.random()))
            add_foreign_snapshots(self._cloud.regions[name], self._clock.now)
        self._gateway = Gateway(self._cloud)
        self._stack = ExitStack()

    def __enter__(self) -> LocalAWS:
        if switch.gateway is not None:
            raise RuntimeError("another LocalAWS is active in this process")
        self._stack.enter_context(session.process_environment(next(iter(self._cloud.regions))))
        self._stack.enter_context(session.repeatable(self._seed))
        self._stack.enter_context(moto_bridge.moto_running(self._seed, self._cloud.regions))
        self._stack.enter_context(self._clock)
        self._stack.enter_context(running.inherited())
        switch.gateway = self._gateway
        self._stack.callback(setattr, switch, "gateway", None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def now(self) -> datetime:
        """The emulated time, UTC."""
        return self._clock.now

    @property
    def calls(self) -> list[ApiCall]:
        """Every HTTP attempt so far, retries included, in order."""
        return self._gateway.calls

    @property
    def invocations(self) -> list[runtime.Invocation]:
        """Every call of a handler so far, in order."""
        return self._bus.invocations

    def agent(self, instance_id: str) -> Agent:
        """The Systems Manager agent of an instance and its scripts: a test may change how they behave."""
        return self._gateway.systems_manager.agent(instance_id)

    @property
    def commands(self) -> list[Command]:
        """The commands that Systems Manager accepted so far, in order."""
        return self._gateway.systems_manager.commands

    @property
    def freezes(self) -> list[Freeze]:
        """The freezes of instances that have ended."""
        return self._gateway.systems_manager.freezes

    @property
    def frozen(self) -> dict[str, datetime]:
        """Since when each instance that is frozen now has been frozen, by id."""
        return self._gateway.systems_manager.frozen

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """The events at which a handler failed three times."""
        return self._bus.dead_letters

    def deploy(self, *regions: str, app: Path = APP, **settings: str) -> None:
        """Loads `app` once per Region, with `settings` as its environment, and enables its schedules and rules."""
        for region in regions:
            self._cloud.regions[region]
            self._bus.deploy(runtime.load(Path(app), region, settings))

    def travel(self, **duration: float) -> None:
        """Moves the clock by `hours=25` or the like; everything that is due meanwhile happens, in order of time."""
        self.travel_to(self.now + timedelta(**duration))

    def travel_to(self, instant: datetime) -> None:
        """Moves the clock to `instant`, or further if a handler sleeps longer. ValueError if `instant` has passed."""
        if instant < self.now:
            raise ValueError(f"the clock only moves forward: it is {self.now}, {instant} has passed")
        self._timeline.run_until(instant, self._clock)

    def invoke(self, region: str, function: str, detail: Mapping[str, Any] | None = None) -> Any:
        """Calls a handler now and returns its result; raises what the handler raises, and does not retry."""
        event = self._bus.direct(region, function, detail or {})
        result, error = self._bus.call(region, function, event, 1)
        if error is not None:
            raise error
        return result

    def send(self, region: str, event: Mapping[str, Any]) -> None:
        """Puts an event on the Region's bus, and adds missing envelope fields. The next `travel` delivers it."""
        whole = self._bus.envelope(region, "", "", self.now) | dict(event)
        self._bus.publish(region, whole)

    def holding(self) -> AbstractContextManager[list[Delivery]]:
        """Collects every event and schedule that would call a function in a list: the test delivers it, or does not."""
        return self._bus.holding()

    def deliver(self, *deliveries: Delivery, order: Iterable[int] = ()) -> list[int]:
        """Calls the functions now, concurrently if there are several.

        Returns for each AWS call the position of the delivery whose function made it. `order` names, by position, the
        function that makes the next call; after that, the functions continue one after the other. Functions that run
        concurrently must make their calls one at a time (CONCURRENCY=1).
        """
        if len(deliveries) > 1:
            return self._bus.attempt_all(deliveries, order)
        before = self._gateway.function_calls
        for delivery in deliveries:
            self._bus.attempt(delivery)
        return [0] * (self._gateway.function_calls - before)

    def set_timeout(self, region: str, function: str, *, seconds: int) -> None:
        """Has Lambda end the function's invocations after `seconds`. KeyError if it is not deployed."""
        self._bus.set_timeout(region, function, seconds)

    def disable(self, region: str, function: str) -> None:
        """Disables the function's rule: its schedule does not fire, and its events are lost."""
        self._bus.enable(region, function, False)

    def enable(self, region: str, function: str) -> None:
        """Enables the function's rule again."""
        self._bus.enable(region, function, True)

    def client(self, region: str, service: str = "ec2") -> Any:
        """A boto3 client for the test itself: its calls are recorded with `function` None."""
        return session.client(region, service)

    def launch(
        self,
        region: str,
        *,
        name: str,
        tags: Mapping[str, str] | None = None,
        volumes: Sequence[int] = (8,),
        volume_tags: Sequence[Mapping[str, str]] = (),
    ) -> str:
        """Starts an instance with `volumes` (GiB), deleted with it: the root at /dev/xvda, then /dev/sdb and on."""
        return fleet.launch(self.client(region), region, {"Name": name} | dict(tags or {}), volumes, volume_tags)

    def attach(
        self, region: str, instance_id: str, *, size: int, device: str, tags: Mapping[str, str] | None = None
    ) -> str:
        """Creates a volume of `size` GiB and attaches it. It is kept when the instance is terminated."""
        return fleet.attach(self.client(region), region, instance_id, size=size, device=device, tags=tags or {})

    def detach(self, region: str, volume_id: str) -> None:
        """Detaches a volume from its instance. ValueError if it is attached to none."""
        fleet.detach(self.client(region), region, volume_id)

    def set_instance_state(self, region: str, instance_id: str, state: str) -> None:
        """Puts an instance into a state, such as `stopping`, until its next change. KeyError for an unknown state."""
        moto_bridge.set_state(region, instance_id, state)
        self._cloud.regions[region].fleet_version += 1

    def snapshots(self, region: str) -> list[dict[str, Any]]:
        """The account's own snapshots as they are now, by start and id: no call is recorded, and no lag applies."""
        with self._cloud.lock:
            self._timeline.settle(self.now)
            mine = (snapshot.summary() for snapshot in self._cloud.regions[region].snapshots.values() if snapshot.mine)
            return sorted(mine, key=lambda snapshot: (snapshot["StartTime"], snapshot["SnapshotId"]))

    @property
    def deletions(self) -> list[Deletion]:
        """The account's own snapshots that were deleted so far, by Region and in order."""
        return [deletion for region in self._cloud.regions.values() for deletion in region.deletions]

    def lock(self, region: str, snapshot_id: str, *, days: int = 36500) -> None:
        """Locks a snapshot as an administrator would. KeyError if it does not exist."""
        snapshot = self._cloud.regions[region].snapshots[snapshot_id]
        snapshot.lock = Lock("governance", self.now, self.now + timedelta(days=days))

    def region_down(self, region: str, *, hours: float, error: str = "Unavailable") -> None:
        """Makes every call into the Region fail for `hours`.

        `error` is an error code of EC2, or "timeout": then each attempt takes as long as the client's connect timeout.
        """
        self._cloud.outages[region] = Outage(self.now + timedelta(hours=hours), error)

    def key_away(self, region: str, key: str = "alias/aws/ebs", *, hours: float) -> None:
        """Makes the key unusable for copies for `hours`, both of the source and of the copy."""
        arn = self._cloud.key_arn(region, key)
        self._cloud.keys_away.add(arn)
        self._timeline.change(self.now + timedelta(hours=hours), lambda: self._cloud.keys_away.discard(arn))

    def keep_deleted(self, region: str, *, days: int, tags: Mapping[str, str] | None = None) -> None:
        """Adds a rule to the Recycle Bin for snapshots with any of `tags`, or all. ValueError for wrong `days`."""
        recycle_bin.add_rule(self._cloud.regions[region], days, tags or {})

    def recycled(self, region: str) -> list[dict[str, Any]]:
        """The snapshots in the Recycle Bin, as `snapshots` shows them, in the order in which they were created."""
        self._timeline.settle(self.now)
        binned = [held.snapshot for held in self._cloud.regions[region].bin.values()]
        return [snapshot.summary() for snapshot in sorted(binned, key=lambda snapshot: snapshot.sequence)]

    def fault(
        self,
        operation: str,
        *,
        error: str,
        message: str = "An error has occurred",
        times: int = 1,
        region: str | None = None,
        match: Match = lambda params: True,
        carried_out: bool = False,
    ) -> None:
        """Makes the next `times` matching HTTP attempts of `operation` fail.

        `error` is an error code of EC2, "timeout" for a connection that breaks, or "killed" for a function that
        Lambda ends. With `carried_out` the call takes effect before it fails.
        """
        self._gateway.faults.add(Fault(operation, error, message, times, region, match, carried_out))

    def fault_at(self, number: int, *, error: str, carried_out: bool = False) -> None:
        """Makes the call with this number fail: all calls of functions are counted, from 1. Otherwise as `fault`."""
        message = "An error has occurred"
        fault = Fault("", error, message, 1, None, lambda params: True, carried_out)
        self._gateway.faults.add_at(number, fault)

    def fail_snapshot(self, volume_id: str, message: str) -> None:
        """Makes the next snapshot of the volume end in state error; if it is part of a set, the whole set does."""
        self._cloud.failing_volumes[volume_id] = message

    def fail_copy(self, region: str, message: str, times: int = 1) -> None:
        """Makes the next `times` copies into `region` end in state error."""
        self._cloud.failing_copies.setdefault(region, []).append(CopyFailure(message, times))

    def clear_faults(self) -> None:
        """Cancels every fault and every failure of a snapshot or copy that is still to come."""
        self._gateway.faults.clear()
        self._cloud.failing_volumes.clear()
        self._cloud.failing_copies.clear()
