"""Checks of what the app must leave alone: what people made or protect, and instances that must not stand still."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from emulator.judge.case import Case
from emulator.judge.verdict import Verdict

MAX_FREEZE = timedelta(seconds=60)  # after which the script on the instance thaws it by itself


def snapshots_by_hand_are_untouched(case: Case) -> Verdict:
    """They stand, with the tags that they had."""
    verdict = Verdict("snapshots that people made by hand still exist, with unchanged tags")
    for snapshot in case.facts.by_hand:
        now = case.evidence.standing.get(snapshot.id)
        verdict.require(now is not None, snapshot, "there", "gone")
        if now is not None:
            verdict.require(now.tags == snapshot.tags, snapshot, snapshot.tags, now.tags)
    return verdict


def kept_forever(case: Case) -> Verdict:
    """The primary to which somebody gave KeepForever, and its copies: all past their date."""
    verdict = Verdict("the snapshot with KeepForever and its copy are kept past DeleteOn, and the log says why")
    said = {id for record in case.log_by_day[case.today].kept for id in record.targets}
    kept = [
        snapshot
        for snapshot in case.evidence.seen.values()
        if {snapshot.id, snapshot.primary_id} & set(case.facts.kept_forever)
    ]
    kinds = Counter("copy" if snapshot.primary_id else "primary" for snapshot in kept)
    verdict.require(kinds == {"primary": 1, "copy": 1}, "with KeepForever", "a primary and a copy", dict(kinds))
    for snapshot in kept:
        verdict.require(snapshot.id in case.evidence.standing, snapshot, "there", "gone")
        past = snapshot.delete_on is not None and snapshot.delete_on <= case.today
        verdict.require(past, snapshot, "past its date", snapshot.delete_on)
        verdict.require(snapshot.id in said, snapshot, f"a reason in the log of {case.today}", "none")
    return verdict


def instances_were_thawed(case: Case) -> Verdict:
    """From the agents' own times, whatever the app says."""
    verdict = Verdict("no instance's file systems were frozen for more than 60 seconds")
    for freeze in case.evidence.freezes:
        length = freeze.until - freeze.since
        verdict.require(length <= MAX_FREEZE, freeze.instance_id, f"frozen for {MAX_FREEZE} at most", length)
    for instance_id, since in case.evidence.frozen.items():
        verdict.require(False, instance_id, "thawed", f"frozen since {since:%d %b %H:%M:%S}")
    return verdict
