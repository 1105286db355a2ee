"""How a report is written down: JSON, CSV, text for people, and a page. Whatever comes from tags stays harmless."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

import pytest

from chalicelib.models import Inventory
from chalicelib.report import RegionView, as_csv, as_json, as_text, make_report, subject
from chalicelib.report.tables import COLUMNS
from chalicelib.report.text import MAX_LINES
from chalicelib.schedule import parse_schedule
from chalicelib.wording import age_text, schedule_text
from reactor_cli.page import as_html
from tests.browser.sample import HOSTILE, company
from tests.pure.builders import CONTRACT, REGION, at, instance, snapshot, volume

NOW = at("2026-11-22 06:30")
BACKUP = {"Backup": "Yes", "Name": "web"}


def test_json_holds_everything() -> None:
    report = company(12, 2, 5)
    data: dict[str, Any] = as_json(report)
    assert set(data) == set(asdict(report))
    assert data["now"] == "2026-11-22T06:30:00Z"
    assert json.loads(json.dumps(data)) == data


def test_csv_has_a_line_for_each_volume_and_destination() -> None:
    report = company(24, 2, 5)
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(max(1, len(volume.copies)) for instance in report.instances for volume in instance.volumes)
    assert {row["cover"] for row in rows} == {"covered", "late", "uncovered"}
    assert {row["covered"] for row in rows} == {"yes", "no"}


def test_text_starts_with_what_needs_attention_and_holds_no_control_characters() -> None:
    web = instance(raw=BACKUP | {"Name": "x\x1b[31m\ny"}, volumes=[volume()])
    text = as_text(make_report([RegionView(REGION, Inventory(instances=(web,)))], NOW))
    assert text.startswith("1 of 1 volume to be backed up is not covered.\n\nNeeds attention, most urgent first:\n")
    assert text.splitlines()[3].startswith("  x[31my (i-0a")
    assert "\x1b" not in text


def test_a_subject_is_one_short_line_of_ascii() -> None:
    report = make_report([RegionView(f"région-{number}") for number in range(30)], NOW)
    assert subject(report) == "EBS backups in 30 Regions: all is well"
    assert subject(company(4)).isascii()


def test_the_page_escapes_what_comes_from_tags_and_stays_small() -> None:
    page = as_html(company(100, 3, 30))
    assert len(page.encode()) < 300_000
    assert HOSTILE not in page
    assert page.count("<script") == 1
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_an_empty_report_is_a_report() -> None:
    report = make_report([], NOW)
    assert as_text(report).startswith("No volume is to be backed up.")
    assert "No volume is to be backed up." in as_html(report)
    assert as_csv(report).splitlines() == [",".join(COLUMNS)]


@pytest.mark.parametrize("text", ["daily 03:00", "hourly", "every 6h", "on-request", "on-request 05:00", "every 12h"])
def test_a_schedule_reads_as_its_tag(text: str) -> None:
    assert schedule_text(parse_schedule(text, CONTRACT.daily_at)) == text


@pytest.mark.parametrize(
    ("age", "text"), [(0.2, "12 min"), (3.4, "3 h"), (47.9, "48 h"), (48.0, "2 days"), (1000, "42 days")]
)
def test_ages(age: float, text: str) -> None:
    assert age_text(age) == text


def test_text_lists_orphans_and_copies_of_other_regions() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_InstanceId": "i-9", "Source_VolumeId": "vol-9"}
    left = snapshot("snap-9", raw | {"Name": "old - vol-9 (/dev/xvda)"}, volume_id="vol-9", started=NOW)
    foreign = snapshot("snap-g", raw | {"Source_SnapshotId": "snap-0", "Source_Region": "ap-south-1"}, started=NOW)
    text = as_text(make_report([RegionView(REGION, snapshots=Inventory(snapshots=(left, foreign)))], NOW))
    assert (
        f"  old vol-9 ({REGION}): the instance no longer exists; 1 snapshot, 0 copies; the last may be deleted on 2026-11-29"
        in text
    )
    assert f"  {REGION}: 1 copy from ap-south-1, the newest of 2026-11-22 06:30" in text


def test_a_long_list_is_cut_and_says_so() -> None:
    bare = tuple(instance(f"i-{number:03}", BACKUP, [volume(f"vol-{number:03}")]) for number in range(MAX_LINES + 5))
    text = as_text(make_report([RegionView(REGION, Inventory(instances=bare))], NOW))
    assert "  and 5 more\n" in text
