"""Falsified evidence of the month, and what the checks must say about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from emulator.demo.company import FRANKFURT, IRELAND
from emulator.judge import Evidence, Snapshot


def of(evidence: Evidence, name: str, region: str) -> Snapshot:
    """The newest completed snapshot or copy of an instance that stands in a Region."""
    id = evidence.facts.instance_ids[name]
    mine = [snapshot for snapshot in evidence.standing.values() if snapshot.tags.get("Source_InstanceId") == id]
    return max((snapshot for snapshot in mine if snapshot.region == region), key=lambda snapshot: snapshot.started)


def without(evidence: Evidence, *ids: str) -> Evidence:
    return replace(evidence, standing={id: snapshot for id, snapshot in evidence.standing.items() if id not in ids})


def with_changed(evidence: Evidence, snapshot: Snapshot) -> Evidence:
    """The same, but for one snapshot, new or altered, that stands."""
    return replace(
        evidence, standing={**evidence.standing, snapshot.id: snapshot}, seen={**evidence.seen, snapshot.id: snapshot}
    )


def _lost_primary(evidence: Evidence) -> Evidence:
    return without(evidence, of(evidence, "shop-web", IRELAND).id)


def lost_copy(evidence: Evidence) -> Evidence:
    return without(evidence, of(evidence, "shop-web", FRANKFURT).id)


def _pending_copy(evidence: Evidence) -> Evidence:
    return with_changed(evidence, replace(of(evidence, "shop-web", FRANKFURT), state="pending"))


def _wrong_date(evidence: Evidence) -> Evidence:
    snapshot = of(evidence, "shop-web", IRELAND)
    return with_changed(evidence, replace(snapshot, tags={**snapshot.tags, "DeleteOn": "2027-01-01"}))


def _never_taken(evidence: Evidence) -> Evidence:
    """Neither it nor its copies were ever there."""
    snapshot = of(evidence, "shop-web", IRELAND)
    ids = {id for id, other in evidence.seen.items() if snapshot.id in (id, other.primary_id)}
    seen = {id: other for id, other in evidence.seen.items() if id not in ids}
    return replace(without(evidence, *ids), seen=seen)


def _taken_twice(evidence: Evidence) -> Evidence:
    return with_changed(evidence, replace(of(evidence, "shop-web", IRELAND), id="snap-0"))


def _never_copied(evidence: Evidence) -> Evidence:
    copy = of(evidence, "shop-web", FRANKFURT)
    seen = {id: snapshot for id, snapshot in evidence.seen.items() if id != copy.id}
    return replace(without(evidence, copy.id), seen=seen)


def _copy_without_protection(evidence: Evidence) -> Evidence:
    """Of a primary that is protected and still stands."""
    primary = evidence.facts.kept_forever[0]
    copy = next(snapshot for snapshot in evidence.standing.values() if snapshot.primary_id == primary)
    tags = {key: value for key, value in copy.tags.items() if key != "KeepForever"}
    return with_changed(evidence, replace(copy, tags=tags))


def _copy_of_short_life(evidence: Evidence) -> Evidence:
    copy = of(evidence, "shop-web", FRANKFURT)
    return with_changed(evidence, replace(copy, tags={**copy.tags, "DeleteOn": "2026-12-01"}))


def _no_device(evidence: Evidence) -> Evidence:
    snapshot = of(evidence, "shop-db", IRELAND)
    tags = {key: value for key, value in snapshot.tags.items() if key not in ("Source_Device", "Source_Volumes_1")}
    return with_changed(evidence, replace(snapshot, tags=tags))


def _long_freeze(evidence: Evidence) -> Evidence:
    *others, last = evidence.freezes
    return replace(evidence, freezes=[*others, replace(last, until=last.since + timedelta(seconds=61))])


def _still_frozen(evidence: Evidence) -> Evidence:
    return replace(evidence, frozen={"i-0": datetime(2026, 11, 30, 1, tzinfo=UTC)})


def _story_without_trouble(evidence: Evidence) -> Evidence:
    """Events were lost on another day than the one that the story names."""
    return replace(evidence, facts=replace(evidence.facts, events_lost=[date(2026, 11, 5)]))


def _uninvited(evidence: Evidence) -> Evidence:
    volume = evidence.facts.volume_ids["shop-search"][0]
    return with_changed(evidence, replace(of(evidence, "shop-web", IRELAND), id="snap-0", volume_id=volume))


def _torn_set(evidence: Evidence) -> Evidence:
    snapshot = of(evidence, "shop-db", IRELAND)
    return with_changed(evidence, replace(snapshot, started=snapshot.started.replace(minute=1)))


def _protection_lost(evidence: Evidence) -> Evidence:
    return without(evidence, *evidence.facts.kept_forever)


def _by_hand_tagged(evidence: Evidence) -> Evidence:
    [snapshot] = evidence.facts.by_hand
    return with_changed(evidence, replace(evidence.standing[snapshot.id], tags={**snapshot.tags, "Type": "Automated"}))


def _by_hand_deleted(evidence: Evidence) -> Evidence:
    return without(evidence, evidence.facts.by_hand[0].id)


def _never_reported(evidence: Evidence) -> Evidence:
    return replace(evidence, invocations=[invocation for invocation in evidence.invocations if invocation.at.day != 5])


def _failed(evidence: Evidence) -> Evidence:
    last = evidence.invocations[-1]
    return replace(evidence, invocations=[*evidence.invocations, replace(last, error="JobFailed: out of paper")])


def _not_reported(evidence: Evidence) -> Evidence:
    return replace(
        evidence,
        invocations=[invocation for invocation in evidence.invocations if not invocation.error],
        dead_letters=(),
    )


def _lost_weekly(evidence: Evidence) -> Evidence:
    """The outage went on until a Tuesday: the first of that week is not of a Monday."""
    [weekly] = of_day(evidence, "shop-web", IRELAND, 17)
    return without(evidence, weekly.id)


def of_day(evidence: Evidence, name: str, region: str, day: int) -> list[Snapshot]:
    """Those that stand of a day of the month."""
    id = evidence.facts.instance_ids[name]
    mine = [snapshot for snapshot in evidence.standing.values() if snapshot.tags.get("Source_InstanceId") == id]
    return [snapshot for snapshot in mine if snapshot.region == region and snapshot.started.day == day]


TAMPERED = [
    (_lost_primary, "in eu-west-1", "expected there, as the app did not delete it; is gone"),
    (_lost_primary, "in eu-west-1", "expected kept while it is the newest; is gone otherwise"),
    (_never_taken, "shop-web vol-", "slot 2026-11-30T03:00Z: expected 1 completed snapshot; is none"),
    (_taken_twice, "shop-web vol-", "slot 2026-11-30T03:00Z: expected 1 completed snapshot; is 2: snap-"),
    (lost_copy, "of shop-web, to eu-central-1", "expected 1 completed copy; is none"),
    (_pending_copy, "of shop-web, to eu-central-1", "expected 1 completed copy; is 1: snap-"),
    (_never_copied, "shop-web vol-", "to eu-central-1: expected 1 completed copy ever; is none"),
    (_copy_without_protection, "in eu-central-1", "expected KeepForever, as snap-"),
    (_copy_of_short_life, "in eu-central-1", "expected DeleteOn=2026-12-28 or later; is DeleteOn=2026-12-01"),
    (_copy_of_short_life, "in eu-central-1", "expected DeleteOn=2026-12-07 or later; is DeleteOn=2026-12-01"),
    (_wrong_date, "in eu-west-1", "expected DeleteOn=2026-12-28; is DeleteOn=2027-01-01"),
    (_uninvited, "shop-search vol-", "expected no snapshot; is one of 30 Nov 03:00"),
    (_torn_set, "shop-db, slot 2026-11-30T01:00Z", "expected one start; is 01:00:"),
    (_no_device, "in eu-west-1", "expected a device in its tags; is none"),
    (_long_freeze, "i-", "expected frozen for 0:01:00 at most; is 0:01:01"),
    (_still_frozen, "i-", "expected thawed; is frozen since 30 Nov 01:00:00"),
    (_protection_lost, "in us-east-1", "expected there; is gone"),
    (_by_hand_tagged, "snap-", "is {'Name': 'before the new shop', 'DeleteOn': '2026-11-11', 'Type': 'Automated'}"),
    (_by_hand_deleted, "snap-", "expected there; is gone"),
    (_never_reported, "shop-search on 2026-11-05", "expected a tag problem in the log; is none"),
    (_failed, " at 30 Nov ", "expected no failure; is JobFailed: out of paper"),
    (_not_reported, "An internal error occurred", "expected reported as an error; is not reported"),
    (_not_reported, "copy_on_completion in eu-central-1", "expected reported 3 times; is reported 0 times"),
    (_not_reported, "copy_on_completion in eu-central-1", "expected 1 dead letter; is 0"),
    (_lost_weekly, "shop-web in eu-west-1", "expected 01 Nov, 09 Nov, 17 Nov, 23 Nov, "),
    (_lost_weekly, "shop-web in eu-west-1", "; is 01 Nov, 09 Nov, 23 Nov, "),
    (_story_without_trouble, "copies started by events on 2026-11-05", "expected 0; is "),
]
