"""Records the stories once, and prints how many requests were permitted and refused."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.policies import stories
from tests.policies.evaluator import Request

COUNTS = pytest.StashKey[list[str]]()


@dataclass(frozen=True, slots=True)
class Recording:
    """What the functions asked for in all stories, and lines to print at the end."""

    calls: int
    requests: dict[str, set[Request]]
    lines: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def recording(pytestconfig: pytest.Config) -> Recording:
    calls, requests = stories.recorded()
    result = Recording(calls, requests)
    pytestconfig.stash[COUNTS] = result.lines
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(COUNTS, []):
        terminalreporter.write_line(line)
