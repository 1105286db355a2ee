"""The script on a logical volume over two disks, in a kernel of its own: it needs device mapper, and disks.

User-mode Linux is a program that is a kernel. Its root is this machine's, its disks are files of the test.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents.machine import Machine

TOOLS = ("linux.uml", "busybox", "lvm", "mkfs.ext4", "fsfreeze", "findmnt", "lsblk", "flock", "setsid")
INIT = """\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LVM_SYSTEM_DIR=/run/lvm
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run; mount -t tmpfs mnt /mnt
exec > /dev/console 2>&1
find "/usr/lib/uml/modules/$(uname -r)" -name dm-mod.ko -exec busybox insmod {} ';'
mkdir -p /run/lvm /run/lock /mnt/data
pvcreate -qq -y /dev/ubda /dev/ubdb
vgcreate -qq vg /dev/ubda /dev/ubdb
lvcreate -qq -y -Zn -i 2 -l 80 -n data vg && vgmknodes
mkfs.ext4 -q /dev/mapper/vg-data && mount /dev/mapper/vg-data /mnt/data
sh %(pre)s; echo "pre-script: $?"
(echo x > /mnt/data/file; echo "a writer wrote") &
sleep 1; echo "a second later"
sh %(post)s; echo "post-script: $?"; wait
sh %(late_pre)s > /dev/null; echo "pre-script: $?"
echo x > /mnt/data/file; echo "a writer wrote"
sh %(late_post)s; echo "post-script: $?"
busybox poweroff -f
"""


def test_a_logical_volume_names_all_its_disks(tmp_path: Path) -> None:
    if not all(map(shutil.which, TOOLS)):
        pytest.skip(f"LVM needs {', '.join(TOOLS)}: make databases")
    machine = Machine(tmp_path / "machine")
    scripts = {
        "pre": machine.script("pre-script", 60, "first"),
        "post": machine.script("post-script", 60, "first"),
        "late_pre": machine.script("pre-script", 2, "second"),
        "late_post": machine.script("post-script", 2, "second"),
    }
    (tmp_path / "init").write_text(INIT % scripts)
    (tmp_path / "init").chmod(0o755)
    disks = [tmp_path / "a", tmp_path / "b"]
    for disk in disks:
        with disk.open("wb") as file:
            file.truncate(200 << 20)
    kernel = subprocess.run(
        [
            "linux.uml", "mem=256M", "quiet", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", f"init={tmp_path / 'init'}",
            *(f"ubd{number}={disk}" for number, disk in enumerate(disks)), "con=null", "con0=null,fd:1",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    lines = kernel.stdout.replace("\r", "").splitlines()
    assert "frozen ubda,ubdb /mnt/data" in lines, kernel.stdout
    begin = lines.index("frozen ubda,ubdb /mnt/data")
    assert lines[begin : begin + 9] == [
        "frozen ubda,ubdb /mnt/data",
        "hook no",
        "pre-script: 0",
        "a second later",
        "a writer wrote",
        "post-script: 0",
        "pre-script: 0",
        "a writer wrote",
        "it was thawed before the post-script came",
    ]
    assert lines[begin + 9] == "post-script: 203"
