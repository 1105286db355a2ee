"""Checks of what was deleted, of what must not have been, and that the app said why it held what it held."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from emulator.demo.case import Case, Verdict
from emulator.demo.expected import GRACE
from emulator.demo.world import Mistake, Seen

DAY = timedelta(days=1)
FEWEST, MOST_PERCENT = 20, 80  # what is too much at once


def deleted_on_their_day(case: Case) -> Verdict:
    """Each deletion is one of the app's, of its own snapshots, on the very day."""
    verdict = Verdict("whatever went was managed, unprotected, and deleted by the app on DeleteOn, unless held")
    for one in case.evidence.seen.values():
        if one.id not in case.evidence.standing:
            what = f"{one.id} in {one.region}"
            verdict.hold(one.managed and "KeepForever" not in one.tags, what, "never deleted", "gone")
            goes, went = case.goes_on(one), case.gone_on.get(one.id)
            when = "kept while it is the newest" if goes == date.max else f"deleted on {goes}"
            verdict.hold(went == goes, what, when, went or "gone otherwise")
    return verdict


def newest_never_went(case: Case) -> Verdict:
    """Without a look at any date: a deletion always left something newer behind."""
    verdict = Verdict("nothing that went was the newest of a volume still backed up, or a newest copy in its grace")
    of: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in case.evidence.seen.values():
        if one.managed and one.state == "completed":
            of[case.primary(one).volume_id, one.region].append(one)
    ended = {id: at for name, at in case.facts.terminated.items() for id in case.facts.volume_ids[name]}
    went = {one.snapshot_id: one.at for one in case.evidence.deletions}
    for (volume_id, region), family in of.items():
        for one in family:
            if at := went.get(one.id):
                over = one.primary_id is None and volume_id in ended and ended[volume_id] < at
                over |= one.primary_id is not None and one.delete_on is not None and at.date() >= one.delete_on + GRACE
                left = (other for other in family if case.gone_on.get(other.id, date.max) > at.date())
                newer = any(one.started < other.started < at for other in left)
                verdict.hold(over or newer, f"{one.id} in {region}", "something newer when it went", "nothing")
    return verdict


def newest_was_held(case: Case) -> Verdict:
    """Day for day from its DeleteOn until a newer one came, or the grace of the newest copy was over."""
    verdict = Verdict("the newest snapshot or copy stood past its DeleteOn, and the app said so on every such day")
    said = {
        (id, day): record.reason for day, found in case.by_day.items() for record in found.kept for id in record.targets
    }
    stopped = {(one.region, one.at.date()) for one in case.facts.mistakes}
    held = set()
    for due in case.due:
        for region, goes in {due.instance.region: due.goes, **due.copies_go}.items():
            kind = "copy for" if region in due.copies_go else "snapshot of"
            day = due.copies_expire if region in due.copies_go else due.expires
            while day < min(goes, case.today + DAY):
                for one in case.all_in(due, region) if (region, day) not in stopped else ():
                    held.add(kind)
                    reason = said.get((one.id, day), "not a word")
                    expected = f"the newest completed {kind} {due.volume_id}"
                    verdict.hold(reason.startswith(expected), f"{one.id} in {region} on {day}", expected, reason)
                day += DAY
    verdict.hold(held == {"snapshot of", "copy for"}, "held past their dates", "a snapshot and a copy", held)
    return verdict


def mistake_deleted_nothing(case: Case) -> Verdict:
    """All that the script condemned outlived that day, has its own date again, and was not gone before it."""
    verdict = Verdict("the script's mistake deleted nothing: the sweep stopped, said what to set, and went on")
    for mistake in case.facts.mistakes:
        today, region = mistake.at.date(), mistake.region
        for id, day in mistake.before.items():
            went = case.gone_on.get(id, date.max)
            verdict.hold(
                went > max(today, day - DAY), f"{id} in {region}", f"not gone by {today}, nor before {day}", went
            )
            now = case.evidence.seen[id].delete_on
            verdict.hold(now == day, f"{id} in {region}", f"DeleteOn={day} again", f"DeleteOn={now}")
        condemned, managed = _condemned(case, mistake)
        enough = managed >= FEWEST and condemned * 100 > MOST_PERCENT * managed
        verdict.hold(enough, "the script's work", "too much to delete at once", f"{condemned} of {managed}")
        expected = f"would delete {condemned} of {managed} managed snapshots"
        said = [one.reason for one in case.by_day[today].failed if one.targets == (region,)]
        told = [reason for reason in said if expected in reason and "set MAX_DELETE_PERCENT to" in reason]
        verdict.hold(bool(said) and told == said, f"the failure in {region}", f"{expected}, and what to set", said)
        days = {one.at.date() for one in case.evidence.deletions if one.region == region}
        verdict.hold(today not in days and today + DAY in days, f"deletions in {region}", "from the next day on", days)
    return verdict


def _condemned(case: Case, mistake: Mistake) -> tuple[int, int]:
    """What would have gone if the sweep had not stopped, all but the newest of each volume; and all that there was."""
    written = [case.evidence.seen[id] for id in mistake.before]
    forever = sum(case.evidence.seen[id].region == mistake.region for id in case.facts.kept_forever)
    return len(written) - len({case.primary(one).volume_id for one in written}), len(written) + forever


CHECKS = (
    deleted_on_their_day,
    newest_never_went,
    newest_was_held,
    mistake_deleted_nothing,
)
