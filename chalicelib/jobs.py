"""The jobs: each reads an inventory and has it planned. ``run`` is what they all have in common: read, plan, apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from chalicelib import events, plan
from chalicelib.apply import Executor
from chalicelib.aws.reading import EC2
from chalicelib.lookups import all_copies, guards, look_in
from chalicelib.models import Decision, Outcome, Result, TagProblem
from chalicelib.settings import Settings


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
        settings = self.settings
        return plan.Circumstances(
            settings.region, self.now, settings.default_retention, settings.limits, settings.requests_per_day
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job would do: decisions, and the tag problems that it met.

    ``source`` is the Region that the decisions are about. ``metrics`` and ``record`` are what ``publish`` writes beyond
    the outcomes.
    """

    decisions: Sequence[Decision]
    problems: Iterable[TagProblem]
    source: EC2
    metrics: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """What a job did in a Region: the outcome of each decision of its plan."""

    job: str
    region: str
    dry_run: bool
    plan: Plan
    outcomes: Sequence[Outcome]


Job: TypeAlias = Callable[[Invocation], Plan]


def run(job: Job, invocation: Invocation) -> Run:
    """Plan a job, apply the plan and return what came of it."""
    settings = invocation.settings
    dry_run = settings.dry_run or events.wants_dry_run(invocation.event)
    planned = job(invocation)
    executor = Executor(planned.source, settings, dry_run, invocation.time_left)
    return Run(job.__name__, settings.region, dry_run, planned, executor.apply(planned.decisions))


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
    """Create the snapshots of one instance now: a database dump requests this when it is done."""
    ec2 = invocation.ec2
    request = events.read_request(invocation.event, ec2.region)
    inventory = ec2.instances(request.instance_id)
    volume_ids = [volume.id for instance in inventory.instances for volume in instance.volumes]
    found = ec2.snapshots(volume_ids=volume_ids)
    decisions = plan.plan_request(request, inventory.instances, found.snapshots, invocation.circumstances)
    return Plan(decisions, inventory.problems + found.problems, ec2)


def copy_on_completion(invocation: Invocation) -> Plan:
    """Copy what the event says is completed; a failed creation is a failure."""
    ec2, today = invocation.ec2, invocation.now.date()
    completion = events.read_completion(invocation.event, ec2.region)
    found = ec2.snapshots_by_id([id for id, _ in completion.snapshots])
    decisions, copyable = plan.plan_completion(completion, found.snapshots, ec2.region)
    ids = plan.destinations_to_look_in(copyable, today)
    destinations = look_in(ids, lambda name: plan.Destination(ec2.copies(name, ids[name]).snapshots))
    decisions += plan.plan_copies(copyable, destinations, invocation.now)
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
        decisions = plan.plan_copies(
            found.snapshots, destinations, invocation.now, just_failed=ended.snapshot_id if ended.failed else ""
        )
        if any(decision.call or decision.result == Result.DEFERRED for decision in decisions):
            break
    return Plan(decisions, found.problems, source)


def copy_missing(invocation: Invocation) -> Plan:
    """Copy whatever is completed and has no copy; heal what copies lack, and duplicates.

    A copy that failed and waits for its next try is a failure in the run at the hour of the daily slot: every day.
    """
    ec2, now = invocation.ec2, invocation.now
    slots = invocation.settings.copy_slots
    found = ec2.snapshots(with_destination=True)
    destinations = all_copies(ec2, plan.destinations_to_look_in(found.snapshots, now.date()), slots)
    daily = now.hour == invocation.settings.daily_at.hour
    decisions = plan.plan_copies(found.snapshots, destinations, now, report_lasting=daily)
    return Plan(decisions, found.problems, invocation.ec2)


def mirror_protection(invocation: Invocation) -> Plan:
    """Propagate KeepForever to the copies of the snapshot that was tagged."""
    ec2 = invocation.ec2
    ids = events.read_tag_change(invocation.event, ec2.region)
    found = ec2.snapshots_by_id(ids)
    names = {name for snapshot in found.snapshots for name in snapshot.destinations}
    destinations = look_in(names, lambda name: plan.Destination(ec2.copies(name, ids).snapshots))
    decisions = plan.plan_protection(found.snapshots, destinations)
    return Plan(decisions, found.problems, invocation.ec2)


def sweep_snapshots(invocation: Invocation) -> Plan:
    """Delete what has expired, and nothing else. What guards a snapshot is looked up only if one has expired."""
    ec2, settings, today = invocation.ec2, invocation.settings, invocation.now.date()
    found = ec2.snapshots()
    held = plan.Guards(settings.last_copy_grace_days, settings.max_delete_percent)
    problems = found.problems + plan.unproven_problems(found.snapshots)
    if candidates := plan.expired(found.snapshots, today):
        inventory = ec2.instances()
        problems += inventory.problems
        held = guards(ec2, settings, inventory, candidates, today)
    return Plan(plan.plan_sweep(found.snapshots, today, held, ec2.region), problems, ec2)
