"""Chaos of events as a state machine: Hypothesis chooses what happens next; two calm days follow."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulator import LocalAWS
from emulator.judge import Mistake, Snapshot
from emulator.judge.watch import Watch
from tests.proof.course import Course, owned
from tests.proof.faults import FAULTS
from tests.proof.network import Network, run_of
from tests.proof.world import DB, HOME, MAIL, REGIONS, START, WEB, day_of, deploy, judge, request

CALM_DAYS = 2
CALMS = "calms"
SCHEDULED = ("create_snapshots", "copy_missing", "sweep_snapshots")
regions = st.sampled_from(REGIONS)
picks = st.integers(0, 63)
pairs = st.tuples(st.sampled_from(SCHEDULED), st.sampled_from(SCHEDULED))
minutes = st.sampled_from((0, 1, 20, 60, 300, 600))
orders = st.lists(st.integers(0, 1), max_size=24)


class Chaos(RuleBasedStateMachine):
    """Three Regions, a network that loses, repeats and delays events, and users."""

    steps: ClassVar[Counter[str]] = Counter()

    @initialize(slots=st.sampled_from((2, 1, 20)))
    def begin(self, slots: int) -> None:
        self.stack = ExitStack()
        self.aws = self.stack.enter_context(LocalAWS(start=START, regions=REGIONS, seed=1))
        self.holding = self.aws.holding()
        self.network = Network(self.aws, self.holding.__enter__())
        self.world = deploy(self.aws)
        self.watch = Watch(self.world)
        self.db = self.world.facts.instance_ids[DB.name]
        self.aws.copy_slots = slots
        self.requests = 0
        self._enforce_policies()
        self.aws.travel(minutes=4)

    def _enforce_policies(self) -> None:
        """IAM refuses to delete snapshots that are not managed or are protected."""
        self.aws.fault(
            "DeleteSnapshot",
            error="UnauthorizedOperation",
            times=10**9,
            match=lambda params: self.watch.refuses(params["SnapshotId"]),
        )

    def _count(self, name: str) -> None:
        Chaos.steps[name] += 1

    def _pass(self, minutes: int) -> None:
        self.aws.travel(minutes=minutes)
        self.network.prune()

    @rule(hours=st.integers(1, 10))
    def hours_pass(self, hours: int) -> None:
        self._count("hours pass")
        self._pass(60 * hours)

    @rule(minutes=st.integers(1, 30))
    def minutes_pass(self, minutes: int) -> None:
        self._count("minutes pass")
        self._pass(minutes)

    @precondition(lambda self: bool(self.network.bag))
    @rule(chosen=st.lists(picks, min_size=1, max_size=8))
    def deliver(self, chosen: list[int]) -> None:
        self._count("deliver, in any order")
        for pick in chosen:
            if self.network.bag:
                self.network.deliver(self.network.take(pick))

    @rule(rounds=st.integers(1, 6), minutes=minutes)
    def network_works(self, rounds: int, minutes: int) -> None:
        """Delivers what is in the bag in order, and what follows from it."""
        self._count("the network works for a while")
        self._pass(minutes)
        for _ in range(rounds):
            for delivery in [self.network.take(0) for _ in range(min(6, len(self.network.bag)))]:
                self.network.deliver(delivery)
            self.aws.travel(seconds=80)

    @precondition(lambda self: bool(self.network.bag))
    @rule(pick=picks)
    def deliver_and_keep(self, pick: int) -> None:
        self._count("deliver, and again later")
        self.network.deliver(self.network.look(pick))

    @precondition(lambda self: bool(self.network.bag))
    @rule(pick=picks)
    def lose(self, pick: int) -> None:
        self._count("lose")
        self.network.take(pick)

    @precondition(lambda self: bool(self.network.bag))
    @rule(first=picks, second=picks, order=orders)
    def deliver_side_by_side(self, first: int, second: int, order: list[int]) -> None:
        """Delivers two events at the same time, or one of them twice."""
        self._count("two side by side")
        delivery = self.network.take(first)
        other = self.network.look(second) if self.network.bag else delivery
        self.network.deliver(delivery, other, order=order)

    @rule(minutes=minutes, region=regions, function=st.sampled_from(SCHEDULED))
    def start(self, minutes: int, region: str, function: str) -> None:
        self._count("start a schedule's function")
        self._pass(minutes)
        self.network.deliver(self.network.schedule(region, function))

    @rule(minutes=minutes, region=regions, functions=pairs, order=orders)
    def race(self, minutes: int, region: str, functions: tuple[str, str], order: list[int]) -> None:
        self._count("two schedules' functions side by side")
        self._pass(minutes)
        self.network.deliver(*(self.network.schedule(region, name) for name in functions), order=order)

    @precondition(lambda self: bool(self.network.bag))
    @rule(region=regions, function=st.sampled_from(SCHEDULED), pick=picks, order=orders)
    def race_an_event(self, region: str, function: str, pick: int, order: list[int]) -> None:
        self._count("an event beside a schedule's function")
        self.network.deliver(self.network.take(pick), self.network.schedule(region, function), order=order)

    @rule(seconds=st.sampled_from((0, 5, 20, 60, 90)))
    def lag(self, seconds: int) -> None:
        self._count("DescribeSnapshots lags")
        self.aws.describe_lag = timedelta(seconds=seconds)

    @rule()
    def request_a_snapshot(self) -> None:
        self._count("request a snapshot")
        self.requests += 1
        self.aws.send(HOME, request(self.world, f"0a0a0a0a-0000-0000-0000-{self.requests:012d}"))

    @precondition(lambda self: bool(owned(self.world)))
    @rule(pick=picks)
    def protect(self, pick: int) -> None:
        self._count("protect")
        self._tag(self._pick(pick), "KeepForever", "audit")

    @precondition(lambda self: bool(owned(self.world)))
    @rule(pick=picks, days=st.integers(1, 9))
    def lengthen(self, pick: int, days: int) -> None:
        self._count("lengthen")
        snapshot = self._pick(pick)
        assert snapshot.delete_on is not None
        self._tag(snapshot, "DeleteOn", f"{snapshot.delete_on + timedelta(days=days)}")

    @precondition(lambda self: bool(owned(self.world)))
    @rule(pick=picks)
    def bring_forward(self, pick: int) -> None:
        """By mistake: it is put right before the calm."""
        self._count("bring a date forward")
        snapshot = self._pick(pick)
        assert snapshot.delete_on is not None
        self.world.facts.mistakes.append(Mistake(snapshot.region, self.aws.now, {snapshot.id: snapshot.delete_on}))
        self._tag(snapshot, "DeleteOn", "2026-11-01")

    def _put_dates_right(self) -> None:
        for snapshot in owned(self.world):
            if snapshot.promised and snapshot.delete_on and snapshot.delete_on < snapshot.promised:
                self._tag(snapshot, "DeleteOn", f"{snapshot.promised}")

    def _pick(self, pick: int) -> Snapshot:
        snapshots = owned(self.world)
        return snapshots[pick % len(snapshots)]

    def _tag(self, snapshot: Snapshot, key: str, value: str) -> None:
        ec2 = self.aws.client(snapshot.region)
        ec2.create_tags(Resources=[snapshot.id], Tags=[{"Key": key, "Value": value}])

    @rule(region=regions, times=st.integers(1, 5))
    def fail_copies(self, region: str, times: int) -> None:
        self._count("copies are to fail")
        self.aws.fail_copy(region, "An internal error occurred", times)

    @rule(name=st.sampled_from((WEB.name, DB.name, MAIL.name)))
    def fail_a_snapshot(self, name: str) -> None:
        self._count("a snapshot is to fail")
        self.aws.fail_snapshot(self.world.facts.volume_ids[name][0], "An internal error occurred")

    @rule(slots=st.sampled_from((1, 2, 3, 20)))
    def set_slots(self, slots: int) -> None:
        self._count("other copy slots")
        self.aws.copy_slots = slots

    @rule(after=st.integers(1, 9), fault=st.sampled_from(sorted(FAULTS)))
    def fail_a_call(self, after: int, fault: str) -> None:
        self._count("a call is to fail")
        error, carried_out = FAULTS[fault]
        calls = sum(call.function is not None for call in self.aws.calls)
        self.aws.fault_at(calls + after, error=error, carried_out=carried_out)

    @rule(answers=st.booleans(), code=st.sampled_from((0, 0, 201, 202)))
    def set_agent(self, answers: bool, code: int) -> None:
        self._count("another agent")
        agent = self.aws.agent(self.db)
        agent.answers, agent.exits = answers, {"pre-script": code, "post-script": code}

    @invariant()
    def holds(self) -> None:
        """The last step changed nothing that it must not change."""
        self._say(self.watch.violations())

    def _say(self, wrong: list[str]) -> None:
        assert not wrong, f"{self.aws.now:%d %b %H:%M:%S}: " + "; ".join(wrong)

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        with self.stack:
            if sys.exc_info()[0] is None:
                self.calm()

    def calm(self) -> None:
        """The normal schedule runs, and nothing fails: then nothing must be missing, and nothing too much."""
        aws = self.aws
        aws.clear_faults()
        self._enforce_policies()
        aws.describe_lag = timedelta(0)
        aws.copy_slots = 2
        agent = aws.agent(self.db)
        agent.answers, agent.exits = True, {}
        self._put_dates_right()
        self.holding.__exit__(None, None, None)
        before = len(aws.invocations)
        aws.travel(minutes=70)
        self.holds()
        tomorrow = aws.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        for day in range(CALM_DAYS):
            day_of(self.world, tomorrow + timedelta(days=day))
            self.holds()
        runs = [*self.network.runs, *(run_of(invocation) for invocation in aws.invocations[before:])]
        Chaos.steps[CALMS] += 1
        course = Course(self.world, runs)
        self._say(judge(self.world, course, course.creator_runs()))
