"""What a job reads, decides and reports: frozen values, all times aware and in UTC."""

from chalicelib.models.calls import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Creation,
    DeleteSnapshot,
    InvokeAgain,
    SendReport,
)
from chalicelib.models.decisions import Decision, Kind, Outcome, Result, Target
from chalicelib.models.hints import Completion, Request
from chalicelib.models.inventory import Consistency, Instance, Inventory, Policy, Snapshot, State, Tags, Volume, Wish
from chalicelib.models.problems import TagProblem, Wrong
from chalicelib.models.reasons import Code, Parameter, Reason, because

__all__ = [
    "Call",
    "Code",
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
    "InvokeAgain",
    "Kind",
    "Outcome",
    "Parameter",
    "Policy",
    "Reason",
    "Request",
    "Result",
    "SendReport",
    "Snapshot",
    "State",
    "TagProblem",
    "Tags",
    "Target",
    "Volume",
    "Wish",
    "Wrong",
    "because",
]
