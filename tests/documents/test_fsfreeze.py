"""The script behind Consistency=fsfreeze, run by real shells on a machine of stand-ins, with failures at each step."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.documents.machine import MOUNTS, Machine, answer_of, eventually

FREEZE = ["--freeze /my logs", "--freeze /data"]
THAW = ["--unfreeze /data", "--unfreeze /my logs"]
LOG_HOOK = 'echo "hook $1" >> "$REACTOR_ROOT/log"'


def test_freezes_each_data_filesystem_once_and_never_the_root(machine: Machine) -> None:
    assert machine.run("pre-script").code == 0
    assert machine.frozen() == {"_data", "_my_logs"}
    assert machine.run("post-script").code == 0
    assert machine.log() == ["sync", *FREEZE, *THAW]
    assert not machine.frozen()


def test_says_what_it_froze_by_volume(machine: Machine) -> None:
    assert machine.run("pre-script").output == [
        "frozen vol-0bbb0bbb0bbb0bbb0,xvdh /my logs",
        "frozen vol-0aaa0aaa0aaa0aaa0 /data",
        "system xvda /",
        "hook no",
    ]
    assert machine.run("post-script").output == []


def test_says_what_it_cannot_freeze(machine: Machine) -> None:
    (machine.root / "mounts").write_text(MOUNTS + "259:1 vfat /dev/nvme1n1 /other\n259:7 ntfs /dev/nvme1n1 /ntfs\n")
    assert machine.run("dry-run").output[0] == "unsupported vol-0aaa0aaa0aaa0aaa0 /ntfs"


def test_dry_run_freezes_nothing(machine: Machine) -> None:
    answer = machine.run("dry-run")
    assert answer.code == 0
    assert "frozen vol-0aaa0aaa0aaa0aaa0 /data" in answer.output
    assert machine.log() == []


@pytest.mark.parametrize(
    "path",
    ["/var", "/var/lib", "/var/log", "/var/log/audit", "/var/log/amazon", "/var/snap", "/etc", "/run", "/agent"],
)
def test_never_freezes_what_the_agent_writes_to(machine: Machine, path: str) -> None:
    # CIS benchmarks want /var, /var/log and others to be filesystems of their own.
    mounts = f"{MOUNTS}259:4 ext4 /dev/nvme1n1 {path}\n259:4 ext4 /dev/nvme1n1 /srv/the same\n"
    (machine.root / "mounts").write_text(mounts)
    answer = machine.run("pre-script")
    assert f"system vol-0aaa0aaa0aaa0aaa0 {path}" in answer.output
    assert [line for line in machine.log() if line.startswith("--")] == FREEZE


def test_a_filesystem_in_a_file_is_frozen_before_the_one_below(machine: Machine) -> None:
    (machine.root / "mounts").write_text(MOUNTS + "7:0 ext4 /dev/loop0 /data/image\n")
    machine.run("pre-script")
    machine.run("post-script")
    assert machine.log()[1:] == ["--freeze /data/image", *FREEZE, *THAW, "--unfreeze /data/image"]


def test_nothing_to_freeze_is_a_failure(machine: Machine) -> None:
    (machine.root / "mounts").write_text("8:1 ext4 /dev/xvda1 /\n")
    answer = machine.run("pre-script")
    assert (answer.code, answer.output) == (201, [])
    assert "nothing to freeze" in answer.messages
    assert machine.run("post-script").code == 204


def test_a_hook_alone_is_enough_and_says_so(machine: Machine) -> None:
    (machine.root / "mounts").write_text("8:1 ext4 /dev/xvda1 /\n")
    machine.hook(LOG_HOOK)
    answer = machine.run("pre-script")
    assert (answer.code, answer.output) == (0, ["system xvda /", "hook yes"])
    assert machine.run("post-script").code == 0
    assert machine.log() == ["sync", "hook freeze", "hook thaw"]


def test_the_timer_thaws_what_nobody_asks_for_any_more(machine: Machine) -> None:
    assert machine.run_in_time("pre-script", 1).code == 0
    assert machine.frozen()
    assert eventually(lambda: not machine.frozen())
    assert machine.run("post-script").code == 203
    # Asked again, as Systems Manager's client does after a lost answer, it says the same.
    assert machine.run("post-script").code == 203
    assert machine.log() == ["sync", *FREEZE, *THAW]


def test_the_timer_ends_after_the_post_script(machine: Machine) -> None:
    assert machine.run_in_time("pre-script", 2).code == 0
    assert machine.run("post-script").code == 0
    assert eventually(machine.is_over)
    time.sleep(1.5)
    assert machine.run("post-script").code == 0
    assert machine.log() == ["sync", *FREEZE, *THAW]


def test_a_slow_sync_does_not_use_up_the_timer(machine: Machine) -> None:
    assert machine.run("pre-script", seconds=20, SYNC_SECONDS="21").code == 0
    assert machine.run("post-script").code == 0


@pytest.mark.parametrize("slow", ["/my logs", "/data"])
def test_a_freeze_that_outlasts_the_timer_is_thawed_and_told(machine: Machine, slow: str) -> None:
    answer = machine.run("pre-script", seconds=1, SLOW_FREEZE=slow, SLOW_SECONDS="1")
    assert (answer.code, answer.output) == (201, [])
    assert "auto-thaw came" in answer.messages
    assert not machine.frozen()
    assert not machine.left()
    assert machine.run("post-script").code == 203


def test_a_slow_freeze_does_not_hold_up_the_thaw_of_the_others(machine: Machine) -> None:
    machine.clock(runs=False)
    script = machine.start("pre-script", seconds=1, SLOW_FREEZE="/data", SLOW_SECONDS="6")
    assert eventually((machine.root / "kernel" / "_data").exists)
    assert machine.frozen() == {"_my_logs"}
    machine.clock(runs=True)
    assert eventually(lambda: not machine.frozen(), seconds=5)
    assert script.poll() is None
    assert answer_of(script).code == 201


def test_a_hook_that_outlasts_the_timer_is_called_to_thaw(machine: Machine) -> None:
    machine.clock(runs=False)
    machine.hook(f'[ "$1" = thaw ] || {{ rm "$REACTOR_ROOT/stopped clock"; sleep 4; }}; {LOG_HOOK}')
    answer = machine.run("pre-script", seconds=1)
    assert answer.code == 201
    assert eventually(lambda: not machine.left())
    assert machine.log() == ["sync", "hook freeze", "hook thaw"]
    assert machine.run("post-script").code == 203


def test_a_freeze_that_fails_thaws_what_was_frozen(machine: Machine) -> None:
    answer = machine.run("pre-script", FAIL_FREEZE="/data")
    assert (answer.code, answer.output) == (201, [])
    assert machine.log() == ["sync", "--freeze /my logs", "--unfreeze /my logs"]
    assert machine.run("post-script").code == 204


def test_what_somebody_else_froze_is_not_thawed(machine: Machine) -> None:
    (machine.root / "kernel" / "_data").mkdir()
    (machine.root / "kernel" / "_data" / "frozen").touch()
    answer = machine.run("pre-script", seconds=1)
    assert answer.code == 201
    assert "Device or resource busy" in answer.messages
    assert machine.run("post-script").code == 204
    assert eventually(machine.is_over)
    assert machine.frozen() == {"_data"}
    assert machine.log() == ["sync", "--freeze /my logs", "--unfreeze /my logs"]


def test_what_somebody_else_thawed_was_not_at_rest(machine: Machine) -> None:
    assert machine.run("pre-script").code == 0
    (machine.root / "kernel" / "_data" / "frozen").unlink()
    (machine.root / "kernel" / "_data").rmdir()
    assert machine.run("post-script").code == 203
    assert not machine.frozen()
    assert not machine.left()


def test_a_thaw_that_fails_is_told_and_tried_again(machine: Machine) -> None:
    machine.hook(LOG_HOOK)
    assert machine.run("pre-script").code == 0
    (machine.root / "stuck").touch()
    answer = machine.run("post-script")
    assert answer.code == 202
    assert "Input/output error" in answer.messages
    assert machine.frozen() == {"_data", "_my_logs"}
    # The database need not wait for it.
    assert machine.log()[-1] == "hook thaw"
    (machine.root / "stuck").unlink()
    assert eventually(lambda: not machine.frozen())
    assert machine.run("post-script").code == 0


def test_a_late_thaw_that_fails_is_late_all_the_same(machine: Machine) -> None:
    assert machine.run_in_time("pre-script", 1).code == 0
    (machine.root / "stuck").touch()
    assert eventually(lambda: bool([*machine.root.glob("run/*/*/late")]))
    assert machine.run("post-script").code == 203
    (machine.root / "stuck").unlink()
    assert eventually(lambda: not machine.frozen())


def test_the_post_script_before_the_pre_script(machine: Machine) -> None:
    assert machine.run("post-script").code == 204
    # The pre-script was late: nobody would thaw what it froze.
    assert machine.run("pre-script").code == 205
    assert not machine.frozen()


def test_the_post_script_while_the_pre_script_runs(machine: Machine) -> None:
    script = machine.start("pre-script", SLOW_FREEZE="/data", SLOW_SECONDS="1")
    assert eventually(lambda: bool([*machine.root.glob("kernel/_data")]))
    machine.run("post-script")
    assert answer_of(script).code == 201
    assert eventually(lambda: not machine.frozen() and not machine.left())


def test_the_pre_script_twice(machine: Machine) -> None:
    assert machine.run("pre-script").code == 0
    assert machine.run("pre-script").code == 205
    assert machine.frozen() == {"_data", "_my_logs"}
    assert machine.run("post-script").code == 0


def test_two_executions_do_not_touch_each_other(machine: Machine) -> None:
    machine.hook(LOG_HOOK)
    other = str(uuid.uuid4())
    assert machine.run("pre-script").code == 0
    assert machine.run("pre-script", execution=other).code == 205
    assert machine.run("post-script", execution=other).code == 204
    assert machine.frozen() == {"_data", "_my_logs"}
    assert "hook thaw" not in machine.log()
    assert machine.run("post-script").code == 0


def test_one_execution_after_another(machine: Machine) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    assert machine.run_in_time("pre-script", 1, first).code == 0
    assert eventually(machine.is_over)
    assert machine.run("pre-script", execution=second).code == 0
    # The first one was late, whatever has happened since, and its post-script thaws nothing of the second.
    assert machine.run("post-script", execution=first).code == 203
    assert machine.frozen() == {"_data", "_my_logs"}
    assert machine.run("post-script", execution=second).code == 0


def test_without_an_execution_id_it_works_again_and_again(machine: Machine) -> None:
    for _ in range(2):
        assert machine.run("pre-script", execution="None").code == 0
        assert machine.run("post-script", execution="None").code == 0


def test_the_hook_frames_the_freeze(machine: Machine) -> None:
    machine.hook(LOG_HOOK)
    assert machine.run("pre-script").output[-1] == "hook yes"
    machine.run("post-script")
    assert machine.log() == ["sync", "hook freeze", *FREEZE, *THAW, "hook thaw"]


def test_a_hook_that_is_not_ready_freezes_nothing(machine: Machine) -> None:
    machine.hook(f'{LOG_HOOK}; echo "no database here"; [ "$1" = thaw ]')
    answer = machine.run("pre-script")
    assert (answer.code, answer.output) == (206, [])
    assert "no database here" in answer.messages
    assert machine.log() == ["sync", "hook freeze", "hook thaw"]
    assert machine.run("post-script").code == 204


def test_a_hook_that_cannot_thaw_is_told_and_tried_again(machine: Machine) -> None:
    machine.hook(f'{LOG_HOOK}; [ "$1" = freeze ] || [ -e "$REACTOR_ROOT/ready" ]')
    assert machine.run("pre-script").code == 0
    assert machine.run("post-script").code == 202
    assert not machine.frozen()
    (machine.root / "ready").touch()
    assert eventually(lambda: not machine.left())


def test_a_client_that_the_hook_leaves_behind_holds_up_nobody(machine: Machine) -> None:
    machine.hook('[ "$1" = thaw ] || sleep 30 & echo $! > "$REACTOR_ROOT/client"')
    try:
        began = time.monotonic()
        assert machine.run_in_time("pre-script", 1).code == 0
        assert eventually(lambda: not machine.frozen())
        assert machine.run("pre-script", execution=str(uuid.uuid4())).code == 0
        assert time.monotonic() - began < 15
    finally:
        machine.hook('kill "$(cat "$REACTOR_ROOT/client")"')
        machine.run("post-script")


def test_the_root_is_not_frozen_even_if_its_device_is_not_found(machine: Machine) -> None:
    machine.stand_in("findmnt", 'case "$*" in *--target*) exit 1 ;; *) cat "$REACTOR_ROOT/mounts" ;; esac')
    assert "system xvda /" in machine.run("pre-script").output
    assert machine.run("post-script").code == 0
    assert "--freeze /" not in machine.log()


def test_a_timer_that_does_not_start_freezes_nothing(machine: Machine) -> None:
    machine.stand_in("setsid", "exit 1")
    assert machine.run("pre-script").code == 201
    assert machine.log() == ["sync"]


@pytest.mark.parametrize("tool", ["flock", "findmnt", "lsblk", "fsfreeze"])
def test_a_tool_that_is_missing_claims_nothing(machine: Machine, tool: str) -> None:
    machine.stand_in(tool, "exit 127")
    answer = machine.run("pre-script")
    assert not [line for line in answer.output if line.startswith("frozen vol-")]
    assert answer.code in ((0,) if tool == "lsblk" else (201, 205))
    machine.run("post-script")
    assert not machine.frozen()
