"""A machine for the script of fsfreeze.yaml with real filesystems, in loop devices."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import uuid
from functools import cache
from pathlib import Path

from tests.documents.machine import Machine

MAKE = {
    "ext3": ["mkfs.ext3", "-q"],
    "ext4": ["mkfs.ext4", "-q"],
    "xfs": ["mkfs.xfs", "-q"],
    "btrfs": ["mkfs.btrfs", "-q"],
}
SMALLEST = {"ext3": 16 << 20, "ext4": 16 << 20, "xfs": 300 << 20, "btrfs": 128 << 20}


class RealMachine(Machine):
    """A machine whose filesystems are real, in files of the test's directory."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mounted: list[Path] = []
        for name in ("fsfreeze", "lsblk", "sync"):
            (self.root / "bin" / name).unlink()
        self.stand_in(
            "findmnt",
            f"""findmnt={shutil.which("findmnt")}
            case "$*" in *--target*) exec "$findmnt" "$@" ;; *) "$findmnt" "$@" | grep -F " $REACTOR_ROOT/" ;; esac""",
        )

    def mount(self, kind: str, path: str, image: Path | None = None, size: int = 0) -> Path:
        """Make a filesystem of `size` bytes in a file, or of the smallest size there is, and mount it."""
        image = image or self.root / f"{uuid.uuid4()}.image"
        with image.open("wb") as file:
            file.truncate(size or SMALLEST[kind])
        subprocess.run([*MAKE[kind], str(image)], check=True, capture_output=True)
        return self.attach(path, "-o", "loop", str(image))

    def attach(self, path: str, *arguments: str) -> Path:
        place = self.root / path
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", *arguments, str(place)], check=True, capture_output=True)
        self.mounted.append(place)
        return place

    def close(self) -> None:
        for place in self.mounted:
            subprocess.run(["fsfreeze", "--unfreeze", str(place)], check=False, capture_output=True)
        for place in reversed(self.mounted.copy()):
            self.detach(place)

    def detach(self, place: Path) -> None:
        subprocess.run(["umount", str(place)], check=True, timeout=30)
        self.mounted.remove(place)


@cache
def have_own_mounts() -> None:
    """Give this process mounts of its own, which end with it, even if it is killed."""
    clone_newns = 0x20000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newns):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def can_mount(place: Path) -> bool:
    """Return whether this machine mounts loop devices."""
    tools = ("losetup", "fsfreeze", "findmnt", "lsblk", "flock", "setsid", "mkfs.ext4", "mkfs.xfs")
    if os.geteuid() != 0 or not all(map(shutil.which, tools)):
        return False
    machine = RealMachine(place / "can mount")
    try:
        have_own_mounts()
        machine.mount("ext4", "data")
    except (OSError, subprocess.CalledProcessError):
        return False
    machine.close()
    return True
