"""Keys of KMS, consistency, slots and sources, as tags have them."""

import pytest

from chalicelib import tags
from chalicelib.models import Consistency
from chalicelib.wording import accepted_text, read_text
from tests.pure.builders import CONTRACT, NOW, instance, snapshot
from tests.pure.test_tags import problems_of_instance

KEY = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:"


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("alias/My_backup-2", True),
        (f"{KEY}key/1a-2b", True),
        (f"{KEY}alias/My_backup-2", True),
        ("backup", False),
        ("alias/", False),
        ("alias/a b", False),
        (f"{KEY}key1a-2b", False),
        (f"{KEY}key/", False),
        (f"{KEY}grant/1a-2b", False),
        ("arn:aws:kms:eu-west-1:1234:key/1a-2b", False),
        ("arn:aws:kms:eu-west-1:666666666666:key/1a-2b", False),
        ("arn:aws:kms:eu-west-1:666666666666:alias/backup", False),
        ("arn:aws:kms:eu-west-1::key/1a-2b", False),
        ("arn:aws:sns:eu-west-1:123456789012:key/1a-2b", False),
    ],
)
def test_a_key_to_copy_with(text: str, understood: bool) -> None:
    raw = {"Backup": "Yes", "Copy_KmsKey": text}
    assert instance(raw=raw).policy.copy_kms_key == (text if understood else None)
    assert bool(problems_of_instance(raw)) is not understood
    assert snapshot(raw=raw).copy_kms_key == (text if understood else None)


@pytest.mark.parametrize("account", ["", "666666666666"])
def test_no_key_of_another_account(account: str) -> None:
    raw = {"Type": "Automated", "Copy_KmsKey": f"{KEY}key/1a-2b", "DeleteOn": "2026-11-29"}
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=NOW, account=account
    )
    assert read.copy_kms_key is None
    assert [accepted_text(problem) for problem in problems] == ["alias/NAME or the ARN of a key of this account"]


def test_what_a_restore_needs_is_read() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_Device": "/dev/sdb", "Source_VolumeType": "gp3",
           "Source_Iops": "4000", "Source_Throughput": "many", "Source_Volumes": "3",
           "Source_SnapshotId": "snap-0b", "Source_StartTime": "2026-11-22T02:00:07Z"}  # fmt: skip
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=snapshot().started, volume_gib=8
    )
    assert (read.device, read.volume_type, read.iops, read.throughput) == ("/dev/sdb", "gp3", 4000, None)
    assert (read.set_size, read.volume_gib, read.taken.isoformat()) == (3, 8, "2026-11-22T02:00:07+00:00")
    assert [read_text(problem) for problem in problems] == ["Source_Throughput=many"]


@pytest.mark.parametrize(
    ("raw", "volume_id", "is_copy"),
    [
        ({"Source_VolumeId": "vol-0a"}, "vol-0a", False),
        ({}, "vol-0a", False),
        ({"Source_SnapshotId": "snap-0b"}, "vol-ffffffff", True),
        ({"Source_VolumeId": "vol-0a"}, "vol-ffffffff", True),
    ],
)
def test_a_copy_is_known_by_its_lineage(raw: dict[str, str], volume_id: str, is_copy: bool) -> None:
    existing = snapshot(raw={"Type": "Automated", **raw}, volume_id=volume_id)
    assert existing.is_copy is is_copy
    assert existing.is_primary is not is_copy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crash", None),
        (" Crash ", None),
        ("fsfreeze", Consistency("fsfreeze")),
        ("FSFREEZE , Required", Consistency("fsfreeze", required=True)),
        ("vss, required", Consistency("vss", required=True)),
        ("ssm:My-Document", Consistency("ssm", "My-Document")),
        ("ssm: my.document_2, required", Consistency("ssm", "my.document_2", required=True)),
        ("ssm:ebs-snapshot-reactor-fsfreeze", Consistency("ssm", "ebs-snapshot-reactor-fsfreeze")),
        ("ssm:" + "x" * 128, Consistency("ssm", "x" * 128)),
        ("ssm:" + "x" * 129, None),
        ("ssm:arn:aws:ssm:eu-west-1:666666666666:document/ebs-snapshot-reactor-fsfreeze", None),
        ("ssm:arn:aws:ssm:eu-west-1:123456789012:document/Mine", None),
        ("ssm:arn:aws:ssm:eu-west-1::document/AWS-RunShellScript", None),
        ("ssm:666666666666:document/Mine", None),
        ("ssm:document/Mine", None),
        ("ssm:AWS-RunShellScript", None),
        ("ssm:aws-runshellscript", None),
        ("ssm:AWSEC2-VssInstallAndSnapshot", None),
        ("ssm:Amazon-Mine", None),
        ("ssm:AMZN-Mine", None),
        ("ssm:My-AWS-Document", Consistency("ssm", "My-AWS-Document")),
        ("crash, required", None),
        ("fsfreeze:x", None),
        ("ssm", None),
        ("ssm:", None),
        ("ssm:a b c", None),
        ("vss,", None),
        ("vss, maybe", None),
        ("", None),
    ],
)
def test_consistency(text: str, expected: Consistency | None) -> None:
    raw = {"Backup": "Yes", "Consistency": text}
    assert instance(raw=raw).policy.consistency == expected
    assert bool(problems_of_instance(raw)) is (expected is None and text.strip().casefold() != "crash")


