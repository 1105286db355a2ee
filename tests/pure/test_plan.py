from dataclasses import replace

import pytest

from chalicelib import plan
from chalicelib.models import (
    Consistency,
    CreateSnapshot,
    CreateSnapshots,
    DeleteSnapshot,
    Instance,
    Snapshot,
    Volume,
    Wish,
)
from tests.pure.builders import (
    NOW,
    REGION,
    SEVEN_DAYS,
    Said,
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


def swept(snapshots: list[Snapshot]) -> list[Said]:
    return said(plan.plan_sweep(snapshots, TODAY, plan.Guards(30, 80), REGION))


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
