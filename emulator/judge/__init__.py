"""What the app promises, judged by what stands in the emulated account. Shares no code with the app.

`GENERAL` holds after whatever happened, once the normal schedule has gone on for two days. `EXACT` predicts a story
to the day, and holds only if nothing happened that its facts do not name.
"""

from __future__ import annotations

from emulator.judge import copies, creations, dates, deletions, leftovers, reporting, scope, undeletions
from emulator.judge.case import Case, Excuses
from emulator.judge.evidence import (
    Deletion,
    Evidence,
    ExpectedFailure,
    Facts,
    Mistake,
    Outage,
    Request,
    Snapshot,
    Undeletion,
)
from emulator.judge.promises import Instance, Promise
from emulator.judge.verdict import Check, Verdict, violations
from emulator.judge.world import World

GENERAL: tuple[Check, ...] = (
    creations.every_slot_was_filled,
    creations.sets_are_of_one_moment,
    creations.lineage_is_tagged,
    creations.nothing_was_created_uninvited,
    copies.copies_exist,
    copies.copies_follow_their_primary,
    copies.copies_stay_incremental,
    dates.retention_is_kept,
    deletions.deletions_were_allowed,
    deletions.what_could_be_restored_still_can,
    deletions.owed_snapshots_stayed,
    leftovers.expired_snapshots_are_gone,
    scope.snapshots_by_hand_are_untouched,
    scope.instances_were_thawed,
    reporting.failures_were_reported,
)
EXACT: tuple[Check, ...] = (
    copies.nothing_was_copied_twice,
    dates.dates_are_exact,
    dates.tiers_stand,
    deletions.deleted_on_their_day,
    undeletions.undeleted_snapshots_stood,
    leftovers.nothing_else_stands,
    leftovers.terminated_instances_ran_out,
    scope.kept_forever,
    reporting.newest_was_held,
    reporting.mistake_deleted_nothing,
    reporting.bad_tags_were_reported,
    reporting.nothing_else_failed,
    reporting.the_story_took_place,
)

__all__ = [
    "EXACT",
    "GENERAL",
    "Case",
    "Check",
    "Deletion",
    "Evidence",
    "Excuses",
    "ExpectedFailure",
    "Facts",
    "Instance",
    "Mistake",
    "Outage",
    "Promise",
    "Request",
    "Snapshot",
    "Undeletion",
    "Verdict",
    "World",
    "violations",
]
