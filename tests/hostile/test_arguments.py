"""Settings and arguments: what is not understood is refused by name, with what was read and what is accepted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.settings import Settings, SettingsError
from emulator import LocalAWS
from reactor_cli import session
from reactor_cli.restore.attaching import attach_commands
from reactor_cli.restore.ec2 import Placement
from reactor_cli.restore.volumes import CreateVolume
from tests.cli.conftest import Company
from tests.hostile.strategies import BRIEF, LARGE, MARKUP, QUICK, VALUES, any_text
from tests.scenarios.stories import make

HOME = "eu-west-1"
SETTINGS = (
    "AWS_REGION", "DAILY_AT", "DEFAULT_RETENTION", "MAX_DELETE_PERCENT", "LAST_COPY_GRACE_DAYS", "COPY_SLOTS", "CONCURRENCY",
    "CONSISTENCY_TIMEOUT", "VSS_TIMEOUT", "VSS_COPY_ONLY", "REPORT_TOPIC_ARN", "DRY_RUN", "LOG_LEVEL",
)  # fmt: skip
NEVER_UNDERSTOOD = (
    "\x1b[31m",
    "２",
    "٣",
    "1e9",
    "-1",
    "0x7",
    "9" * 256,
    "eu-west-1\n.evil",
    "½",
    "arn:aws:sns:x",
    "=1+1",
    LARGE,
)


@QUICK
@given(st.dictionaries(st.sampled_from(SETTINGS), any_text, min_size=1))
def test_settings_are_understood_or_refused_by_name(environ: dict[str, str]) -> None:
    try:
        Settings.from_environ(environ)
    except SettingsError as error:
        said = str(error)
    else:
        return
    assert said.isprintable()
    assert said.partition("=")[0] in environ
    assert " is not understood; accepted: " in said
    assert len(said) < 500 * len(environ)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("text", NEVER_UNDERSTOOD, ids=range(len(NEVER_UNDERSTOOD)))
def test_no_setting_takes_what_means_nothing(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}='.* is not understood; accepted: .") as refusal:
        Settings.from_environ({name: text})
    assert len(str(refusal.value)) < 500


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    with LocalAWS(start=datetime(2026, 11, 22, 2, 45, tzinfo=UTC), regions=(HOME, "us-east-1"), seed=1) as aws:
        web = aws.launch(HOME, name="web", tags={"Backup": "Yes"}, volumes=(8, 9))
        aws.deploy(HOME, CONCURRENCY="1")
        aws.travel(hours=1)
        yield Company(aws, web, web)


ANY = "ANY"
PLACES = (
    (ANY,), ("explain", ANY), ("restore", ANY), ("restore", "WEB", "--at", ANY), ("restore", "WEB", "--zone", ANY),
    ("drill", ANY), ("drill", "WEB", "--zone", ANY), ("plan", "--region", ANY), ("plan", "--profile", ANY), ("run", ANY),
    ("lint", ANY), ("report", "--storage", ANY), ("report", "--transfer", ANY, "1"), ("report", "--daily-change", "0", ANY),
    ("report", "--html", f"missing/missing/{ANY}"), ("report", "--csv", f"missing/missing/{ANY}"), ("policy", ANY), ("plan", "--json", ANY),
)  # fmt: skip
arguments = any_text.filter(lambda text: ("\x00" not in text and text.strip() and not text.isascii()) or text in VALUES)


def refused(company: Company, words: tuple[str, ...], text: str) -> bool:
    """Whether a command ends with a message and code 2; else it must have ended well, and either way in harmless words."""
    said = company.run(*(word.replace("WEB", company.web).replace(ANY, text) for word in words))
    for stream in (said.out, said.err):
        assert all(line.isprintable() for line in stream.split("\n")), words
    if said.code == 2:
        assert "Error: " in said.err
        assert "Traceback" not in said.err
    return said.code == 2


@pytest.mark.parametrize("words", PLACES, ids=" ".join)
def test_an_argument_is_understood_or_refused_in_words(company: Company, words: tuple[str, ...]) -> None:
    calls = len(company.aws.calls)

    @settings(BRIEF, max_examples=10)
    @given(arguments)
    def holds(text: str) -> None:
        refused(company, words, text)

    holds()
    assert company.changes(calls) == []


@pytest.mark.parametrize(("words", "text"), [
    (("restore", ANY), "i-*"), (("restore", ANY), "snap-*"), (("restore", ANY), "snap-????????"), (("drill", ANY), "i-*"),
    (("drill", ANY), "i-"), (("restore", ANY), "i-0123456789abcdef0\n"), (("explain", ANY), "snap-*"),
    (("restore", "WEB", "--at", ANY), "0001-01-01T00:00+14:00"), (("restore", "WEB", "--at", ANY), "9999-12-31T23:59-14:00"),
    (("restore", "WEB", "--at", ANY), "2026-02-30"), (("restore", "WEB", "--at", ANY), "２０２６-１１-２２"),
    (("report", "--storage", ANY), "nan"), (("report", "--storage", ANY), "inf"), (("report", "--storage", ANY), "1e308"),
    (("report", "--storage", ANY), "-1"), (("report", "--transfer", "0", ANY), "nan"), (("plan", "--region", ANY), "*"),
    (("plan", "--region", ANY), "eu-west-1\n"), (("plan", "--profile", ANY), "\x1b[31m"), (("plan", "--region", ANY), "\udcff"),
])  # fmt: skip
def test_what_no_argument_can_mean_is_refused(company: Company, words: tuple[str, ...], text: str) -> None:
    assert refused(company, words, text)


@pytest.mark.parametrize("width", ["0", "9" * 5000, "٣", "-1", "1", "x", "\x1b"])
def test_a_width_that_is_none_is_no_width(company: Company, width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = company.run("plan", "--why")
    monkeypatch.setattr("tests.cli.conftest.COLUMNS", width)
    monkeypatch.setenv("LINES", width)
    assert company.run("plan", "--why") == usual


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "DAILY_AT"])
@pytest.mark.parametrize("text", ["\x1b[31m", "mars", "*", "../..", "http://x/"])
def test_an_environment_that_is_none_is_refused(
    company: Company, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "own_region", lambda: text if name == "AWS_DEFAULT_REGION" else HOME)
    if name != "AWS_DEFAULT_REGION":
        monkeypatch.setenv(name, text)
    assert refused(company, ("plan",), "")


HOSTILE_SOURCES = {
    "no id": {"Source_SnapshotId": "hello", "Source_Region": "us-east-1"},
    "everything": {"Source_SnapshotId": "*", "Source_Region": "us-east-1"},
    "no Region": {"Source_SnapshotId": "snap-01234567", "Source_Region": "mars"},
    "a Region and a line": {"Source_SnapshotId": "snap-01234567", "Source_Region": "eu-west-1\n"},
    "a Region that is not there": {"Source_SnapshotId": "snap-01234567", "Source_Region": "eu-nowhere-9"},
    "an instance that is all": {"Source_InstanceId": "*"},
    "itself": {"Source_SnapshotId": "SELF", "Source_Region": HOME},
}


@pytest.mark.parametrize("case", HOSTILE_SOURCES)
def test_a_source_that_is_none_is_looked_for_nowhere(company: Company, case: str) -> None:
    snapshot_id = make(company.aws, HOME, {"Type": "Automated", "DeleteOn": "2027-01-01"})
    pairs = [{"Key": key, "Value": value.replace("SELF", snapshot_id)} for key, value in HOSTILE_SOURCES[case].items()]
    company.aws.client(HOME).create_tags(Resources=[snapshot_id], Tags=pairs)
    company.aws.travel(minutes=20)
    calls = len(company.aws.calls)
    told = company.run("explain", snapshot_id, "--json")
    assert told.code in (0, 1)
    assert {line["id"] for lines in told.json["volumes"].values() for line in lines} <= {snapshot_id}
    said = company.run("restore", snapshot_id)
    assert (said.code, "give --zone" in said.err) == (2, True)  # of an instance that nobody knows
    assert all("'*'" not in str(call.params) for call in company.aws.calls[calls:])


def test_no_tag_writes_a_line_of_its_own(company: Company) -> None:
    line = "x\nFORGED"
    own = {"Source_VolumeId": line, "Source_Device": line, "Backup_Slot": line, "Source_VolumeType": line, "Name": line,
           "Source_SnapshotId": line, "Source_Region": line, "Source_InstanceId": company.web}  # fmt: skip
    snapshot_id = make(company.aws, HOME, {"Type": "Automated", "DeleteOn": "2026-11-01"} | own)
    company.aws.travel(minutes=20)
    for words in (("explain", snapshot_id), ("explain", company.web, "--all"), ("plan", "--why"), ("run", "sweep", "--dry-run"),
                  ("lint",), ("report",), ("restore", snapshot_id, "--zone", f"{HOME}a")):  # fmt: skip
        said = company.run(*words)
        assert "x?FORGED" in said.out or words[0] not in ("explain", "restore")
        assert not re.search("^ *FORGED", said.out + said.err, re.MULTILINE), said.out


@pytest.mark.parametrize("device", [*MARKUP[:-1], "/dev/sdf; reboot", "/dev/$(id)", "/dev/sd f", "a\nb", ""])
def test_no_command_to_be_pasted_holds_what_a_shell_would_act_on(device: str) -> None:
    call = CreateVolume("snap-01234567", "eu-west-1a", device, 8, "gp3", None, None, ())
    placement = Placement("eu-west-1a", True, {device: "vol-01234567"})
    lines = attach_commands([("vol-0abcdef0", call)], HOME, "my $(profile)", "i-01234567", placement)
    assert not any(device in line for line in lines if device not in ("", "&", "[/]"))
    assert lines[-1].endswith("--device DEVICE")
    assert all("--profile 'my $(profile)'" in line for line in lines)


def test_a_report_costs_what_can_be_written_down(company: Company, tmp_path: Path) -> None:
    said = company.run("report", "--storage", "1000000", "--json", "--csv", str(tmp_path / "x.csv"))
    assert math.isfinite(said.json["cost"]["high"])
