"""What the snapshots may cost in a month: a range, and its assumptions. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from itertools import accumulate, pairwise

from chalicelib.models import Snapshot, State
from chalicelib.plan import by_age_of_data
from chalicelib.report.model import Cost, Prices

DAYS_PER_MONTH = 30
# All costs are rounded to this many digits, so that the parts of a report add up to its total.
DIGITS = 4


def cost_of_volume(
    primaries: Sequence[Snapshot],
    by_region: Iterable[Sequence[Snapshot]],
    prices: Prices,
    copied_to: Collection[str] = (),
) -> Cost:
    """Return the cost of a volume's snapshots, and of its copies in each Region.

    ``copied_to`` are the Regions that new snapshots will be copied to: only these cost transfer.
    """
    low, high = _storage(primaries, prices)
    for copies in by_region:
        stored_low, stored_high = _storage(copies, prices)
        low, high = low + stored_low, high + stored_high
        if copies and copies[0].region in copied_to:
            monthly = _full_sizes(copies)[-1] * DAYS_PER_MONTH
            low += monthly * prices.daily_change_low * prices.transfer_per_gb_low
            high += monthly * prices.daily_change_high * prices.transfer_per_gb_high
    return Cost(round(low, DIGITS), round(high, DIGITS))


def _storage(snapshots: Sequence[Snapshot], prices: Prices) -> tuple[float, float]:
    """Return the low and the high estimate of storage.

    What is stored is the newest snapshot in full, and of each older one the blocks that have changed until the next.
    """
    stored = _stored(snapshots)
    sizes = _full_sizes(stored)
    gaps = [(later.taken - earlier.taken) / timedelta(days=1) for earlier, later in pairwise(stored)]
    low, high = (
        sizes[-1] + sum(min(days * rate, 1) * size for days, size in zip(gaps, sizes, strict=False))
        for rate in (prices.daily_change_low, prices.daily_change_high)
    )
    return low * prices.storage_per_gb_month, high * prices.storage_per_gb_month


def _stored(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the snapshots that did not fail, the oldest data first."""
    return sorted((snapshot for snapshot in snapshots if snapshot.state != State.ERROR), key=by_age_of_data)


def _full_sizes(snapshots: Iterable[Snapshot]) -> list[float]:
    """Return for each snapshot in full how much is stored of it in GiB, the oldest first; ``[0.0]`` if there is none.

    A block that was written once belongs to all later snapshots, so sizes only grow. The size of a pending snapshot is
    not known: it counts as that of the one before.
    """
    known = (0.0 if snapshot.state == State.PENDING else snapshot.size_gib for snapshot in _stored(snapshots))
    return list(accumulate(known, max)) or [0.0]


def total(costs: Iterable[Cost], prices: Prices) -> Cost:
    """Return the sum of some ranges, with the assumptions of all of them."""
    summands = list(costs)
    low, high = sum(cost.low for cost in summands), sum(cost.high for cost in summands)
    return Cost(round(low, DIGITS), round(high, DIGITS), _assumptions(prices))


def _assumptions(prices: Prices) -> tuple[str, ...]:
    return (
        f"Storage costs {prices.storage_per_gb_month:g} USD per GB-month in every Region; transfer to another Region "
        f"costs {prices.transfer_per_gb_low:g} to {prices.transfer_per_gb_high:g} USD per GB. Your prices may differ.",
        "In each Region, a volume is stored once in full. After that only its changes are stored: "
        f"{prices.daily_change_low:.1%} (low) to {prices.daily_change_high:.1%} (high) of the volume for each day from "
        "the oldest snapshot to the newest, and never more than a full copy for each snapshot.",
        "The full size is what EC2 reports for a snapshot, or else the size of the volume; empty blocks cost nothing. "
        "The size of a pending snapshot is not known: it counts as that of the snapshot before it.",
        f"Transfer is that of {DAYS_PER_MONTH} days of changes, to the Regions that the tags ask for. Not included: "
        "the first copy of a volume, which is sent in full; copies from Regions that are not part of this report; "
        "snapshots that this app did not create; the use of keys; fast snapshot restore.",
    )
