"""The jobs: each reads an inventory and returns a plan. ``run`` executes any of them: read, plan, apply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from chalicelib import events, plan
from chalicelib.apply import Executor
from chalicelib.aws.other_runs import OtherRuns
from chalicelib.aws.reading import EC2
from chalicelib.lookups import all_copies, copies_of, guards, look_in, with_volume_tags
from chalicelib.models import Decision, InvokeAgain, Outcome, TagProblem
from chalicelib.next_copies import NextCopies
from chalicelib.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a handler: its time (aware, UTC), its event, and the seconds it has left.

    ``connect`` returns EC2 as seen from a Region. ``function`` is invoked again if work is left when the time is up; it
    is empty if nothing continues this.
    """

    settings: Settings
    connect: Callable[[str], EC2]
    now: datetime
    event: Mapping[str, Any]
    time_left: Callable[[], float]
    function: str = ""

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
    the outcomes. ``follow_up`` returns what to do next, by the outcomes. ``no_later_run``: what is deferred fails the
    invocation, because only Lambda's retry continues it.
    """

    decisions: Sequence[Decision]
    problems: Iterable[TagProblem]
    source: EC2
    metrics: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    no_later_run: bool = False
    follow_up: Callable[[Sequence[Outcome]], Sequence[Decision]] = lambda _: ()


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
    continuations = events.read_continuations(invocation.event) if invocation.function else 0
    others = OtherRuns(invocation.ec2)
    planned = job(invocation)
    executor = Executor(planned.source, settings, dry_run, invocation.time_left, others)
    outcomes = executor.apply(planned.decisions)
    outcomes += executor.apply(planned.follow_up(outcomes))
    if invocation.function:
        again = InvokeAgain(invocation.function, settings.region, json.dumps(events.continued(invocation.event)))
        outcomes += executor.apply(plan.plan_continuation(outcomes, again, continuations))
    return Run(job.__name__, settings.region, dry_run, planned, outcomes)


def create_snapshots(invocation: Invocation) -> Plan:
    """Create the snapshots that are due. If none is, only the snapshots of the current slots are read."""
    ec2, now = invocation.ec2, invocation.now
    inventory = ec2.instances()
    current = ec2.snapshots(slots=plan.current_slots(inventory.instances, now))
    due = plan.instances_due(inventory.instances, current.snapshots, now)
    before = ec2.snapshots(slots=plan.slots_before(due, now))
    snapshots = current.snapshots + before.snapshots
    history = ec2.snapshots(volume_ids=plan.history_of_interest(due, snapshots, now))
    decisions = plan.plan_creation(inventory.instances, snapshots + history.snapshots, invocation.circumstances)
    if events.is_scheduled(invocation.event):
        decisions = plan.leave_to_other_run(decisions, current.snapshots, now)
    problems = inventory.problems + current.problems + before.problems + history.problems
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
    snapshots, late = with_volume_tags(ec2, inventory.snapshots)
    decisions, copyable = plan.plan_completion(completion, snapshots, ec2.region)
    ids = plan.destinations_to_look_in(copyable, today)
    destinations = copies_of(ec2, ids, invocation.settings.copy_slots)
    decisions += plan.plan_copies(copyable, destinations, invocation.now)
    marks = partial(plan.plan_marks, destinations=destinations)
    return Plan([*decisions, *late], inventory.problems, invocation.ec2, follow_up=marks)


def continue_copies(invocation: Invocation) -> Plan:
    """Start the next copy into this Region when one ended, from whichever Region it comes; report one that failed."""
    ec2, settings = invocation.ec2, invocation.settings
    ended = events.read_copy_end(invocation.event, ec2.region, ec2.is_reachable)
    in_progress = ec2.copies_in_progress(ec2.region)
    free_slots = settings.copy_slots - len(in_progress)
    next_copies = NextCopies(invocation.connect, ec2, ended, in_progress, free_slots, invocation.now)
    failure = next_copies.failure() if ended.failed else []
    decisions, problems = next_copies.read() if free_slots > 0 else ([], [])
    marks = partial(plan.plan_marks, destinations={ec2.region: plan.Destination(in_progress=in_progress)})
    return Plan([*failure, *decisions], problems, ec2, follow_up=marks)


def copy_missing(invocation: Invocation) -> Plan:
    """Copy each completed snapshot that has no copy; add tags that are missing, and delete duplicate copies.

    A failed copy that waits for its next try is reported as a failure once a day: by the run in the hour of the daily
    slot.
    """
    ec2, now = invocation.ec2, invocation.now
    slots = invocation.settings.copy_slots
    inventory = ec2.snapshots(with_destination=True)
    snapshots, late = with_volume_tags(ec2, inventory.snapshots, ec2.snapshots(of_sets=True).snapshots)
    destinations = all_copies(ec2, plan.destinations_to_look_in(inventory.snapshots, now.date()), slots)
    daily = now.hour == invocation.settings.daily_at.hour
    decisions = plan.plan_copies(snapshots, destinations, now, report_lasting=daily)
    marks = partial(plan.plan_marks, destinations=destinations)
    return Plan([*decisions, *late], inventory.problems, invocation.ec2, follow_up=marks)


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
