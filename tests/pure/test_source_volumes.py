"""The tags that name all volumes of a set: what is written is read again, and what is not understood takes nothing away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import tags
from chalicelib.models import Snapshot, Volume, Wrong
from chalicelib.plan.sets import sets_of
from tests.pure.builders import CONTRACT, ELSEWHERE, NOW, REGION, instance, snapshot, told, volume

ID, OTHER = "vol-0123456789abcdef0", "vol-0fedcba9876543210"


def disk(
    id: str = ID, device: str = "/dev/sdf", type: str = "", iops: int | None = None, throughput: int | None = None
) -> Volume:
    return Volume(id, device, type=type, iops=iops, throughput=throughput)


def written(*volumes: Volume, tags_follow: bool = False) -> dict[str, str]:
    return tags.write_source_volumes(volumes, tags_follow=tags_follow)


@pytest.mark.parametrize(
    ("volume", "entry"),
    [
        pytest.param(disk(type="gp3", iops=16000, throughput=1000), ":/sdf:gp3:16000:1000", id="gp3"),
        pytest.param(disk(type="gp2", iops=300), ":/sdf:gp2", id="gp2 has IOPS that nobody chose"),
        pytest.param(disk(type="io2", iops=256000, throughput=500), ":/sdf:io2:256000", id="io2"),
        pytest.param(disk(type="io1", iops=100), ":/sdf:io1:100", id="io1"),
        pytest.param(disk(type="gp3", throughput=125), ":/sdf:gp3::125", id="no IOPS were read"),
        pytest.param(disk(), ":/sdf", id="no type was read"),
        pytest.param(disk(device=""), "", id="nothing was read"),
        pytest.param(disk(device="", type="st1"), "::st1", id="no device"),
        pytest.param(disk(device="xvdf"), ":xvdf", id="a device of Windows"),
        pytest.param(disk(device="/sdf"), ":%2Fsdf", id="not in dev"),
        pytest.param(disk(device="/dev/a:b +%c\u00e9"), ":/a%3Ab%20%2B%25c%C3%A9", id="odd characters"),
        pytest.param(disk(device="/dev/" + "x" * 99), ":/" + "x" * 99, id="the longest device"),
        pytest.param(disk(device="/dev/" + "x" * 100, type="gp2"), "::gp2", id="a longer device is left out"),
    ],
)
def test_a_volume_is_written_in_few_characters(volume: Volume, entry: str) -> None:
    assert written(volume) == {"Source_Volumes": "1", "Source_Volumes_1": f"0123456789abcdef0{entry}"}


def test_a_volume_of_few_characters_says_that_its_own_tags_follow() -> None:
    assert written(disk(type="gp2"), tags_follow=True)["Source_Volumes_1"] == "0123456789abcdef0:/sdf:gp2+"


def fleet(count: int) -> list[Volume]:
    return [disk(f"vol-{number:017x}", f"/dev/xvd{number:02}", "gp3", 16000, 1000) for number in range(count)]


@pytest.mark.parametrize(("count", "numbered"), [(1, 1), (2, 1), (6, 1), (7, 2), (40, 7), (128, 22)])
@pytest.mark.parametrize("tags_follow", [False, True])
def test_as_many_tags_as_it_takes(count: int, numbered: int, tags_follow: bool) -> None:
    result = written(*reversed(fleet(count)), tags_follow=tags_follow)
    assert list(result) == ["Source_Volumes", *(f"Source_Volumes_{number}" for number in range(1, numbered + 1))]
    assert result["Source_Volumes"] == str(count)
    assert max(map(len, result.values())) <= 256
    assert [volume.id for volume in read(result)] == [volume.id for volume in fleet(count)]


def test_forty_volumes_and_fifty_tags_of_their_owner() -> None:
    owner = instance(raw={"Backup": "Yes", "Name": "web", "Copy_Dest": ELSEWHERE, "Copy_KmsKey": "alias/b"})
    owner = replace(owner, carried=tuple((f"k{number:02}", "x") for number in range(50)))
    volumes = fleet(40)
    result = tags.primary_tags(owner, volumes[0], "slot", NOW.date(), NOW.date(), set_volumes=volumes)
    assert len(result) == 50
    assert {"Source_Volumes", "Source_Volumes_7", "Source_VolumeId", "Copy_DeleteOn", "Name"} <= dict(result).keys()
    copy = tags.copy_tags(snapshot(raw=dict(result), volume_id=volumes[0].id))
    assert len(copy) == 50
    assert {"Source_Volumes_7", "Source_SnapshotId", "Source_StartTime", "Copy_DeleteOn"} <= dict(copy).keys()


def test_more_than_fits_is_named_by_its_ids() -> None:
    volumes = [disk(f"vol-{number:017x}", "/dev/" + "x" * 99, "gp2") for number in range(128)]
    result = written(*volumes)
    assert len(result) == 11
    assert read(result) == tuple(tags.SourceVolume(volume.id) for volume in volumes)


def read(raw: dict[str, str]) -> tuple[tags.SourceVolume, ...]:
    return tuple(volume for key in raw if key[-1].isdigit() for volume in tags.read_source_volumes(raw[key]))


VOLUMES = st.builds(
    disk,
    st.from_regex(r"vol-(?:[0-9a-f]{8}|[0-9a-f]{17})", fullmatch=True),
    st.one_of(
        st.from_regex(r"/dev/(?:sd[a-z][1-9]?|xvd[a-z]{1,2})", fullmatch=True),
        st.text(st.characters(codec="utf-8"), max_size=20),
    ),
    st.sampled_from(["", "gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"]),
    st.one_of(st.none(), st.integers(1, 256_000)),
    st.one_of(st.none(), st.integers(1, 4_000)),
)


@given(st.lists(VOLUMES, min_size=1, max_size=40, unique_by=lambda volume: volume.id), st.booleans())
def test_what_is_written_is_read_again(volumes: list[Volume], tags_follow: bool) -> None:
    result = written(*volumes, tags_follow=tags_follow)
    by_id = {volume.id: volume for volume in read(result)}
    assert len(result) <= 25
    assert by_id.keys() == {volume.id for volume in volumes}
    assert all(tags.SourceVolume(id, tags_follow=tags_follow) == replace(
        by_id[id], device=None, type=None, iops=None, throughput=None) for id in by_id)  # fmt: skip
    for one in volumes:
        entry = by_id[one.id]
        assert (entry.device or "") in (one.device, "")
        assert (entry.type or "") == one.type
        assert entry.iops == (one.iops if one.type in ("gp3", "io1", "io2") else None)
        assert entry.throughput == (one.throughput if one.type == "gp3" else None)
        taken = of(result, one.id)
        assert taken.set_volumes == tuple(sorted(by_id))
        assert (taken.device, taken.volume_type, taken.iops, taken.throughput) == (
            entry.device, entry.type, entry.iops, entry.throughput,
        )  # fmt: skip


@given(st.dictionaries(st.sampled_from(["Source_Volumes", "Source_Volumes_1", "Source_Volumes_22"]), st.text()))
def test_no_text_stops_the_reading(raw: dict[str, str]) -> None:
    result = of(raw, ID)
    assert set(result.set_volumes) <= {ID} or ID in result.set_volumes


def of(raw: dict[str, str], volume_id: str = ID, **more: str) -> Snapshot:
    return snapshot(raw={"Type": "Automated", "DeleteOn": "2026-11-29"} | raw | more, volume_id=volume_id)


def problems(raw: dict[str, str]) -> list[str]:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29"} | raw
    return told(tags.read_snapshot("snap-0a", raw, CONTRACT, volume_id=ID, state="completed", started=NOW)[1])


BOTH = written(disk(type="gp3", iops=3000, throughput=125), disk(OTHER, "/dev/sdb", "gp2"))
ACCEPTED = "volumes such as 0123456789abcdef0:/sdf:gp3:3000:125, separated by spaces"


def test_a_snapshot_of_a_set_knows_its_own_volume_by_the_id_of_ec2() -> None:
    result = of(BOTH, OTHER, Source_Device="/dev/forged", Source_VolumeType="io2")
    assert (result.device, result.volume_type, result.iops, result.throughput) == ("/dev/sdb", "gp2", None, None)
    assert (result.set_size, result.set_volumes, result.source_volume_id) == (2, (ID, OTHER), None)
    assert result.is_primary
    assert problems(BOTH) == []


def test_a_copy_knows_it_by_its_tag() -> None:
    result = of(BOTH, "vol-ffffffff", Source_SnapshotId="snap-9", Source_Region=ELSEWHERE, Source_VolumeId=OTHER)
    assert (result.device, result.set_volumes) == ("/dev/sdb", (ID, OTHER))


OLD = {"Source_Volumes": "2", "Source_VolumeId": ID, "Source_Device": "/dev/sdg", "Source_VolumeType": "io1",
       "Source_Iops": "500"}  # fmt: skip


def test_what_earlier_versions_wrote_is_read() -> None:
    result = of(OLD)
    assert (result.device, result.volume_type, result.iops, result.throughput) == ("/dev/sdg", "io1", 500, None)
    assert (result.set_size, result.set_volumes) == (2, ())
    assert problems(OLD) == []


@pytest.mark.parametrize(
    ("raw", "device", "size", "named", "wrong"),
    [
        pytest.param(
            BOTH | {"Source_Volumes_1": "what/is/this"}, None, 2, 0,
            [f"snap-0a: read Source_Volumes_1=what/is/this; accepted: {ACCEPTED}"], id="not understood",
        ),
        pytest.param(
            BOTH | {"Source_Volumes_2": "0:/sdh:gp3:0"}, "/dev/sdf", 2, 0,
            [f"snap-0a: read Source_Volumes_2=0:/sdh:gp3:0; accepted: {ACCEPTED}"], id="one of two not understood",
        ),
        pytest.param(
            {"Source_Volumes": "1", "Source_Volumes_1": "0fedcba9876543210:/sdb"}, None, 1, 0,
            ["snap-0a: read Source_Volumes_1=0fedcba9876543210:/sdb; accepted: the volumes of a set that the snapshot's own "
             "volume belongs to: these are ignored"], id="of another set",
        ),
        pytest.param(
            BOTH | {"Source_Volumes": "3"}, "/dev/sdf", 3, 0,
            ["snap-0a: read Source_Volumes=3; accepted: the number of volumes that Source_Volumes_1 and so on name: some of "
             "the set are missing there"], id="a tag is missing",
        ),
        pytest.param(
            BOTH | {"Source_Volumes": "both"}, "/dev/sdf", None, 2,
            ["snap-0a: read Source_Volumes=both; accepted: a number such as 2"], id="the number is not understood",
        ),
        pytest.param({"Source_Volumes_1": BOTH["Source_Volumes_1"]}, "/dev/sdf", None, 2, [], id="no number"),
        pytest.param({"Source_Volumes_01": "x", "source_volumes_1": "x"}, None, None, 0, [], id="other keys"),
    ],
)  # fmt: skip
def test_what_is_not_understood(
    raw: dict[str, str], device: str | None, size: int | None, named: int, wrong: Sequence[str]
) -> None:
    result = of(raw)
    assert (result.device, result.set_size, len(result.set_volumes)) == (device, size, named)
    assert problems(raw) == wrong


def test_no_tag_of_the_owner_passes_for_one_of_the_apps() -> None:
    raw = {"Source_Volumes_1": "x", "source_volumes_2": "x", "Source_Volumes_": "x", "team": "core"}
    assert tags.carried(raw) == (("team", "core"),)


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
    for disk, everything in zip((red, blue), both, strict=True):
        taken = snapshot(raw=shared, volume_id=disk.id)
        assert tags.has_unknown_tags(taken)
        assert shared | dict(tags.late_tags(taken, owner, disk)) == dict(everything)


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
