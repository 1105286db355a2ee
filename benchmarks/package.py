"""How large the zip is that goes to Lambda.

``python -m benchmarks.package`` packages the app as ``make package`` does, with its dependencies fetched anew, into a
directory that is removed again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, all_met
from deploy.__main__ import terraformed

# What tests/e2e/test_zip.py holds every deployment to.
GOAL = 3.0


def megabytes() -> float:
    """Return the size of the zip in MB (1,000,000 bytes)."""
    with TemporaryDirectory() as directory:
        packaged = Path(terraformed(Path(directory, "packaged"), project=Path(directory)))
        return (packaged / "deployment.zip").stat().st_size / 1_000_000


def figures(size: float) -> list[Figure]:
    """Return the figure."""
    return [Figure("package", "zip of the functions", size, "MB", "at most", GOAL)]


def main() -> int:
    """Print the size; return 1 if the goal is missed."""
    size = megabytes()
    sys.stdout.write(f"The zip is {size:.2f} MB, goal at most {GOAL}: {'met' if size <= GOAL else 'missed'}.\n")
    return 0 if all_met(figures(size)) else 1


if __name__ == "__main__":
    sys.exit(main())