def test_what_was_achieved_is_said_in_the_words_of_the_wish() -> None:
    assert dict(tags.achieve((("a", "b"),), Consistency("ssm", "Doc")))["Consistency"] == "ssm:Doc"
    assert dict(tags.achieve((), Consistency("vss", required=True))) == {"Consistency": "vss"}


def test_what_vss_cannot_express_does_not_travel() -> None:
    odd = [("odd", f"a{mark}b") for mark in ";,=\"'"] + [(f"a{mark}b", "odd") for mark in ";,=\"'"]
    assert tags.for_vss((("Type", "Automated"), *odd, ("Xen", "X"))) == "Key=Type,Value=Automated;Key=Xen,Value=X"


def test_a_description_is_no_part_of_a_script() -> None:
    said = "web-1 _é.:/@+() - vol-0a"
    assert tags.text_for_vss(said) == said
    assert tags.text_for_vss("a;b,c=d'e\"f`g$h|i&j<k>l{m}n#o\np\u2019q[r") == "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r"


@pytest.mark.parametrize(
    ("raw", "consistent"),
    [
        ({"AppConsistent": "True"}, True),
        ({"AppConsistent": "False"}, False),
        ({"appconsistent": "True"}, False),
        ({"AppConsistent": ""}, False),
        ({}, False),
    ],
)
def test_what_vss_says_of_its_snapshots(raw: dict[str, str], consistent: bool) -> None:
    assert tags.is_app_consistent(snapshot(raw=raw)) is consistent


@pytest.mark.parametrize(
    ("id", "key"),
    [("i-0a", "Source_InstanceId"), ("vol-0a", "Source_VolumeId"), ("snap-0a", "Source_SnapshotId")],
)
def test_by_which_tag_a_snapshot_names_its_source(id: str, key: str) -> None:
    assert tags.source_key(id) == key


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"Name": "web - db - vol-0a (/dev/xvda)", "Source_VolumeId": "vol-0a"}, "web - db"),
        ({"Name": "by hand", "Source_VolumeId": "vol-0a"}, "by hand"),
        ({"Source_VolumeId": "vol-0a"}, ""),
    ],
)
def test_the_name_of_an_instance_as_its_snapshot_says_it(raw: dict[str, str], name: str) -> None:
    assert tags.name_of(snapshot(raw=raw)) == name


def test_the_slot_that_a_snapshot_is_to_fill() -> None:
    assert tags.slot_of((("Backup_Slot", "2026-11-22T03:00Z"), ("Type", "Automated"))) == "2026-11-22T03:00Z"


@pytest.mark.parametrize(
    ("slot", "on_request"), [("2026-11-22T03:00Z", False), ("01234567-0123-0123-0123-012345678901", True), ("", True)]
)
def test_a_slot_that_is_no_time_was_a_request(slot: str, on_request: bool) -> None:
    assert snapshot(raw={"Type": "Automated", "Backup_Slot": slot}).on_request is on_request
