"""A report as plain text: for a mail, it starts with what needs attention. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from chalicelib.quoting import printable
from chalicelib.report.model import Orphan, Report
from chalicelib.report.wording import age_text
from chalicelib.wording import counted

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
LONGEST_SUBJECT = 99
# SNS takes 256 KiB; a mail that long is read by nobody.
MOST_LINES = 40
# What failed and was made good is news for a day.
NEWS = timedelta(days=1)


def headline(report: Report) -> str:
    """Return the report in one sentence."""
    totals = report.totals
    wanted = totals.covered + totals.late + totals.uncovered
    if not wanted:
        return "No volume is to be backed up." if not report.unreadable else "Not all Regions could be read."
    if uncovered := wanted - totals.covered:
        return f"{uncovered:,} of {counted(wanted, 'volume')} to be backed up {_are(uncovered)} not covered."
    every = f"All {counted(wanted, 'volume')}" if wanted > 1 else "The one volume"
    well = f"{every} to be backed up {_are(wanted)} covered"
    if totals.copies_missing:
        return f"{well}, but {counted(totals.copies_missing, 'copy', 'copies')} {_are(totals.copies_missing)} missing."
    if report.unreadable:
        return f"{well}, but not all copies could be looked at."
    if report.attention:
        return f"{well}; {counted(len(report.attention), 'thing')} to look at."
    return f"{well}."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def subject(report: Report) -> str:
    """Return the subject of a mail: one line of ASCII, at most 99 characters."""
    state = f"{counted(len(report.attention), 'thing')} to look at" if report.attention else "all is well"
    where = ", ".join(report.regions)
    line = f"EBS backups in {where}: {state}"
    if len(line) > LONGEST_SUBJECT:
        line = f"EBS backups in {counted(len(report.regions), 'Region')}: {state}"
    return line.encode("ascii", "replace").decode()


def as_text(report: Report) -> str:
    """Return the report as lines of text, what needs attention first; control characters of tags are left out."""
    lines = [headline(report), "", *_attention(report), *_figures(report), "", *_more(report), *_cost(report)]
    return "\n".join(printable(line, "") for line in lines).rstrip() + "\n"


def _attention(report: Report) -> Iterator[str]:
    if report.attention:
        yield "To look at, the worst first:"
        yield from _cut(f"  {each.target}: {each.text}" for each in report.attention)
        yield ""


def _cut(lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    yield from listed[:MOST_LINES]
    if len(listed) > MOST_LINES:
        yield f"  and {len(listed) - MOST_LINES:,} more"


def _figures(report: Report) -> Iterator[str]:
    totals = report.totals
    yield f"{', '.join(report.regions)} at {report.now:%Y-%m-%d %H:%M} UTC:"
    yield (
        f"  volumes: {totals.covered:,} covered, {totals.late:,} late, {totals.uncovered:,} uncovered, "
        f"{totals.left_out:,} left out, {totals.untagged:,} not tagged for backup"
    )
    if totals.oldest_age is not None:
        yield f"  the volume that has waited longest has a snapshot {age_text(totals.oldest_age)} old"
    yield (
        f"  copies: {totals.copies_missing:,} missing, {totals.copies_deferred:,} deferred, "
        f"{totals.copies_pending:,} on their way"
    )
    held = f"{counted(totals.snapshots, 'snapshot')}, {counted(totals.copies, 'copy', 'copies')}"
    yield f"  {held}; {totals.kept_forever:,} kept forever"


def _more(report: Report) -> Iterator[str]:
    """Yield what is good to know: repaired failures of the last day, orphans, copies for other Regions."""
    repaired = [each for each in report.failures if each.repaired and report.now - each.at < NEWS]
    if repaired:
        yield "Failed since yesterday, and made good:"
        yield from _cut(f"  {each.kind} {each.id} of {each.of}: {each.cause}; {each.repaired}" for each in repaired)
        yield ""
    if report.orphans:
        yield "Snapshots of what is gone:"
        yield from _cut(f"  {each.name} {each.volume_id} ({each.region}): {_orphan(each)}" for each in report.orphans)
        yield ""
    if report.guests:
        yield "Copies held for other Regions:"
        yield from _cut(
            f"  {each.region}: {counted(each.copies, 'copy', 'copies')} from {each.source_region}, "
            f"the newest of {each.newest_at:%Y-%m-%d %H:%M}"
            for each in report.guests
        )
        yield ""


def _orphan(orphan: Orphan) -> str:
    held = f"{counted(orphan.snapshots, 'snapshot')}, {counted(orphan.copies, 'copy', 'copies')}"
    end = f"the last may go on {orphan.runs_out}" if orphan.runs_out else "at least one is kept for good"
    return f"{orphan.reason}; {held}; {end}"


def _cost(report: Report) -> Iterator[str]:
    yield f"Cost, roughly: {report.cost.low:,.2f} to {report.cost.high:,.2f} USD a month, assuming that"
    yield from (f"  {each}" for each in report.cost.assumptions)
