"""Puts a report together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib import plan
from chalicelib.models import Instance, TagProblem
from chalicelib.report.attention import find_attention
from chalicelib.report.copies import find_copies
from chalicelib.report.leftovers import find_failures, find_guests, find_orphans
from chalicelib.report.model import (
    Cover,
    Failure,
    Guest,
    InstanceReport,
    Orphan,
    Prices,
    RegionView,
    Report,
    Totals,
    Unreadable,
    VolumeReport,
)
from chalicelib.report.money import total
from chalicelib.report.volumes import Ground, report_volume
from chalicelib.report.wording import retention_text, schedule_text

DEFAULT_PRICES = Prices()
LAST_COPY_GRACE_DAYS = 30


def make_report(
    views: Iterable[RegionView],
    now: datetime,
    prices: Prices = DEFAULT_PRICES,
    last_copy_grace_days: int = LAST_COPY_GRACE_DAYS,
) -> Report:
    """Return the report on some Regions at ``now`` (aware, UTC). It is the same in whichever order they come."""
    ordered = sorted(views, key=lambda each: each.region)
    reported = frozenset(each.region for each in ordered if not each.unreadable)
    parts = [_report_region(each, reported, now, prices, last_copy_grace_days) for each in ordered]
    instances = tuple(
        sorted((each for part in parts for each in part.instances), key=lambda each: (each.region, each.name, each.id))
    )
    failures = tuple(sorted((each for part in parts for each in part.failures), key=lambda each: (each.at, each.id)))
    orphans = tuple(each for part in parts for each in part.orphans)
    unreadable = tuple(sorted({each for part in parts for each in part.unreadable}, key=str))
    problems = tuple(sorted({each for part in parts for each in part.problems}))
    volumes = {each.id: each for instance in instances for each in instance.volumes}
    costs = [*(each.cost for each in volumes.values()), *(each.cost for each in orphans)]
    return Report(
        now=now,
        regions=tuple(each.region for each in ordered),
        instances=instances,
        failures=failures,
        orphans=orphans,
        guests=tuple(each for part in parts for each in part.guests),
        unreadable=unreadable,
        problems=problems,
        cost=total(costs, prices),
        totals=_count(volumes.values(), orphans, failures, problems),
        attention=find_attention(instances, failures, unreadable, problems),
    )


@dataclass(slots=True)
class _Part:
    """What one Region adds to a report."""

    instances: list[InstanceReport] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    problems: list[TagProblem] = field(default_factory=list)


def _report_region(
    view: RegionView, reported: frozenset[str], now: datetime, prices: Prices, last_copy_grace_days: int
) -> _Part:
    part = _Part()
    if view.unreadable:
        part.unreadable.append(Unreadable(view.region, "", view.unreadable))
        return part
    primaries = plan.primaries_by_volume(view.snapshots.snapshots)
    copies = find_copies(view, now)
    instances = view.inventory.instances
    ground = Ground(
        primaries=primaries,
        owners=_owners(instances),
        misread=_misread(view.inventory.problems),
        copies=copies,
        now=now,
        prices=prices,
    )
    part.instances += [_report_instance(each, view.region, ground) for each in instances]
    part.failures += find_failures(primaries, copies, ground.owners.keys())
    part.orphans += find_orphans(view, primaries, copies, prices, last_copy_grace_days)
    part.guests += find_guests(view, reported)
    part.unreadable += [Unreadable(name, view.region, reason) for name, reason in copies.unreadable.items()]
    part.problems += (*view.inventory.problems, *view.snapshots.problems)
    return part


def _owners(instances: Iterable[Instance]) -> Mapping[str, Instance]:
    """Return whose tags count for each volume: of several instances the first that is backed up, by id."""
    owners: dict[str, Instance] = {}
    for instance in sorted(instances, key=lambda each: (not each.policy.enabled, each.id)):
        for volume in instance.volumes:
            owners.setdefault(volume.id, instance)
    return owners


def _misread(problems: Iterable[TagProblem]) -> Mapping[str, TagProblem]:
    return {each.target: each for each in sorted(problems, reverse=True)}


def _report_instance(instance: Instance, region: str, ground: Ground) -> InstanceReport:
    policy = instance.policy
    ordered = sorted(instance.volumes, key=lambda each: (each.device != instance.root_device, each.device, each.id))
    return InstanceReport(
        region=region,
        id=instance.id,
        name=policy.name,
        enabled=policy.enabled,
        schedule=schedule_text(policy.schedule) if policy.enabled else "",
        retention=retention_text(policy.retention) if policy.enabled else "",
        volumes=tuple(report_volume(each, ground) for each in ordered),
    )


def _count(
    volumes: Iterable[VolumeReport],
    orphans: Sequence[Orphan],
    failures: Iterable[Failure],
    problems: Sequence[TagProblem],
) -> Totals:
    listed = list(volumes)
    copies = [copy for each in listed for copy in each.copies]
    cover = {wanted: sum(each.cover == wanted for each in listed) for wanted in Cover}
    backed_up = (Cover.COVERED, Cover.LATE)
    return Totals(
        covered=cover[Cover.COVERED],
        late=cover[Cover.LATE],
        uncovered=cover[Cover.UNCOVERED],
        untagged=cover[Cover.UNTAGGED],
        left_out=cover[Cover.LEFT_OUT],
        oldest_age=max((each.newest_age or 0.0 for each in listed if each.cover in backed_up), default=None),
        copies_missing=sum(each.missing + each.failed for each in copies),
        copies_deferred=sum(each.deferred for each in copies),
        copies_pending=sum(each.pending for each in copies),
        failures=sum(not each.repaired for each in failures),
        tag_problems=len(problems),
        kept_forever=sum(each.kept_forever for each in listed),
        snapshots=sum(len(each.marks) for each in listed) + sum(each.snapshots for each in orphans),
        copies=sum(len(each.marks) for each in copies) + sum(each.copies for each in orphans),
    )
