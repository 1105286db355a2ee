"""What the snapshots may cost in a month: a range, with what it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.models import Snapshot, State
from chalicelib.report.model import Cost, Prices

DAYS_PER_MONTH = 30


def cost_of_volume(primaries: Sequence[Snapshot], places: Iterable[Sequence[Snapshot]], prices: Prices) -> Cost:
    """Return the cost of a volume's snapshots, and of its copies in each of some places, with their transfer."""
    low, high = _stored(primaries, prices)
    low, high = low * prices.storage_per_gb_month, high * prices.storage_per_gb_month
    for copies in places:
        least, most = _stored(copies, prices)
        full = _full(copies)
        low += least * prices.storage_per_gb_month
        high += most * prices.storage_per_gb_month
        low += full * prices.daily_change_low * DAYS_PER_MONTH * prices.transfer_per_gb_low
        high += full * prices.daily_change_high * DAYS_PER_MONTH * prices.transfer_per_gb_high
    return Cost(round(low, 4), round(high, 4))


def _full(snapshots: Iterable[Snapshot]) -> float:
    return max((each.size_gib for each in snapshots if each.state != State.ERROR), default=0.0)


def _stored(snapshots: Sequence[Snapshot], prices: Prices) -> tuple[float, float]:
    """Return the least and most GiB that are stored: everything once, and then what changes, at most all of it."""
    whole = [each for each in snapshots if each.state != State.ERROR]
    if not whole:
        return 0.0, 0.0
    days = (max(each.started for each in whole) - min(each.started for each in whole)).days
    full, most = _full(whole), len(whole) - 1
    return (
        full * (1 + min(days * prices.daily_change_low, most)),
        full * (1 + min(days * prices.daily_change_high, most)),
    )


def total(parts: Iterable[Cost], prices: Prices) -> Cost:
    """Return the sum of some ranges, with the assumptions that they all share."""
    listed = list(parts)
    return Cost(round(sum(each.low for each in listed), 2), round(sum(each.high for each in listed), 2), _said(prices))


def _said(prices: Prices) -> tuple[str, ...]:
    return (
        f"Storage is {prices.storage_per_gb_month:g} USD per GB-month, in every Region; transfer to another Region is "
        f"{prices.transfer_per_gb_low:g} to {prices.transfer_per_gb_high:g} USD per GB. Your prices may differ.",
        "Each volume is stored once in full in each Region, and then what changes: "
        f"{prices.daily_change_low:.1%} (low) to {prices.daily_change_high:.1%} (high) of it for each day from the "
        "oldest snapshot to the newest, and never more than a full copy for each snapshot.",
        "Full is what EC2 says that a snapshot holds, or else the size of the volume; its empty blocks cost nothing.",
        f"Transfer is that of the changes of {DAYS_PER_MONTH} days. Not in it: the first copy of a volume, which is "
        "sent in full, snapshots that this app did not make, the use of keys, fast restore.",
    )
