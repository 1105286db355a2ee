"""What a job reads, decides and reports: frozen values, all times aware and in UTC."""

from chalicelib.models.calls import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Creation,
    DeleteSnapshot,
)
from chalicelib.models.decisions import Decision, Outcome, Result
from chalicelib.models.hints import Completion, Request
from chalicelib.models.inventory import (
    Consistency,
    Instance,
    Inventory,
    Policy,
    Snapshot,
    State,
    TagProblem,
    Tags,
    Volume,
)

__all__ = [
    "Call",
    "Completion",
    "Consistency",
    "CopySnapshot",
    "CreateSnapshot",
    "CreateSnapshots",
    "CreateTags",
    "Creation",
    "Decision",
    "DeleteSnapshot",
    "Instance",
    "Inventory",
    "Outcome",
    "Policy",
    "Request",
    "Result",
    "Snapshot",
    "State",
    "TagProblem",
    "Tags",
    "Volume",
]
