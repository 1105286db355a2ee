"""What an unplanned course of events owes and excuses, judged by the runs that took place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from emulator.conditions import default_duration
from emulator.judge import Excuses, Snapshot, World
from emulator.judge.due import CREATOR, Due, Runs, slot_at
from tests.proof.network import CREATORS, Run
from tests.proof.world import WEB


@dataclass(frozen=True)
class Course(Excuses):
    """The runs of a story in which events and runs are lost, overlap, or see an API that lags behind."""

    world: World
    runs: Sequence[Run]

    def creator_runs(self) -> Runs:
        """When the creator ran without any failure, and within one slot."""
        return {
            region: [run.began for run in self.runs if run.region == region and _fills_slot(run)]
            for region in self.world.regions
        }

    def may_be_missing(self, due: Due) -> bool:
        """If no run for it was without failure, or its snapshot failed after all of these."""
        return not any(
            run.region == due.instance.region and self._fills(run, due) and not self._failed_after(run, due)
            for run in self.runs
        )

    def _fills(self, run: Run, due: Due) -> bool:
        if run.function == "create_on_request":
            return run.clean and run.event_id == due.slot
        return _fills_slot(run) and slot_at(due.promise, run.began) == due.slot

    def _failed_after(self, run: Run, due: Due) -> bool:
        """Whether a snapshot that the run created, or counted on, failed in the end."""
        return any(
            snapshot.state == "error"
            and (snapshot.volume_id, snapshot.slot) == (due.volume_id, due.slot)
            and snapshot.started <= run.ended
            and snapshot.started + default_duration(snapshot.size) >= run.began
            for snapshot in self.world.seen.values()
        )

    def may_double(self, first: Snapshot, second: Snapshot) -> bool:
        """If both were created side by side, or the lag hid the first one."""
        return any(
            (run.beside and first.started >= run.began) or (first.started <= run.began < first.started + run.lag)
            for run in self.runs
            if run.region == second.region and run.function in CREATORS and run.began <= second.started <= run.ended
        )

    def may_stand(self, copies: Sequence[Snapshot]) -> bool:
        """If the oldest completed one stands, and no other may be deleted."""
        keeper = next((copy for copy in copies if copy.state == "completed"), None)
        return keeper is not None and all(_has_to_stay(copy, keeper) for copy in copies if copy is not keeper)


def _fills_slot(run: Run) -> bool:
    return run.function == CREATOR and run.clean and _slot(run.began) == _slot(run.ended)


def _slot(instant: datetime) -> str:
    """All instances of the story have the same slots."""
    assert WEB.promise is not None
    return slot_at(WEB.promise, instant)


def _has_to_stay(copy: Snapshot, keeper: Snapshot) -> bool:
    if copy.protected or (copy.state == "completed" and copy.description != keeper.description):
        return True
    if copy.delete_on is None or keeper.delete_on is None:
        return False
    return copy.delete_on > keeper.delete_on and not keeper.protected and copy.state == "completed"


def owned(world: World) -> list[Snapshot]:
    """The app's snapshots that stand, in a fixed order; not those that were there before."""
    return [snapshot for snapshot in world.standing().values() if snapshot.managed and snapshot.slot]
