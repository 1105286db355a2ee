"""What the snapshots may cost in a month: a range, and its assumptions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.models import Snapshot, State
from chalicelib.report.model import Cost, Prices

DAYS_PER_MONTH = 30


def cost_of_volume(primaries: Sequence[Snapshot], by_region: Iterable[Sequence[Snapshot]], prices: Prices) -> Cost:
    """Return the cost of a volume's snapshots, and of its copies in each Region with their transfer."""
    low, high = _stored_gib(primaries, prices)
    low, high = low * prices.storage_per_gb_month, high * prices.storage_per_gb_month
    for copies in by_region:
        stored_low, stored_high = _stored_gib(copies, prices)
        full = _full_gib(copies)
        low += stored_low * prices.storage_per_gb_month
        high += stored_high * prices.storage_per_gb_month
        low += full * prices.daily_change_low * DAYS_PER_MONTH * prices.transfer_per_gb_low
        high += full * prices.daily_change_high * DAYS_PER_MONTH * prices.transfer_per_gb_high
    return Cost(round(low, 4), round(high, 4))


def _full_gib(snapshots: Iterable[Snapshot]) -> float:
    return max((snapshot.size_gib for snapshot in snapshots if snapshot.state != State.ERROR), default=0.0)


def _stored_gib(snapshots: Sequence[Snapshot], prices: Prices) -> tuple[float, float]:
    """Return the low and the high estimate: one full copy, and the changes after it, each at most a full copy."""
    stored = [snapshot for snapshot in snapshots if snapshot.state != State.ERROR]
    if not stored:
        return 0.0, 0.0
    started = [snapshot.started for snapshot in stored]
    days = (max(started) - min(started)).days
    full, max_changes = _full_gib(stored), len(stored) - 1
    return (
        full * (1 + min(days * prices.daily_change_low, max_changes)),
        full * (1 + min(days * prices.daily_change_high, max_changes)),
    )


def total(costs: Iterable[Cost], prices: Prices) -> Cost:
    """Return the sum of some ranges, with the assumptions of all of them."""
    summands = list(costs)
    low, high = sum(cost.low for cost in summands), sum(cost.high for cost in summands)
    return Cost(round(low, 2), round(high, 2), _assumptions(prices))


def _assumptions(prices: Prices) -> tuple[str, ...]:
    return (
        f"Storage costs {prices.storage_per_gb_month:g} USD per GB-month in every Region; transfer to another Region "
        f"costs {prices.transfer_per_gb_low:g} to {prices.transfer_per_gb_high:g} USD per GB. Your prices may differ.",
        "In each Region, a volume is stored once in full. After that only its changes are stored: "
        f"{prices.daily_change_low:.1%} (low) to {prices.daily_change_high:.1%} (high) of the volume for each day from "
        "the oldest snapshot to the newest, and never more than a full copy for each snapshot.",
        "The full size is what EC2 reports for a snapshot, or else the size of the volume; empty blocks cost nothing.",
        f"Transfer is that of {DAYS_PER_MONTH} days of changes. Not included: the first copy of a volume, which is "
        "sent in full; copies from Regions that are not part of this report; snapshots that this app did not create; "
        "the use of keys; fast snapshot restore.",
    )
