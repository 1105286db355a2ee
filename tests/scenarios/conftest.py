"""A local AWS with the app deployed, on a Sunday, a quarter of an hour before the daily slot at 03:00 (UTC)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from emulator import LocalAWS
from tests.policies import evaluator
from tests.policies.witness import Witness

HOME, AWAY, THIRD = "eu-west-1", "us-east-1", "eu-central-1"


@pytest.fixture(scope="session")
def witness() -> Iterator[Witness]:
    """After all scenarios, check that the policies allow whatever the functions did."""
    watching = Witness()
    yield watching
    if evaluator.installed():
        watching.verify()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not evaluator.installed():
        terminalreporter.write_line("The scenarios were not checked against the IAM policies: `make test` does that.")


@pytest.fixture
def aws(witness: Witness) -> Iterator[LocalAWS]:
    start = datetime(2026, 11, 22, 2, 45, tzinfo=UTC)
    with LocalAWS(start=start, regions=(HOME, AWAY, THIRD), seed=1) as local:
        local.deploy(HOME, AWAY, THIRD)
        yield local
        witness.saw(local)
