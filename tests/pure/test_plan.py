from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import plan
from chalicelib.models import (
    Completion,
    Consistency,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    DeleteSnapshot,
    Instance,
    Request,
    Result,
    Snapshot,
    Volume,
    Wish,
)
from chalicelib.schedule import Retention, Tier
from tests.pure.builders import (
    ELSEWHERE,
    NOW,
    REGION,
    SEVEN_DAYS,
    Said,
    at,
    instance,
    said,
    snapshot,
    volume,
)

SLOT, SLOT_BEFORE = "2026-11-22T03:00Z", "2026-11-21T03:00Z"
TODAY = NOW.date()
ROOT, DATA = volume("vol-0a"), volume("vol-0b", "/dev/sdb")


def created(instances: list[Instance], snapshots: list[Snapshot]) -> list[Said]:
    return said(plan.plan_creation(instances, snapshots, plan.Circumstances(REGION, NOW, SEVEN_DAYS)))


def calls(decisions: list[Said]) -> list[object]:
    return [decision.call for decision in decisions if decision.call]


def filling(volume_id: str = "vol-0a", slot: str = SLOT, state: str = "completed") -> Snapshot:
    raw = {"Type": "Automated", "Backup_Slot": slot, "Source_VolumeId": volume_id,
           "Source_Device": "/dev/xvda", "Source_InstanceId": "i-0a", "Name": "x"}  # fmt: skip
    return snapshot(f"snap-{volume_id}", raw, volume_id=volume_id, state=state)


def test_one_volume_takes_one_call_with_everything_in_it() -> None:
    out = [replace(DATA, wish=Wish.NO), volume("vol-0c", "/dev/sdc", {"Backup": "No"})]
    owner = instance(raw={"Backup": "Yes", "Name": "web", "Consistency": "vss"}, volumes=[ROOT, *out])
    [decision] = [decision for decision in created([owner], []) if decision.call]
    tags = (
        ("Backup_Slot", SLOT),
        ("Consistency", "crash"),
        ("DeleteOn", "2026-11-29"),
        ("Name", "web - vol-0a (/dev/xvda)"),
        ("Source_Device", "/dev/xvda"),
        ("Source_InstanceId", "i-0a"),
        ("Source_VolumeId", "vol-0a"),
        ("Source_Volumes", "1"),
        ("Source_Volumes_1", "0a:/xvda"),
        ("Type", "Automated"),
    )
    call = CreateSnapshot(
        "vol-0a",
        "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1 - until 2026-11-29",
        tags,
        "i-0a",
        Consistency("vss"),
        exclude_boot=False,
        exclude_data=("vol-0b", "vol-0c"),
        device="/dev/xvda",
    )
    assert decision == Said(("vol-0a",), f"slot {SLOT} of i-0a has no snapshot", call)


def test_a_call_for_a_data_volume_alone_leaves_the_root_volume_out() -> None:
    [call] = calls(created([instance(volumes=[replace(ROOT, wish=Wish.NO), DATA])], []))
    assert isinstance(call, CreateSnapshot)
    assert (call.volume_id, call.exclude_boot, call.exclude_data) == ("vol-0b", True, ())


def test_several_volumes_take_one_call_at_one_point_in_time() -> None:
    [decision] = created([instance(volumes=[DATA, ROOT])], [])
    assert decision.targets == ("vol-0a", "vol-0b")
    call = decision.call
    assert isinstance(call, CreateSnapshots)
    assert (call.instance_id, call.exclude_boot, call.exclude_data) == ("i-0a", False, ())
    assert call.description == "web (i-0a) - eu-west-1 - until 2026-11-29"
    assert dict(call.tags) == {
        "Type": "Automated",
        "DeleteOn": "2026-11-29",
        "Backup_Slot": SLOT,
        "Source_InstanceId": "i-0a",
        "Source_Volumes": "2",
        "Source_Volumes_1": "0a:/xvda 0b:/sdb",
        "Consistency": "crash",
        "Name": "web (i-0a)",
    }
    assert call.volumes == (("vol-0a", "/dev/xvda"), ("vol-0b", "/dev/sdb"))


