"""``python -m tests.exhaustive``: try all small worlds, and print how many; ``--small`` tries those of ``make test``."""

from __future__ import annotations

import argparse
import sys
import time

from tests.exhaustive import FAMILIES


def main() -> int:
    """Return 1 if a promise is broken in any world."""
    parser = argparse.ArgumentParser(prog="python -m tests.exhaustive", description=__doc__)
    parser.add_argument("--small", action="store_true", help="only the worlds that make test tries")
    large = not parser.parse_args().small
    total = broken = 0
    for name, worlds in FAMILIES.items():
        began, count, bad = time.perf_counter(), 0, 0
        for wrong in worlds(large):
            count += 1
            if wrong and (bad := bad + 1) <= 5:
                sys.stdout.write(f"  {name}: {'; '.join(wrong)}\n")
        seconds = time.perf_counter() - began
        sys.stdout.write(f"{name}: {count:,} worlds, {bad:,} with a broken promise, {seconds:.0f} s\n")
        sys.stdout.flush()
        total, broken = total + count, broken + bad
    sys.stdout.write(f"{total:,} worlds, {broken:,} with a broken promise\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
