"""Links between the pages lead somewhere, and the make targets and files that pages name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.functions import PROJECT
from tests.docs.pages import PAGES, README, commands, quoted

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FOLDERS = "chalicelib|reactor_cli|emulator|deploy|tests|benchmarks|docs"
FILE = re.compile(rf"\b(?:{FOLDERS})/[\w./-]*\.(?:py|md|toml|yaml|json|mjs)\b")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = (re.sub(r"[^\w\- ]", "", heading.casefold()) for heading in HEADING.findall(page.read_text()))
    return {heading.strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    dead = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {README}
    while new:
        reached |= new
        links = {
            (page.parent / link.partition("#")[0]).resolve() for page in new for link in LINK.findall(page.read_text())
        }
        new = (links & set(PAGES)) - reached
    assert {page for page in PAGES if ".github" not in page.parts} - reached == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_target_of_make_and_every_file_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    code = [*quoted(text), *commands(text)]
    named = {target for command in code for target in re.findall(r"^make ([a-z0-9-]+)", command)}
    assert named - targets == set()
    files = {file for name in code if "*" not in name for file in FILE.findall(name)}
    assert {file for file in files if not (PROJECT / file).exists()} == set()
