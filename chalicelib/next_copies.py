"""What a destination reads to start its next copies: as little as shows what waits, over all source Regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import events, plan
from chalicelib.aws.filters import Period
from chalicelib.aws.reading import EC2
from chalicelib.models import Code, Decision, Kind, Result, Snapshot, TagProblem, Target, because

Read = tuple[list[Decision], list[TagProblem]]


@dataclass(frozen=True, slots=True)
class NextCopies:
    """What to copy into the Region ``here`` now that a copy ended.

    ``connect`` returns EC2 as seen from a Region. ``in_progress`` are the copies that take slots, ``free_slots`` is the
    number of the others.
    """

    connect: Callable[[str], EC2]
    here: EC2
    ended: events.CopyEnd
    in_progress: Sequence[Snapshot]
    free_slots: int
    now: datetime

    def read(self) -> Read:
        """Return the copies to start, and the problems in the tags that were read.

        If a copy says that snapshots wait, those of yesterday and today are read first, in every Region that copies
        come from; all others are read only if none of these waits. If none waits at all, the copies no longer say so.
        If no copy says so, only the last hours are read, in the Region that the copy came from.
        """
        yesterday = self.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        if not any(copy.waiting_regions for copy in self.in_progress):
            narrow = max(plan.narrow_start(self.now, self.ended.started), yesterday), self.now
            copies = self._copies(narrow)
            if not any(copy.waiting_regions for copy in copies if copy.id == self.ended.snapshot_id):
                return self._start({self.ended.source_region}, narrow, self._destination(copies, fill=False))
        for period in ((yesterday, self.now), None):
            decisions, problems = self._wide(period)
            if any(decision.call or decision.result != Result.KEPT for decision in decisions):
                return decisions, problems
        return [*decisions, *plan.plan_clearing(self.in_progress)], problems

    def failure(self) -> list[Decision]:
        """Return the failure of the ended copy, if it waits for its next try."""
        source, failed_id = self.connect(self.ended.source_region), self.ended.snapshot_id
        ids = [copy.primary_id for copy in self.here.snapshots_by_id([failed_id]).snapshots if copy.primary_id]
        destinations = {self.here.region: plan.Destination(source.copies(self.here.region, ids).snapshots)}
        primaries = source.snapshots_by_id(ids).snapshots
        decisions = plan.plan_copies(primaries, destinations, self.now, just_failed=failed_id)
        return [decision for decision in decisions if decision.result == Result.FAILED]

    def _copies(self, period: Period | None) -> tuple[Snapshot, ...]:
        """Return the copies in progress and those begun in a period; one that was read twice is as it was later."""
        begun = self.here.copies_begun(period)
        return tuple(({copy.id: copy for copy in self.in_progress} | {copy.id: copy for copy in begun}).values())

    def _wide(self, period: Period | None) -> Read:
        copies = self._copies(period)
        regions = {region for region in plan.sources(copies) if self.here.is_reachable(region)}
        return self._start(regions | {self.ended.source_region}, period, self._destination(copies, fill=True))

    def _destination(self, copies: tuple[Snapshot, ...], *, fill: bool) -> plan.Destination:
        share = plan.share(self.ended.snapshot_id, copies, self.free_slots, self.now, fill=fill)
        return plan.Destination(copies, share.count, share.place)

    def _start(self, regions: set[str], period: Period | None, destination: plan.Destination) -> Read:
        """Read the snapshots of some Regions and plan copies. One that does not answer does not stop the others."""
        snapshots: list[Snapshot] = []
        problems: list[TagProblem] = []
        decisions: list[Decision] = []
        for region in sorted(regions - {self.here.region}):
            try:
                inventory = self.connect(region).snapshots(with_destination=True, period=period)
            except (ClientError, BotoCoreError) as error:
                decisions.append(self._unreadable(region, error))
            else:
                snapshots += inventory.snapshots
                problems += inventory.problems
        decisions += plan.plan_copies(snapshots, {self.here.region: destination}, self.now)
        return plan.after(decisions, self.ended.snapshot_id), problems

    def _unreadable(self, region: str, error: Exception) -> Decision:
        """Return what to say of a source Region that does not answer: a failure only if the copy came from there."""
        reason = because(Code.SOURCE_UNREADABLE, region=region, cause=str(error))
        result = Result.FAILED if region == self.ended.source_region else Result.DEFERRED
        return Decision((Target(Kind.REGION, region, region),), reason, result=result)
