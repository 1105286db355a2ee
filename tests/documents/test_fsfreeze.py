"""The document behind Consistency=fsfreeze: its script is run by a real shell, with failures at each step."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCUMENT = Path(__file__).parents[2] / "deploy" / "documents" / "fsfreeze.yaml"
STAND_INS = {
    # The first line says what lies on the root's device; the rest is what is mounted.
    "findmnt": """case "$*" in *--target*) echo "  8:1 " ;; *) printf '8:1 /\\n8:1 /boot\\n8:16 /data\\n8:16 /bind\\n8:32 /my logs\\n' ;; esac""",
    "fsfreeze": """echo "$1 $2" >> "$LOG"; if [ "$1" = --freeze ] && [ "$2" = "${FAIL_FREEZE:-}" ]; then exit 1; fi
if [ "$1" = --unfreeze ] && [ -n "${FAIL_THAW:-}" ]; then exit 1; fi; exit 0""",
    "sync": "exit 0",
}


@dataclass
class Machine:
    """A directory that stands for an instance, and a log of what was frozen and thawed there."""

    root: Path
    script: Path
    environment: dict[str, str]

    def run(self, command: str, seconds: int = 60, **environment: str) -> int:
        text = self.script.read_text().replace("{{ command }}", command).replace("{{ autoThawSeconds }}", str(seconds))
        assert "{{" not in text
        script = self.root / "script.sh"
        script.write_text(text)
        done = subprocess.run(
            ["sh", str(script)],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.returncode

    def log(self) -> list[str]:
        path = self.root / "log"
        return path.read_text().splitlines() if path.exists() else []

    def frozen(self) -> set[str]:
        """Return what is frozen now, from the log."""
        now: set[str] = set()
        for line in self.log():
            verb, mount = line.split(" ", 1)
            now = now | {mount} if verb == "--freeze" else now - {mount}
        return now

    def hook(self, text: str) -> None:
        path = self.root / "etc" / "ebs-snapshot-reactor" / "hook"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


def content() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    return found


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    bin = tmp_path / "bin"
    bin.mkdir()
    for name, text in STAND_INS.items():
        path = bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    script = tmp_path / "document.sh"
    script.write_text(content()["mainSteps"][0]["inputs"]["runCommand"][0])
    environment = {"PATH": f"{bin}:{os.environ['PATH']}", "REACTOR_ROOT": str(tmp_path), "LOG": str(tmp_path / "log")}
    yield Machine(tmp_path, script, environment)
    timer = tmp_path / "run" / "ebs-snapshot-reactor" / "timer"
    if timer.exists():
        subprocess.run(["kill", "--", f"-{timer.read_text().strip()}"], check=False, capture_output=True)


def test_freezes_each_data_filesystem_once_and_never_the_root(machine: Machine) -> None:
    assert machine.run("pre-script") == 0
    assert machine.log() == ["--freeze /data", "--freeze /my logs"]
    assert machine.run("post-script") == 0
    assert machine.log()[2:] == ["--unfreeze /data", "--unfreeze /my logs"]
    assert not machine.frozen()


def test_dry_run_freezes_nothing(machine: Machine) -> None:
    assert machine.run("dry-run") == 0
    assert machine.log() == []


def test_the_timer_thaws_what_nobody_asks_for_any_more(machine: Machine) -> None:
    assert machine.run("pre-script", seconds=1) == 0
    assert machine.frozen()
    deadline = time.monotonic() + 10
    while machine.frozen() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not machine.frozen()
    assert machine.run("post-script") == 203
    assert machine.run("post-script") == 204
    assert len(machine.log()) == 4


def test_the_timer_is_stopped_by_the_post_script(machine: Machine) -> None:
    assert machine.run("pre-script", seconds=1) == 0
    assert machine.run("post-script") == 0
    time.sleep(1.5)
    assert len(machine.log()) == 4
    assert machine.run("pre-script") == 0
    assert machine.run("post-script") == 0


def test_a_freeze_that_fails_thaws_what_was_frozen(machine: Machine) -> None:
    assert machine.run("pre-script", FAIL_FREEZE="/my logs") == 201
    assert "--freeze /data" in machine.log()
    assert not machine.frozen()
    assert machine.run("post-script") == 204


def test_a_thaw_that_fails_is_told(machine: Machine) -> None:
    assert machine.run("pre-script") == 0
    assert machine.run("post-script", FAIL_THAW="1") == 202


@pytest.mark.parametrize(
    ("order", "code"), [(["post-script"], 204), (["pre-script", "pre-script"], 205)], ids=["post first", "pre twice"]
)
def test_the_wrong_order_is_told(machine: Machine, order: list[str], code: int) -> None:
    assert [machine.run(command) for command in order][-1] == code


def test_the_hook_frames_the_freeze(machine: Machine) -> None:
    machine.hook('echo "hook $1" >> "$LOG"')
    machine.run("pre-script")
    machine.run("post-script")
    assert machine.log() == [
        "hook freeze", "--freeze /data", "--freeze /my logs", "--unfreeze /data", "--unfreeze /my logs", "hook thaw",
    ]  # fmt: skip


def test_a_hook_that_is_not_ready_freezes_nothing(machine: Machine) -> None:
    machine.hook('echo "hook $1" >> "$LOG"; [ "$1" = thaw ]')
    assert machine.run("pre-script") == 206
    assert machine.log() == ["hook freeze", "hook thaw"]
    assert machine.run("post-script") == 204


def test_a_real_filesystem_is_frozen_and_thawed(machine: Machine, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not all(shutil.which(tool) for tool in ("mkfs.ext4", "fsfreeze", "findmnt", "losetup")):
        pytest.skip("freezing a real filesystem needs root, mkfs.ext4 and util-linux")
    image, mount = tmp_path / "image", tmp_path / "mounted"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a loop device")
    try:
        # The real fsfreeze, but of this filesystem alone: the machine's own are none of this test's business.
        (tmp_path / "bin" / "fsfreeze").unlink()
        (tmp_path / "bin" / "findmnt").write_text(
            f'#!/bin/sh\ncase "$*" in *--target*) echo 0:0 ;; *) echo "7:0 {mount}" ;; esac\n'
        )
        assert machine.run("pre-script", seconds=20) == 0
        writer = subprocess.Popen(["sh", "-c", f"echo x > {mount}/file"])
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(timeout=1)
        assert machine.run("post-script") == 0
        assert writer.wait(timeout=10) == 0
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(mount)], check=False, capture_output=True)
        subprocess.run(["umount", str(mount)], check=True)


def test_the_document_keeps_to_the_schema() -> None:
    document = content()
    assert document["schemaVersion"] == "2.2"
    assert set(document) <= {"schemaVersion", "description", "parameters", "mainSteps"}
    names = set(document["parameters"])
    assert {"command", "executionId"} <= names
    for parameter in document["parameters"].values():
        assert parameter["type"] == "String"
        assert set(parameter) <= {"type", "description", "default", "allowedValues", "allowedPattern"}
        if "allowedPattern" in parameter:
            assert re.fullmatch(parameter["allowedPattern"], parameter["default"])
        else:
            assert parameter["default"] in parameter["allowedValues"]
    [step] = document["mainSteps"]
    assert set(step) == {"action", "name", "precondition", "inputs"}
    assert step["action"] == "aws:runShellScript"
    assert set(re.findall(r"\{\{ *(\w+) *\}\}", DOCUMENT.read_text())) <= names
    assert len(DOCUMENT.read_bytes()) < 64 * 1024


def test_the_app_asks_for_what_the_document_offers() -> None:
    from chalicelib import consistency  # noqa: PLC0415

    assert consistency.FSFREEZE_DOCUMENT in DOCUMENT.read_text()
    assert content()["parameters"]["command"]["allowedValues"] == ["pre-script", "post-script", "dry-run"]
