"""The script killed at every command that it runs, as an agent kills what it cancels: nothing stays frozen."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.documents.machine import Machine, eventually

HOOK = 'echo "hook $1" >> "$REACTOR_ROOT/log"'
# bash calls this before each command, in functions and subshells too; it counts them, and kills all at the last one.
KILL_AT = """
set -T
trap 'read -r commands < "$COUNT"; echo $((commands + 1)) > "$COUNT"; [ "$commands" != "$KILL_AT" ] || kill -9 0' DEBUG
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="killing at each command needs bash")


def build(place: Path, dies: str) -> Machine:
    """Return a machine on which one script is run by bash, and the others by a shell that nobody kills."""
    machine = Machine(place, ("bash",) if dies != "timer" else ("dash",))
    machine.stand_in("sh", 'exec bash "$@"' if dies == "timer" else 'exec dash "$@"')
    machine.stand_in("findmnt", 'case "$*" in *--target*) echo 8:1 ;; *) cat "$REACTOR_ROOT/mounts" ;; esac')
    machine.hook(HOOK)
    (place / "kill").write_text(KILL_AT)
    return machine


def run_killed(machine: Machine, command: str, at: int, seconds: int = 2) -> int:
    """Run a script that is killed at a command, and return how many it ran."""
    count = machine.root / f"count of {command}"
    count.write_text("0\n")
    environment = {"BASH_ENV": str(machine.root / "kill"), "COUNT": str(count), "KILL_AT": str(at)}
    machine.run(command, seconds, **environment)
    return int(count.read_text() or 0)


def is_thawed(machine: Machine) -> bool:
    hooks = [line for line in machine.log() if line.startswith("hook")]
    return not machine.frozen() and hooks[-1:] != ["hook freeze"]


def at_every_command(count: int, check: Callable[[int], bool]) -> None:
    assert count > 20
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(check, range(count))
        assert [at for at, passed in enumerate(results) if not passed] == []


@pytest.mark.parametrize("comes", ["the timer", "the post-script"])
def test_the_pre_script_killed_at_every_command(tmp_path: Path, comes: str) -> None:
    def check(at: int) -> bool:
        machine = build(tmp_path / str(at), dies="pre-script")
        run_killed(machine, "pre-script", at, seconds=2 if comes == "the timer" else 60)
        machine.shell = ("dash",)
        if comes == "the post-script":
            machine.run("post-script")
            return is_thawed(machine) and not machine.left()
        # A note of a freeze that was never begun may be left; it is not in the way of the next execution.
        return (
            eventually(machine.is_over)
            and is_thawed(machine)
            and machine.run("pre-script", execution="None").code == 0
            and machine.run("post-script", execution="None").code == 0
            and not machine.left()
        )

    whole = build(tmp_path / "whole", dies="pre-script")
    at_every_command(run_killed(whole, "pre-script", -1), check)


def test_the_post_script_killed_at_every_command(tmp_path: Path) -> None:
    def check(at: int) -> bool:
        machine = build(tmp_path / str(at), dies="post-script")
        frozen = machine.run("pre-script", 5).code == 0
        run_killed(machine, "post-script", at)
        return frozen and eventually(lambda: is_thawed(machine) and not machine.left())

    whole = build(tmp_path / "whole", dies="post-script")
    whole.run("pre-script", 60)
    at_every_command(run_killed(whole, "post-script", -1), check)


def test_the_timer_killed_at_every_command(tmp_path: Path) -> None:
    def check(at: int) -> bool:
        machine = build(tmp_path / str(at), dies="timer")
        run_killed(machine, "pre-script", at, seconds=2)
        eventually(machine.is_over)
        if at % 2:
            machine.run("post-script")
        else:
            # Nobody else comes for it until the next snapshot.
            machine.run("pre-script", execution="None")
            machine.run("post-script", execution="None")
        return is_thawed(machine) and not machine.left()

    whole = build(tmp_path / "whole", dies="timer")
    run_killed(whole, "pre-script", -1, seconds=2)
    eventually(whole.is_over)
    at_every_command(int((whole.root / "count of pre-script").read_text()), check)


@pytest.mark.parametrize("timer_first", [True, False], ids=["after the timer", "before the timer"])
def test_killed_while_the_kernel_freezes(tmp_path: Path, timer_first: bool) -> None:
    machine = Machine(tmp_path)
    machine.clock(runs=False)
    script = machine.start("pre-script", 1, SLOW_FREEZE="/data", SLOW_SECONDS="2")
    assert eventually((tmp_path / "kernel" / "_data").exists)
    if timer_first:
        machine.clock(runs=True)
        assert eventually(lambda: bool([*tmp_path.glob("run/*/*/late")]))
    # Not the child that stands for the kernel: it has a session of its own.
    os.killpg(script.pid, signal.SIGKILL)
    script.communicate()
    if not timer_first:
        machine.clock(runs=True)
    assert eventually(lambda: "--freeze /data" in machine.log())
    assert eventually(lambda: not machine.frozen() and not machine.left())
    assert machine.run("post-script").code == 203
