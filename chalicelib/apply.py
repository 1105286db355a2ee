"""Carries decisions out, side by side and each on its own; the only place that knows dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.ec2 import EC2, THROTTLED
from chalicelib.models import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    DeleteSnapshot,
    Outcome,
    Result,
)

# No new work in the last seconds of an invocation: a call in flight must be able to end.
LAST_SECONDS = 30
# How often one throttled call is made again, each time at the app's own pace; botocore has retried each by then.
MOST_THROTTLED = 20

# Quotas that are full for now: the next event or run goes on.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_FULL = "ResourceLimitExceeded"
_DEFERRED = frozenset(
    {
        _FULL,
        "ConcurrentSnapshotLimitExceeded",
        "PendingSnapshotLimitExceeded",
        "SnapshotCreationPerVolumeRateExceeded",
    }
)
_GONE = "InvalidSnapshot.NotFound"
_IN_USE = "InvalidSnapshot.InUse"

C = TypeVar("C", bound=Call)
T = TypeVar("T")


class _TimeIsUp(Exception):
    """No call may be started any more in this invocation."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What it takes to carry decisions out; ``time_left`` returns seconds of this invocation.

    ``full`` collects the destinations that refused a copy for want of a slot: they are not asked again.
    """

    ec2: EC2
    concurrency: int
    dry_run: bool
    time_left: Callable[[], float]
    full: set[str] = field(default_factory=set)

    def apply(self, decisions: Iterable[Decision]) -> list[Outcome]:
        """Return the outcome of every decision, in the order of the decisions."""
        with ThreadPoolExecutor(self.concurrency) as pool:
            pending = [
                pool.submit(self._apply_one, decision, decision.call) if decision.call else decision
                for decision in decisions
            ]
            return [
                Outcome(each, each.result, each.reason) if isinstance(each, Decision) else each.result()
                for each in pending
            ]

    def _apply_one(self, decision: Decision, call: Call) -> Outcome:
        if self.dry_run:
            return Outcome(decision, Result.DONE, f"dry run: {decision.reason}")
        if isinstance(call, CopySnapshot) and call.destination in self.full:
            return Outcome(decision, Result.DEFERRED, f"{call.destination} is full: {decision.reason}")
        try:
            return self._call(decision, call)
        except _TimeIsUp:
            return Outcome(decision, Result.DEFERRED, f"time is nearly up: {decision.reason}")
        except ClientError as error:
            if isinstance(call, CopySnapshot) and _code(error) == _FULL:
                self.full.add(call.destination)
            return _refused(decision, error)
        except BotoCoreError as error:
            return Outcome(decision, Result.FAILED, f"{decision.reason}; {error}")

    def _call(self, decision: Decision, call: Call) -> Outcome:
        created: tuple[str, ...] = ()
        match call:
            case CreateSnapshot():
                created = (self._ask(call, self.ec2.create_snapshot),)
            case CreateSnapshots():
                return self._create_set(decision, call)
            case CopySnapshot():
                created = (self._ask(call, self.ec2.copy_snapshot),)
            case CreateTags():
                self._ask(call, self.ec2.create_tags)
            case DeleteSnapshot():
                self._ask(call, self.ec2.delete_snapshot)
        return Outcome(decision, Result.DONE, decision.reason, created)

    def _create_set(self, decision: Decision, call: CreateSnapshots) -> Outcome:
        ids = self._ask(call, self.ec2.create_snapshots)
        created = tuple(sorted(ids.values()))
        lost = []
        for volume_id, own in call.own_tags:
            try:
                self._ask(CreateTags(ids[volume_id], self.ec2.region, own), self.ec2.create_tags)
            except (_TimeIsUp, KeyError, ClientError, BotoCoreError) as error:
                lost.append(f"{volume_id}: {error!r}")
        if lost:
            reason = f"created, but for lineage tags that the next run adds: {'; '.join(lost)}"
            return Outcome(decision, Result.FAILED, reason, created)
        return Outcome(decision, Result.DONE, decision.reason, created)

    def _ask(self, call: C, make: Callable[[C], T]) -> T:
        """Make a call when EC2's budget has room for it, and again if it was throttled all the same.

        The time is looked at before the wait, so that what is left over at the end queues for nothing, and after it.
        """
        for tries in range(1, MOST_THROTTLED + 1):
            if self.time_left() < LAST_SECONDS:
                raise _TimeIsUp
            self.ec2.wait_turn(call)
            if self.time_left() < LAST_SECONDS:
                raise _TimeIsUp
            try:
                return make(call)
            except ClientError as error:
                if _code(error) not in THROTTLED or tries == MOST_THROTTLED:
                    raise
                self.ec2.throttled(call)
        raise AssertionError("the last try returns or raises")


def _refused(decision: Decision, error: ClientError) -> Outcome:
    code, message = _code(error), error.response["Error"]["Message"]
    deleting = isinstance(decision.call, DeleteSnapshot)
    if code in _DEFERRED:
        return Outcome(decision, Result.DEFERRED, f"{decision.reason}; {code}: {message}")
    if deleting and code == _GONE:
        return Outcome(decision, Result.DONE, f"{decision.reason}; it was gone already")
    if deleting and code == _IN_USE:
        return Outcome(decision, Result.KEPT, f"an AMI uses it: {message}")
    return Outcome(decision, Result.FAILED, f"{decision.reason}; {code}: {message}")


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
