"""Makes the report on some Regions out of what is known of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib import plan
from chalicelib.models import Instance, Snapshot, TagProblem
from chalicelib.report.attention import find_attention
from chalicelib.report.copies import find_copies
from chalicelib.report.cost import total
from chalicelib.report.failures import find_failures
from chalicelib.report.model import (
    Cover,
    Failure,
    ForeignCopies,
    InstanceReport,
    Orphan,
    Prices,
    RegionView,
    Report,
    Totals,
    Unreadable,
    VolumeReport,
)
from chalicelib.report.orphans import find_foreign_copies, find_orphans
from chalicelib.report.volumes import Evidence, report_volume
from chalicelib.wording import retention_text, schedule_text

DEFAULT_PRICES = Prices()
LAST_COPY_GRACE_DAYS = 30


def make_report(
    views: Iterable[RegionView],
    now: datetime,
    prices: Prices = DEFAULT_PRICES,
    last_copy_grace_days: int = LAST_COPY_GRACE_DAYS,
) -> Report:
    """Return the report on some Regions at ``now`` (aware, UTC); their order does not matter."""
    ordered = _with_all_copies(sorted(views, key=lambda view: view.region))
    reported = frozenset(view.region for view in ordered if not view.unreadable)
    parts = [_report_region(view, reported, now, prices, last_copy_grace_days) for view in ordered]
    instances = tuple(
        sorted(
            (instance for part in parts for instance in part.instances),
            key=lambda instance: (instance.region, instance.name, instance.id),
        )
    )
    failures = tuple(
        sorted((failure for part in parts for failure in part.failures), key=lambda failure: (failure.at, failure.id))
    )
    orphans = tuple(orphan for part in parts for orphan in part.orphans)
    unreadable = tuple(sorted({region for part in parts for region in part.unreadable}, key=str))
    problems = tuple(sorted({problem for part in parts for problem in part.problems}))
    volumes = {volume.id: volume for instance in instances for volume in instance.volumes}
    costs = [*(volume.cost for volume in volumes.values()), *(orphan.cost for orphan in orphans)]
    return Report(
        now=now,
        regions=tuple(view.region for view in ordered),
        instances=instances,
        failures=failures,
        orphans=orphans,
        foreign_copies=tuple(copies for part in parts for copies in part.foreign_copies),
        unreadable=unreadable,
        problems=problems,
        cost=total(costs, prices),
        totals=_count(list(volumes.values()), orphans, failures, problems),
        attention=find_attention(instances, failures, unreadable, problems),
    )


def _with_all_copies(views: Sequence[RegionView]) -> list[RegionView]:
    """Return the views, each with the copies of its snapshots that only the view of another Region has.

    Nothing in their source Region names these copies: its primaries have expired, and its tags have changed.
    """
    copies: dict[str, dict[str, list[Snapshot]]] = defaultdict(lambda: defaultdict(list))
    for view in views:
        for snapshot in view.snapshots.snapshots:
            if snapshot.managed and snapshot.is_copy and snapshot.primary_region not in (None, view.region):
                copies[snapshot.primary_region or ""][view.region].append(snapshot)
    return [
        replace(
            view,
            destinations={
                **{name: plan.Destination(tuple(snapshots)) for name, snapshots in copies[view.region].items()},
                **view.destinations,
            },
        )
        for view in views
    ]


@dataclass(slots=True)
class _Part:
    """The part of a report that is about one Region."""

    instances: list[InstanceReport] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    foreign_copies: list[ForeignCopies] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    problems: list[TagProblem] = field(default_factory=list)


def _report_region(
    view: RegionView, reported: frozenset[str], now: datetime, prices: Prices, last_copy_grace_days: int
) -> _Part:
    if view.unreadable:
        return _Part(unreadable=[Unreadable(view.region, "", view.unreadable)])
    primaries = plan.primaries_by_volume(view.snapshots.snapshots)
    copies = find_copies(view, now)
    owners = _owners(view.inventory.instances)
    evidence = Evidence(primaries, owners, _first_problems(view.inventory.problems), copies, now, prices)
    return _Part(
        instances=[_report_instance(instance, view.region, evidence) for instance in view.inventory.instances],
        failures=list(find_failures(primaries, copies, owners.keys())),
        orphans=list(find_orphans(view, primaries, copies, prices, last_copy_grace_days)),
        foreign_copies=list(find_foreign_copies(view, reported)),
        unreadable=[Unreadable(name, view.region, reason) for name, reason in copies.unreadable.items()],
        problems=[
            *view.inventory.problems,
            *view.snapshots.problems,
            *plan.unproven_problems(view.snapshots.snapshots),
        ],
    )


def _owners(instances: Iterable[Instance]) -> Mapping[str, Instance]:
    """Return the instance whose tags count for each volume: of several, the first by id that is backed up."""
    owners: dict[str, Instance] = {}
    for instance in sorted(instances, key=lambda instance: (not instance.policy.enabled, instance.id)):
        for volume in instance.volumes:
            owners.setdefault(volume.id, instance)
    return owners


def _first_problems(problems: Iterable[TagProblem]) -> Mapping[str, TagProblem]:
    return {problem.target: problem for problem in sorted(problems, reverse=True)}


def _report_instance(instance: Instance, region: str, evidence: Evidence) -> InstanceReport:
    policy = instance.policy
    root_first = sorted(
        instance.volumes, key=lambda volume: (volume.device != instance.root_device, volume.device, volume.id)
    )
    return InstanceReport(
        region=region,
        id=instance.id,
        name=policy.name,
        enabled=policy.enabled,
        schedule=schedule_text(policy.schedule) if policy.enabled else "",
        retention=retention_text(policy.retention) if policy.enabled else "",
        volumes=tuple(report_volume(volume, evidence) for volume in root_first),
    )


def _count(
    volumes: Sequence[VolumeReport],
    orphans: Sequence[Orphan],
    failures: Iterable[Failure],
    problems: Sequence[TagProblem],
) -> Totals:
    copies = [copy for volume in volumes for copy in volume.copies]
    count = {cover: sum(volume.cover == cover for volume in volumes) for cover in Cover}
    ages = [volume.newest_age or 0.0 for volume in volumes if volume.cover in (Cover.COVERED, Cover.LATE)]
    return Totals(
        covered=count[Cover.COVERED],
        late=count[Cover.LATE],
        uncovered=count[Cover.UNCOVERED],
        untagged=count[Cover.UNTAGGED],
        left_out=count[Cover.LEFT_OUT],
        oldest_age=max(ages, default=None),
        copies_missing=sum(copy.missing + copy.failed for copy in copies),
        copies_deferred=sum(copy.deferred for copy in copies),
        copies_pending=sum(copy.pending for copy in copies),
        failures=sum(not failure.resolution for failure in failures),
        tag_problems=len(problems),
        kept_forever=sum(volume.kept_forever for volume in volumes) + sum(orphan.kept_forever for orphan in orphans),
        snapshots=sum(len(volume.marks) for volume in volumes) + sum(orphan.snapshots for orphan in orphans),
        copies=sum(len(copy.marks) for copy in copies) + sum(orphan.copies for orphan in orphans),
    )
