"""Every small world, tried: the app's own pure functions against promises that share no code with them."""

from collections.abc import Callable, Iterator, Mapping

from tests.exhaustive.copying import copying
from tests.exhaustive.creating import creating, days
from tests.exhaustive.sweeping import kinds, owed, sets

FAMILIES: Mapping[str, Callable[[bool], Iterator[list[str]]]] = {
    "sets of two volumes": sets,
    "kinds of snapshots": kinds,
    "copies that are owed": owed,
    "copies": copying,
    "creations": creating,
    "days in a row": days,
}
