"""A report as JSON and as CSV. Pure."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict
from datetime import date
from typing import Any

from chalicelib.quoting import printable
from chalicelib.records import json_value, problem_data
from chalicelib.report.model import CopyReport, InstanceReport, Report, VolumeReport

COLUMNS = (
    "region", "instance_id", "instance_name", "schedule", "retention", "volume_id", "device", "size_gib", "covered",
    "cover", "reason", "newest_snapshot", "newest_at", "newest_age_hours", "next_expiry", "snapshots", "kept_forever",
    "destination", "copy_good", "copy_reason", "newest_copy", "newest_copy_at", "newest_copy_age_hours", "copies",
    "copies_missing", "copies_failed", "copies_deferred", "copies_pending", "cost_low_usd", "cost_high_usd",
)  # fmt: skip
# A spreadsheet reads a cell that begins like this as a formula: https://owasp.org/www-community/attacks/CSV_Injection
# Where the list separator is a semicolon, a cell also begins at a semicolon, even inside quotes.
_FORMULA = re.compile(r"(^|;)(\s*[=+@\uff0b\uff0d\uff1d\uff20-])")


def as_json(report: Report) -> dict[str, Any]:
    """Return the whole report as JSON has it; times are ISO 8601 in UTC, ages hours, costs USD a month."""
    problems = [problem_data(problem) for problem in report.problems]
    data: dict[str, Any] = json.loads(json.dumps({**asdict(report), "problems": problems}, default=json_value))
    return data


def as_csv(report: Report) -> str:
    """Return one line for each volume and destination; a volume that is not copied has one with no destination."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for instance in report.instances:
        for volume in instance.volumes:
            for number, copy in enumerate(volume.copies or (None,)):
                # Only the first line of a volume has its cost, so that the column can be added up.
                cost = ("", "") if number else _cost(volume)
                cells = (*_of_volume(instance, volume), *_of_copy(copy), *cost)
                writer.writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _of_volume(instance: InstanceReport, volume: VolumeReport) -> tuple[object, ...]:
    return (
        instance.region, instance.id, instance.name, instance.schedule, instance.retention, volume.id, volume.device,
        volume.size_gib, "yes" if volume.covered else "no", volume.cover.value, volume.reason, volume.newest_id,
        volume.newest_at, volume.newest_age, volume.next_expiry, len(volume.marks), volume.kept_forever,
    )  # fmt: skip


def _of_copy(copy: CopyReport | None) -> tuple[object, ...]:
    if copy is None:
        return ("",) * 11
    return (
        copy.region, "yes" if copy.good else "no", copy.reason, copy.newest_id, copy.newest_at, copy.newest_age,
        len(copy.marks), copy.missing, copy.failed, copy.deferred, copy.pending,
    )  # fmt: skip


def _cost(volume: VolumeReport) -> tuple[object, ...]:
    return (f"{volume.cost.low:.4f}", f"{volume.cost.high:.4f}")


def _harmless(value: object) -> str:
    """Return a cell that is no formula to a spreadsheet, and that has no line break."""
    if value is None:
        return ""
    if isinstance(value, date):
        return json_value(value)
    return _FORMULA.sub(r"\1'\2", printable(str(value), " "))
