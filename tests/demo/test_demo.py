"""The demo's month ends well, and its checks notice what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from coverage import Coverage
from rich.console import Console

from emulator.demo import checks
from emulator.demo.__main__ import run
from emulator.demo.company import FRANKFURT, IRELAND
from emulator.demo.table import table
from emulator.demo.world import Evidence, Seen, World, local_aws


@dataclass(frozen=True)
class Story:
    """The month as it was told, and the world at its end."""

    text: str
    well: bool
    world: World
    evidence: Evidence


@contextmanager
def unmeasured() -> Iterator[None]:
    """A month under coverage takes twice as long, and would pass lines off as tested that no test looks at."""
    measuring = Coverage.current()
    if measuring:
        measuring.stop()
    yield
    if measuring:
        measuring.start()


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    told = io.StringIO()
    with local_aws() as aws:
        world = World(aws)
        with unmeasured():
            well = run(world, Console(file=told, width=100, highlight=False))
        yield Story(told.getvalue(), well, world, world.evidence())


def verdicts(evidence: Evidence) -> tuple[bool, str]:
    """Whether the checks say that all is well, and what they print."""
    printed = io.StringIO()
    well = checks.tell(checks.check(evidence), Console(file=printed, width=500, highlight=False))
    return well, printed.getvalue()


def drawn(evidence: Evidence) -> str:
    printed = io.StringIO()
    Console(file=printed, width=120).print(table(evidence))
    return printed.getvalue()


def of(evidence: Evidence, name: str, region: str) -> Seen:
    """The newest completed snapshot or copy of an instance that stands in a Region."""
    id = evidence.facts.instance_ids[name]
    mine = [one for one in evidence.standing.values() if one.tags.get("Source_InstanceId") == id]
    return max((one for one in mine if one.region == region), key=lambda one: one.started)


def test_the_month_is_told_and_ends_well(story: Story) -> None:
    assert story.well, story.text
    assert "✗" not in story.text
    assert "All is as it must be." in story.text
    assert story.text.count("a quiet day") >= 15
    assert "\x1b" not in story.text
    for told in (
        "read Backup=Yse; accepted: Yes",
        "by the hourly pass",
        "An internal error occurred",
        "then left as a dead letter",
        "although its DeleteOn is 2026-11-10: “KeepForever is set”",
        "not the app's, as it has no Type=Automated",
        "shop-cart 1 instead of 4, shop-db none instead of 3, shop-web none instead of 1",
        "as their slot was still empty",
        "Too many snapshot copies in progress",
        "the last snapshot of stock-print has expired",
    ):
        assert told in " ".join(story.text.split())


def without(evidence: Evidence, *ids: str) -> Evidence:
    return replace(evidence, standing={id: one for id, one in evidence.standing.items() if id not in ids})


def with_changed(evidence: Evidence, one: Seen) -> Evidence:
    """The same, but for one snapshot, new or altered, that stands."""
    return replace(evidence, standing={**evidence.standing, one.id: one}, seen={**evidence.seen, one.id: one})


def _lost_primary(evidence: Evidence) -> Evidence:
    return without(evidence, of(evidence, "shop-web", IRELAND).id)


def _lost_copy(evidence: Evidence) -> Evidence:
    return without(evidence, of(evidence, "shop-web", FRANKFURT).id)


def _pending_copy(evidence: Evidence) -> Evidence:
    return with_changed(evidence, replace(of(evidence, "shop-web", FRANKFURT), state="pending"))


def _wrong_date(evidence: Evidence) -> Evidence:
    one = of(evidence, "shop-web", IRELAND)
    return with_changed(evidence, replace(one, tags={**one.tags, "DeleteOn": "2027-01-01"}))


def _overdue(evidence: Evidence) -> Evidence:
    gone = next(one for one in evidence.seen.values() if one.managed and one.id not in evidence.standing)
    return with_changed(evidence, gone)


def _uninvited(evidence: Evidence) -> Evidence:
    volume = evidence.facts.volume_ids["shop-search"][0]
    return with_changed(evidence, replace(of(evidence, "shop-web", IRELAND), id="snap-0", volume_id=volume))


def _torn_set(evidence: Evidence) -> Evidence:
    one = of(evidence, "shop-db", IRELAND)
    return with_changed(evidence, replace(one, started=one.started.replace(minute=1)))


def _protection_lost(evidence: Evidence) -> Evidence:
    return without(evidence, *evidence.facts.kept_forever)


def _by_hand_tagged(evidence: Evidence) -> Evidence:
    [one] = evidence.facts.by_hand
    return with_changed(evidence, replace(evidence.standing[one.id], tags={**one.tags, "Type": "Automated"}))


def _by_hand_deleted(evidence: Evidence) -> Evidence:
    return without(evidence, evidence.facts.by_hand[0].id)


def _never_reported(evidence: Evidence) -> Evidence:
    return replace(evidence, invocations=[one for one in evidence.invocations if one.at.day != 5])


def _failed(evidence: Evidence) -> Evidence:
    last = evidence.invocations[-1]
    return replace(evidence, invocations=[*evidence.invocations, replace(last, error="JobFailed: out of paper")])


def _unheard(evidence: Evidence) -> Evidence:
    return replace(evidence, invocations=[one for one in evidence.invocations if not one.error], dead_letters=())


TAMPERED = [
    (_lost_primary, "shop-web vol-", "expected 1 completed snapshot; is none"),
    (_lost_primary, "in eu-west-1", "expected deleted on 2026-12-07; is gone otherwise"),
    (_lost_copy, "in eu-central-1", "expected 1 completed copy; is none"),
    (_pending_copy, "in eu-central-1", "expected 1 completed copy; is none"),
    (_wrong_date, "in eu-west-1", "expected DeleteOn=2026-12-07; is DeleteOn=2027-01-01"),
    (_overdue, "in eu-", "expected gone, or never made; is completed, DeleteOn=2026-11-"),
    (_uninvited, "shop-search vol-", "expected no snapshot; is at least one"),
    (_torn_set, "shop-db at 30 Nov 01:00", "expected one start; is ["),
    (_protection_lost, "in us-east-1", "expected there; is gone"),
    (_by_hand_tagged, "snap-", "is {'Name': 'before the new shop', 'DeleteOn': '2026-11-11', 'Type': 'Automated'}"),
    (_by_hand_deleted, "snap-", "expected there; is gone"),
    (_never_reported, "shop-search on 2026-11-05", "expected a tag problem; is not a word"),
    (_failed, " at 30 Nov ", "expected no failure; is JobFailed: out of paper"),
    (_unheard, "snap-", "expected heard 3 times; is heard 0 times"),
]


@pytest.mark.parametrize(("tamper", "where", "what"), TAMPERED)
def test_what_is_wrong_is_told(story: Story, tamper: Callable[[Evidence], Evidence], where: str, what: str) -> None:
    well, printed = verdicts(tamper(story.evidence))
    assert not well
    assert any(where in line and what in line for line in printed.splitlines()), printed


def test_what_is_wrong_is_red_on_a_terminal(story: Story) -> None:
    printed = io.StringIO()
    console = Console(file=printed, width=200, highlight=False, force_terminal=True, color_system="standard")
    assert not checks.tell(checks.check(_lost_copy(story.evidence)), console)
    [line] = [line for line in printed.getvalue().splitlines() if "is none" in line and "1 completed copy;" in line]
    assert "\x1b[31m" in line


def test_a_snapshot_deleted_behind_the_apps_back_is_missed(story: Story) -> None:
    one = of(story.evidence, "payroll", "us-east-1")
    story.world.aws.client(one.region).delete_snapshot(SnapshotId=one.id)
    after = story.world.evidence()
    well, printed = verdicts(after)
    assert not well
    assert "payroll vol-" in printed
    assert "expected 1 completed snapshot; is none" in printed
    assert f"{one.id} in us-east-1: expected deleted on {one.delete_on}; is gone otherwise" in printed
    assert "7, not 8" in drawn(after)


def test_a_second_copy_is_noticed(story: Story) -> None:
    copy = of(story.evidence, "shop-web", FRANKFURT)
    tags = [{"Key": key, "Value": value} for key, value in copy.tags.items()]
    world = story.world
    world.aws.client(copy.region).copy_snapshot(
        SourceRegion=IRELAND,
        SourceSnapshotId=copy.primary_id,
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )
    # It would take the second copy away again as soon as that completes.
    world.aws.disable(copy.region, "continue_copies")
    world.aws.travel(minutes=3)
    after = world.evidence()
    well, printed = verdicts(after)
    assert not well
    assert "expected 1 completed copy; is 2: " in printed
    assert "8, not 7" in drawn(after)
