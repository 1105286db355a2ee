"""Only what the pre-script says that it froze counts, volume by volume."""

from __future__ import annotations

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import HOME
from tests.scenarios.stories import FROZEN, achieved, failures, first_failure, volumes_of

REQUIRED = FROZEN | {"Consistency": "fsfreeze, required"}


def launch(aws: LocalAWS, output: str, tags: dict[str, str] = FROZEN, data: int = 2) -> dict[str, str]:
    """Launch an instance whose pre-script prints this, and return its volumes by device; {b} is that of /dev/sdb."""
    db = aws.launch(HOME, name="db", tags=tags, volumes=(8, *[100] * data))
    volumes = volumes_of(aws, HOME, db)
    names = {device[-1]: volume for device, volume in volumes.items()}
    aws.agent(db).output = output.format(**names)
    aws.travel(minutes=16)
    return volumes


def consistency(aws: LocalAWS) -> dict[str, str]:
    return {snapshot["VolumeId"]: snapshot["Tags"]["Consistency"] for snapshot in aws.snapshots(HOME)}


def test_a_filesystem_over_several_volumes(aws: LocalAWS) -> None:
    volumes = launch(aws, "frozen {b},{c} /data\nsystem {a} /\nhook no\n")
    assert consistency(aws) == {
        volumes["/dev/xvda"]: "crash",
        volumes["/dev/sdb"]: "fsfreeze",
        volumes["/dev/sdc"]: "fsfreeze",
    }
    assert not failures(aws)


def test_disks_that_are_not_nvme_go_by_the_kernel_s_name(aws: LocalAWS) -> None:
    volumes = launch(aws, "frozen xvdb /data\nfrozen xvdc /my files\nsystem xvda /\nhook no\n")
    assert consistency(aws)[volumes["/dev/sdc"]] == "fsfreeze"
    assert achieved(aws) == ["crash", "fsfreeze", "fsfreeze"]


@pytest.mark.parametrize("kind", ["system", "unsupported"])
def test_a_volume_with_something_that_was_not_frozen_claims_nothing(aws: LocalAWS, kind: str) -> None:
    volumes = launch(aws, f"frozen {{b}} /data\nfrozen {{c}} /data2\n{kind} {{c}} /other\nsystem {{a}} /\nhook no\n")
    assert consistency(aws)[volumes["/dev/sdb"]] == "fsfreeze"
    assert consistency(aws)[volumes["/dev/sdc"]] == "crash"
    # What is never frozen is known; what cannot be is told.
    assert bool(failures(aws)) == (kind == "unsupported")


@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_a_volume_that_nobody_froze_is_told(aws: LocalAWS, required: bool) -> None:
    volumes = launch(aws, "frozen {b} /data\nsystem {a} /\nhook no\n", REQUIRED if required else FROZEN)
    assert f"the pre-script did not freeze {volumes['/dev/sdc']}" in first_failure(aws)
    assert achieved(aws) == ([] if required else ["crash", "crash", "fsfreeze"])
    assert not aws.frozen


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType, Linux]'",
        "frozen {b} /data\nfrozen {c} /more\nsystem {a} /\n",
        "system {a} /\nhook no\n",
        "frozen - /loop\nhook",
    ],
    ids=["nothing", "a step that was skipped", "cut off", "the root only", "garbled"],
)
def test_a_pre_script_that_froze_nothing_claims_nothing(aws: LocalAWS, output: str) -> None:
    db = aws.launch(HOME, name="db", tags=REQUIRED, volumes=(8, 100, 100))
    names = {device[-1]: volume for device, volume in volumes_of(aws, HOME, db).items()}
    aws.agent(db).output = output.replace("{a}", names["a"]).replace("{b}", names["b"]).replace("{c}", names["c"])
    aws.travel(minutes=16)
    assert achieved(aws) == []
    assert "does not say what it froze" in first_failure(aws)
    assert [freeze.thawed_by for freeze in aws.freezes] == ["post-script"]


@pytest.mark.parametrize("tags", [FROZEN, REQUIRED], ids=["wanted", "required"])
def test_a_hook_alone_is_no_failure_and_the_root_says_crash(aws: LocalAWS, tags: dict[str, str]) -> None:
    launch(aws, "system {a} /\nhook yes\n", tags, data=0)
    assert achieved(aws) == ["crash"]
    assert not failures(aws)


def test_a_document_of_one_s_own_is_believed(aws: LocalAWS) -> None:
    launch(aws, "done", FROZEN | {"Consistency": "ssm:My-Document"}, data=1)
    assert achieved(aws) == ["ssm:My-Document", "ssm:My-Document"]
