"""Ways to falsify what was deleted and what was kept, and what the checks must then say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from emulator.demo.company import FRANKFURT, IRELAND
from emulator.judge import Deletion, Evidence, Snapshot
from tests.demo.tampering import of, of_day, with_changed, without


def _deleted(evidence: Evidence, snapshot: Snapshot) -> Evidence:
    """As if the app had deleted it in the end."""
    deletion = Deletion(evidence.now, "sweep_snapshots", snapshot)
    return replace(without(evidence, snapshot.id), deletions=[*evidence.deletions, deletion])


def _protected_deleted(evidence: Evidence) -> Evidence:
    return _deleted(evidence, evidence.standing[evidence.facts.kept_forever[0]])


def _unmanaged_deleted(evidence: Evidence) -> Evidence:
    return _deleted(evidence, evidence.facts.by_hand[0])


def _wrong_duplicate_deleted(evidence: Evidence) -> Evidence:
    """Of two copies the one was deleted that was completed last."""
    copy = of(evidence, "shop-web", FRANKFURT)
    last = replace(copy, id="snap-0", completed=evidence.now - timedelta(minutes=1))
    deletions = [*evidence.deletions, Deletion(evidence.now, "copy_missing", last)]
    return replace(evidence, deletions=deletions, seen={**evidence.seen, last.id: last})


def _deleted_too_early(evidence: Evidence) -> Evidence:
    return _deleted(evidence, of(evidence, "shop-web", IRELAND))


def _overdue(evidence: Evidence) -> Evidence:
    gone = next(
        snapshot for snapshot in evidence.seen.values() if snapshot.managed and snapshot.id not in evidence.standing
    )
    return with_changed(evidence, gone)


def _taken_too_early(evidence: Evidence) -> Evidence:
    """As a sweep would do that looks at nothing but DeleteOn."""
    held = _held(evidence)
    at = datetime(2026, 11, 15, 5, 15, tzinfo=UTC)
    return replace(
        evidence,
        deletions=[
            replace(deletion, at=at) if deletion.snapshot.id == held.id else deletion for deletion in evidence.deletions
        ],
    )


def _held_without_a_reason(evidence: Evidence) -> Evidence:
    swept = [
        invocation
        for invocation in evidence.invocations
        if invocation.function == "sweep_snapshots" and invocation.at.day == 16
    ]
    return replace(evidence, invocations=[invocation for invocation in evidence.invocations if invocation not in swept])


def _grace_cut_short(evidence: Evidence) -> Evidence:
    copy = of(evidence, "notebook", FRANKFURT)
    gone = Deletion(evidence.now, "sweep_snapshots", copy)
    return replace(without(evidence, copy.id), deletions=[*evidence.deletions, gone])


def _set_taken_apart(evidence: Evidence) -> Evidence:
    """A snapshot of the set before is deleted, although a snapshot of the newest set cannot be restored at once."""
    newest = of(evidence, "shop-db", IRELAND)
    before = next(
        snapshot for snapshot in of_day(evidence, "shop-db", IRELAND, 29) if snapshot.volume_id != newest.volume_id
    )
    return _deleted(with_changed(evidence, replace(newest, archived=True)), before)


def _owed_deleted(evidence: Evidence) -> Evidence:
    """The copy was never made, and its primary went on its own date."""
    id = evidence.facts.instance_ids["reports"]
    primary = next(
        deletion.snapshot
        for deletion in evidence.deletions
        if deletion.snapshot.tags.get("Source_InstanceId") == id and not deletion.snapshot.primary_id
    )
    seen = {id: snapshot for id, snapshot in evidence.seen.items() if snapshot.primary_id != primary.id}
    return replace(evidence, seen=seen)


def _promise_broken(evidence: Evidence) -> Evidence:
    return _described(evidence, "shop-cart - until 2027-01-01")


def _deleted_without_proof(evidence: Evidence) -> Evidence:
    return _described(evidence, "before the upgrade")


def _described(evidence: Evidence, description: str) -> Evidence:
    """The last deletion in Ireland was of a snapshot with another description."""
    last = [deletion for deletion in evidence.deletions if deletion.snapshot.region == IRELAND][-1]
    other = replace(last, snapshot=replace(last.snapshot, description=description))
    return replace(evidence, deletions=[*(deletion for deletion in evidence.deletions if deletion is not last), other])


def _mistake_carried_out(evidence: Evidence) -> Evidence:
    [mistake] = evidence.facts.mistakes
    condemned = next(id for id in mistake.before if id not in evidence.standing)
    return replace(
        evidence,
        deletions=[
            replace(deletion, at=mistake.at) if deletion.snapshot.id == condemned else deletion
            for deletion in evidence.deletions
        ],
    )


def _not_put_right(evidence: Evidence) -> Evidence:
    [mistake] = evidence.facts.mistakes
    snapshot = next(evidence.standing[id] for id in mistake.before if id in evidence.standing)
    return with_changed(evidence, replace(snapshot, tags={**snapshot.tags, "DeleteOn": "2026-11-24"}))


def _mistake_unreported(evidence: Evidence) -> Evidence:
    return replace(
        evidence,
        invocations=[
            replace(invocation, log=invocation.log.replace('"wrong":"brought-forward"', '"wrong":"value"'))
            for invocation in evidence.invocations
        ],
    )


def _mistake_for_another_reason(evidence: Evidence) -> Evidence:
    return replace(
        evidence,
        invocations=[
            replace(
                invocation,
                log=invocation.log.replace('"reason_code":"brought-forward"', '"reason_code":"breaker-holds"'),
            )
            for invocation in evidence.invocations
        ],
    )


def _held(evidence: Evidence) -> Snapshot:
    """The last snapshot of shop-cart before the creator was off."""
    [volume] = evidence.facts.volume_ids["shop-cart"]
    [off] = evidence.facts.outages
    before = [
        snapshot for snapshot in evidence.seen.values() if snapshot.volume_id == volume and snapshot.started < off.since
    ]
    return max(before, key=lambda snapshot: snapshot.started)


def _undeleted_but_deleted_again(evidence: Evidence) -> Evidence:
    """As if the sweep had looked at the old DeleteOn."""
    [undeletion] = evidence.facts.undeletions
    at = undeletion.at + timedelta(hours=18)
    return replace(
        evidence,
        deletions=[
            replace(deletion, at=at)
            if deletion.snapshot.id == undeletion.snapshot_id and deletion.at > undeletion.at
            else deletion
            for deletion in evidence.deletions
        ],
    )


def _never_undeleted(evidence: Evidence) -> Evidence:
    [undeletion] = evidence.facts.undeletions
    return replace(
        evidence,
        deletions=[
            deletion
            for deletion in evidence.deletions
            if deletion.snapshot.id != undeletion.snapshot_id or deletion.at < undeletion.at
        ],
    )


def _never_deleted(evidence: Evidence) -> Evidence:
    [undeletion] = evidence.facts.undeletions
    ids = {undeletion.snapshot_id}
    return replace(evidence, deletions=[deletion for deletion in evidence.deletions if deletion.snapshot.id not in ids])


TAMPERED = [
    (_wrong_duplicate_deleted, "copy snap-0 in eu-central-1", "kept; is deleted: the next copy will be a full one"),
    (_overdue, "in eu-", "expected gone, or never created; is completed, DeleteOn=2026-11-"),
    (_overdue, "in eu-", "expected gone; is completed, DeleteOn=2026-11-"),
    (_protected_deleted, "in us-east-1", "expected never deleted; is deleted: it had KeepForever"),
    (_unmanaged_deleted, "in eu-west-1", "expected never deleted; is deleted: it was not the app's"),
    (_deleted_too_early, "in eu-west-1", "expected never deleted; is deleted: it was to stand until 2026-12-28"),
    (_taken_too_early, "in eu-west-1", "expected deleted on 2026-11-17; is 2026-11-15"),
    (_taken_too_early, "in eu-west-1", "expected kept past its DeleteOn; is deleted: it was the newest of its volume"),
    (_held_without_a_reason, "on 2026-11-16", "expected newest-of-volume for vol-"),
    (_held_without_a_reason, "on 2026-11-16", "expected newest-copy for vol-"),
    (_grace_cut_short, "in eu-central-1", "expected deleted on 2026-12-22; is 2026-11-30"),
    (_grace_cut_short, "in eu-central-1", "expected gone on 2026-12-22; is 2026-11-30"),
    (
        _grace_cut_short,
        "in eu-central-1",
        "expected kept past its DeleteOn; is deleted: it was the newest of its volume",
    ),
    (_set_taken_apart, "in eu-west-1", "is deleted: it was of the newest whole set, 2026-11-29T01:00Z"),
    (_owed_deleted, "in us-east-1", "expected kept past its DeleteOn; is deleted: it owed a copy to eu-west-1"),
    (_promise_broken, "in eu-west-1", "expected never deleted; is deleted: it was promised until 2027-01-01"),
    (_deleted_without_proof, "in eu-west-1", "is deleted: it promises no date, and is younger than one that does"),
    (_mistake_carried_out, "in us-east-1", "expected not gone before 25 Nov 09:10; is 2026-11-25"),
    (
        _mistake_carried_out,
        "deletions in us-east-1",
        "expected none from 25 Nov 00:40 to 25 Nov 09:10, some in the day after it; is ",
    ),
    (_not_put_right, "in us-east-1", " again; is DeleteOn=2026-11-24"),
    (_mistake_unreported, "in us-east-1 on 2026-11-25", "expected a tag problem in the log; is none"),
    (_mistake_for_another_reason, "in us-east-1 on 2026-11-25", "expected brought-forward; is breaker-holds"),
    (_undeleted_but_deleted_again, "in eu-central-1", "expected there until 2026-11-29; is deleted on 2026-11-27"),
    (_undeleted_but_deleted_again, "in eu-central-1", "expected deleted on 2026-11-29; is 2026-11-27"),
    (_never_undeleted, "in eu-central-1", "expected there until 2026-11-29; is gone without a deletion"),
    (_never_deleted, "in eu-central-1", "expected deleted before it was restored; is not"),
]
