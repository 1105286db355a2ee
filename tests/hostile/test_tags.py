"""Tags that nobody would write: read without an exception, decided on in safety, and handed on as EC2 takes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import plan, tags
from chalicelib.models import (
    Code,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    DeleteSnapshot,
    Inventory,
    Snapshot,
    TagProblem,
    Tags,
    Wrong,
)
from chalicelib.plan.sets import sets_of
from chalicelib.report import RegionView, as_csv, as_json, as_text, make_report
from chalicelib.schedule import (
    Retention,
    parse_retention,
    parse_schedule,
)
from chalicelib.wording import reason_text
from emulator.ec2 import limits
from reactor_cli.explain.outlook import outlooks
from reactor_cli.lint.suggestions import meanwhile, suggest
from reactor_cli.page import as_html
from reactor_cli.restore.volumes import volumes_to_create
from tests.hostile.accounts import EXPIRED, TIMES, Account, accounts, everything
from tests.hostile.strategies import BRIEF, KEEP_FOREVER, QUICK, VALUES, values
from tests.pure.builders import ACCOUNT, CONTRACT, ELSEWHERE, NOW, REGION


def skeleton(key: str) -> str:
    """A key as a careful eye reads it, told by what Unicode calls its letters and not by the app's own table."""
    plain = unicodedata.normalize("NFKD", key).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def may_go(raw: Mapping[str, str], today: date) -> bool:
    """Whether the tags prove by themselves, and by plain ASCII, that a snapshot has expired."""
    written = re.fullmatch(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})\s*", raw.get("DeleteOn", ""))
    try:
        expired = bool(written) and date.fromisoformat(written[1]) <= today  # type: ignore[index]
    except ValueError:
        return False
    automated = raw.get("Type", "").strip().lower() == "automated"
    protected = any(key in KEEP_FOREVER or skeleton(key) == "keepforever" for key in raw)
    return automated and expired and not protected


def test_nothing_is_deleted_that_does_not_say_so_in_plain_words() -> None:
    deleted = 0

    @QUICK
    @given(accounts(), st.sampled_from(TIMES))
    def holds(account: Account, now: datetime) -> None:
        nonlocal deleted
        for decision in everything(account, now):
            assert reason_text(decision.reason)
            if not isinstance(decision.call, DeleteSnapshot):
                continue
            deleted += 1
            if decision.reason.code == Code.EXPIRED:
                assert may_go(account.raw[decision.call.snapshot_id], now.date())
            else:
                assert decision.reason.code == Code.COPY_REPLACED
                assert decision.call.snapshot_id in {copy.id for copy in account.copies if not copy.protected}

    holds()
    assert deleted > 5  # or nothing was proved


@pytest.mark.parametrize("key", KEEP_FOREVER)
def test_what_looks_like_keep_forever_protects_and_goes_along(key: str) -> None:
    raw = EXPIRED | {key: "x", "Copy_Dest": ELSEWHERE, "Source_VolumeId": "vol-0a"}
    snapshot = read("snap-0a", raw)
    assert snapshot.protected
    [decision] = plan.plan_sweep([snapshot], NOW.date(), plan.Guards(0, 100), REGION)
    assert (decision.call, decision.reason.code) == (None, Code.KEEP_FOREVER)
    copy = read("snap-0c", EXPIRED | {"Source_SnapshotId": "snap-0a", "Source_Region": REGION}, ELSEWHERE)
    decisions = plan.plan_copies([snapshot], {ELSEWHERE: plan.Destination((copy,))}, NOW)
    [call] = [decision.call for decision in decisions if decision.call]
    assert isinstance(call, CreateTags)
    assert dict(call.tags)[key] == "x"


@pytest.mark.parametrize("key", ["Keep", "KeepFor", "Forever", "KeepForeverNot", "NeverKeep", "ReefForever"])
def test_what_only_resembles_keep_forever_does_not(key: str) -> None:
    assert not read("snap-0a", EXPIRED | {key: "x"}).protected


def read(id: str, raw: Mapping[str, str], region: str = REGION) -> Snapshot:
    volume_id = "vol-0a" if region == REGION else "vol-ffffffff"
    contract = CONTRACT.in_region(region)
    return tags.read_snapshot(id, raw, contract, volume_id=volume_id, state="completed", started=NOW)[0]