def test_a_call_that_takes_only_some_volumes_names_all_of_the_set() -> None:
    out = volume("vol-0d", "/dev/sdd", {"Backup": "No"})
    third = volume("vol-0c", "/dev/sdc")
    [call] = calls(created([instance(volumes=[ROOT, DATA, third, out])], [filling()]))
    assert isinstance(call, CreateSnapshots)
    assert [volume_id for volume_id, _ in call.volumes] == ["vol-0b", "vol-0c"]
    named = {"Source_Volumes": "3", "Source_Volumes_1": "0a:/xvda 0b:/sdb 0c:/sdc"}
    assert named.items() <= dict(call.tags).items()
    [alone] = calls(created([instance(volumes=[ROOT, DATA, third, out])], [filling(), filling("vol-0b")]))
    assert isinstance(alone, CreateSnapshot)
    assert named.items() <= dict(alone.tags).items()


def test_tags_that_differ_between_volumes_are_not_in_the_call() -> None:
    red = volume("vol-0a", raw={"colour": "red", "team": "core"})
    blue = volume("vol-0b", "/dev/sdb", raw={"colour": "blue", "team": "core"})
    [decision] = created([instance(volumes=[red, blue])], [])
    assert isinstance(decision.call, CreateSnapshots)
    assert dict(decision.call.tags)["team"] == "core"
    assert "colour" not in dict(decision.call.tags)
    assert dict(decision.call.tags)["Source_Volumes_1"] == "0a:/xvda+ 0b:/sdb+"


@pytest.mark.parametrize(
    ("volumes", "boot", "data"),
    [
        ([replace(ROOT, wish=Wish.NO), DATA, volume("vol-0c", "/dev/sdc")], True, ()),
        ([ROOT, replace(DATA, wish=Wish.NO), volume("vol-0c", "/dev/sdc")], False, ("vol-0b",)),
    ],
    ids=["the root volume is left out", "a data volume is left out"],
)
def test_what_is_left_out_of_a_set(volumes: list[Volume], boot: bool, data: tuple[str]) -> None:
    [call] = calls(created([instance(volumes=volumes)], []))
    assert isinstance(call, CreateSnapshots)
    assert (call.exclude_boot, call.exclude_data) == (boot, data)


def test_more_to_leave_out_than_a_set_accepts_is_taken_one_by_one() -> None:
    out = [volume(f"vol-1{n:02}", f"/dev/sd{n}", {"Backup": "No"}) for n in range(41)]
    decisions = created([instance(volumes=[ROOT, DATA, *out])], [])
    creations = [decision for decision in decisions if decision.call]
    assert [type(snapshot.call) for snapshot in creations] == [CreateSnapshot, CreateSnapshot]
    assert creations[0].reason == (
        f"slot {SLOT} of i-0a has no snapshot; each volume gets its own call, because EC2 can exclude at most 40 volumes from a set"
    )
    fitting = created([instance(volumes=[ROOT, DATA, *out[:40]])], [])
    [call] = calls(fitting)
    assert isinstance(call, CreateSnapshots)
    assert len(call.exclude_data) == 40


def test_a_volume_attached_to_two_instances_is_taken_once() -> None:
    shared = volume("vol-0s", "/dev/sdf")
    first, second = instance("i-0a", volumes=[shared]), instance("i-0b", volumes=[DATA, shared])
    decisions = created([second, first], [])
    assert [decision.targets for decision in decisions] == [("vol-0s",), ("vol-0b",)]


def test_a_volume_shared_with_an_instance_that_is_not_backed_up_is_taken() -> None:
    shared = volume("vol-0s", "/dev/sdf")
    plain, enabled = instance("i-0a", {}, [shared]), instance("i-0b", volumes=[shared])
    [decision] = created([plain, enabled], [])
    assert decision.call


