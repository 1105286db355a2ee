"""The list of survivors is up to date, and every module that decides is changed; `make mutants` runs the mutants."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import ROOT, Mutant, configured_modules, explained


@pytest.mark.parametrize("mutant", explained(), ids=lambda mutant: f"{mutant.module}-{mutant.function}")
def test_a_survivor_has_a_reason_and_its_code_exists(mutant: Mutant) -> None:
    assert mutant.module in configured_modules()
    assert mutant.before in " ".join((ROOT / mutant.module).read_text().split())
    assert mutant.before != mutant.after
    assert explained()[mutant].startswith("equivalent: ")


def test_the_patterns_in_pyproject_match_modules() -> None:
    modules = configured_modules()
    assert {"chalicelib/schedule.py", "chalicelib/plan/sweep.py", "chalicelib/tags/reading.py"} <= set(modules)
