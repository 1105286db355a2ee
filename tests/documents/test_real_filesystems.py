"""The script on real filesystems in loop devices, with the real fsfreeze, findmnt and lsblk.

Needs root and a kernel that mounts loop devices. No filesystem of the machine
itself is touched: findmnt shows the script only what lies in the test's directory.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.documents.machine import eventually
from tests.documents.real_machine import MAKE, RealMachine, can_mount
from tests.documents.test_killed import HOOK, KILL_AT, run_killed

CHECK = {"ext3": ["fsck.ext3", "-fn"], "ext4": ["fsck.ext4", "-fn"], "xfs": ["xfs_repair", "-n"]}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[RealMachine]:
    if not can_mount(tmp_path):
        pytest.skip("real filesystems need root, loop devices, util-linux, e2fsprogs and xfsprogs")
    machine = RealMachine(tmp_path / "machine")
    try:
        yield machine
    finally:
        eventually(machine.is_over)
        machine.close()


def is_frozen(place: Path) -> bool:
    """Return whether a filesystem is frozen: the kernel does not freeze it twice."""
    # One command, so that it is thawed even if this test is killed.
    probe = ["sh", "-c", 'fsfreeze --freeze "$1" || exit 3; fsfreeze --unfreeze "$1"', "-", str(place)]
    result = subprocess.run(probe, check=False, capture_output=True).returncode
    assert result in (0, 3)
    return result == 3


def write(place: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sh", "-c", 'echo x > "$1/file"', "-", str(place)])


@pytest.mark.parametrize("kind", MAKE)
def test_writers_wait_from_freeze_to_thaw(machine: RealMachine, kind: str) -> None:
    if not shutil.which(MAKE[kind][0]):
        pytest.skip(f"this machine has no {MAKE[kind][0]}")
    place = machine.mount(kind, "data")
    assert machine.run("pre-script").output == [f"frozen - {place}", "hook no"]
    writer = write(place)
    with pytest.raises(subprocess.TimeoutExpired):
        writer.wait(timeout=1)
    assert machine.run("post-script").code == 0
    assert writer.wait(timeout=10) == 0


def test_the_timer_thaws(machine: RealMachine) -> None:
    places = [machine.mount("ext4", "data"), machine.mount("xfs", "logs")]
    assert machine.run("pre-script", seconds=2).code == 0
    assert all(write(place).wait(timeout=20) == 0 for place in places)
    assert machine.run("post-script").code == 203


def test_nested_mounts_bind_mounts_and_a_filesystem_in_a_file(machine: RealMachine) -> None:
    outer = machine.mount("ext4", "data")
    inner = machine.mount("xfs", "data/nested")
    machine.attach("bound", "--bind", str(outer))
    in_a_file = machine.mount("ext4", "aaa", image=inner / "image")
    answer = machine.run("pre-script")
    assert answer.output == [f"frozen - {place}" for place in (in_a_file, inner, outer)] + ["hook no"]
    assert machine.run("post-script").code == 0
    assert all(write(place).wait(timeout=10) == 0 for place in (outer, inner, in_a_file))


def test_subvolumes_are_frozen_once(machine: RealMachine) -> None:
    if not shutil.which("mkfs.btrfs"):
        pytest.skip("this machine has no mkfs.btrfs")
    place = machine.mount("btrfs", "data")
    subprocess.run(["btrfs", "subvolume", "create", str(place / "sub")], check=True, capture_output=True)
    device = subprocess.check_output(["findmnt", "-nvo", "SOURCE", "--target", str(place)], text=True).strip()
    machine.attach("subvolume", "-o", "subvol=sub", device)
    assert machine.run("pre-script").output == [f"frozen - {place}", "hook no"]
    assert machine.run("post-script").code == 0


def test_a_separate_var_is_not_frozen(machine: RealMachine) -> None:
    var, data = machine.mount("xfs", "var"), machine.mount("ext4", "data")
    (var / "lib" / "amazon" / "ssm").mkdir(parents=True)
    answer = machine.run("pre-script")
    assert answer.output == [f"frozen - {data}", f"system - {var}", "hook no"]
    assert write(var).wait(timeout=10) == 0
    assert machine.run("post-script").code == 0


def test_what_somebody_else_froze_stays_frozen(machine: RealMachine) -> None:
    theirs, ours = machine.mount("ext4", "theirs"), machine.mount("ext4", "ours")
    subprocess.run(["fsfreeze", "--freeze", str(theirs)], check=True)
    assert machine.run("pre-script").code == 201
    assert machine.run("post-script").code == 204
    assert is_frozen(theirs)
    assert not is_frozen(ours)


@pytest.mark.parametrize("kind", CHECK)
def test_a_copy_of_a_busy_filesystem_is_clean_and_complete(machine: RealMachine, kind: str) -> None:
    place = machine.mount(kind, "data", image=machine.root / "image")
    loop = 'n=0; while :; do n=$((n + 1)); echo $n > "$1/$2.new"; sync "$1/$2.new"; mv "$1/$2.new" "$1/$2"; sync "$1"; echo $n > "$3/$2.new"; mv "$3/$2.new" "$3/$2"; done'
    written = machine.root / "written"
    written.mkdir()
    writers = [subprocess.Popen(["sh", "-c", loop, "-", str(place), str(number), str(written)]) for number in range(4)]
    try:
        assert eventually(lambda: len([*written.glob("?")]) == 4)
        time.sleep(1)
        assert machine.run("pre-script").code == 0
        acknowledged = {path.name: int(path.read_text()) for path in written.glob("?")}
        shutil.copy(machine.root / "image", machine.root / "copy")
        assert machine.run("post-script").code == 0
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    # XFS leaves its log to be recovered when it is mounted, and has nothing to repair afterwards.
    copy = machine.attach("copied", "-o", "loop,nouuid" if kind == "xfs" else "loop", str(machine.root / "copy"))
    assert all(int((copy / name).read_text()) >= number for name, number in acknowledged.items())
    machine.detach(copy)
    subprocess.run([*CHECK[kind], str(machine.root / "copy")], check=True, capture_output=True)


def test_killed_at_every_command(machine: RealMachine) -> None:
    if not shutil.which("bash"):
        pytest.skip("killing at each command needs bash")

    def build(name: str) -> RealMachine:
        one = RealMachine(machine.root / name, ("bash",))
        machine.mounted += [one.mount("ext4", "data"), one.mount("xfs", "logs")]
        one.hook(HOOK)
        one.stand_in("sh", 'exec dash "$@"')
        (one.root / "kill").write_text(KILL_AT)
        return one

    def check(one: RealMachine, commands: range) -> list[int]:
        wrong = []
        for at in commands:
            one.execution = str(uuid.uuid4())
            run_killed(one, "pre-script", at, seconds=1)
            if not eventually(one.is_over) or any(is_frozen(place) for place in one.mounted):
                wrong.append(at)
        return wrong

    machines = [build(str(number)) for number in range(4)]
    count = run_killed(machines[0], "pre-script", -1, seconds=1)
    assert count > 50
    with ThreadPoolExecutor(len(machines)) as pool:
        ranges = [range(start, count, len(machines)) for start in range(len(machines))]
        assert [at for wrong in pool.map(check, machines, ranges) for at in wrong] == []
