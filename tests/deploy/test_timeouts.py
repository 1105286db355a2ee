"""What the settings allow fits into the time that Lambda gives the functions."""

from __future__ import annotations

import pytest

from chalicelib.apply import LAST_SECONDS, seconds_at_rest
from chalicelib.models import Consistency
from chalicelib.settings import Settings
from deploy.functions import functions

# A cold start, and the reading of all instances and of the snapshots that count.
READING_SECONDS = 120
MAX_TIMEOUTS = Settings.from_environ({"CONSISTENCY_TIMEOUT": "300", "VSS_TIMEOUT": "240"})


@pytest.mark.parametrize("name", ["create_snapshots", "create_on_request"])
@pytest.mark.parametrize("kind", ["fsfreeze", "ssm", "vss"])
def test_the_longest_scripts_fit_into_the_functions_that_create(name: str, kind: str) -> None:
    [function] = [function for function in functions() if function.name == name]
    needed = LAST_SECONDS + READING_SECONDS + seconds_at_rest(MAX_TIMEOUTS, Consistency(kind))
    assert function.timeout >= needed


@pytest.mark.parametrize(("name", "longest"), [("CONSISTENCY_TIMEOUT", 300), ("VSS_TIMEOUT", 240)])
def test_longer_ones_are_refused_at_the_start(name: str, longest: int) -> None:
    Settings.from_environ({name: f"{longest}"})
    with pytest.raises(ValueError, match=f"{name}=.* is not understood"):
        Settings.from_environ({name: f"{longest + 1}"})
