"""Sets by what their tags name, and the tags of a volume that come later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import tags
from chalicelib.models import Snapshot, Wrong
from chalicelib.plan.sets import sets_of
from tests.pure.builders import CONTRACT, NOW, REGION, instance, snapshot, volume
from tests.pure.test_source_volumes import BOTH, ID, OLD, OTHER, disk, fleet, written


def member(volume_id: str, raw: dict[str, str], state: str = "completed") -> Snapshot:
    raw = {"Type": "Automated", "Backup_Slot": "2026-11-22T03:00Z", "Source_InstanceId": "i-0a"} | raw
    return snapshot(f"snap-{volume_id[-2:]}", raw, volume_id=volume_id, state=state)


@pytest.mark.parametrize(
    ("members", "whole"),
    [
        pytest.param([member(ID, BOTH), member(OTHER, BOTH)], True, id="all of it"),
        pytest.param([member(ID, BOTH)], False, id="one is missing"),
        pytest.param([member(ID, BOTH), member(OTHER, BOTH, "pending")], False, id="one is pending"),
        pytest.param([member(ID, BOTH), member("vol-0c", {})], False, id="another one in its place"),
        pytest.param([member(ID, OLD), member(OTHER, {})], True, id="of an earlier version"),
        pytest.param([member(ID, OLD)], False, id="half of an earlier version"),
        pytest.param([member(ID, BOTH | {"Source_Volumes": "3"}), member(OTHER, BOTH)], False, id="says it has more"),
        pytest.param([member(ID, {"Source_Volumes_1": "?"}), member(OTHER, BOTH)], True, id="one is not understood"),
        pytest.param([member(ID, {"Source_Volumes": "2", "Source_Volumes_1": "?"})], False, id="only the number is"),
    ],
)
def test_a_set_is_whole_if_each_volume_that_it_names_has_a_snapshot(members: list[Snapshot], whole: bool) -> None:
    [result] = sets_of(members)
    assert result.is_whole is whole
    assert result.is_restorable is whole


def bare(raw: dict[str, str], volume_id: str = ID) -> Snapshot:
    return member(volume_id, {"Name": "web (i-0a)"} | raw)


def test_a_set_gets_in_its_call_what_all_of_it_has() -> None:
    owner = instance(raw={"Backup": "Yes", "Name": "web", "stage": "live", "team": "core"})
    red, blue = (
        volume("vol-0a", raw={"colour": "red"}),
        volume("vol-0b", "/dev/sdb", {"colour": "blue", "team": "disks"}),
    )
    both = [tags.primary_tags(owner, disk, "slot", NOW.date(), None, set_volumes=[red, blue]) for disk in (red, blue)]
    shared = dict(tags.shared_tags(owner, both))
    assert shared == {
        "Type": "Automated",
        "DeleteOn": "2026-11-22",
        "Backup_Slot": "slot",
        "Source_InstanceId": "i-0a",
        "Source_Volumes": "2",
        "Source_Volumes_1": "0a:/xvda+ 0b:/sdb+",
        "Consistency": "crash",
        "Name": "web (i-0a)",
        "stage": "live",
    }
    # Later, each snapshot gets what it would have had in a call of its own.
    for own, everything in zip((red, blue), both, strict=True):
        taken = snapshot(raw=shared, volume_id=own.id)
        assert tags.has_unknown_tags(taken)
        assert shared | dict(tags.late_tags(taken, owner, own)) == dict(everything)


@pytest.mark.parametrize(
    ("raw", "lacks", "unknown"),
    [
        pytest.param(BOTH, True, False, id="its set says all"),
        pytest.param(written(disk(), tags_follow=True), True, True, id="its own tags follow"),
        pytest.param({}, True, True, id="its set says nothing"),
        pytest.param(BOTH | {"Source_VolumeId": ID}, False, False, id="it has them"),
        pytest.param(BOTH | {"Source_SnapshotId": "snap-9"}, False, False, id="a copy"),
        pytest.param(BOTH | {"Type": "Manual"}, False, False, id="of somebody else"),
    ],
)
def test_which_snapshots_lack_the_tags_of_their_volume(raw: dict[str, str], lacks: bool, unknown: bool) -> None:
    assert tags.lacks_volume_tags(bare(raw)) is lacks
    assert tags.has_unknown_tags(bare(raw)) is unknown
    nobodys = snapshot(raw={"Type": "Automated", **raw})
    assert not tags.lacks_volume_tags(nobodys)


LATE = {"Name": f"web - {ID} (/dev/sdf)", "Source_Device": "/dev/sdf", "Source_VolumeId": ID}


@pytest.mark.parametrize(
    ("raw", "added"),
    [
        pytest.param({}, LATE, id="all"),
        pytest.param({"Name": "golden"}, LATE | {"Name": f"golden - {ID} (/dev/sdf)"}, id="somebody's name stays"),
        pytest.param({"Name": ""}, LATE | {"Name": f"i-0a - {ID} (/dev/sdf)"}, id="no name"),
        pytest.param(
            {"Name": LATE["Name"]}, {key: LATE[key] for key in ("Source_Device", "Source_VolumeId")}, id="half"
        ),
        pytest.param(
            {f"k{n}": "x" for n in range(43)}, {k: LATE[k] for k in ("Name", "Source_VolumeId")}, id="one fits"
        ),
        pytest.param({f"k{n}": "x" for n in range(44)}, {"Name": LATE["Name"]}, id="none fits"),
    ],
)
def test_what_a_snapshot_of_a_set_gets_without_reading_anything(raw: dict[str, str], added: dict[str, str]) -> None:
    taken = bare(BOTH | raw)
    assert dict(tags.late_tags(taken, None, None)) == added
    assert len(dict(taken.tags) | added) <= 50


def test_a_snapshot_without_a_device_gets_that_of_its_volume() -> None:
    added = dict(tags.late_tags(bare({}), instance(), volume(ID, "/dev/sdz")))
    assert (added["Source_Device"], added["Name"]) == ("/dev/sdz", f"web - {ID} (/dev/sdz)")
    unknown = dict(tags.late_tags(bare({}), None, None))
    assert unknown == {"Source_VolumeId": ID, "Name": f"web - {ID} (?)"}


def test_copies_and_restored_volumes_of_a_bare_snapshot_have_all_tags() -> None:
    taken = bare(BOTH)
    assert LATE.items() <= dict(tags.copy_tags(taken)).items()
    assert LATE.items() <= dict(tags.restored_tags(taken, "restore")).items()
    described = replace(taken, description=f"web (i-0a) - {REGION} - until 2026-11-29")
    assert tags.copy_description(described) == f"web (i-0a) - {ID} (/dev/sdf) - {REGION}"
    assert tags.name_of(taken) == "web"


def test_vss_leaves_room_for_its_own_tags() -> None:
    owner = instance(raw={"Backup": "Yes", "Consistency": "vss"} | {f"k{number:02}": "x" for number in range(47)})
    assert len(tags.primary_tags(owner, volume(), "slot", NOW.date(), None)) == 47


def test_what_vss_cannot_be_given_comes_later() -> None:
    own = (("Source_Volumes_1", BOTH["Source_Volumes_1"]), ("Name", "web (i-0a)"), ("team", "a;b"))
    assert tags.for_vss(own) == f"Key=Source_Volumes_1,Value={BOTH['Source_Volumes_1']};Key=Name,Value=web (i-0a)"
    assert tags.not_for_vss(own) == (("team", "a;b"),)


def test_a_problem_says_which_tag_it_is_about() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29"} | BOTH | {"Source_Volumes": "3"}
    [problem] = tags.read_snapshot("snap-0a", raw, CONTRACT, volume_id=ID, state="completed", started=NOW)[1]
    assert (problem.key, problem.wrong, problem.meant) == ("Source_Volumes", Wrong.INCOMPLETE, "Source_Volumes")


def test_no_volume_gives_way_to_the_marks_of_a_copy() -> None:
    raw = {"Type": "Automated"} | written(*fleet(40)) | {f"A{number:02}": "x" for number in range(41)}
    marked = dict(tags.with_predecessor(tuple(raw.items()), "snap-9"))
    assert len(raw) == len(marked) == 50
    assert raw.keys() - marked.keys() == {"A40"}
