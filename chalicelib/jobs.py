"""The jobs: each reads an inventory and returns a plan. ``run`` executes any of them: read, plan, apply."""

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
    """What a job would do: decisions, and the tag problems in what it read.

    ``source`` is the Region that the decisions are about. ``metrics`` and ``record`` are what ``publish`` writes beyond
    the outcomes. ``no_later_run``: what is deferred fails the invocation, because only Lambda's retry continues it.
    """

    decisions: Sequence[Decision]
    problems: Iterable[TagProblem]
    source: EC2
    metrics: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    no_later_run: bool = False


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
    """Plan a job, apply the plan and return the outcomes."""
    settings = invocation.settings
    dry_run = settings.dry_run or events.wants_dry_run(invocation.event)
    planned = job(invocation)
    executor = Executor(planned.source, settings, dry_run, invocation.time_left)
    return Run(job.__name__, settings.region, dry_run, planned, executor.apply(planned.decisions))


def create_snapshots(invocation: Invocation) -> Plan:
    """Create the snapshots that are due."""
    ec2, now = invocation.ec2, invocation.now
    inventory = ec2.instances()
    of_slots = ec2.snapshots(slots=plan.slots_of_interest(inventory.instances, now))
    volume_ids = plan.history_of_interest(inventory.instances, of_slots.snapshots, now)
    history = ec2.snapshots(volume_ids=volume_ids)
    snapshots = of_slots.snapshots + history.snapshots
    decisions = plan.plan_creation(inventory.instances, snapshots, invocation.circumstances)
    problems = inventory.problems + of_slots.problems + history.problems
    return Plan(decisions, problems, invocation.ec2)


def create_on_request(invocation: Invocation) -> Plan:
    """Create the snapshots of one instance now: a script can request this at the end of a database dump."""
    ec2 = invocation.ec2
    request = events.read_request(invocation.event, ec2.region)
    inventory = ec2.instances(request.instance_id)
    volume_ids = [volume.id for instance in inventory.instances for volume in instance.volumes]
    history = ec2.snapshots(volume_ids=volume_ids)
    decisions = plan.plan_request(request, inventory.instances, history.snapshots, invocation.circumstances)
    return Plan(decisions, inventory.problems + history.problems, ec2, no_later_run=True)


def copy_on_completion(invocation: Invocation) -> Plan:
    """Copy the snapshots that the event says are completed; a failed creation is a failure."""
    ec2, today = invocation.ec2, invocation.now.date()
    completion = events.read_completion(invocation.event, ec2.region)
    inventory = ec2.snapshots_by_id([id for id, _ in completion.snapshots])
    decisions, copyable = plan.plan_completion(completion, inventory.snapshots, ec2.region)
    ids = plan.destinations_to_look_in(copyable, today)
    destinations = look_in(ids, lambda name: plan.Destination(ec2.copies(name, ids[name]).snapshots))
    decisions += plan.plan_copies(copyable, destinations, invocation.now)
    return Plan(decisions, inventory.problems, invocation.ec2)


def continue_copies(invocation: Invocation) -> Plan:
    """Start the next copies from the Region that a copy came from when it ended, and replace it if it failed.

    Snapshots of yesterday and today are read first, because that takes few calls. All others are read only if these
    need no copy.
    """
    today, here = invocation.now.date(), invocation.ec2.region
    ended = events.read_copy_end(invocation.event, here, invocation.ec2.is_reachable)
    source = invocation.connect(ended.source_region)
    free_slots = invocation.settings.copy_slots - source.pending_copies(here)
    for days in ((today - timedelta(days=1), today), None):
        inventory = source.snapshots(with_destination=True, days=days)
        copies = source.copies(here, days=days).snapshots
        destinations = {here: plan.Destination(copies, free_slots)}
        decisions = plan.plan_copies(
            inventory.snapshots, destinations, invocation.now, just_failed=ended.snapshot_id if ended.failed else ""
        )
        if any(decision.call or decision.result == Result.DEFERRED for decision in decisions):
            break
    return Plan(decisions, inventory.problems, source)


def copy_missing(invocation: Invocation) -> Plan:
    """Copy each completed snapshot that has no copy; add tags that copies lack, and delete duplicate copies.

    A failed copy that waits for its next try is reported as a failure once a day: by the run in the hour of the daily
    slot.
    """
    ec2, now = invocation.ec2, invocation.now
    slots = invocation.settings.copy_slots
    inventory = ec2.snapshots(with_destination=True)
    destinations = all_copies(ec2, plan.destinations_to_look_in(inventory.snapshots, now.date()), slots)
    daily = now.hour == invocation.settings.daily_at.hour
    decisions = plan.plan_copies(inventory.snapshots, destinations, now, report_lasting=daily)
    return Plan(decisions, inventory.problems, invocation.ec2)


def mirror_protection(invocation: Invocation) -> Plan:
    """Propagate KeepForever to the copies of the snapshot that was tagged."""
    ec2 = invocation.ec2
    ids = events.read_tag_change(invocation.event, ec2.region)
    inventory = ec2.snapshots_by_id(ids)
    names = {name for snapshot in inventory.snapshots for name in snapshot.destinations}
    destinations = look_in(names, lambda name: plan.Destination(ec2.copies(name, ids).snapshots))
    decisions = plan.plan_protection(inventory.snapshots, destinations)
    return Plan(decisions, inventory.problems, invocation.ec2)


def sweep_snapshots(invocation: Invocation) -> Plan:
    """Delete the snapshots that have expired, and nothing else.

    What else can keep a snapshot (AMIs, locks, owed copies) is looked up only if a snapshot has expired.
    """
    ec2, settings, today = invocation.ec2, invocation.settings, invocation.now.date()
    inventory = ec2.snapshots()
    guarded = plan.Guards(settings.last_copy_grace_days, settings.max_delete_percent)
    problems = inventory.problems + plan.unproven_problems(inventory.snapshots)
    if candidates := plan.expired(inventory.snapshots, today):
        instances = ec2.instances()
        problems += instances.problems
        guarded = guards(ec2, settings, instances, candidates, today)
    return Plan(plan.plan_sweep(inventory.snapshots, today, guarded, ec2.region), problems, ec2)
