"""docs/tags.md lists every tag key, docs/settings.md every setting with its default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from chalicelib import tags
from chalicelib.settings import Settings
from deploy.functions import PROJECT
from tests.docs.pages import quoted, sections, table

TAGS = sections(PROJECT / "docs" / "tags.md")
SETTINGS = table((PROJECT / "docs" / "settings.md").read_text())
# What Lambda sets, not a setting of the app.
OF_LAMBDA = {"AWS_REGION"}


class Asked(Mapping[str, str]):
    """An empty environment that notes which variables are asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        pytest.param("On an instance", (*tags.INSTANCE_KEYS, tags.NAME), id="instance"),
        pytest.param("On a snapshot", tags.SNAPSHOT_KEYS, id="snapshot"),
    ],
)
def test_every_tag_is_listed(heading: str, keys: tuple[str, ...]) -> None:
    assert {key for row in table(TAGS[heading]) for key in quoted(row[0])} == set(keys)


def test_every_setting_is_listed() -> None:
    asked = Asked()
    Settings.from_environ(asked)
    assert {name for row in SETTINGS for name in quoted(row[0])} == asked.names - OF_LAMBDA


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row[0])
def test_the_defaults_are_those_of_the_app(row: list[str]) -> None:
    [name] = quoted(row[0])
    default = quoted(row[1])[0] if quoted(row[1]) else ""
    assert Settings.from_environ({name: default}) == Settings.from_environ({})
