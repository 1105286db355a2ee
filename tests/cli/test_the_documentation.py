"""docs/command-line.md shows what the commands really write; ``STORE=1 pytest tests/cli`` writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from reactor_cli.commands import main
from tests.cli.stored import TEXTS

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
EXAMPLE = re.compile(r"<!-- (\w+) -->\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def example(name: str) -> str:
    return f"<!-- {name} -->\n\n```text\n{(TEXTS / f'{name}.txt').read_text().rstrip()}\n```\n"


def test_every_example_is_what_a_command_wrote() -> None:
    text = PAGE.read_text()
    if os.environ.get("STORE"):
        text = EXAMPLE.sub(lambda match: example(match[1]), text)
        PAGE.write_text(text)
    names = [match[1] for match in EXAMPLE.finditer(text)]
    assert names
    for name in names:
        assert example(name) in text


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_and_every_option_is_described(name: str) -> None:
    text = PAGE.read_text()
    assert f"\n## {name}\n" in text
    options = [option for option in main.commands[name].params if isinstance(option, click.Option)]
    assert [option.opts[0] for option in options if option.opts[0] not in text] == []
