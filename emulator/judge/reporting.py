"""Checks of what people are told: every failure and bad tag, and why something stands past its date."""

from __future__ import annotations

from datetime import UTC, datetime, time

from emulator import DeadLetter, Invocation
from emulator.judge.case import Case
from emulator.judge.due import DAY
from emulator.judge.leftovers import held_snapshots
from emulator.judge.verdict import Verdict

ATTEMPTS = 3  # Lambda calls an asynchronous function once, and twice more if it fails
BROUGHT_FORWARD = "brought-forward"  # of a date that is before the one that was promised


def failures_were_reported(case: Case) -> Verdict:
    """Each failure that the story is sure to cause ended an invocation with an error."""
    verdict = Verdict("each failure that the story causes was reported as an error")
    errors = [invocation for invocation in case.evidence.invocations if invocation.error is not None]
    for failure in case.facts.failures:
        reported = any(failure.explains(error) for error in errors)
        verdict.require(reported, failure.text, "reported as an error", "not reported")
    return verdict


def nothing_else_failed(case: Case) -> Verdict:
    """Only for a story whose failures are all known: Lambda reports each at each attempt."""
    verdict = Verdict("only expected failures: each was reported 3 times, then became a dead letter")
    failed = [
        snapshot
        for snapshot in case.evidence.seen.values()
        if snapshot.state == "error" and snapshot.primary_id is None
    ]
    volumes = sorted({snapshot.volume_id for snapshot in failed})
    expected = sorted(set(case.facts.failing_volumes))
    verdict.require(volumes == expected, "volumes with a failed snapshot", expected, volumes)
    known = case.facts.failures
    errors = [invocation for invocation in case.evidence.invocations if invocation.error is not None]
    letters = case.evidence.dead_letters
    reports: list[Invocation | DeadLetter] = [*errors, *letters]
    for report in reports:
        explained = any(failure.explains(report) for failure in known)
        what = f"{report.function} in {report.region} at {report.at:%d %b %H:%M}"
        verdict.require(explained, what, "no failure", report.error)
    for failure in known:
        what = f"{failure.function} in {failure.region}, {failure.text}"
        count, left = (sum(failure.explains(report) for report in group) for group in (errors, letters))
        verdict.require(count == ATTEMPTS, what, f"reported {ATTEMPTS} times", f"reported {count} times")
        verdict.require(left == 1, what, "1 dead letter", left)
    return verdict


def bad_tags_were_reported(case: Case) -> Verdict:
    """Tags that look meant but are not understood: nobody else would say so."""
    verdict = Verdict("a Backup tag that the app does not understand was reported every day")
    reported = {(problem.target, day) for day, said in case.log_by_day.items() for problem in said.problems}
    for name, instance in case.facts.instances.items():
        if instance.promise is None and "Backup" in instance.tags:
            day = case.facts.launched[name].date()
            while day <= case.today:
                told = (case.facts.instance_ids[name], day) in reported
                verdict.require(told, f"{name} on {day}", "a tag problem in the log", "none")
                day += DAY
    return verdict


def newest_was_held(case: Case) -> Verdict:
    """Day for day from its DeleteOn until a newer one came, or the grace of the newest copy was over."""
    verdict = Verdict("the log says every day why the newest snapshot or copy is kept past its DeleteOn")
    said = {
        (id, day): (record.code, record.parameters.get("volume", ""))
        for day, log in case.log_by_day.items()
        for record in log.kept
        for id in record.targets
    }
    codes = set()
    for snapshot, day, is_copy in held_snapshots(case):
        expected = ("newest-copy" if is_copy else "newest-of-volume", case.lineage(snapshot)[0])
        codes.add(expected[0])
        code, volume_id = said.get((snapshot.id, day), ("nothing", "the log"))
        as_expected = (code, volume_id) == expected
        verdict.require(as_expected, f"{snapshot} on {day}", " for ".join(expected), f"{code} for {volume_id}")
    both = codes == {"newest-of-volume", "newest-copy"}
    verdict.require(both, "kept past their dates", "a snapshot and a copy", sorted(codes))
    return verdict


def mistake_deleted_nothing(case: Case) -> Verdict:
    """Until it was corrected, no snapshot was deleted, and each was reported; then sweeps went by the right dates."""
    verdict = Verdict("after the mistake with DeleteOn, no sweep deleted anything, and every wrong date was reported")
    forever = datetime.max.replace(tzinfo=UTC) - DAY
    for mistake in case.facts.mistakes:
        today, region, until = mistake.at.date(), mistake.region, mistake.until or forever
        log = case.log_by_day[today]
        kept = {id: record.code for record in log.kept for id in record.targets}
        reported = {problem.target for problem in log.problems if problem.wrong == BROUGHT_FORWARD}
        for id, day in mistake.before.items():
            snapshot, went = case.evidence.seen[id], case.gone_at.get(id, forever)
            earliest = max(until, datetime.combine(day, time(), UTC))
            verdict.require(went > earliest, snapshot, f"not gone before {earliest:%d %b %H:%M}", went)
            verdict.require(
                snapshot.delete_on == day, snapshot, f"DeleteOn={day} again", f"DeleteOn={snapshot.delete_on}"
            )
            code = kept.get(id, "not kept")
            verdict.require(code == BROUGHT_FORWARD, f"{snapshot} on {today}", BROUGHT_FORWARD, code)
            verdict.require(id in reported, f"{snapshot} on {today}", "a tag problem in the log", "none")
        times = [deletion.at for deletion in case.evidence.deletions if deletion.snapshot.region == region]
        resumed = not any(mistake.at <= at < until for at in times) and any(until <= at < until + DAY for at in times)
        listed = ", ".join(f"{at:%d %b %H:%M}" for at in times)
        expected = f"none from {mistake.at:%d %b %H:%M} to {until:%d %b %H:%M}, some in the day after it"
        verdict.require(resumed, f"deletions in {region}", expected, listed)
    return verdict


def the_story_took_place(case: Case) -> Verdict:
    """Without the trouble that the other checks count on, they would prove less than they say."""
    verdict = Verdict("the trouble was real: a day without events, a schedule turned off, a full copy quota")
    runs = [(invocation.function, invocation.region, invocation.at) for invocation in case.evidence.invocations]
    for day in case.facts.events_lost:
        count = sum(function == "copy_on_completion" and at.date() == day for function, _, at in runs)
        verdict.require(count == 0, f"copies started by events on {day}", 0, count)
    for outage in case.facts.outages:
        ran = [at for function, region, at in runs if (function, region) == (outage.function, outage.region)]
        inside = [f"{at:%d %b %H:%M}" for at in ran if outage.covers(at)]
        verdict.require(not inside, f"{outage.function} in {outage.region} while off", "no run", ", ".join(inside))
    for snapshot in case.facts.by_hand:
        past = snapshot.delete_on is not None and snapshot.delete_on <= case.today
        verdict.require(past, snapshot, "past the DeleteOn on it", snapshot.tags)
    for day in case.facts.quota_full:
        verdict.require(bool(case.log_by_day[day].deferred), f"copies deferred on {day}", "some", "none")
    return verdict
