"""A release has the version of the code, a date, and the notes of its section in CHANGELOG.md."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.functions import PROJECT
from deploy.release import CannotReleaseError, create_tag, newest_section, notes
from reactor_cli import __version__

CHANGELOG = """# Changelog

## 1.2.0 (2026-11-29)

- Copies are made.
  ## is no heading

## 1.1.0 (2026-10-01)

- Older.
"""
TEXT = "- Copies are made.\n  ## is no heading\n"


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for whose in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{whose}_NAME", "x")
        monkeypatch.setenv(f"GIT_{whose}_EMAIL", "x@example.com")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    return tmp_path


def test_the_newest_section_is_of_the_version_of_the_code() -> None:
    version, _, text = newest_section((PROJECT / "CHANGELOG.md").read_text())
    assert version == __version__
    assert text.startswith("- ")


def test_notes_are_the_section_of_the_version() -> None:
    assert notes(CHANGELOG, "1.2.0") == TEXT


@pytest.mark.parametrize(
    ("changelog", "version", "message"),
    [
        (CHANGELOG, "1.1.0", "the newest section of CHANGELOG.md is 1.2.0, but the version is 1.1.0"),
        (CHANGELOG.replace("2026-11-29", "unreleased"), "1.2.0", r"says 1.2.0 \(unreleased\): write the date"),
        (CHANGELOG.replace(TEXT, ""), "1.2.0", "says nothing about 1.2.0"),
        ("# Changelog\n", "1.2.0", "has no heading such as"),
    ],
    ids=["another version", "no date", "no text", "no heading"],
)
def test_no_notes(changelog: str, version: str, message: str) -> None:
    with pytest.raises(CannotReleaseError, match=message):
        notes(changelog, version)


def test_a_tag_carries_the_notes(project: Path) -> None:
    assert create_tag(project, "1.2.0") == "v1.2.0"
    assert git(project, "tag", "--list", "--format=%(contents)", "v1.2.0").strip() == f"v1.2.0\n\n{TEXT}".strip()
    assert git(project, "rev-parse", "v1.2.0^{commit}") == git(project, "rev-parse", "HEAD")


def test_no_second_tag_of_a_version(project: Path) -> None:
    create_tag(project, "1.2.0")
    with pytest.raises(CannotReleaseError, match=r"the tag v1\.2\.0 exists"):
        create_tag(project, "1.2.0")


def test_no_tag_while_something_is_not_committed(project: Path) -> None:
    (project / "new.py").write_text("")
    with pytest.raises(CannotReleaseError, match="not committed"):
        create_tag(project, "1.2.0")
    assert git(project, "tag", "--list") == ""
