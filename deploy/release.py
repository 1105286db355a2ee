"""A release: a tag with the version in reactor_cli/__init__.py, and notes from that version's section in CHANGELOG.md.

python -m deploy.release tag           creates the tag of this version
python -m deploy.release notes v1.2.3  prints the notes of this version; the tag must be the version's
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from reactor_cli import __version__

PROJECT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^## (?P<version>\S+) \((?P<date>[^)]*)\)$", re.MULTILINE)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class CannotReleaseError(Exception):
    """The message says why, and what to do about it."""


def newest_section(changelog: str) -> tuple[str, str, str]:
    """Return the version, the date and the text of the first section; the date of an unreleased one is a word."""
    headings = list(HEADING.finditer(changelog))
    if not headings:
        raise CannotReleaseError("CHANGELOG.md has no heading such as: ## 1.2.3 (2026-11-29)")
    end = headings[1].start() if len(headings) > 1 else len(changelog)
    return headings[0]["version"], headings[0]["date"], changelog[headings[0].end() : end].strip() + "\n"


def notes(changelog: str, version: str) -> str:
    """Return the notes of a version; CannotReleaseError if it is not the newest, or has no date or no text."""
    newest, date, text = newest_section(changelog)
    if newest != version:
        raise CannotReleaseError(f"the newest section of CHANGELOG.md is {newest}, but the version is {version}")
    if not DATE.fullmatch(date):
        raise CannotReleaseError(f"CHANGELOG.md says {version} ({date}): write the date of the release instead")
    if not text.strip():
        raise CannotReleaseError(f"CHANGELOG.md says nothing about {version}")
    return text


def create_tag(project: Path, version: str) -> str:
    """Create an annotated tag of the last commit with the notes as its message, and return its name."""
    text = notes((project / "CHANGELOG.md").read_text(), version)
    if _git(project, "status", "--porcelain"):
        raise CannotReleaseError("there are changes that are not committed: commit them first")
    tag = f"v{version}"
    if _git(project, "tag", "--list", tag):
        raise CannotReleaseError(f"the tag {tag} exists: change the version in reactor_cli/__init__.py")
    _git(project, "tag", "--annotate", "--cleanup=verbatim", "--message", f"{tag}\n\n{text}", tag)
    return tag


def _git(project: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout  # noqa: S603  # its own arguments


def main(arguments: list[str]) -> int:
    """Return 1 with a message if there is a reason not to release, 2 if the arguments are wrong."""
    try:
        match arguments:
            case ["tag"]:
                tag = create_tag(PROJECT, __version__)
                sys.stdout.write(f"created the tag {tag}; publish it with: git push origin {tag}\n")
            case ["notes", tag]:
                sys.stdout.write(notes((PROJECT / "CHANGELOG.md").read_text(), tag.removeprefix("v")))
            case _:
                sys.stderr.write(__doc__ or "")
                return 2
    except CannotReleaseError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
