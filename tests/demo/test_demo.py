"""The demo's month ends well, and its checks notice what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from coverage import Coverage
from rich.console import Console

from emulator.demo import checks
from emulator.demo.__main__ import run
from emulator.demo.company import FRANKFURT, IRELAND, PLACES, local_aws
from emulator.demo.table import table
from emulator.judge import Evidence, World
from tests.demo import tampering, tampering_with_deletions
from tests.demo.tampering import lost_copy, of


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
        world = World(aws, tuple(PLACES))
        with unmeasured():
            well = run(world, Console(file=told, width=100, highlight=False))
        yield Story(told.getvalue(), well, world, world.evidence())


def verdicts(evidence: Evidence) -> tuple[bool, str]:
    """Whether the checks say that all is well, and what they print."""
    printed = io.StringIO()
    well = checks.print_verdicts(checks.check(evidence), Console(file=printed, width=500, highlight=False))
    return well, printed.getvalue()


def drawn(evidence: Evidence) -> str:
    printed = io.StringIO()
    Console(file=printed, width=120).print(table(evidence))
    return printed.getvalue()


def test_the_month_is_printed_and_ends_well(story: Story) -> None:
    assert story.well, story.text
    assert "✗" not in story.text
    assert "Everything is as promised." in story.text
    assert story.text.count("a quiet day") >= 10
    assert "\x1b" not in story.text
    for told in (
        "read Backup=Yse; accepted: Yes",
        "24 on completion: shop-db 12, shop-cart 4,",
        "14 by the hourly run: shop-db 6, shop-cart 4,",
        "6 when a copy slot became free: shop-db 4, payroll 1, shop-web 1;",
        "failed: An internal error occurred”; reported 3 times from 21:31 on, then left as a dead letter",
        "past its DeleteOn 2026-11-10: “KeepForever is set”",
        "it is not the app's, because it has no Type=Automated",
        "snapshots than on the days before: shop-cart 0 instead of 4, shop-db 0 instead of 3, shop-web 0 instead of 1",
        "created at 08:00, as the slot had no snapshot: shop-db 3 (slot 17 Nov 01:00); shop-web 1 (slot 17 Nov 03:00)",
        "The limit is reached.”; ",
        " of them started by 03:41",
        "past its DeleteOn 2026-11-15: “the newest completed snapshot of vol-",
        "past its DeleteOn 2026-11-22: “the newest completed copy for vol-",
        "2 that had been kept past their DeleteOn: shop-cart 2",
        "the last snapshot of stock-print: no backup of it is left",
        "55: shop-db 30, shop-cart 13, payroll 7, reports 5; for example “DeleteOn=2026-11-24 is before 2026-11-",
        # Threads create the snapshots, so that the ids, and the first one of them, differ from run to run.
        ": read DeleteOn=2026-11-24; accepted: 2026-1",
        "as its description promises, or later; until then the snapshot is kept",
        "was deleted on 24 Nov and is in the Recycle Bin until 01 Dec. She sets DeleteOn=2026-11-29 and restores it.",
        "Dan sees the tag problems in the log. The app has corrected 36 of the dates",
    ):
        assert told in " ".join(story.text.split())


@pytest.mark.parametrize(("tamper", "where", "what"), [*tampering.TAMPERED, *tampering_with_deletions.TAMPERED])
def test_a_violation_is_printed(story: Story, tamper: Callable[[Evidence], Evidence], where: str, what: str) -> None:
    well, printed = verdicts(tamper(story.evidence))
    assert not well
    assert any(where in line and what in line for line in printed.splitlines()), printed


def test_a_violation_is_red_on_a_terminal(story: Story) -> None:
    printed = io.StringIO()
    console = Console(file=printed, width=200, highlight=False, force_terminal=True, color_system="standard")
    assert not checks.print_verdicts(checks.check(lost_copy(story.evidence)), console)
    [line] = [line for line in printed.getvalue().splitlines() if "expected 1 completed copy; is none" in line]
    assert "\x1b[31m" in line


def test_a_snapshot_that_somebody_else_deleted_is_noticed(story: Story) -> None:
    snapshot = of(story.evidence, "payroll", "us-east-1")
    story.world.aws.client(snapshot.region).delete_snapshot(SnapshotId=snapshot.id)
    after = story.world.evidence()
    well, printed = verdicts(after)
    assert not well
    assert f"{snapshot.id} in us-east-1: expected there, as the app did not delete it; is gone" in printed
    assert f"{snapshot.id} in us-east-1: expected kept while it is the newest; is gone otherwise" in printed
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
    assert "12, not 11" in drawn(after)