@pytest.mark.parametrize("now", TIMES)
@pytest.mark.parametrize("grace", [0, 30, 3650])
@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-01", "0001-01-01"])
def test_the_end_of_all_dates_overflows_nowhere(day: str, grace: int, now: datetime) -> None:
    copy = {"Source_SnapshotId": "snap-0a", "Source_Region": REGION, "Source_VolumeId": "vol-0a"}
    existing = [read("snap-0a", EXPIRED | {"DeleteOn": day, "Copy_DeleteOn": day})]
    there = [read("snap-0c", EXPIRED | copy | {"DeleteOn": day}, ELSEWHERE)]
    guards = plan.Guards(grace, 100)
    for snapshots in (existing, there):
        decided = plan.plan_sweep(snapshots, now.date(), guards, REGION)
        assert bool(decided[0].call) <= (day <= str(now.date()))
        outlook = outlooks(snapshots, [snapshots[0].id], now.date(), guards, REGION)[snapshots[0].id]
        assert outlook.deletion is None or outlook.deletion >= min(now.date(), date.fromisoformat(day))
    if now.year in (1, 9999):
        return  # no clock says so, and a page has no days to show there
    views = [RegionView(REGION, snapshots=Inventory(snapshots=tuple(existing))),
             RegionView(ELSEWHERE, snapshots=Inventory(snapshots=tuple(there)))]  # fmt: skip
    report = make_report(views, now, last_copy_grace_days=grace)
    assert as_text(report)
    assert as_html(report)
    assert as_csv(report)
    assert as_json(report)


@QUICK
@given(values)
def test_parsers_refuse_with_what_is_accepted(text: str) -> None:
    for parse in (parse_retention, lambda word: parse_schedule(word, CONTRACT.daily_at)):
        try:
            parsed = parse(text)
        except ValueError as error:
            said = str(error)
        else:
            said = "such as" if isinstance(parsed, Retention) else "daily"
        assert "such as" in said or "daily" in said


def check(pairs: Tags) -> None:
    """Assert that EC2 takes these tags."""
    limits.tags_of([{"Key": key, "Value": value} for key, value in pairs])


@QUICK
@given(accounts(), st.sampled_from(TIMES))
def test_what_is_written_is_what_ec2_takes(account: Account, now: datetime) -> None:
    for decision in everything(account, now):
        match decision.call:
            case CreateSnapshot() | CreateSnapshots() | CopySnapshot() as call:
                written, said = call.tags, call.description
            case CreateTags() as call:
                held = {snapshot.id: snapshot for snapshot in (*account.primaries, *account.copies)}[call.snapshot_id]
                written, said = tuple((dict(held.tags) | dict(call.tags)).items()), ""
            case _:
                continue
        assert len(said) <= 255
        # A copy's is the primary's, which EC2 took already.
        assert said.isprintable() or isinstance(decision.call, CopySnapshot)
        # What EC2 cannot hold cannot come from it: only how many there are, and how long, is asked of those.
        check(tuple((limits.UNPRINTABLE.sub("_", key), limits.UNPRINTABLE.sub("_", value)) for key, value in written))


def full(some: Iterable[str] = (), number: int = 50) -> dict[str, str]:
    keys = [*some, *(f"team-{index:02}" for index in range(50))]
    return dict.fromkeys(keys[:number], "x" * 256)


def test_a_copy_has_room_for_what_makes_it_one_however_many_ways_there_are_to_protect() -> None:
    spellings = full(("KeepForever" + "\u200b" * number for number in range(40)), 44)
    [call] = copied(EXPIRED | {"Copy_Dest": ELSEWHERE} | spellings, [])
    assert isinstance(call, CopySnapshot)
    check(call.tags)
    assert {"Source_SnapshotId", "Source_Region", "KeepForever"} <= dict(call.tags).keys()


def copied(raw: Mapping[str, str], copies: list[Snapshot]) -> list[object]:
    looked_in = {ELSEWHERE: plan.Destination(tuple(copies))}
    decisions = plan.plan_copies([read("snap-0a", raw)], looked_in, NOW, report_lasting=True)
    return [decision.call or decision for decision in decisions if decision.call or decision.result == "failed"]


def test_protection_that_finds_no_room_on_a_copy_is_a_failure_and_not_a_silence() -> None:
    lineage = {"Source_SnapshotId": "snap-0a", "Source_Region": REGION}
    copy = read("snap-0c", full([*(EXPIRED | lineage)], 50) | EXPIRED | lineage, ELSEWHERE)
    raw = EXPIRED | {"Copy_Dest": ELSEWHERE, "DeleteOn": "2027-01-01", "KeepForever": "audit"}
    later, failure = copied(raw, [copy])
    # The later expiry takes the place of the one there is.
    assert later == CreateTags("snap-0c", ELSEWHERE, (("DeleteOn", "2027-01-01"),))
    assert isinstance(failure, Decision)
    assert (
        reason_text(failure.reason) == "cannot add KeepForever from snap-0a: the copy already has 50 tags; remove one"
    )
    roomy = read("snap-0c", full([*(EXPIRED | lineage)], 49) | EXPIRED | lineage, ELSEWHERE)
    [call] = copied(raw, [roomy])
    assert isinstance(call, CreateTags)
    assert {"DeleteOn", "KeepForever"} == dict(call.tags).keys()


