"""Pure decisions: what exists and the time go in, decisions with their reasons come out.

Everything is sorted before it is decided on, so the same inventory in any order gives the same plan, and a plan made
again after it was carried out asks for nothing."""

from chalicelib.plan.completion import plan_completion
from chalicelib.plan.copies import MAX_TRIES, plan_copies
from chalicelib.plan.creation import (
    Circumstances,
    history_of_interest,
    plan_creation,
    plan_request,
    slots_of_interest,
)
from chalicelib.plan.destinations import (
    Destination,
    destinations_to_look_in,
)
from chalicelib.plan.history import newest_completed, primaries_by_volume
from chalicelib.plan.protection import plan_protection
from chalicelib.plan.sweep import Guards, expired, lineage_of, plan_sweep, volumes_to_back_up

__all__ = [
    "MAX_TRIES",
    "Circumstances",
    "Destination",
    "Guards",
    "destinations_to_look_in",
    "expired",
    "history_of_interest",
    "lineage_of",
    "newest_completed",
    "plan_completion",
    "plan_copies",
    "plan_creation",
    "plan_protection",
    "plan_request",
    "plan_sweep",
    "primaries_by_volume",
    "slots_of_interest",
    "volumes_to_back_up",
]
