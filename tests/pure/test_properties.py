"""What must hold over any inventory."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib import plan
from chalicelib.models import (
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    DeleteSnapshot,
    Instance,
    Snapshot,
    Tags,
)
from chalicelib.wording import reason_text, target_text
from tests.pure.builders import (
    CONTRACT,
    NOW,
    REGION,
    SEVEN_DAYS,
    instance,
    snapshot,
    volume,
)
from tests.pure.test_tags_of_snapshots import SPELLINGS

VOLUMES = [f"vol-0{letter}" for letter in "abcdef"]
words = st.sampled_from(["Yes", "No", "yes", "Yse", ""])
tag_of_volume = st.dictionaries(st.sampled_from(["Backup", "team", "Name"]), words, max_size=3)


@st.composite
def inventories(draw: st.DrawFn) -> list[Instance]:
    instances = []
    for id in draw(st.lists(st.sampled_from(["i-0a", "i-0b", "i-0c"]), unique=True)):
        raw = draw(
            st.fixed_dictionaries(
                {"Backup": words},
                optional={
                    "Retention": st.sampled_from(["7", "7d 4w 12m", "seven"]),
                    "Schedule": st.sampled_from(
                        ["hourly", "daily", "every 6h", "on-request", "on-request 05:00", "never"]
                    ),
                    "Copy_Dest": st.sampled_from(["us-east-1", "us-east-1 eu-central-1", "mars"]),
                    "team": st.sampled_from(["core", "disks"]),
                },
            )
        )
        ids = draw(st.lists(st.sampled_from(VOLUMES), unique=True, max_size=4))
        devices = ["/dev/xvda", "/dev/sdb", "/dev/sdc", "/dev/sdd"]
        volumes = [
            volume(volume_id, device, draw(tag_of_volume)) for volume_id, device in zip(ids, devices, strict=False)
        ]
        instances.append(instance(id, raw, volumes))
    return instances


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    dates = st.sampled_from(["2026-11-01", "2026-11-22", "2026-11-23", "9999-12-31", "soon", ""])
    raws = st.fixed_dictionaries(
        {},
        optional={
            "Type": st.sampled_from(["Automated", "automated", "Manual"]),
            "DeleteOn": dates,
            "Copy_DeleteOn": dates,
            "Copy_Dest": st.sampled_from(["us-east-1", "us-east-1,eu-central-1", REGION, "?"]),
            "Source_SnapshotId": st.just("snap-0z"),
            "Source_Region": st.just("eu-central-1"),
            "Source_VolumeId": st.sampled_from(VOLUMES),
            "Source_InstanceId": st.sampled_from(["i-0a", "i-0b"]),
            "Backup_Slot": st.sampled_from(["2026-11-22T03:00Z", "2026-11-21T03:00Z"]),
            "Name": st.sampled_from(["web", "", "a" * 256]),
        },
    )
    some = draw(st.lists(st.tuples(raws, st.sampled_from([None, *SPELLINGS])), max_size=8))
    return [
        snapshot(
            f"snap-0{index}",
            raw | ({protection: "x"} if protection else {}),
            volume_id=draw(st.sampled_from([*VOLUMES, "vol-ffffffff"])),
            state=draw(st.sampled_from(["completed", "pending", "error", "recoverable"])),
            started=NOW - timedelta(hours=draw(st.integers(0, 100))),
        )
        for index, (raw, protection) in enumerate(some)
    ]


def created(instances: list[Instance], existing: list[Snapshot], now: datetime = NOW) -> list[Decision]:
    return plan.plan_creation(instances, existing, plan.Circumstances(REGION, now, SEVEN_DAYS))


def copied(existing: list[Snapshot], copies: dict[str, list[Snapshot]]) -> list[Decision]:
    there = {name: plan.Destination(tuple(copies.get(name, ()))) for name in CONTRACT.regions}
    return plan.plan_copies(existing, there, NOW)


TODAY = NOW.date()


def swept(existing: list[Snapshot], today: date = TODAY) -> list[Decision]:
    return plan.plan_sweep(existing, today, plan.Guards(30, 80), REGION)


def targets(decisions: list[Decision]) -> list[str]:
    return sorted(target_text(target) for decision in decisions for target in decision.targets)


@given(inventories(), snapshots())
def test_creation_decides_on_every_volume_once(instances: list[Instance], existing: list[Snapshot]) -> None:
    volumes = {volume.id for instance in instances for volume in instance.volumes}
    assert targets(created(instances, existing)) == sorted(volumes)


@given(snapshots())
def test_the_sweep_decides_on_every_snapshot_once(existing: list[Snapshot]) -> None:
    assert targets(swept(existing, NOW.date())) == sorted(snapshot.id for snapshot in existing)


@given(snapshots())
def test_copying_decides_on_every_snapshot_and_destination_once(existing: list[Snapshot]) -> None:
    decided = targets(copied(existing, {}))
    assert len(decided) == len(set(decided))
    assert {target.split(" ")[0] for target in decided} == {snapshot.id for snapshot in existing}


@given(inventories(), snapshots(), st.randoms())
def test_the_order_of_the_input_is_nothing(instances: list[Instance], existing: list[Snapshot], random: object) -> None:
    shuffled = [list(instances), list(existing)]
    for items in shuffled:
        random.shuffle(items)  # type: ignore[attr-defined]
    assert created(instances, existing) == created(*shuffled)  # type: ignore[arg-type]
    assert copied(existing, {}) == copied(shuffled[1], {})  # type: ignore[arg-type]
    today = NOW.date()
    assert swept(existing, today) == swept(shuffled[1], today)  # type: ignore[arg-type]


def raw_of(existing: Snapshot) -> dict[str, str]:
    return dict(existing.tags)


def carry_out(decisions: list[Decision], existing: list[Snapshot]) -> list[Snapshot]:
    """Return the snapshots that exist once EC2 has done what was decided."""
    after = {snapshot.id: snapshot for snapshot in existing}
    ids = (f"snap-1{number:03}" for number in itertools.count())

    def add(volume_id: str, pairs: Tags) -> None:
        created = snapshot(next(ids), dict(pairs), volume_id=volume_id, state="pending")
        after[created.id] = created

    for decision in decisions:
        match decision.call:
            case CreateSnapshot() as call:
                add(call.volume_id, call.tags)
            case CreateSnapshots() as call:
                for volume_id, _ in call.volumes:
                    add(volume_id, call.tags)
            case CreateTags() as call:
                old = after[call.snapshot_id]
                after[old.id] = snapshot(
                    old.id,
                    dict(old.tags) | dict(call.tags),
                    volume_id=old.volume_id,
                    state=old.state,
                    started=old.started,
                )
            case DeleteSnapshot() as call:
                del after[call.snapshot_id]
    return list(after.values())


def work(decisions: list[Decision]) -> list[Decision]:
    return [decision for decision in decisions if decision.call]


@given(inventories(), snapshots())
def test_creation_planned_again_is_empty(instances: list[Instance], existing: list[Snapshot]) -> None:
    after = carry_out(created(instances, existing), existing)
    assert work(created(instances, after)) == []


@given(snapshots())
def test_a_sweep_planned_again_is_empty(existing: list[Snapshot]) -> None:
    today = NOW.date()
    after = carry_out(swept(existing, today), existing)
    assert work(swept(after, today)) == []


@given(snapshots())
def test_copying_planned_again_is_empty(existing: list[Snapshot]) -> None:
    copies: dict[str, list[Snapshot]] = {}
    for number, decision in enumerate(work(copied(existing, {}))):
        call = decision.call
        assert isinstance(call, CopySnapshot)
        created = snapshot(
            f"snap-2{number}",
            dict(call.tags),
            volume_id="vol-ffffffff",
            state="pending",
            region=call.destination,
        )
        copies.setdefault(call.destination, []).append(created)  # fmt: skip
    assert work(copied(existing, copies)) == []
    # Nor does any of the copies ask for a copy of its own where it is.
    for destination, made_there in copies.items():
        there = [replace(copy, state="completed") for copy in made_there]
        assert work(copied(there, {})) == [], destination


@given(snapshots(), st.dates())
def test_what_is_not_managed_or_is_protected_is_never_deleted(existing: list[Snapshot], today: date) -> None:
    by_id = {snapshot.id: snapshot for snapshot in existing}
    for decision in work(swept(existing, today)):
        raw = raw_of(by_id[decision.targets[0].id])
        assert raw["Type"].casefold() == "automated"
        assert not set(raw) & set(SPELLINGS)


@given(inventories(), snapshots())
def test_every_decision_has_a_reason(instances: list[Instance], existing: list[Snapshot]) -> None:
    decisions = created(instances, existing) + copied(existing, {})
    decisions += swept(existing, NOW.date())
    assert all(reason_text(decision.reason) for decision in decisions)


@given(inventories())
def test_each_slot_is_filled_once_however_often_the_creator_runs(instances: list[Instance]) -> None:
    existing: list[Snapshot] = []
    for minutes in (0, 0, 1, 59, 60, 61, 600, 600, 1440, 1439):
        now = NOW + timedelta(minutes=minutes)
        existing = carry_out(created(instances, existing, now), existing)
    filled = [(snapshot.volume_id, snapshot.slot) for snapshot in existing]
    assert len(filled) == len(set(filled))
    assert CONTRACT.region == REGION