@pytest.mark.parametrize(
    ("existing", "due"),
    [
        pytest.param([], True, id="nothing"),
        pytest.param([filling()], False, id="filled"),
        pytest.param([filling(state="pending")], False, id="pending fills"),
        pytest.param([filling(state="error")], True, id="failed does not fill"),
        pytest.param([filling(slot="2026-11-21T03:00Z")], True, id="yesterday's"),
        pytest.param([filling("vol-0b")], True, id="another volume's"),
        pytest.param([replace(filling(), primary_id="snap-0x")], True, id="a copy from elsewhere"),
        pytest.param([replace(filling(), managed=False)], True, id="not made by this app"),
    ],
)
def test_due(existing: list[Snapshot], due: bool) -> None:
    assert bool(calls(created([instance(volumes=[ROOT])], existing))) is due


def test_a_new_volume_of_an_instance_already_done_is_taken_alone() -> None:
    done, new = created([instance(volumes=[ROOT, DATA])], [filling("vol-0a")])
    assert done == Said(("vol-0a",), f"slot {SLOT} has snap-vol-0a")
    assert new.targets == ("vol-0b",)
    assert isinstance(new.call, CreateSnapshot)


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (instance(raw={}, volumes=[ROOT]), "i-0a is not tagged Backup=Yes"),
        (instance(volumes=[replace(ROOT, wish=Wish.NO)]), "the volume is tagged Backup=No"),
    ],
)
def test_why_a_volume_is_not_taken(owner: Instance, reason: str) -> None:
    assert created([owner], []) == [Said(("vol-0a",), reason)]


def test_every_volume_that_is_not_taken_is_spoken_of() -> None:
    on_request = {"Backup": "Yes", "Schedule": "on-request"}
    owners = [instance("i-0a", {}, [ROOT]), instance("i-0b", {}, [DATA])]
    owners += [instance(f"i-0{letter}", on_request, [volume(f"vol-0{letter}")]) for letter in "cd"]
    assert [(decision.targets, decision.reason) for decision in created(owners, [])] == [
        (("vol-0c",), "i-0c is backed up on request only"),
        (("vol-0d",), "i-0d is backed up on request only"),
        (("vol-0a",), "i-0a is not tagged Backup=Yes"),
        (("vol-0b",), "i-0b is not tagged Backup=Yes"),
    ]


def test_history_is_asked_for_only_where_it_decides() -> None:
    tiered = instance("i-0a", {"Backup": "Yes", "Retention": "7d 4w"}, [ROOT])
    plain = instance("i-0b", volumes=[DATA])
    yesterday = [filling(slot=SLOT_BEFORE), filling("vol-0b", SLOT_BEFORE)]
    assert plan.history_of_interest([tiered, plain], yesterday, NOW) == ("vol-0a",)
    assert plan.history_of_interest([tiered, plain], [*yesterday, filling()], NOW) == ()
    assert plan.history_of_interest([tiered, plain], [*yesterday, filling(state="error")], NOW) == ("vol-0a",)
    for_copies = instance("i-0a", {"Backup": "Yes", "Copy_Retention": "1y"}, [ROOT])
    assert plan.history_of_interest([for_copies], yesterday, NOW) == ("vol-0a",)


def test_history_is_asked_for_where_the_slot_before_was_not_filled() -> None:
    plain = instance("i-0b", volumes=[DATA, volume("vol-0c", "/dev/sdc", {"Backup": "No"})])
    assert plan.history_of_interest([plain], [], NOW) == ("vol-0b",)
    assert plan.history_of_interest([plain], [filling("vol-0b", SLOT_BEFORE, state="error")], NOW) == ("vol-0b",)
    assert plan.history_of_interest([plain], [filling("vol-0b", SLOT_BEFORE)], NOW) == ()


def test_whoever_has_waited_longest_goes_first() -> None:
    never, long, recent = (instance(f"i-0{name}", volumes=[volume(f"vol-0{name}")]) for name in "zyx")
    history = [
        replace(filling("vol-0x", SLOT_BEFORE), started=at("2026-11-21 03:00")),
        replace(filling("vol-0y", "x"), started=at("2026-11-19 03:00")),
        replace(filling("vol-0y", SLOT, state="error"), id="snap-0f", started=at("2026-11-22 03:00")),
    ]
    decisions = created([recent, long, never], history)
    assert [decision.targets for decision in decisions] == [("vol-0z",), ("vol-0y",), ("vol-0x",)]


