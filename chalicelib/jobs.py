"""The jobs: each reads an inventory, has it planned and applied, and says what came of it."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import events, metrics, plan
from chalicelib.apply import Hands
from chalicelib.aws.ec2 import EC2
from chalicelib.models import Decision, DeleteSnapshot, Outcome, Result, TagProblem
from chalicelib.settings import Settings

SERVICE = metrics.SERVICE
# A child of the logger that app.py sets up under this name, with its level and its format.
logger = logging.getLogger(f"{SERVICE}.jobs")


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
    """One call of a handler: its time (aware, UTC), its event, and the seconds it has left.

    ``connect`` returns EC2 as seen from a Region.
    """

    settings: Settings
    connect: Callable[[str], EC2]
    now: datetime
    event: Mapping[str, Any]
    time_left: Callable[[], float]

    @property
    def ec2(self) -> EC2:
        """EC2 as seen from this deployment's Region."""
        return self.connect(self.settings.region)

    @property
    def circumstances(self) -> plan.Circumstances:
        """Where and when a creation is planned."""
        return plan.Circumstances(self.settings.region, self.now, self.settings.default_retention)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job would do: decisions, and what of the tags was not understood on the way.

    ``source`` is the Region that the decisions are about.
    """

    decisions: Sequence[Decision]
    problems: Iterable[TagProblem]
    source: EC2


Job: TypeAlias = Callable[[Invocation], Plan]


def run(job: Job, invocation: Invocation) -> Summary:
    """Plan a job, apply the plan and return the summary; JobFailed, with the same, if any target failed."""
    settings = invocation.settings
    dry_run = settings.dry_run or events.wants_dry_run(invocation.event)
    planned = job(invocation)
    hands = Hands(planned.source, settings, dry_run, invocation.time_left)
    outcomes = hands.apply(planned.decisions)
    summary = _summarise(job.__name__, settings.region, dry_run, outcomes, planned.problems)
    _log(summary, outcomes)
    _count(summary, outcomes)
    if summary["failures"]:
        raise JobFailed(summary)
    return summary


def create_snapshots(invocation: Invocation) -> Plan:
    """Create the snapshots that are due."""
    ec2, now = invocation.ec2, invocation.now
    inventory = ec2.instances()
    found = ec2.snapshots(slots=plan.slots_of_interest(inventory.instances, now))
    due = plan.history_of_interest(inventory.instances, found.snapshots, now)
    history = ec2.snapshots(volume_ids=due)
    snapshots = found.snapshots + history.snapshots
    decisions = plan.plan_creation(inventory.instances, snapshots, invocation.circumstances)
    problems = inventory.problems + found.problems + history.problems
    return Plan(decisions, problems, invocation.ec2)


def create_on_request(invocation: Invocation) -> Plan:
    """Create the snapshots of one instance now: what a database dump asks for when it is done."""
    ec2 = invocation.ec2
    request = events.read_request(invocation.event, ec2.region)
    inventory = ec2.instances(request.instance_id)
    found = ec2.snapshots(volume_ids=[volume.id for each in inventory.instances for volume in each.volumes])
    decisions = plan.plan_request(request, inventory.instances, found.snapshots, invocation.circumstances)
    return Plan(decisions, inventory.problems + found.problems, ec2)


def copy_on_completion(invocation: Invocation) -> Plan:
    """Copy what the event says is completed; a failed creation is a failure."""
    ec2, today = invocation.ec2, invocation.now.date()
    completion = events.read_completion(invocation.event, ec2.region)
    found = ec2.snapshots_by_id([id for id, _ in completion.snapshots])
    decisions, copyable = plan.plan_completion(completion, found.snapshots)
    ids = plan.destinations_to_look_in(copyable, today)
    destinations = _look_in(ids, lambda name: plan.Destination(ec2.copies(name, ids[name]).snapshots))
    decisions += plan.plan_copies(copyable, destinations, today)
    return Plan(decisions, found.problems, invocation.ec2)


def continue_copies(invocation: Invocation) -> Plan:
    """A copy into this Region has ended: start the next ones from where it came, and replace it if it failed.

    What began yesterday or today goes first, which keeps the reading short; only if all of that is copied is the rest
    looked at.
    """
    today, here = invocation.now.date(), invocation.ec2.region
    ended = events.read_copy_end(invocation.event, here, invocation.ec2.regions)
    source = invocation.connect(ended.source_region)
    free_slots = invocation.settings.copy_slots - source.pending_copies(here)
    for days in ((today - timedelta(days=1), today), None):
        found = source.snapshots(with_destination=True, days=days)
        copies = source.copies(here, days=days).snapshots
        destinations = {here: plan.Destination(copies, free_slots)}
        decisions = plan.plan_copies(found.snapshots, destinations, today)
        if any(each.call or each.result == Result.DEFERRED for each in decisions):
            break
    return Plan(decisions, found.problems, source)


def copy_missing(invocation: Invocation) -> Plan:
    """Copy whatever is completed and has no copy; heal what copies lack, and duplicates.

    A copy that was given up is a failure in the run at the hour of the daily slot, so that it is heard of every day.
    """
    ec2, now = invocation.ec2, invocation.now
    slots = invocation.settings.copy_slots
    found = ec2.snapshots(with_destination=True)
    destinations = _look_in(
        plan.destinations_to_look_in(found.snapshots, now.date()),
        lambda name: plan.Destination(ec2.copies(name).snapshots, slots - ec2.pending_copies(name)),
    )
    daily = now.hour == invocation.settings.daily_at.hour
    decisions = plan.plan_copies(found.snapshots, destinations, now.date(), report_lasting=daily)
    return Plan(decisions, found.problems, invocation.ec2)


def mirror_protection(invocation: Invocation) -> Plan:
    """Hand KeepForever on to the copies of the snapshot that was tagged."""
    ec2 = invocation.ec2
    ids = events.read_tag_change(invocation.event, ec2.region)
    found = ec2.snapshots_by_id(ids)
    names = {name for each in found.snapshots for name in each.destinations}
    destinations = _look_in(sorted(names), lambda name: plan.Destination(ec2.copies(name, ids).snapshots))
    decisions = plan.plan_protection(found.snapshots, destinations)
    return Plan(decisions, found.problems, invocation.ec2)


def _look_in(names: Iterable[str], look: Callable[[str], plan.Destination]) -> dict[str, plan.Destination]:
    """Return what is known of each destination.

    One that does not answer, or is not enabled for the account, holds up no other.
    """
    destinations: dict[str, plan.Destination] = {}
    for name in names:
        try:
            destinations[name] = look(name)
        except (ClientError, BotoCoreError) as error:
            destinations[name] = plan.Destination(unreadable=str(error))
    return destinations


def sweep_snapshots(invocation: Invocation) -> Plan:
    """Delete what has expired, and nothing else. What guards a snapshot is looked up only if one has expired."""
    ec2, settings, today = invocation.ec2, invocation.settings, invocation.now.date()
    found = ec2.snapshots()
    guards = plan.Guards(settings.last_copy_grace_days, settings.max_delete_percent)
    problems = found.problems
    if candidates := plan.expired(found.snapshots, today):
        inventory = ec2.instances()
        problems += inventory.problems
        guards = replace(
            guards,
            backed_up=plan.volumes_to_back_up(inventory.instances),
            images=ec2.images_using(candidates),
            locked=ec2.locked_snapshots(),
        )
    return Plan(plan.plan_sweep(found.snapshots, today, guards, ec2.region), problems, ec2)


# What a summary lists at most of each kind: Lambda bounds what a function answers, and the log has every outcome.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_LISTED = 500


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
        failures=_listed(failures, "reason"),
        tag_problems=list_problems(problems),
    )


def list_problems(problems: Iterable[TagProblem]) -> list[dict[str, str]]:
    """Return tag problems as a summary lists them, each once; no more of them than a function may answer."""
    return _listed(
        [{"target": each.target, "read": each.read, "accepted": each.accepted} for each in sorted(set(problems))],
        "read",
    )


def _listed(items: list[dict[str, str]], place: str) -> list[dict[str, str]]:
    if len(items) <= MOST_LISTED:
        return items
    more = dict.fromkeys(items[0], "") | {"target": "…", place: f"and {len(items) - MOST_LISTED} more"}
    return [*items[:MOST_LISTED], more]


def _count(summary: Summary, outcomes: Iterable[Outcome]) -> None:
    """Write the metrics of a job that has anything to count: most runs have nothing to do, and cost nothing."""
    deleted = [each for each in outcomes if isinstance(each.decision.call, DeleteSnapshot)]
    values = {
        metrics.FAILURES: summary["counts"][Result.FAILED],
        metrics.DEFERRED: summary["counts"][Result.DEFERRED],
        metrics.DELETIONS: sum(each.result == Result.DONE for each in deleted) * (not summary["dry_run"]),
    }
    if found := {name: value for name, value in values.items() if value}:
        metrics.emit(found)


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
