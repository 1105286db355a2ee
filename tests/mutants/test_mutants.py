"""What is changed outside functions, and the list of survivors; make mutants runs the mutants themselves."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutants.outside import mutants_of

ROOT = Path(__file__).parents[2]
MODULE = '''
"""A module."""
import re
from dataclasses import dataclass

LIMIT = 50
WORDS = frozenset({"yes", "on"})
DAY = re.compile(r"[0-9]{2}d?")
SHORT.least = SHORT.most = 2


@dataclass(frozen=True)
class Volume:
    """A volume."""

    excluded: bool = False

    @property
    def taken(self) -> bool:
        """Whether it is."""
        return not self.excluded and LIMIT == 50

    def left_to_mutmut(self) -> int:
        return 1
'''


def test_what_is_changed_outside_functions(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(MODULE)
    mutants = list(mutants_of(str(tmp_path / "module.py")))
    assert [(each.place, each.before, each.after) for each in mutants] == [
        ("LIMIT", "50", "51"),
        ("WORDS", "{'yes', 'on'}", "('on',)"),
        ("WORDS", "{'yes', 'on'}", "('yes',)"),
        ("WORDS", "'yes'", "'yesX'"),
        ("WORDS", "'on'", "'onX'"),
        ("DAY", "'[0-9]{2}d?'", "'[0-9]d?'"),
        ("DAY", "'[0-9]{2}d?'", "'[0-9]{2}?'"),
        ("DAY", "'[0-9]{2}d?'", "'[0-9]{2}d'"),
        ("SHORT.most", "2", "3"),
        ("Volume.excluded", "False", "True"),
        ("Volume.taken", "And", "Or"),
        ("Volume.taken", "not self.excluded", "self.excluded"),
        ("Volume.taken", "Eq", "NotEq"),
        ("Volume.taken", "50", "51"),
    ]
    assert len({each.source for each in mutants}) == len(mutants)


def test_every_survivor_has_a_reason_and_its_line_stands_in_its_module() -> None:
    for each in tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivor"]:
        lines = " ".join((ROOT / each["module"]).read_text().split())
        assert each["before"] in lines, f"{each['module']} no longer holds {each['before']}"
        assert each["before"] != each["after"]
        assert each["reason"]
