"""Checks of what the app did on the way: protection, reports, failures; and that the story took place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from emulator import DeadLetter, Invocation
from emulator.demo.case import Case, Verdict
from emulator.demo.company import DAYS, EVERYONE, START
from emulator.demo.world import Seen

ATTEMPTS = 3  # Lambda calls an asynchronous function once, and twice more if it fails


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that the story caused: where it must be heard of, and a word that must be in it."""

    function: str
    region: str
    word: str

    def explains(self, one: Invocation | DeadLetter) -> bool:
        """Whether it is what this is about."""
        return (one.function, one.region) == (self.function, self.region) and self.word in (one.error or "")


def left_alone(case: Case) -> Verdict:
    """What people made is still there and as they left it."""
    verdict = Verdict("the snapshot made by hand stands as it was, although its DeleteOn has passed")
    for one in case.facts.by_hand:
        now = case.evidence.standing.get(one.id)
        verdict.hold(now is not None, one.id, "there", "gone")
        if now is not None:
            verdict.hold(now.tags == one.tags, one.id, one.tags, now.tags)
            verdict.hold(one.delete_on is not None and one.delete_on <= case.today, one.id, "past its date", one.tags)
    return verdict


def kept_forever(case: Case) -> Verdict:
    """The primary that was tagged by hand, and its copies: all past their date."""
    verdict = Verdict("the snapshot kept forever and its copy stand past their DeleteOn, and the app says why")
    said = {id for one in case.by_day[case.today].kept for id in one.targets}
    kept = [one for one in case.evidence.seen.values() if {one.id, one.primary_id} & set(case.facts.kept_forever)]
    kinds = Counter("copy" if one.primary_id else "primary" for one in kept)
    verdict.hold(kinds == {"primary": 1, "copy": 1}, "kept forever", "a primary and a copy", dict(kinds))
    for one in kept:
        verdict.hold(one.id in case.evidence.standing, f"{one.id} in {one.region}", "there", "gone")
        verdict.hold(one.delete_on is not None and one.delete_on <= case.today, one.id, "past its date", one.delete_on)
        verdict.hold(one.id in said, one.id, f"a reason in the log of {case.today}", "none")
    return verdict


def terminated_ran_out(case: Case) -> Verdict:
    """The snapshots outlive the instance, each until its own date."""
    verdict = Verdict("a terminated instance's snapshots outlived it, and ran out but for the newest copy's grace")
    for name, at in case.facts.terminated.items():
        of_it: list[Seen] = case.of_volumes(case.facts.volume_ids[name])
        verdict.hold(any((one.delete_on or START.date()) > at.date() for one in of_it), name, "some outlive it", "none")
        for one in of_it:
            goes, went = case.goes_on(one) or date.max, case.gone_on.get(one.id)
            left = went is None if goes > case.today else went == goes
            verdict.hold(left, f"{one.id} in {one.region}", f"gone on {goes}", went or "not gone")
    return verdict


def bad_tags_were_reported(case: Case) -> Verdict:
    """Tags that look meant but are not understood: nobody else would tell."""
    verdict = Verdict("the badly tagged instance has no snapshot, and was reported on every day")
    reported = {(problem.target, day) for day, found in case.by_day.items() for problem in found.problems}
    for instance in EVERYONE:
        if instance.promise is None and "Backup" in instance.tags:
            id = case.facts.instance_ids[instance.name]
            verdict.hold(not case.of_volumes(case.facts.volume_ids[instance.name]), id, "no snapshot", "some")
            for day in _days():
                verdict.hold((id, day) in reported, f"{instance.name} on {day}", "a tag problem", "not a word")
    return verdict


def nothing_else_failed(case: Case) -> Verdict:
    """Each failure is one that the story caused, heard as often as Lambda tries; and no failure is silent."""
    verdict = Verdict("nothing failed but what had to: each was heard three times, then left as a dead letter")
    failed = [one for one in case.evidence.seen.values() if one.state == "error"]
    of = {one.volume_id for one in failed}
    verdict.hold(of == set(case.facts.failing), "volumes with a failed snapshot", case.facts.failing, sorted(of))
    troubles = [Trouble("copy_on_completion", one.region, one.id) for one in failed]
    troubles += [Trouble("sweep_snapshots", one.region, "MAX_DELETE_PERCENT") for one in case.facts.mistakes]
    errors = [one for one in case.evidence.invocations if one.error is not None]
    letters = case.evidence.dead_letters
    every: list[Invocation | DeadLetter] = [*errors, *letters]
    for one in every:
        known = any(trouble.explains(one) for trouble in troubles)
        verdict.hold(known, f"{one.function} in {one.region} at {one.at:%d %b %H:%M}", "no failure", one.error)
    for trouble in troubles:
        heard, left = (sum(trouble.explains(one) for one in group) for group in (errors, letters))
        what = f"{trouble.function} in {trouble.region}, {trouble.word}"
        verdict.hold(heard == ATTEMPTS, what, f"heard {ATTEMPTS} times", f"heard {heard} times")
        verdict.hold(left == 1, what, "1 dead letter", left)
    return verdict


def the_story_took_place(case: Case) -> Verdict:
    """Without the trouble that the checks count on, they would prove less than they say."""
    verdict = Verdict("the trouble was real: lost events, the creator off, full copy slots")
    calls = Counter((one.function, one.at.date()) for one in case.evidence.invocations)
    for day in case.facts.events_lost:
        verdict.hold(calls["copy_on_completion", day] == 0, f"events on {day}", 0, calls["copy_on_completion", day])
    for off in case.facts.creator_off:
        ran = [
            one.at
            for one in case.evidence.invocations
            if (one.function, one.region) == ("create_snapshots", off.region) and off.since <= one.at <= off.until
        ]
        verdict.hold(not ran, f"runs of the creator in {off.region} while it was off", "none", ran)
    for day in case.facts.crowded:
        verdict.hold(bool(case.by_day[day].deferred), f"copies deferred on {day}", "some", "none")
    return verdict


def _days() -> list[date]:
    return [START.date() + timedelta(days=number) for number in range(DAYS)]


CHECKS = (
    kept_forever,
    left_alone,
    terminated_ran_out,
    bad_tags_were_reported,
    nothing_else_failed,
    the_story_took_place,
)