def test_an_instance_has_waited_as_long_as_its_volume_that_has_waited_longest() -> None:
    pair = instance("i-0z", volumes=[ROOT, DATA])
    single = instance("i-0a", volumes=[volume("vol-0c")])
    history = [
        replace(filling("vol-0a", SLOT_BEFORE), started=at("2026-11-21 03:00")),
        replace(filling("vol-0c", SLOT_BEFORE), started=at("2026-11-20 03:00")),
    ]
    assert [decision.targets for decision in created([single, pair], history)] == [("vol-0a", "vol-0b"), ("vol-0c",)]


def test_scripted_instances_go_by_waiting_and_by_lot_in_alternation() -> None:
    raw = {"Backup": "Yes", "Consistency": "fsfreeze"}
    scripted = [instance(f"i-0{number:02}", raw, [volume(f"vol-0{number:02}")]) for number in range(40)]
    orders = []
    for minutes in (0, 15):
        circumstances = plan.Circumstances(REGION, NOW + timedelta(minutes=minutes), SEVEN_DAYS)
        decisions = said(plan.plan_creation(scripted, [], circumstances))
        orders.append([target for decision in decisions for target in decision.targets])
    assert orders[0] != orders[1]
    for order in orders:
        assert sorted(order) == [f"vol-0{number:02}" for number in range(40)]
        by_waiting = [target for target in order if target < "vol-012"]
        # Half of the places, at least, go to those that come first without the lot.
        assert set(order[:24]) >= set(by_waiting)


def test_the_first_of_a_week_stands_longer() -> None:
    tiered = instance("i-0a", {"Backup": "Yes", "Retention": "7d 4w"}, [ROOT])
    [first] = calls(created([tiered], [replace(filling(), started=at("2026-11-15 03:00"), slot="x")]))
    assert isinstance(first, CreateSnapshot)
    assert dict(first.tags)["DeleteOn"] == "2026-12-20"
    [later] = calls(created([tiered], [replace(filling(), started=at("2026-11-16 03:00"), slot="x")]))
    assert isinstance(later, CreateSnapshot)
    assert dict(later.tags)["DeleteOn"] == "2026-11-29"


def test_one_that_no_tier_takes_stands_as_long_as_the_default_says() -> None:
    raw = {"Backup": "Yes", "Retention": "4w", "Copy_Dest": ELSEWHERE, "Copy_Retention": "3m"}
    earlier = replace(filling(), started=at("2026-11-16 03:00"), slot="x")
    two_weeks = plan.Circumstances(REGION, NOW, Retention((Tier(14, "d"),)))
    [call] = calls(said(plan.plan_creation([instance("i-0a", raw, [ROOT])], [earlier], two_weeks)))
    assert isinstance(call, CreateSnapshot)
    assert (dict(call.tags)["DeleteOn"], dict(call.tags)["Copy_DeleteOn"]) == ("2026-12-06", "2026-12-06")


def test_copies_have_an_expiry_of_their_own_if_asked_for() -> None:
    raw = {"Backup": "Yes", "Copy_Dest": ELSEWHERE, "Copy_Retention": "30"}
    [call] = calls(created([instance(raw=raw, volumes=[ROOT])], []))
    assert isinstance(call, CreateSnapshot)
    assert dict(call.tags)["Copy_DeleteOn"] == "2026-12-22"


def test_slots_of_interest() -> None:
    six = instance("i-0a", {"Backup": "Yes", "Schedule": "every 6h"})
    other = instance("i-0b", {"Schedule": "hourly"})
    assert plan.slots_of_interest([six, other, instance("i-0c")], NOW) == (
        "2026-11-21T03:00Z",
        "2026-11-21T18:00Z",
        "2026-11-22T00:00Z",
        "2026-11-22T03:00Z",
    )


def primary(id: str = "snap-0a", **changes: str) -> Snapshot:
    return snapshot(id, {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE} | changes)


