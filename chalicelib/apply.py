"""Executes decisions side by side, so that one failure never stops the others; the only place that knows dry run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import tags
from chalicelib.aws import functions, sns
from chalicelib.aws.clients import THROTTLED, error_code
from chalicelib.aws.other_runs import OtherRuns
from chalicelib.aws.reading import EC2
from chalicelib.consistency import LATE_SECONDS, Scripts, Taken, create_between_scripts, create_by_vss
from chalicelib.models import (
    Call,
    Code,
    Consistency,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Creation,
    Decision,
    DeleteSnapshot,
    InvokeAgain,
    Outcome,
    Reason,
    Result,
    SendReport,
    because,
)
from chalicelib.settings import Settings

# A job starts no new call in the last seconds of an invocation, so that the calls that it has begun can end.
LAST_SECONDS = 30
# How often one throttled call is made, each time at the app's own pace, after botocore's own retries.
MAX_THROTTLED_TRIES = 20
# For how long CreateTags is tried again if it does not find a snapshot that was just created, and the time between.
NOT_FOUND_SECONDS, NOT_FOUND_PAUSE = 30, 2

# Quotas that are full for now: the next event or run goes on.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_FULL = "ResourceLimitExceeded"
# EC2 takes one snapshot of a volume in 15 seconds: another run may have created the last one.
_TOO_SOON = "SnapshotCreationPerVolumeRateExceeded"
_DEFERRED = frozenset(
    {
        _FULL,
        "ConcurrentSnapshotLimitExceeded",
        "PendingSnapshotLimitExceeded",
        _TOO_SOON,
        "SnapshotLimitExceeded",
    }
)
_GONE = "InvalidSnapshot.NotFound"
_IN_USE = "InvalidSnapshot.InUse"

C = TypeVar("C", bound=Call)
T = TypeVar("T")


class _TimeIsUp(Exception):
    """No call may be started any more in this invocation."""


@dataclass(frozen=True, slots=True)
class Executor:
    """Executes decisions; ``time_left`` returns the seconds that this invocation has left.

    ``full`` collects the destinations that refused a copy because all slots are taken: they are not asked again.
    """

    ec2: EC2
    settings: Settings
    dry_run: bool
    time_left: Callable[[], float]
    others: OtherRuns
    full: set[str] = field(default_factory=set)

    def apply(self, decisions: Iterable[Decision]) -> list[Outcome]:
        """Return the outcome of every decision, in the order of the decisions.

        Calls begin in that order, too. Those that bring an application to rest have at most half of the workers, so
        that agents that do not answer delay nothing else.
        """
        ordered = list(decisions)
        outcomes = [Outcome(decision, decision.result) for decision in ordered]
        calls = [(place, decision.call) for place, decision in enumerate(ordered) if decision.call]

        def work(queue: Iterator[tuple[int, Call]]) -> None:
            for place, call in queue:
                outcomes[place] = self._apply_one(ordered[place], call)

        if queues := _queues(calls, self.settings.concurrency):
            with ThreadPoolExecutor(len(queues)) as pool:
                for worker in [pool.submit(work, queue) for queue in queues]:
                    worker.result()
        return outcomes

    def _apply_one(self, decision: Decision, call: Call) -> Outcome:
        if self.dry_run:
            return Outcome(decision, Result.PLANNED)
        if isinstance(call, CopySnapshot) and call.destination in self.full:
            return _full(decision, call)
        if not isinstance(call, DeleteSnapshot):
            return self._try(decision, call)
        if self.others.is_ahead:
            return Outcome(decision, Result.DEFERRED, (because(Code.OTHER_RUN),))
        outcome = self._try(decision, call)
        self.others.note_deletion(gone=any(reason.code == Code.ALREADY_GONE for reason in outcome.details))
        return outcome

    def _try(self, decision: Decision, call: Call) -> Outcome:
        try:
            return self._call(decision, call)
        except _TimeIsUp:
            return Outcome(decision, Result.DEFERRED, (because(Code.TIME_NEARLY_UP),))
        except ClientError as error:
            if isinstance(call, CopySnapshot) and error_code(error) == _FULL:
                self.full.add(call.destination)
            return _refused(decision, error)
        except BotoCoreError as error:
            return Outcome(decision, Result.FAILED, (because(Code.CALL_FAILED, cause=str(error)),))

    def _call(self, decision: Decision, call: Call) -> Outcome:
        created: tuple[str, ...] = ()
        match call:
            case CreateSnapshot() | CreateSnapshots():
                return self._create_once(decision, call)
            case CopySnapshot():
                created = (self._ask(call, self.ec2.writer.copy_snapshot),)
            case CreateTags():
                self._ask(call, self.ec2.writer.create_tags)
            case DeleteSnapshot():
                self._ask(call, self.ec2.writer.delete_snapshot)
            case SendReport():
                sns.send_report(call, self.ec2.clients)
            case InvokeAgain():
                functions.invoke_again(call, self.ec2.clients)
        return Outcome(decision, Result.DONE, created=created)

    def _create_once(self, decision: Decision, call: Creation) -> Outcome:
        """Create, unless another run did so since this one read what exists."""
        if outcome := self._filled(decision, call):
            return outcome
        try:
            return self._create(decision, call)
        except ClientError as error:
            if error_code(error) == _TOO_SOON and (outcome := self._filled(decision, call, look=True)):
                return outcome
            raise

    def _filled(self, decision: Decision, call: Creation, *, look: bool = False) -> Outcome | None:
        """Return the outcome if another run has filled the slot, for all volumes or for some of them."""
        volume_ids = {target.id for target in decision.targets}
        filled = self.others.filled(call, volume_ids, look=look)
        if not filled:
            return None
        result = Result.KEPT if filled == volume_ids else Result.DEFERRED
        return Outcome(decision, result, (because(Code.OTHER_RUN),))

    def _create(self, decision: Decision, call: Creation) -> Outcome:
        """Create, with the application at rest if that is wanted.

        The tags of the creation say ``crash``: a better consistency is claimed only once it is known.
        """
        wanted = call.consistency
        taken = self._create_at_rest(call, wanted) if wanted else Taken(self._ask(call, self.ec2.writer.create))
        wrong = [because(Code.CRASH_CONSISTENT_ONLY, cause=taken.failure)] if taken.failure else []
        if wanted:
            wrong += self._complete_tags(call, wanted, taken)
        created = tuple(sorted(taken.ids.values()))
        if wrong and not created:
            wrong = [because(Code.NOT_CREATED), *wrong]
        return Outcome(decision, Result.FAILED if wrong else Result.DONE, tuple(wrong), created)

    def _complete_tags(self, call: Creation, wanted: Consistency, taken: Taken) -> list[Reason]:
        """Add the consistency that was achieved, and what VSS could not be given; return what went wrong."""
        wrong = []
        lacking = tags.not_for_vss(call.tags) if wanted.kind == "vss" else ()
        for volume_id, snapshot_id in sorted(taken.ids.items()):
            added = tags.achieve(lacking, wanted) if volume_id in taken.at_rest else lacking
            try:
                if added:
                    self._tag_new(CreateTags(snapshot_id, self.ec2.region, added))
            except (_TimeIsUp, ClientError, BotoCoreError) as error:
                keys = tuple(key for key, _ in added)
                wrong.append(because(Code.TAGS_FAILED, snapshot=snapshot_id, keys=keys, cause=repr(error)))
        return wrong

    def _tag_new(self, call: CreateTags) -> None:
        """Add tags to a snapshot that was just created: EC2 may not find it for some seconds."""
        for _ in range(NOT_FOUND_SECONDS // NOT_FOUND_PAUSE):
            try:
                return self._ask(call, self.ec2.writer.create_tags)
            except ClientError as error:
                if error_code(error) != _GONE:
                    raise
            time.sleep(NOT_FOUND_PAUSE)
        return self._ask(call, self.ec2.writer.create_tags)

    def _create_at_rest(self, call: Creation, wanted: Consistency) -> Taken:
        """Create with the application at rest; if that fails, create all the same, unless more is required.

        EC2's budget and the time are checked first: once the instance is frozen, nothing waits.
        """
        settings = self.settings
        if self.time_left() < LAST_SECONDS + seconds_at_rest(settings, wanted):
            raise _TimeIsUp
        if wanted.kind == "vss":
            taken = create_by_vss(self.ec2, call, settings.vss_timeout, copy_only=settings.vss_copy_only)
        else:
            self.ec2.writer.wait_turn(call)
            scripts = Scripts(self.ec2.systems_manager, call.instance_id, wanted, settings.consistency_timeout)
            taken = create_between_scripts(scripts, call, self.ec2.writer.create_while_frozen())
        if taken.ids or wanted.required:
            return taken
        return Taken(self._ask(call, self.ec2.writer.create), failure=taken.failure)

    def _ask(self, call: C, make: Callable[[C], T]) -> T:
        """Make a call when EC2's budget has room for it, and again if it was throttled all the same.

        The time is checked before the wait and after it: a call that cannot be made any more does not wait.
        """
        for tries in range(1, MAX_THROTTLED_TRIES + 1):
            if self.time_left() < LAST_SECONDS:
                raise _TimeIsUp
            self.ec2.writer.wait_turn(call)
            if self.time_left() < LAST_SECONDS:
                raise _TimeIsUp
            try:
                return make(call)
            except ClientError as error:
                if error_code(error) not in THROTTLED or tries == MAX_THROTTLED_TRIES:
                    raise
                self.ec2.writer.throttled(call)
        raise AssertionError("the last try returns or raises")


def _queues(calls: Sequence[tuple[int, Call]], workers: int) -> list[Iterator[tuple[int, Call]]]:
    """Return the queue that each worker takes its calls from; threads may share these iterators."""
    at_rest = [item for item in calls if getattr(item[1], "consistency", None)]
    others = [item for item in calls if not getattr(item[1], "consistency", None)]
    scripted, ordinary = iter(at_rest), iter(others)
    if workers == 1:
        return [chain(ordinary, scripted)] if calls else []
    lane = min(len(at_rest), workers // 2)
    return [scripted] * lane + [ordinary] * min(len(others), workers - lane)


def seconds_at_rest(settings: Settings, wanted: Consistency) -> int:
    """Return how many seconds a creation with the application at rest may take."""
    return settings.vss_timeout + LATE_SECONDS if wanted.kind == "vss" else 2 * settings.consistency_timeout


def _full(decision: Decision, call: CopySnapshot) -> Outcome:
    return Outcome(decision, Result.DEFERRED, (because(Code.DESTINATION_FULL, destination=call.destination),))


def _refused(decision: Decision, error: ClientError) -> Outcome:
    code, message = error_code(error), error.response["Error"]["Message"]
    deleting = isinstance(decision.call, DeleteSnapshot)
    if deleting and code == _GONE:
        return Outcome(decision, Result.DONE, (because(Code.ALREADY_GONE),))
    if deleting and code == _IN_USE:
        return Outcome(decision, Result.KEPT, (because(Code.IMAGE_USES_IT, message=message),))
    result = Result.DEFERRED if code in _DEFERRED else Result.FAILED
    return Outcome(decision, result, (because(Code.EC2_REFUSED, code=code, message=message),))
