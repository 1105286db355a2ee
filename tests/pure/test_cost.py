"""What snapshots may cost: the parts add up, more snapshots never cost less, and the exact value is in the range."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.models import Inventory, Snapshot
from chalicelib.plan import Destination
from chalicelib.report import Cost, Prices, RegionView, as_csv, make_report
from chalicelib.report.cost import cost_of_volume
from tests.pure.builders import ELSEWHERE, NOW, REGION, instance, snapshot, volume

DEFAULTS = Prices()
# A volume of so many blocks of 1 GiB, and how many of them change in a day.
BLOCKS = 200
PRICES = Prices(1, 0, 0, daily_change_low=0.01, daily_change_high=0.2)


def held(number: int, days: float, gib: float, state: str = "completed", region: str = REGION) -> Snapshot:
    """A snapshot that was taken so many days ago."""
    existing = snapshot(f"snap-{number}", state=state, started=NOW - timedelta(days=days), region=region)
    return replace(existing, size_gib=gib)


def copied(number: int, days: float, gib: float) -> Snapshot:
    lineage = {"primary_id": f"snap-p{number}", "primary_region": REGION, "source_volume_id": "vol-9"}
    return replace(held(number, days, gib, region=ELSEWHERE), volume_id="vol-ffffffff", **lineage)  # type: ignore[arg-type]


def test_an_orphan_pays_no_transfer() -> None:
    """A volume that is gone changes no more: 1000 GiB of copies cost their storage."""
    there = Destination((copied(1, 1, 1000),))
    view = RegionView(REGION, Inventory(), Inventory(), {ELSEWHERE: there})
    [orphan] = make_report([view], NOW).orphans
    assert (orphan.cost.low, orphan.cost.high) == (50.0, 50.0)


@pytest.mark.parametrize(
    ("raw", "volume_raw", "transfer"),
    [
        pytest.param({"Backup": "Yes", "Copy_Dest": ELSEWHERE}, {}, (1.5, 30.0), id="copied"),
        pytest.param({"Backup": "Yes"}, {}, (0.0, 0.0), id="no longer copied there"),
        pytest.param({"Copy_Dest": ELSEWHERE}, {}, (0.0, 0.0), id="no longer backed up"),
        pytest.param({"Backup": "Yes", "Copy_Dest": ELSEWHERE}, {"Backup": "No"}, (0.0, 0.0), id="left out"),
    ],
)
def test_transfer_is_for_what_will_be_copied(
    raw: dict[str, str], volume_raw: dict[str, str], transfer: tuple[float, float]
) -> None:
    web = instance(raw=raw, volumes=[volume("vol-9", raw=volume_raw)])
    there = Destination((copied(1, 1, 1000),))
    report = make_report([RegionView(REGION, Inventory((web,)), Inventory(), {ELSEWHERE: there})], NOW)
    assert (report.cost.low, report.cost.high) == (50.0 + transfer[0], 50.0 + transfer[1])


def test_a_pending_snapshot_of_unknown_size_costs_no_full_volume() -> None:
    """EC2 reports 10 GiB of a volume of 1000 GiB; of a pending snapshot it reports only the size of the volume."""
    known, pending = held(1, 0, 10), held(2, 0, 1000, "pending")
    assert cost_of_volume([known], [], DEFAULTS) == Cost(0.5, 0.5)
    assert cost_of_volume([known, pending], [], DEFAULTS) == Cost(0.5, 0.5)


def test_the_last_seconds_of_a_day_count() -> None:
    nearly_six = 6 - 5 / 86_400
    daily = [held(number, nearly_six * number / 6, 1000) for number in range(7)]
    cost = cost_of_volume(daily, [], DEFAULTS)
    assert (round(cost.low, 2), round(cost.high, 2)) == (51.5, 65.0)


def test_a_long_gap_is_one_full_copy_and_not_more() -> None:
    """All blocks have changed in 400 days, and then few in a day: the sum is not that of 401 days."""
    cost = cost_of_volume([held(1, 401, 100), held(2, 1, 100), held(3, 0, 100)], [], Prices(1))
    assert (cost.low, cost.high) == (200.5, 205.0)


SNAPSHOTS = st.lists(
    st.builds(
        held,
        st.integers(0, 10**6),
        st.floats(0, 400),
        st.floats(0, 1000),
        st.sampled_from(["completed", "completed", "pending", "error"]),
    ),
    max_size=8,
)


@given(SNAPSHOTS, SNAPSHOTS)
def test_more_snapshots_never_cost_less(some: list[Snapshot], more: list[Snapshot]) -> None:
    fewer, all_of_them = cost_of_volume(some, [], DEFAULTS), cost_of_volume([*some, *more], [], DEFAULTS)
    assert fewer.low <= all_of_them.low
    assert fewer.high <= all_of_them.high
    assert all_of_them.low <= all_of_them.high


@st.composite
def written(draw: st.DrawFn) -> tuple[list[Snapshot], int]:
    """Snapshots of a volume whose blocks are known, and how many versions of blocks they hold together."""
    content = dict.fromkeys(range(draw(st.integers(50, BLOCKS))), 0)
    stored = set(content.items())
    days = [0.0]
    sizes = [len(content)]
    for version in range(1, draw(st.integers(1, 8))):
        gap = draw(st.floats(1, 20))
        least = math.ceil(min(gap * PRICES.daily_change_low, 1) * len(content))
        most = max(math.floor(min(gap * PRICES.daily_change_high, 1) * len(content)), least)
        changed = draw(st.integers(least, most))
        first = draw(st.integers(0, len(content) - 1))
        for number in range(changed):
            content[(first + number) % sizes[-1]] = version
        for new in range(draw(st.integers(0, 20))):
            content[sizes[-1] + new] = version
        stored |= set(content.items())
        days.append(days[-1] + gap)
        sizes.append(len(content))
    snapshots = [held(n, days[-1] - day, size) for n, (day, size) in enumerate(zip(days, sizes, strict=True))]
    return snapshots, len(stored)


@given(st.lists(written(), min_size=1, max_size=3))
def test_the_exact_value_is_in_the_range(volumes: list[tuple[list[Snapshot], int]]) -> None:
    exact = sum(stored for _, stored in volumes)
    costs = [cost_of_volume(snapshots, [], PRICES) for snapshots, _ in volumes]
    assert sum(cost.low for cost in costs) - 0.001 <= exact <= sum(cost.high for cost in costs) + 0.001


def test_the_column_of_costs_in_csv_can_be_added_up() -> None:
    web = instance(raw={"Backup": "Yes", "Copy_Dest": f"{ELSEWHERE} eu-central-1"}, volumes=[volume()])
    report = make_report([RegionView(REGION, Inventory((web,)), Inventory(snapshots=(held(1, 0, 0.09),)))], NOW)
    lines = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [line["cost_low_usd"] for line in lines] == ["0.0045", ""]


@given(st.lists(st.tuples(st.floats(0, 0.3), st.booleans()), max_size=30))
def test_the_sum_of_the_parts_is_the_whole(sizes: list[tuple[float, bool]]) -> None:
    """Many small volumes, each of which costs less than a cent, attached or not."""
    attached = [volume(f"vol-{number}") for number, (_, here) in enumerate(sizes) if here]
    snapshots = tuple(replace(held(number, 0, gib), volume_id=f"vol-{number}") for number, (gib, _) in enumerate(sizes))
    report = make_report(
        [RegionView(REGION, Inventory((instance(volumes=attached),)), Inventory(snapshots=snapshots))], NOW
    )
    parts = [volume.cost for snapshot in report.instances for volume in snapshot.volumes] + [
        orphan.cost for orphan in report.orphans
    ]
    assert report.cost.low == pytest.approx(sum(part.low for part in parts), abs=1e-9)
    assert report.cost.high == pytest.approx(sum(part.high for part in parts), abs=1e-9)