def copy(of: str = "snap-0a", state: str = "completed", source: str = REGION) -> Snapshot:
    raw = {"Type": "Automated", "Source_SnapshotId": of, "Source_Region": source}
    return snapshot("snap-0c", raw, volume_id="vol-ffffffff", state=state, region=ELSEWHERE)


def copied(snapshots: list[Snapshot], copies: list[Snapshot] | None = None) -> list[Said]:
    return said(plan.plan_copies(snapshots, {ELSEWHERE: plan.Destination(tuple(copies or ()))}, NOW))


def test_a_copy_is_asked_for_with_all_it_needs() -> None:
    [decision] = copied([primary(Copy_KmsKey="alias/b")])
    assert decision.targets == ("snap-0a -> us-east-1",)
    assert isinstance(decision.call, CopySnapshot)
    assert (decision.call.destination, decision.call.kms_key) == (ELSEWHERE, "alias/b")
    assert dict(decision.call.tags)["Source_SnapshotId"] == "snap-0a"


@pytest.mark.parametrize(
    ("existing", "wanted"),
    [
        pytest.param([copy()], False, id="exists"),
        pytest.param([copy(state="pending")], False, id="is on its way"),
        pytest.param([copy(state="error")], False, id="has just failed"),
        pytest.param([copy(of="snap-0b")], True, id="another's"),
        pytest.param([copy(source="eu-central-1")], True, id="of another Region's namesake"),
    ],
)
def test_existing_copies(existing: list[Snapshot], wanted: bool) -> None:
    assert bool(calls(copied([primary()], existing))) is wanted


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (primary(Type="Manual"), "not made by this app: Type is not Automated"),
        (primary(Source_SnapshotId="snap-0z"), "is a copy, and a copy is never copied"),
        (replace(primary(), state="pending"), "not completed: its state is pending"),
        (replace(primary(), state="error"), "not completed: its state is error"),
        (primary(Copy_Dest=REGION), "its tags name no Region to copy to"),
        (primary(DeleteOn="2026-11-22"), "a copy would already have expired on 2026-11-22"),
        (primary(Copy_DeleteOn="2026-11-20"), "a copy would already have expired on 2026-11-20"),
    ],
)
def test_why_a_snapshot_is_not_copied(existing: Snapshot, reason: str) -> None:
    assert copied([existing]) == [Said(("snap-0a",), reason)]
    assert plan.destinations_to_look_in([existing], TODAY) == {}


def test_a_protected_snapshot_is_copied_whatever_its_expiry() -> None:
    assert calls(copied([primary(DeleteOn="2026-11-01", KeepForever="Yes")]))


def test_destinations_are_independent() -> None:
    two = primary(Copy_Dest=f"eu-central-1 {ELSEWHERE}")
    looked_in = {ELSEWHERE: plan.Destination(), "eu-central-1": plan.Destination(unreadable="no answer")}
    decisions = said(plan.plan_copies([two], looked_in, NOW))
    assert [(decision.targets[0], decision.result, bool(decision.call)) for decision in decisions] == [
        ("snap-0a -> us-east-1", Result.KEPT, True),
        ("snap-0a -> eu-central-1", Result.FAILED, False),
    ]
    assert decisions[1].reason == "the copies in eu-central-1 cannot be read: no answer"


def swept(snapshots: list[Snapshot]) -> list[Said]:
    return said(plan.plan_sweep(snapshots, TODAY, plan.Guards(30, 80), REGION))


def test_the_newest_of_each_volume_comes_first() -> None:
    history = [
        replace(primary(f"snap-{disk}{age}"), volume_id=f"vol-{disk}", started=NOW - timedelta(days=age, minutes=minutes))
        for disk, minutes in (("a", 0), ("b", 5))
        for age in (2, 0, 1)
    ]  # fmt: skip
    order = [decision.targets[0].split(" ")[0] for decision in copied(history)]
    assert order == ["snap-b0", "snap-a0", "snap-b1", "snap-a1", "snap-b2", "snap-a2"]


