"""The judge shares no code with the app. `make lint` checks the imports in its files; this checks what they load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import emulator.judge

MODULES = [f"emulator.judge.{file.stem}" for file in Path(emulator.judge.__file__).parent.glob("[a-z]*.py")]


def test_the_judge_does_not_load_the_app() -> None:
    code = f"import sys, {', '.join(MODULES)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "emulator.judge.case" in loaded
    assert not {name.split(".")[0] for name in loaded} & {"app", "chalicelib", "reactor_cli"}
