"""The jobs: each reads an inventory, has it planned and applied, and says what came of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import events, plan
from chalicelib.apply import Hands
from chalicelib.ec2 import EC2
from chalicelib.models import Decision, Inventory, Outcome, Result, Snapshot, TagProblem
from chalicelib.settings import Settings

logger = Logger(child=True)


class Summary(TypedDict):
    """What a handler returns."""

    job: str
    region: str
    dry_run: bool
    counts: dict[str, int]
    failures: list[dict[str, str]]
    tag_problems: list[dict[str, str]]


class JobFailed(Exception):
    """At least one target failed, and all were dealt with; carries the job's summary."""

    def __init__(self, summary: Summary) -> None:
        super().__init__(json.dumps(summary))
        self.summary = summary


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a handler: its time (aware, UTC), its event, and the seconds it has left."""

    ec2: EC2
    settings: Settings
    now: datetime
    event: Mapping[str, Any]
    time_left: Callable[[], float]

    def finish(
        self, job: str, decisions: Sequence[Decision], problems: Iterable[TagProblem]
    ) -> Summary:
        """Apply the decisions and return the summary; JobFailed, with the same, if any failed."""
        dry_run = self.settings.dry_run or events.wants_dry_run(self.event)
        hands = Hands(self.ec2, self.settings.concurrency, dry_run, self.time_left)
        outcomes = hands.apply(decisions)
        summary = _summarise(job, self.ec2.region, dry_run, outcomes, problems)
        _log(summary, outcomes)
        if summary["failures"]:
            raise JobFailed(summary)
        return summary


def create_snapshots(invocation: Invocation) -> Summary:
    """Create the snapshots that are due."""
    ec2, now = invocation.ec2, invocation.now
    inventory = ec2.instances()
    found = ec2.snapshots(slots=plan.slots_of_interest(inventory.instances, now))
    due = plan.history_of_interest(inventory.instances, found.snapshots, now)
    history = ec2.snapshots(volume_ids=due)
    decisions = plan.plan_creation(
        inventory.instances,
        found.snapshots + history.snapshots,
        ec2.region,
        now,
        invocation.settings.default_retention,
    )
    problems = inventory.problems + found.problems + history.problems
    return invocation.finish("create_snapshots", decisions, problems)


def copy_on_completion(invocation: Invocation) -> Summary:
    """Copy what the event says is completed; a failed creation is a failure."""
    completion = events.read_completion(invocation.event, invocation.ec2.region)
    found = invocation.ec2.snapshots_by_id([id for id, _ in completion.snapshots])
    decisions, copyable = plan.plan_completion(completion, found.snapshots)
    ids_by_destination = plan.destinations_to_look_in(copyable, invocation.now.date())
    copies, unreadable = _look_for_copies(
        ids_by_destination, lambda place: invocation.ec2.copies(place, ids_by_destination[place])
    )
    decisions += plan.plan_copies(copyable, copies, unreadable, invocation.now.date())
    return invocation.finish("copy_on_completion", decisions, found.problems)


def copy_missing(invocation: Invocation) -> Summary:
    """Copy whatever is completed and has no copy."""
    today = invocation.now.date()
    found = invocation.ec2.snapshots(with_destination=True)
    destinations = plan.destinations_to_look_in(found.snapshots, today)
    copies, unreadable = _look_for_copies(destinations, invocation.ec2.copies)
    decisions = plan.plan_copies(found.snapshots, copies, unreadable, today)
    return invocation.finish("copy_missing", decisions, found.problems)


def _look_for_copies(
    destinations: Iterable[str], describe: Callable[[str], Inventory]
) -> tuple[dict[str, tuple[Snapshot, ...]], dict[str, str]]:
    """Return the copies of each destination, and why those of others could not be read.

    A Region that does not answer, or is not enabled for the account, holds up no other.
    """
    copies: dict[str, tuple[Snapshot, ...]] = {}
    unreadable: dict[str, str] = {}
    for destination in destinations:
        try:
            copies[destination] = describe(destination).snapshots
        except (ClientError, BotoCoreError) as error:
            unreadable[destination] = str(error)
    return copies, unreadable


def sweep_snapshots(invocation: Invocation) -> Summary:
    """Delete what has expired, and nothing else."""
    found = invocation.ec2.snapshots()
    decisions = plan.plan_sweep(found.snapshots, invocation.now.date())
    return invocation.finish("sweep_snapshots", decisions, found.problems)


def _summarise(
    job: str,
    region: str,
    dry_run: bool,
    outcomes: Iterable[Outcome],
    problems: Iterable[TagProblem],
) -> Summary:
    counts = Counter({result.value: 0 for result in Result})
    failures = []
    for outcome in outcomes:
        counts[outcome.result.value] += len(outcome.decision.targets)
        if outcome.result == Result.FAILED:
            target = ", ".join(outcome.decision.targets)
            failures.append({"target": target, "reason": outcome.reason})
    return Summary(
        job=job,
        region=region,
        dry_run=dry_run,
        counts=dict(counts),
        failures=failures,
        tag_problems=[
            {"target": each.target, "read": each.read, "accepted": each.accepted}
            for each in sorted(set(problems))
        ],
    )


def _log(summary: Summary, outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        level = logger.debug if outcome.result == Result.KEPT else logger.info
        if outcome.result == Result.FAILED:
            level = logger.error
        level(
            "outcome",
            extra={
                "job": summary["job"],
                "dry_run": summary["dry_run"],
                "targets": outcome.decision.targets,
                "result": outcome.result.value,
                "reason": outcome.reason,
                "created_snapshots": outcome.created,
            },
        )
    for problem in summary["tag_problems"]:
        logger.warning("tag_problem", extra=dict(problem))
    logger.info("summary", extra={"summary": summary})
