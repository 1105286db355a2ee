"""The tags that name all volumes of a set: what is written is read again, and what is not understood takes nothing away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import tags
from chalicelib.models import Snapshot, Volume
from tests.pure.builders import CONTRACT, ELSEWHERE, NOW, instance, snapshot, told

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