@QUICK
@given(accounts())
def test_restoring_and_linting_bear_all_of_it(account: Account) -> None:
    everywhere = [*account.primaries, *account.copies]
    for set_ in sets_of(everywhere):
        for call in volumes_to_create(set_.snapshots, "eu-west-1a", "restore"):
            assert len(call.tags) <= 50
    for problem in account.problems:
        assert isinstance(meanwhile(problem), str)
        suggestion = suggest(problem, CONTRACT.regions)
        if suggestion and problem.meant in ("Retention", "Copy_Retention") and problem.wrong == Wrong.VALUE:
            assert parse_retention(suggestion)


@pytest.mark.parametrize(("value", "suggestion"), [
    ("99999999d", ""), ("101 years", ""), ("７ days", "7d"), ("0d", ""), ("7d 0w", ""), ("07 days", "7d"),
])  # fmt: skip
def test_every_suggestion_is_a_value_that_is_understood(value: str, suggestion: str) -> None:
    assert suggest(TagProblem("i-0a", "Retention", value, Wrong.VALUE, "Retention"), ()) == suggestion


@BRIEF
@given(accounts(), st.sampled_from(TIMES[:2]))
def test_every_form_of_the_report_is_made(account: Account, now: datetime) -> None:
    report = account.report(now)
    assert as_html(report).endswith("</html>")
    assert as_csv(report).count("\r\n") == len(as_csv(report).splitlines())
    assert all(line.isprintable() for line in as_text(report).split("\n"))
    assert as_json(report)["regions"] == [REGION, ELSEWHERE]
    for snapshots, region in ((account.primaries, REGION), (account.copies, ELSEWHERE)):
        assert outlooks(snapshots, [snapshot.id for snapshot in snapshots], now.date(), plan.Guards(3650, 80), region)


FOREIGN_KEYS = st.from_regex(r"arn:aws:kms:[a-z0-9-]{0,9}:[0-9]{12}:(key|alias)/[a-z0-9-]{1,9}", fullmatch=True)


@QUICK
@given(st.one_of(values, FOREIGN_KEYS))
def test_no_key_leads_out_of_the_account(text: str) -> None:
    raw = EXPIRED | {"Backup": "Yes", "Copy_KmsKey": text}
    owner, _ = tags.read_instance("i-0a", raw, "", (), CONTRACT, account=ACCOUNT)
    primary, _ = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=NOW, account=ACCOUNT
    )
    for key in (owner.policy.copy_kms_key, primary.copy_kms_key):
        assert key is None or key.startswith("alias/") or key.split(":")[4] == ACCOUNT


documents = st.one_of(
    values, st.from_regex(r"(?i)(arn:aws:ssm:[a-z0-9-]*:[0-9]*:document/)?(aws|amazon|amzn)?[-a-z0-9:/.]{3,9}")
)


@QUICK
@given(documents)
@example("arn:aws:ssm:us-east-1:666666666666:document/ebs-snapshot-reactor-fsfreeze")
@example("AWS-RunShellScript")
def test_no_script_leads_out_of_the_account(text: str) -> None:
    raw = {"Backup": "Yes", "Consistency": f"ssm:{text}"}
    wanted = tags.read_instance("i-0a", raw, "", (), CONTRACT, account=ACCOUNT)[0].policy.consistency
    if wanted:
        assert not set(wanted.document) & set(":/")
        assert not wanted.document.casefold().startswith(("aws", "amazon", "amzn"))


@pytest.mark.parametrize("name", VALUES)
def test_no_name_is_part_of_a_script(name: str) -> None:
    acted_on = set(";,='\"`$|&<>{}#\n\r\t\x1b\u2018\u2019\u201c\u201d")
    assert not set(tags.text_for_vss(f"{name} (i-0a) - {REGION}")) & acted_on
    written = tags.for_vss((("Type", "Automated"), ("Name", name), (name, "x")))
    for part in written.split(";"):
        key, value = part.removeprefix("Key=").split(",Value=")
        assert not set(key + value) & acted_on
    assert written.startswith("Key=Type,Value=Automated")
