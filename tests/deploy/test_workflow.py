"""What runs on GitHub and before a commit is what a developer runs here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.functions import PROJECT

WORKFLOWS = PROJECT / ".github" / "workflows"
PINNED = re.compile(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def workflow(name: str) -> Any:
    return yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())


def commands(job: Any) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def recipe(target: str) -> set[str]:
    """The commands of a target of the Makefile, with their options."""
    [lines] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    return {line.strip().replace("$(BIN)", ".venv/bin") for line in lines.splitlines()}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def test_every_change_runs_what_continuous_integration_runs() -> None:
    assert commands(workflow("check")["jobs"]["check"]) == [".ci/run"]
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    called = {name for line in lines if line.startswith("make ") for name in line.split()[1:]}
    assert {"check", "demo", "test-browser", "test-recipes", "test-e2e"} <= called <= targets()


def test_the_oldest_python_is_the_oldest_that_is_supported() -> None:
    versions = workflow("check")["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert f'requires-python = ">={versions[0]}"' in (PROJECT / "pyproject.toml").read_text()


def test_every_night_runs_what_takes_too_long_for_every_change() -> None:
    job = workflow("nightly")["jobs"]["nightly"]
    assert commands(job) == ["make ${{ matrix.target }}"]
    assert {"prove", "mutants", "bench"} == set(job["strategy"]["matrix"]["target"]) <= targets()


def test_every_night_root_freezes_real_databases() -> None:
    assert commands(workflow("nightly")["jobs"]["recipes"]) == ["sudo --preserve-env=PATH make databases test-recipes"]
    assert {"databases", "test-recipes"} <= targets()


def test_a_release_is_checked_first() -> None:
    jobs = workflow("release")["jobs"]
    assert jobs["check"] == {"uses": "./.github/workflows/check.yml"}
    assert jobs["release"]["needs"] == "check"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_actions_are_pinned_and_may_only_read(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert "uses:" not in line or "uses: ./" in line or PINNED.search(line), line
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_hooks_before_a_commit_are_those_of_make_lint() -> None:
    [local] = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"  # nothing is downloaded
    hooks = {hook["entry"].removesuffix(" --fix") for hook in local["hooks"]}
    assert hooks == {line.removesuffix(" .").removesuffix(" --check") for line in recipe("lint")}
