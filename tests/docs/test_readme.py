"""Every command of README.md is run: by continuous integration, here, or by tests/e2e/test_readme.py."""

from __future__ import annotations

from pathlib import Path

from deploy.functions import PROJECT
from tests.docs.pages import README, commands, sections
from tests.e2e.deployment import run

# tests/e2e/test_readme.py runs all commands of this section.
RUN_AFTER_DEPLOYMENT = "Deploy it"


def run_by_continuous_integration() -> set[str]:
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    return {f"make {target}" for line in lines if line.startswith("make ") for target in line.split()[1:]}


def test_every_command_is_run() -> None:
    clone, *others = commands(README.read_text())
    assert clone.startswith("git clone ")  # the test below runs it
    others = [command for command in others if command not in commands(sections(README)[RUN_AFTER_DEPLOYMENT])]
    assert others
    assert set(others) - run_by_continuous_integration() == set()


def test_a_clone_has_what_the_other_commands_need(tmp_path: Path) -> None:
    origin = tmp_path / "origin" / PROJECT.name
    origin = origin.with_name("ebs-snapshot-reactor")
    origin.parent.mkdir()
    origin.symlink_to(PROJECT)
    clone = commands(README.read_text())[0].replace("<this repository>", str(origin))
    assert "Makefile" in run(["bash", "-ec", f"{clone}\nls"], tmp_path).split()


def test_it_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 130
