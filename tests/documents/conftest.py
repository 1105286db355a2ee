from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.machine import Machine

# Amazon Linux and Red Hat call bash "sh", Debian and Ubuntu dash.
SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix")}


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    shell = SHELLS[request.param]
    if not all(shutil.which(tool) for tool in (shell[0], "flock", "setsid")):
        pytest.skip(f"this machine has no {shell[0]}, or no util-linux")
    machine = Machine(tmp_path, shell)
    # What the script calls sh is the same shell.
    machine.stand_in("sh", f'exec {" ".join(shell)} "$@"')
    yield machine
    for process in machine.timers():
        subprocess.run(["kill", f"-{signal.SIGKILL.value}", str(process)], check=False, capture_output=True)
