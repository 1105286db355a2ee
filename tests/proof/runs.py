"""Many runs on all processors; violations are printed at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Finding:
    """The result of a run: what was run, the arguments that repeat it, and what does not hold."""

    what: str
    repeat: str
    wrong: tuple[str, ...]


Order = TypeVar("Order")
Found = TypeVar("Found", bound=Finding)


def prove(run: Callable[[Order], Found], orders: Iterable[Order], module: str) -> list[Found]:
    """Returns the finding of every order; `module` is the one whose command repeats a run."""
    findings = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for finding in pool.map(run, orders, chunksize=4):
            findings.append(finding)
            if finding.wrong:
                sys.stdout.write(
                    f"{finding.what}: {'; '.join(finding.wrong)}\n  repeat: python -m {module} {finding.repeat}\n"
                )
                sys.stdout.flush()
    return findings
