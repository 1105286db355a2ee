"""Many runs on all processors; what does not hold is printed as soon as it is found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Finding:
    """What one run came to: what it was, the command's arguments that repeat it, and what does not hold."""

    what: str
    repeat: str
    wrong: tuple[str, ...]


Order = TypeVar("Order")
Found = TypeVar("Found", bound=Finding)


def prove(run: Callable[[Order], Found], orders: Iterable[Order], module: str) -> list[Found]:
    """Return the finding of every order; ``module`` is that of the command that repeats a run."""
    findings = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(run, orders, chunksize=4):
            findings.append(found)
            if found.wrong:
                sys.stdout.write(
                    f"{found.what}: {'; '.join(found.wrong)}\n  repeat: python -m {module} {found.repeat}\n"
                )
                sys.stdout.flush()
    return findings
