"""The lock file holds exact versions of everything that pyproject.toml asks for, and Lambda gets the same versions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.functions import PROJECT

LOCK, DEPLOYED = "requirements-lock.txt", "requirements.txt"


def pins(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the version and the hashes of each package in a file; KeyError if one has no exact version."""
    text = (PROJECT / name).read_text().replace("\\\n", " ")
    pinned: dict[str, tuple[str, frozenset[str]]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            parsed = Requirement(requirement)
            [exact] = parsed.specifier
            assert exact.operator == "=="
            pinned[canonicalize_name(parsed.name)] = exact.version, frozenset(value.strip() for value in hashes)
    return pinned


def wanted(value: Any) -> Iterator[str]:
    for word in value:
        if isinstance(word, str):
            yield canonicalize_name(Requirement(word).name)


def test_the_lock_has_everything_with_hashes() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    locked = pins(LOCK)
    groups = project["dependency-groups"].values()
    names = {name for group in [project["project"]["dependencies"], *groups] for name in wanted(group)}
    assert names <= set(locked)
    assert all(hashes for _, hashes in locked.values())


def test_lambda_gets_the_versions_of_the_lock() -> None:
    deployed, locked = pins(DEPLOYED), pins(LOCK)
    assert "aws-lambda-powertools" in deployed
    assert deployed == {name: locked[name] for name in deployed}


def test_nobody_has_to_reach_a_certain_host() -> None:
    for name in (LOCK, DEPLOYED):
        assert not re.search(r"://|--(extra-)?index-url|--find-links|@ file", (PROJECT / name).read_text())
