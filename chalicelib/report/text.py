"""A report as plain text. A mail starts with what needs attention. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from chalicelib.quoting import printable
from chalicelib.report.model import Orphan, Report
from chalicelib.wording import age_text, counted

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT_LENGTH = 99
# SNS takes 256 KiB, but people do not read such a long mail.
MAX_LINES = 40
# A failure that is resolved is reported for this long.
RESOLVED_SHOWN_FOR = timedelta(days=1)


def headline(report: Report) -> str:
    """Return the report in one sentence."""
    totals = report.totals
    wanted = totals.covered + totals.late + totals.uncovered
    if not wanted:
        return "No volume is to be backed up." if not report.unreadable else "Not all Regions could be read."
    if not_covered := wanted - totals.covered:
        return f"{not_covered:,} of {counted(wanted, 'volume')} to be backed up {_are(not_covered)} not covered."
    volumes = f"All {counted(wanted, 'volume')}" if wanted > 1 else "The one volume"
    covered = f"{volumes} to be backed up {_are(wanted)} covered"
    if missing := totals.copies_missing:
        return f"{covered}, but {counted(missing, 'copy', 'copies')} {_are(missing)} missing."
    if report.unreadable:
        return f"{covered}, but some copies could not be read."
    if report.attention:
        return f"{covered}; {_need_attention(report)}."
    return f"{covered}."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _need_attention(report: Report) -> str:
    count = len(report.attention)
    return f"{counted(count, 'item')} {'needs' if count == 1 else 'need'} attention"


def subject(report: Report) -> str:
    """Return the subject of a mail: one line of ASCII, at most 99 characters."""
    state = _need_attention(report) if report.attention else "all is well"
    line = f"EBS backups in {', '.join(report.regions)}: {state}"
    if len(line) > MAX_SUBJECT_LENGTH:
        line = f"EBS backups in {counted(len(report.regions), 'Region')}: {state}"
    return line.encode("ascii", "replace").decode()


def as_text(report: Report) -> str:
    """Return the report as lines of text; control characters of tags are left out."""
    lines = [headline(report), "", *_attention(report), *_figures(report), "", *_details(report), *_cost(report)]
    return "\n".join(printable(line, "") for line in lines).rstrip() + "\n"


def _attention(report: Report) -> Iterator[str]:
    if report.attention:
        yield "Needs attention, most urgent first:"
        yield from _limited(f"  {entry.target}: {entry.text}" for entry in report.attention)
        yield ""


def _limited(lines: Iterable[str]) -> Iterator[str]:
    """Yield the first ``MAX_LINES`` lines, and how many more there are."""
    listed = list(lines)
    yield from listed[:MAX_LINES]
    if len(listed) > MAX_LINES:
        yield f"  and {len(listed) - MAX_LINES:,} more"


def _figures(report: Report) -> Iterator[str]:
    totals = report.totals
    yield f"{', '.join(report.regions)} at {report.now:%Y-%m-%d %H:%M} UTC:"
    yield (
        f"  volumes: {totals.covered:,} covered, {totals.late:,} late, {totals.uncovered:,} uncovered, "
        f"{totals.left_out:,} left out, {totals.untagged:,} not tagged for backup"
    )
    if totals.oldest_age is not None:
        yield f"  longest time since the newest snapshot of a volume: {age_text(totals.oldest_age)}"
    yield (
        f"  copies: {totals.copies_missing:,} missing, {totals.copies_deferred:,} deferred, "
        f"{totals.copies_pending:,} pending"
    )
    yield f"  {_snapshots_and_copies(totals.snapshots, totals.copies)}; {totals.kept_forever:,} kept forever"


def _details(report: Report) -> Iterator[str]:
    """Yield what needs no action: resolved failures of the last day, orphans, copies of other Regions."""
    resolved = [
        failure for failure in report.failures if failure.resolution and report.now - failure.at < RESOLVED_SHOWN_FOR
    ]
    if resolved:
        yield "Failures of the last day that are resolved:"
        yield from _limited(
            f"  {failure.kind} {failure.id} of {failure.of}: {failure.cause}; resolved: {failure.resolution}"
            for failure in resolved
        )
        yield ""
    if report.orphans:
        yield "Snapshots of volumes that are not attached:"
        yield from _limited(
            f"  {orphan.name} {orphan.volume_id} ({orphan.region}): {_orphan(orphan)}" for orphan in report.orphans
        )
        yield ""
    if report.foreign_copies:
        yield "Copies from Regions that are not part of this report:"
        yield from _limited(
            f"  {copies.region}: {counted(copies.copies, 'copy', 'copies')} from {copies.source_region}, "
            f"the newest of {copies.newest_at:%Y-%m-%d %H:%M}"
            for copies in report.foreign_copies
        )
        yield ""


def _orphan(orphan: Orphan) -> str:
    stored = _snapshots_and_copies(orphan.snapshots, orphan.copies)
    end = f"the last may be deleted on {orphan.last_expiry}" if orphan.last_expiry else "at least one never expires"
    return f"{orphan.reason}; {stored}; {end}"


def _snapshots_and_copies(snapshots: int, copies: int) -> str:
    return f"{counted(snapshots, 'snapshot')}, {counted(copies, 'copy', 'copies')}"


def _cost(report: Report) -> Iterator[str]:
    yield f"Estimated cost: {report.cost.low:,.2f} to {report.cost.high:,.2f} USD a month. Assumptions:"
    yield from (f"  {assumption}" for assumption in report.cost.assumptions)
