"""Carries decisions out, side by side and each on its own; the only place that knows dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.ec2 import EC2
from chalicelib.models import (
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

# Quotas that are full for now: the next event or run goes on.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_DEFERRED = frozenset(
    {
        "ResourceLimitExceeded",
        "ConcurrentSnapshotLimitExceeded",
        "PendingSnapshotLimitExceeded",
        "SnapshotCreationPerVolumeRateExceeded",
    }
)
_GONE = "InvalidSnapshot.NotFound"
_IN_USE = "InvalidSnapshot.InUse"


@dataclass(frozen=True, slots=True)
class Hands:
    """What it takes to carry decisions out; ``time_left`` returns seconds of this invocation."""

    ec2: EC2
    concurrency: int
    dry_run: bool
    time_left: Callable[[], float]

    def apply(self, decisions: Iterable[Decision]) -> list[Outcome]:
        """Return the outcome of every decision, in the order of the decisions."""
        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(self._apply_one, decisions))

    def _apply_one(self, decision: Decision) -> Outcome:
        if decision.call is None:
            return Outcome(decision, decision.result, decision.reason)
        if self.dry_run:
            return Outcome(decision, Result.DONE, f"dry run: {decision.reason}")
        if self.time_left() < LAST_SECONDS:
            return Outcome(decision, Result.DEFERRED, f"time is nearly up: {decision.reason}")
        try:
            return self._call(decision)
        except ClientError as error:
            return _refused(decision, error)
        except BotoCoreError as error:
            return Outcome(decision, Result.FAILED, f"{decision.reason}; {error}")

    def _call(self, decision: Decision) -> Outcome:
        created: tuple[str, ...] = ()
        match decision.call:
            case CreateSnapshot() as call:
                created = (self.ec2.create_snapshot(call),)
            case CreateSnapshots() as call:
                return self._create_set(decision, call)
            case CopySnapshot() as call:
                created = (self.ec2.copy_snapshot(call),)
            case CreateTags() as call:
                self.ec2.create_tags(call)
            case DeleteSnapshot() as call:
                self.ec2.delete_snapshot(call)
        return Outcome(decision, Result.DONE, decision.reason, created)

    def _create_set(self, decision: Decision, call: CreateSnapshots) -> Outcome:
        ids = self.ec2.create_snapshots(call)
        created = tuple(sorted(ids.values()))
        lost = []
        for volume_id, own in call.own_tags:
            try:
                self.ec2.create_tags(CreateTags(ids[volume_id], own))
            except (KeyError, ClientError, BotoCoreError) as error:
                lost.append(f"{volume_id}: {error}")
        if lost:
            reason = f"created, but for lineage tags that the next run adds: {'; '.join(lost)}"
            return Outcome(decision, Result.FAILED, reason, created)
        return Outcome(decision, Result.DONE, decision.reason, created)


def _refused(decision: Decision, error: ClientError) -> Outcome:
    code = error.response["Error"]["Code"]
    reason = f"{decision.reason}; {code}: {error.response['Error']['Message']}"
    deleting = isinstance(decision.call, DeleteSnapshot)
    if code in _DEFERRED:
        return Outcome(decision, Result.DEFERRED, reason)
    if deleting and code == _GONE:
        return Outcome(decision, Result.DONE, f"{decision.reason}; it was gone already")
    if deleting and code == _IN_USE:
        return Outcome(
            decision, Result.KEPT, f"an AMI uses it: {error.response['Error']['Message']}"
        )
    return Outcome(decision, Result.FAILED, reason)
