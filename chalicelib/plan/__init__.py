"""Pure functions that compare what exists with what should exist, and return decisions with reasons.

They sort everything first, so the order of the inventory does not matter. After a plan was applied, planning again
returns no calls.
"""

from chalicelib.plan.circumstances import CREATABLE, Circumstances
from chalicelib.plan.completion import plan_completion
from chalicelib.plan.continuation import MAX_CONTINUATIONS, plan_continuation
from chalicelib.plan.copies import MAX_TRIES_COUNTED, RETRY_AFTER, RETRY_DAILY, plan_copies
from chalicelib.plan.creation import plan_creation
from chalicelib.plan.creation_calls import MAX_EXCLUDED
from chalicelib.plan.destinations import (
    Destination,
    copies_by_primary,
    destinations_to_look_in,
    not_to_copy,
    unreadable,
)
from chalicelib.plan.history import by_age_of_data, newest_completed, primaries_by_volume
from chalicelib.plan.needed import needed_for_restore
from chalicelib.plan.other_run import leave_to_other_run
from chalicelib.plan.owed import owed_copies, owing
from chalicelib.plan.protection import plan_protection, propagate
from chalicelib.plan.queue import Share, after, narrow_start, plan_clearing, plan_marks, share, sources
from chalicelib.plan.requests import plan_request
from chalicelib.plan.sets import SnapshotSet, sets_of, slots_of, volume_of
from chalicelib.plan.slots import current_slots, history_of_interest, instances_due, slots_before
from chalicelib.plan.sweep import MIN_SNAPSHOTS_FOR_BREAKER, Guards, expired, plan_sweep, unproven_problems
from chalicelib.plan.targets import of_snapshot, of_volumes
from chalicelib.plan.volume_tags import complete, instances_to_read
from chalicelib.plan.wishes import instance_wishes, volume_wishes

__all__ = [
    "CREATABLE",
    "MAX_CONTINUATIONS",
    "MAX_EXCLUDED",
    "MAX_TRIES_COUNTED",
    "MIN_SNAPSHOTS_FOR_BREAKER",
    "RETRY_AFTER",
    "RETRY_DAILY",
    "Circumstances",
    "Destination",
    "Guards",
    "Share",
    "SnapshotSet",
    "after",
    "by_age_of_data",
    "complete",
    "copies_by_primary",
    "current_slots",
    "destinations_to_look_in",
    "expired",
    "history_of_interest",
    "instance_wishes",
    "instances_due",
    "instances_to_read",
    "leave_to_other_run",
    "narrow_start",
    "needed_for_restore",
    "newest_completed",
    "not_to_copy",
    "of_snapshot",
    "of_volumes",
    "owed_copies",
    "owing",
    "plan_clearing",
    "plan_completion",
    "plan_continuation",
    "plan_copies",
    "plan_creation",
    "plan_marks",
    "plan_protection",
    "plan_request",
    "plan_sweep",
    "primaries_by_volume",
    "propagate",
    "sets_of",
    "share",
    "slots_before",
    "slots_of",
    "sources",
    "unproven_problems",
    "unreadable",
    "volume_of",
    "volume_wishes",
]
