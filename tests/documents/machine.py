"""A machine for the script of fsfreeze.yaml: a directory, and stand-ins that answer as util-linux and the kernel do."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DOCUMENT = Path(__file__).parents[2] / "deploy" / "documents" / "fsfreeze.yaml"
# MAJ:MIN, type, source and path of each mount, as findmnt prints them.
MOUNTS = """\
8:1 ext4 /dev/xvda1 /
0:23 tmpfs tmpfs /run
8:1 ext4 /dev/xvda1 /srv/bound from the root
259:1 xfs /dev/nvme1n1 /data
259:1 xfs /dev/nvme1n1 /bind
253:0 ext4 /dev/mapper/vg-logs /my logs
"""
# TYPE, NAME and SERIAL of each device and what lies under it, as lsblk --inverse prints them.
DISKS = """\
/dev/xvda1 part xvda1
/dev/xvda1 disk xvda
/dev/nvme1n1 disk nvme1n1 vol0aaa0aaa0aaa0aaa0
/dev/mapper/vg-logs lvm vg-logs
/dev/mapper/vg-logs part nvme2n1p1
/dev/mapper/vg-logs disk nvme2n1 vol0bbb0bbb0bbb0bbb0
/dev/mapper/vg-logs disk xvdh
"""
STAND_INS = {
    "findmnt": """
    case "$*" in
      *--target*) for path; do :; done
        awk -v path="${path#"$REACTOR_ROOT"}/" '
          { n = $1; $1 = $2 = $3 = ""; sub(/^ +/, ""); prefix = $0 == "/" ? "/" : $0 "/" }
          index(path, prefix) == 1 && length(prefix) >= longest { longest = length(prefix); number = n }
          END { print "  " number }' "$REACTOR_ROOT/mounts" ;;
      *) cat "$REACTOR_ROOT/mounts" ;;
    esac""",
    "lsblk": """for device; do :; done; sed -n "s,^$device ,,p" "$REACTOR_ROOT/disks" """,
    # A directory stands for a filesystem that is frozen, or about to be: in that state it cannot be thawed either.
    "fsfreeze": """
    place=$REACTOR_ROOT/kernel/$(echo "$2" | tr "/ " __)
    refuse() { echo "fsfreeze: $2: ${1#--} failed: $3" >&2; exit 1; }
    case $1 in
      --freeze)
        [ "$2" != "${FAIL_FREEZE:-}" ] || refuse "$1" "$2" "Input/output error"
        mkdir "$place" 2> /dev/null || refuse "$1" "$2" "Device or resource busy"
        # The kernel finishes what it has begun, even if fsfreeze is killed.
        setsid sh -c '/bin/sleep "$1"; echo "--freeze $3" >> "$REACTOR_ROOT/log"; : > "$2/frozen"' - \\
          "$([ "$2" = "${SLOW_FREEZE:-}" ] && echo "$SLOW_SECONDS" || echo 0)" "$place" "$2" &
        wait ;;
      --unfreeze)
        [ ! -e "$REACTOR_ROOT/stuck" ] || refuse "$1" "$2" "Input/output error"
        rm "$place/frozen" 2> /dev/null && rmdir "$place" || refuse "$1" "$2" "Invalid argument"
        echo "$1 $2" >> "$REACTOR_ROOT/log" ;;
    esac""",
    # Here a second takes a fifth of one, and time can be stopped.
    "sleep": 'while [ -e "$REACTOR_ROOT/stopped clock" ]; do /bin/sleep 0.05; done; exec /bin/sleep "$(($1 / 5)).$(($1 % 5 * 2))"',
    "sync": 'echo sync >> "$REACTOR_ROOT/log"; [ -z "${SYNC_SECONDS:-}" ] || sleep "$SYNC_SECONDS"',
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent reports of a script."""

    code: int
    output: list[str]
    messages: str


@dataclass
class Machine:
    """A directory that stands for an instance; `shell` is the command that runs scripts there."""

    root: Path
    shell: tuple[str, ...] = ("sh",)
    environment: dict[str, str] = field(default_factory=dict)
    execution: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        for name in ("bin", "kernel", "run", "agent"):
            (self.root / name).mkdir(parents=True)
        for name, text in STAND_INS.items():
            self.stand_in(name, text)
        (self.root / "mounts").write_text(MOUNTS)
        (self.root / "disks").write_text(DISKS)
        self.environment = {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "REACTOR_ROOT": str(self.root),
        }

    def stand_in(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def hook(self, text: str) -> None:
        path = self.root / "etc" / "ebs-snapshot-reactor" / "hook"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def script(self, command: str, seconds: int, execution: str) -> Path:
        """Write the script as the agent does, with these parameters."""
        text = content()["mainSteps"][0]["inputs"]["runCommand"][0]
        for name, value in (("command", command), ("executionId", execution), ("autoThawSeconds", str(seconds))):
            text = text.replace("{{ " + name + " }}", value)
        assert "{{" not in text
        script = self.root / "agent" / f"{uuid.uuid4()}.sh"
        script.write_text(text)
        return script

    def start(
        self, command: str, seconds: int = 60, execution: str | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """Start the script as the agent does: a file of its own, in a process group of its own."""
        return subprocess.Popen(
            [*self.shell, str(self.script(command, seconds, execution or self.execution))],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, seconds: int = 60, execution: str | None = None, **environment: str) -> Answer:
        return answer_of(self.start(command, seconds, execution, **environment))

    def run_in_time(self, command: str, seconds: int, execution: str | None = None) -> Answer:
        """Run a script that ends before any timer does, however slow this machine is."""
        self.clock(runs=False)
        answer = self.run(command, seconds, execution)
        self.clock(runs=True)
        return answer

    def clock(self, runs: bool) -> None:
        stopped = self.root / "stopped clock"
        stopped.unlink() if runs else stopped.touch()

    def log(self) -> list[str]:
        """Return what was done on this machine, in order."""
        path = self.root / "log"
        return path.read_text().splitlines() if path.exists() else []

    def frozen(self) -> set[str]:
        """Return the names of the filesystems that are frozen now."""
        return {path.parent.name for path in self.root.glob("kernel/*/frozen")}

    def left(self) -> list[Path]:
        """Return what the script has not undone yet."""
        executions = self.root / "run" / "ebs-snapshot-reactor"
        return [*executions.glob("*/mount.*"), *executions.glob("*/hook")]

    def is_over(self) -> bool:
        """Return whether no timer runs any more: it holds a lock."""
        lock = self.root / "run" / "ebs-snapshot-reactor" / "lock"
        if not lock.exists():
            return True
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def timers(self) -> list[int]:
        """Return the process ids of timers of this machine."""
        marker = f"REACTOR_ROOT={self.root}".encode()
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if marker in read_or_nothing(path).split(b"\0")
            and b"timer" in read_or_nothing(path.parent / "cmdline").split(b"\0")
        ]


def read_or_nothing(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def answer_of(script: subprocess.Popen[str]) -> Answer:
    output, messages = script.communicate(timeout=60)
    return Answer(script.returncode, output.splitlines(), messages)


@cache
def content() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    return document


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Return whether a condition comes true within some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
