"""Carries decisions out, side by side and each on its own; the only place that knows dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import tags
from chalicelib.aws.ec2 import EC2, THROTTLED
from chalicelib.consistency import ScriptFailed, Scripts, run_vss, volumes_of
from chalicelib.models import (
    Call,
    Consistency,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Creation,
    Decision,
    DeleteSnapshot,
    Outcome,
    Result,
)
from chalicelib.settings import Settings

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
    settings: Settings
    dry_run: bool
    time_left: Callable[[], float]
    full: set[str] = field(default_factory=set)

    def apply(self, decisions: Iterable[Decision]) -> list[Outcome]:
        """Return the outcome of every decision, in the order of the decisions."""
        with ThreadPoolExecutor(self.settings.concurrency) as pool:
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
            case CreateSnapshot() | CreateSnapshots():
                return self._create(decision, call)
            case CopySnapshot():
                created = (self._ask(call, self.ec2.copy_snapshot),)
            case CreateTags():
                self._ask(call, self.ec2.create_tags)
            case DeleteSnapshot():
                self._ask(call, self.ec2.delete_snapshot)
        return Outcome(decision, Result.DONE, decision.reason, created)

    def _create(self, decision: Decision, call: Creation) -> Outcome:
        """Create, with the application at rest if that is wanted, and then write what tells the volumes apart.

        The first tags say ``crash``: what was achieved is claimed only once it is known.
        """
        wrong: list[str] = []
        if call.consistency is None:
            ids = self._ask(call, self._creation)
        else:
            ids, failure = self._create_at_rest(call, call.consistency)
            wrong += [failure] if failure else []
        own = dict(call.own_tags) if isinstance(call, CreateSnapshots) else {}
        if call.consistency and call.consistency.kind == "vss":
            own = {volume_id: call.tags + own.get(volume_id, ()) for volume_id in ids}
        if call.consistency and not wrong:
            own = {volume_id: tags.achieve(own.get(volume_id, ()), call.consistency) for volume_id in ids}
        for volume_id, lacking in own.items() if ids else ():
            try:
                self._ask(CreateTags(ids[volume_id], self.ec2.region, lacking), self.ec2.create_tags)
            except (_TimeIsUp, KeyError, ClientError, BotoCoreError) as error:
                wrong.append(f"lineage tags that the next run adds: {volume_id}: {error!r}")
        created = tuple(sorted(ids.values()))
        if wrong:
            but = "created, but" if created else "not created:"
            return Outcome(decision, Result.FAILED, f"{decision.reason}; {but} {'; '.join(wrong)}", created)
        return Outcome(decision, Result.DONE, decision.reason, created)

    def _creation(self, call: Creation) -> dict[str, str]:
        if isinstance(call, CreateSnapshots):
            return self.ec2.create_snapshots(call)
        return {call.volume_id: self.ec2.create_snapshot(call)}

    def _create_at_rest(self, call: Creation, wanted: Consistency) -> tuple[dict[str, str], str]:
        """Return the snapshot of each volume, and why they are no better than crash-consistent, if they are not.

        EC2's budget and the time are looked at first: once the instance is frozen nothing waits, and whatever happens
        the post-script is sent. If the pre-script fails, what is not required to be better is created all the same.
        """
        if wanted.kind == "vss":
            return self._create_by_vss(call, wanted)
        timeout = self.settings.consistency_timeout
        if self.time_left() < LAST_SECONDS + 2 * timeout:
            raise _TimeIsUp
        self.ec2.wait_turn(call)
        scripts = Scripts(self.ec2.region, call.instance_id, wanted, timeout)
        ids: dict[str, str] | None = None
        failure = ""
        try:
            scripts.before()
            ids = self._creation(call)
        except ScriptFailed as error:
            failure = f"crash-consistent only: {error}"
        except ClientError as error:
            if _code(error) not in THROTTLED:
                raise
            failure = "crash-consistent only: EC2 throttled the call while the application was at rest"
        finally:
            late = _after(scripts)
        if ids is None and wanted.required:
            return {}, failure
        if ids is None:
            ids = self._ask(call, self._creation)
        return ids, failure or late

    def _create_by_vss(self, call: Creation, wanted: Consistency) -> tuple[dict[str, str], str]:
        """Have Windows make the snapshots; if it made none, make them unless they are required to be better."""
        failure = ""
        try:
            run_vss(self.ec2.region, call, self.settings.consistency_timeout)
        except ScriptFailed as error:
            failure = f"crash-consistent only: {error}"
        made = {each.volume_id: each for each in self.ec2.snapshots_for(call)}
        if missing := [] if failure else sorted(set(volumes_of(call)) - set(made)):
            failure = f"crash-consistent only: VSS made no snapshot of {', '.join(missing)}"
        elif not failure and not all(tags.is_app_consistent(each) for each in made.values()):
            failure = "crash-consistent only: VSS does not call its snapshots consistent"
        if made or wanted.required:
            return {volume_id: each.id for volume_id, each in made.items()}, failure
        return self._ask(call, self._creation), failure

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


def _after(scripts: Scripts) -> str:
    """Run the post-script whatever happened before, and return why the snapshot is not consistent, if it is not."""
    try:
        scripts.after()
    except ScriptFailed as error:
        return f"crash-consistent only: {error}"
    return ""


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
