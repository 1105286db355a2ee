"""Decisions, outcomes and tag problems as logs and JSON have them: data, and one sentence for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.models import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    DeleteSnapshot,
    InvokeAgain,
    Outcome,
    Parameter,
    Reason,
    TagProblem,
)
from chalicelib.wording import accepted_text, outcome_text, read_text, reason_text


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as logs and JSON have it: data, and one sentence for people."""
    return {
        **decision_data(outcome.decision),
        "result": outcome.result.value,
        "reason": outcome_text(outcome),
        "details": [reason_data(detail) for detail in outcome.details],
        "created_snapshots": list(outcome.created),
    }


def decision_data(decision: Decision) -> dict[str, Any]:
    """Return a decision as logs and JSON have it. ``destination`` and ``snapshot_id`` are those of a copy, or null."""
    [*_, last] = decision.targets
    reason = reason_data(decision.reason)
    return {
        "targets": [target.id for target in decision.targets],
        "kind": last.kind.value,
        "region": last.region,
        "snapshot_id": last.id if last.destination else None,
        "destination": last.destination or None,
        "action": action(decision.call),
        "reason": reason_text(decision.reason),
        "reason_code": reason["code"],
        "reason_parameters": reason["parameters"],
    }


def reason_data(reason: Reason) -> dict[str, Any]:
    """Return a reason as logs and JSON have it."""
    return {
        "code": reason.code.value,
        "parameters": {name: _plain(value) for name, value in reason.parameters},
    }


def _plain(parameter: Parameter) -> int | str | Sequence[str]:
    if isinstance(parameter, tuple):
        return list(parameter)
    return parameter if isinstance(parameter, int) else str(parameter)


def action(call: Call | None) -> str:
    """Return EC2's verb for what a call does, empty for none."""
    match call:
        case CreateSnapshot() | CreateSnapshots():
            return "create"
        case CopySnapshot():
            return "copy"
        case CreateTags():
            return "tag"
        case DeleteSnapshot():
            return "delete"
        case InvokeAgain():
            return "continue"
    return "send" if call else ""


def problem_data(problem: TagProblem) -> dict[str, str]:
    """Return a tag problem as logs and JSON have it: data, and what was read and is accepted for people."""
    return {
        "target": problem.target,
        "key": problem.key,
        "value": problem.value,
        "wrong": problem.wrong.value,
        "meant": problem.meant,
        "read": read_text(problem),
        "accepted": accepted_text(problem),
    }


def json_value(value: object) -> str:
    """Return a time (aware) or a date as JSON has it: ``2026-11-22T03:00:00Z`` or ``2026-11-22``.

    This is the ``default`` of ``json.dumps``: TypeError if the value is neither.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is not a value of JSON")