def test_the_second_newest_comes_before_the_third_newest_of_another_volume() -> None:
    history = [
        replace(primary(f"snap-{disk}{age}"), volume_id=f"vol-{disk}", started=NOW - timedelta(days=age))
        for disk, ages in (("a", (0, 1, 2)), ("b", (0, 9)))
        for age in ages
    ]
    order = [decision.targets[0].split(" ")[0] for decision in copied(history)]
    assert order == ["snap-a0", "snap-b0", "snap-b9", "snap-a1", "snap-a2"]


@pytest.mark.parametrize(
    ("existing", "failed", "reason"),
    [
        pytest.param(replace(primary(), state="error", state_message="disk on fire"), True, "the snapshot of vol-0a failed: disk on fire", id="EC2 says why"),
        pytest.param(replace(primary(), state="error"), True, "the snapshot of vol-0a failed: cause", id="the event says why"),
        pytest.param(replace(primary(), state="pending"), True, "the snapshot of vol-0a failed: cause", id="EC2 does not know yet"),
        pytest.param(replace(primary(), state="error"), False, "the snapshot of vol-0a failed: cause", id="only EC2 knows"),
        pytest.param(None, True, "its creation failed (cause), and the snapshot no longer exists", id="gone"),
    ],
)  # fmt: skip
def test_a_failed_creation_is_a_failure(existing: Snapshot | None, failed: bool, reason: str) -> None:
    event = Completion((("snap-0a", failed),), "cause")
    decisions, copyable = plan.plan_completion(event, [existing] if existing else [], REGION)
    assert said(decisions) == [Said(("snap-0a",), reason, result=Result.FAILED)]
    assert copyable == []


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ([replace(primary(), state="error")], "the snapshot of vol-0a failed: AWS gave no cause"),
        ([], "its creation failed (AWS gave no cause), and the snapshot no longer exists"),
    ],
)
def test_a_failed_creation_whose_cause_aws_keeps_to_itself(described: list[Snapshot], reason: str) -> None:
    decisions, _ = plan.plan_completion(Completion((("snap-0a", True),)), described, REGION)
    assert said(decisions) == [Said(("snap-0a",), reason, result=Result.FAILED)]


@pytest.mark.parametrize(
    ("existing", "failed"),
    [
        pytest.param(primary(), True, id="completed after all"),
        pytest.param(replace(primary(), state="error", managed=False), True, id="somebody else's"),
        pytest.param(primary(), False, id="completed"),
    ],
)
def test_what_goes_on_to_be_copied(existing: Snapshot, failed: bool) -> None:
    event = Completion((("snap-0a", failed),))
    assert plan.plan_completion(event, [existing], REGION) == ([], [existing])


def test_a_snapshot_not_found_is_no_failure() -> None:
    decisions, _ = plan.plan_completion(Completion((("snap-0a", False),)), [], REGION)
    assert said(decisions) == [Said(("snap-0a",), "not found: it was deleted, or EC2 does not show it yet")]


@pytest.mark.parametrize(
    ("raw", "state", "reason"),
    [
        ({}, "completed", "not made by this app: Type is not Automated"),
        ({"DeleteOn": "2026-11-01"}, "completed", "not made by this app: Type is not Automated"),
        ({"Type": "Manual", "DeleteOn": "2026-11-01"}, "completed", "not made by this app: Type is not Automated"),
        ({"Type": "Automated"}, "completed", "it has no valid DeleteOn"),
        ({"Type": "Automated", "DeleteOn": "2026-02-30"}, "completed", "it has no valid DeleteOn"),
        ({"Type": "Automated", "DeleteOn": "2026-11-23"}, "completed", "expires on 2026-11-23"),
        ({"Type": "Automated", "DeleteOn": "2026-11-01", "keep_forever": ""}, "completed", "KeepForever is set"),
        ({"Type": "Automated", "DeleteOn": "2026-11-01"}, "pending", "its state is pending"),
        ({"Type": "Automated", "DeleteOn": "2026-11-01"}, "recoverable", "its state is recoverable"),
    ],
)  # fmt: skip
def test_why_a_snapshot_is_kept(raw: dict[str, str], state: str, reason: str) -> None:
    existing = snapshot(raw=raw, state=state)
    assert swept([existing]) == [Said(("snap-0a",), reason)]


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-21", "2025-11-22"])
@pytest.mark.parametrize("state", ["completed", "error"])
def test_what_has_expired_goes_overdue_days_included(day: str, state: str) -> None:
    existing = snapshot(raw={"Type": "Automated", "DeleteOn": day}, state=state)
    assert swept([existing]) == [Said(("snap-0a",), f"expired on {day}", DeleteSnapshot("snap-0a", REGION))]


