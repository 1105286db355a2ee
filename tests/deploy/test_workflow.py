"""Continuous integration runs what the README names, on every Python that the project supports."""

import re
from typing import Any

import yaml

from deploy.functions import PROJECT


def workflow() -> Any:
    return yaml.safe_load((PROJECT / ".github" / "workflows" / "check.yml").read_text())


def test_it_runs_the_checks_and_the_deployment() -> None:
    steps = [each["run"] for each in workflow()["jobs"]["check"]["steps"] if "run" in each]
    assert steps == ["make check", "make test-e2e"]
    targets = set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text(), re.M))
    assert {step.removeprefix("make ") for step in steps} <= targets


def test_on_every_python_supported() -> None:
    versions = workflow()["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13"]
    assert f'requires-python = ">={versions[0]}"' in (PROJECT / "pyproject.toml").read_text()
