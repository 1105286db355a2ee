"""Pure decisions: what exists and the time go in, decisions with their reasons come out.

Everything is sorted before it is decided on, so the same inventory in any order gives the same plan, and a plan made
again after it was carried out asks for nothing.
"""

from chalicelib.plan.copies import (
    Destination,
    destinations_to_look_in,
    plan_completion,
    plan_copies,
    plan_protection,
)
from chalicelib.plan.creation import (
    Circumstances,
    history_of_interest,
    plan_creation,
    plan_request,
    slots_of_interest,
)
from chalicelib.plan.sweep import Guards, expired, plan_sweep, volumes_to_back_up

__all__ = [
    "Circumstances",
    "Destination",
    "Guards",
    "destinations_to_look_in",
    "expired",
    "history_of_interest",
    "plan_completion",
    "plan_copies",
    "plan_creation",
    "plan_protection",
    "plan_request",
    "plan_sweep",
    "slots_of_interest",
    "volumes_to_back_up",
]