REQUEST = "01234567-0123-0123-0123-012345678901"


def requested(instances: list[Instance], snapshots: list[Snapshot]) -> list[Said]:
    return said(
        plan.plan_request(Request(REQUEST, "i-0a"), instances, snapshots, plan.Circumstances(REGION, NOW, SEVEN_DAYS))
    )


def test_a_request_is_a_slot_of_its_own() -> None:
    [call] = calls(requested([instance(volumes=[ROOT])], [filling()]))
    assert isinstance(call, CreateSnapshot)
    assert dict(call.tags)["Backup_Slot"] == REQUEST
    assert calls(requested([instance(volumes=[ROOT])], [filling(slot=REQUEST)])) == []


@pytest.mark.parametrize(
    ("instances", "reason"),
    [
        ([], "a snapshot was requested, but this account has no running or stopped instance with this id in eu-west-1"),
        (
            [instance("i-0b")],
            "a snapshot was requested, but this account has no running or stopped instance with this id in eu-west-1",
        ),
        ([instance(raw={"Backup": "No"})], "a snapshot was requested, but the instance is not tagged Backup=Yes"),
    ],
)
def test_a_request_that_cannot_be_met_is_a_failure(instances: list[Instance], reason: str) -> None:
    assert requested(instances, []) == [Said(("i-0a",), reason, result=Result.FAILED)]


@pytest.mark.parametrize(
    ("slot", "started", "due"),
    [
        pytest.param(REQUEST, "2026-11-22 02:00", False, id="asked for since the last slot"),
        pytest.param(REQUEST, "2026-11-21 02:59", True, id="asked for before it"),
        pytest.param(REQUEST, "2026-11-21 03:00", True, id="begun with it"),
        pytest.param("2026-11-21T03:00Z", "2026-11-21 05:00", True, id="the last slot's, taken late"),
        pytest.param("2026-11-22T03:00Z", "2026-11-22 03:00", False, id="this slot's"),
    ],
)
def test_on_request_at_the_latest(slot: str, started: str, due: bool) -> None:
    owner = instance(raw={"Backup": "Yes", "Schedule": "on-request 03:00"}, volumes=[ROOT])
    existing = snapshot(
        "snap-1",
        {"Type": "Automated", "Backup_Slot": slot, "Source_VolumeId": "vol-0a"},
        started=at(started),
    )
    assert (
        bool([decision for decision in created([owner], [existing]) if isinstance(decision.call, CreateSnapshot)])
        is due
    )


def test_on_request_only() -> None:
    owner = instance(raw={"Backup": "Yes", "Schedule": "on-request"}, volumes=[ROOT])
    assert created([owner], []) == [Said(("vol-0a",), "i-0a is backed up on request only")]
    assert plan.slots_of_interest([owner], NOW) == ()
    assert plan.history_of_interest([owner], [], NOW) == ()
    latest = instance(raw={"Backup": "Yes", "Schedule": "on-request 03:00"}, volumes=[ROOT])
    assert plan.history_of_interest([latest], [], NOW) == ("vol-0a",)


def test_what_is_stopped_is_at_rest_already() -> None:
    raw = {"Backup": "Yes", "Consistency": "fsfreeze, required"}
    running = replace(instance(raw=raw, volumes=[ROOT, DATA]))
    [call] = calls(created([running], []))
    assert isinstance(call, CreateSnapshots)
    assert call.consistency == Consistency("fsfreeze", required=True)
    [call] = calls(created([replace(running, state="stopped")], []))
    assert isinstance(call, CreateSnapshots)
    assert call.consistency is None
    assert dict(call.tags)["Consistency"] == "stopped"
