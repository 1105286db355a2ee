"""All small worlds that a sweep can meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product

from chalicelib import plan
from chalicelib.models import DeleteSnapshot, Snapshot, State, Wish
from tests.exhaustive import promises
from tests.exhaustive.promises import DOUBTFUL, UNWANTED, WANTED
from tests.exhaustive.worlds import EXPIRIES, GRACE, TODAY, VOLUMES, Thing, as_snapshots, changed, taken, without
from tests.pure.builders import ELSEWHERE, REGION

WORDS = {Wish.YES: WANTED, Wish.UNCLEAR: WANTED, Wish.ABSENT: DOUBTFUL, Wish.NO: UNWANTED, None: UNWANTED}


@dataclass(frozen=True, slots=True)
class Owner:
    """What is known of an instance and of its two volumes; None if they no longer exist."""

    instance: Wish | None
    volumes: tuple[Wish | None, Wish | None]


OWNERS = [
    *(Owner(wish, (wish, wish)) for wish in (Wish.YES, Wish.UNCLEAR, Wish.ABSENT, Wish.NO)),
    Owner(None, (Wish.ABSENT, Wish.ABSENT)),
    Owner(None, (None, None)),
    Owner(Wish.YES, (Wish.YES, None)),
    Owner(Wish.YES, (Wish.YES, Wish.NO)),
    Owner(Wish.YES, (Wish.YES, Wish.ABSENT)),
]


@dataclass(frozen=True, slots=True)
class Swept:
    """A world before and after a sweep."""

    before: list[Thing]
    after: list[Thing]
    owner: Owner
    wrong: list[str] = field(default_factory=list)


def guards(owner: Owner, destinations: Mapping[str, plan.Destination] | None = None, **more: object) -> plan.Guards:
    volumes = {id: wish for id, wish in zip(VOLUMES, owner.volumes, strict=True) if wish}
    instances = {"i-0a": owner.instance} if owner.instance else {}
    return plan.Guards(GRACE, 80, volumes, instances, destinations=destinations or {}, **more)  # type: ignore[arg-type]


def deletions(snapshots: list[Snapshot], held: plan.Guards) -> set[str]:
    decisions = plan.plan_sweep(snapshots, TODAY, held, REGION)
    return {decision.call.snapshot_id for decision in decisions if isinstance(decision.call, DeleteSnapshot)}


def sweep(things: list[Thing], owner: Owner, held: plan.Guards) -> Swept:
    """Sweep a world, and look whether a second sweep, or another order, would come to something else."""
    snapshots = as_snapshots(things)
    gone = deletions(snapshots, held)
    wrong = []
    if deletions(snapshots[::-1], held) != gone:
        wrong.append("another order of the input gives another plan")
    after = without(things, gone)
    if again := deletions(as_snapshots(after), held):
        wrong.append(f"a second sweep deletes {sorted(again)}")
    return Swept(things, after, owner, wrong)


def judge(swept: Swept) -> list[str]:
    words = {id: WORDS[wish] for id, wish in zip(VOLUMES, swept.owner.volumes, strict=True) if wish}
    return [
        *swept.wrong,
        *promises.the_machine_can_be_restored(swept.before, swept.after, WORDS[swept.owner.instance]),
        *promises.each_volume_can_be_restored(swept.before, swept.after, words),
        *promises.nothing_goes_early(swept.before, swept.after),
    ]


def sets(large: bool) -> Iterator[list[str]]:
    """Sets of two volumes in three slots, in each state; worlds that differ in the names of the volumes only once."""
    states = "-CEAP" if large else "-CE"
    columns = list(product(states, repeat=3))
    patterns = list(product(EXPIRIES, repeat=3)) if large else list(combinations_with_replacement(EXPIRIES, 3))
    for owner in OWNERS:
        symmetric = owner.volumes[0] == owner.volumes[1]
        pairs = combinations_with_replacement(columns, 2) if symmetric else product(columns, repeat=2)
        for pair in pairs:
            for pattern in patterns:
                things = [
                    Thing(
                        f"snap-{slot}{volume[-1]}", volume, slot, state, day := EXPIRIES[when], day, started=taken(slot)
                    )
                    for volume, column in zip(VOLUMES, pair, strict=True)
                    for slot, (state, when) in enumerate(zip(column, pattern, strict=True))
                    if state != "-"
                ]
                swept = sweep(things, owner, guards(owner))
                yield judge(swept) + _bounded(swept)


def _bounded(swept: Swept) -> list[str]:
    """Return what leaks: a volume or an instance holds its newest, and nothing else."""
    words = {id: WORDS[wish] for id, wish in zip(VOLUMES, swept.owner.volumes, strict=True) if wish}
    if WORDS[swept.owner.instance] == UNWANTED and set(words.values()) <= {UNWANTED}:
        return promises.nothing_leaks(swept.before, swept.after, ())
    held = {
        max(mine, key=lambda thing: thing.started).id
        for volume in words
        for backup in ("C", "A")
        if (mine := [thing for thing in swept.before if thing.volume == volume and thing.state == backup])
    }
    if slots := promises.whole_slots(swept.before):
        held |= {thing.id for thing in swept.before if thing.slot == slots[-1]}
    return promises.nothing_leaks(swept.before, swept.after, held)


KINDS: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "protected": {"protected": True},
    "somebody else's": {"managed": False},
    "without a date": {"expiry": None},
    "brought forward": {"promised": TODAY.replace(year=2028)},
    "failed": {"state": "E"},
    "pending": {"state": "P"},
    "archived": {"state": "A"},
    "locked": {},
    "used by an image": {},
}


def kinds(large: bool) -> Iterator[list[str]]:
    """Three snapshots of one volume, each of every kind that the sweep treats in its own way."""
    patterns = list(product(EXPIRIES, repeat=3)) if large else list(combinations_with_replacement(EXPIRIES, 3))
    for owner in (OWNERS[0], OWNERS[2], OWNERS[5]) if large else (OWNERS[0],):
        for chosen in product(KINDS, repeat=3):
            for pattern in patterns:
                things = []
                for slot, (kind, when) in enumerate(zip(chosen, pattern, strict=True)):
                    plain = Thing(
                        f"snap-{slot}", VOLUMES[0], slot, "C", day := EXPIRIES[when], day, started=taken(slot)
                    )
                    things.append(changed(plain, **KINDS[kind]))
                held = {f"snap-{slot}" for slot, kind in enumerate(chosen) if kind in ("locked", "used by an image")}
                locked = frozenset(f"snap-{slot}" for slot, kind in enumerate(chosen) if kind == "locked")
                images = {f"snap-{slot}": "ami-0a" for slot, kind in enumerate(chosen) if kind == "used by an image"}
                swept = sweep(things, owner, guards(owner, locked=locked, images=images))
                lost = held - {thing.id for thing in swept.after}
                yield judge(swept) + [f"{id} was locked or in use" for id in sorted(lost)]


COPY_STATES = {"none": None, "pending": State.PENDING, "failed": State.ERROR, "completed": State.COMPLETED}


def owed(large: bool) -> Iterator[list[str]]:
    """Two snapshots of a volume and their copies: wanted until when, in which state, in a Region that answers or not."""
    del large  # it is small enough
    lives = (None, TODAY.replace(day=1), TODAY.replace(year=2027))
    answers = ("answers", "does not answer", "is not enabled")
    one = list(product(EXPIRIES, lives, COPY_STATES))
    for owner, pair, answer in product((OWNERS[0], OWNERS[5]), product(one, repeat=2), answers):
        things, copies = [], []
        for slot, (when, life, copy) in enumerate(pair):
            day = EXPIRIES[when]
            things.append(
                Thing(f"snap-{slot}", VOLUMES[0], slot, "C", day, day, copies_expire=life, started=taken(slot))
            )
            if state := COPY_STATES[copy]:
                copies.append(_copy_of(f"snap-{slot}", state))
        destination = plan.Destination(tuple(copies), unreadable="down" if answer == "does not answer" else "")
        destinations = {} if answer == "is not enabled" else {ELSEWHERE: destination}
        swept = sweep(things, owner, guards(owner, destinations))
        yield judge(swept) + _what_is_owed(swept, {id for id, _ in _missing(pair, answer)})


def _missing(pair: tuple[tuple[str, object, str], ...], answer: str) -> list[tuple[str, str]]:
    """Return the snapshots that lack a completed copy, as far as anybody knows; a Region that is not enabled lacks none."""
    if answer == "is not enabled":
        return []
    return [
        (f"snap-{slot}", copy)
        for slot, (_, _, copy) in enumerate(pair)
        if copy != "completed" or answer == "does not answer"
    ]


def _copy_of(primary_id: str, state: State) -> Snapshot:
    return Snapshot(
        f"{primary_id}-c", ELSEWHERE, "vol-ffffffff", state, taken(5), managed=True, primary_id=primary_id,
        primary_region=REGION, source_volume_id=VOLUMES[0],
    )  # fmt: skip


def _what_is_owed(swept: Swept, lacking: set[str]) -> list[str]:
    """A snapshot whose copy would outlive today stays for the days of grace, and the newest of these as long as that."""
    kept = {thing.id for thing in swept.after}
    owing = [
        thing
        for thing in swept.before
        if thing.id in lacking and thing.expired and thing.copies_expire and thing.copies_expire > TODAY
    ]
    newest = max(owing, key=lambda thing: thing.started, default=None)
    wrong = []
    for thing in owing:
        within = promises.still_wanted(DOUBTFUL, thing.expiry)
        if (within or thing is newest) and thing.id not in kept:
            wrong.append(f"{thing.id} owed a copy")
    held = {thing.id for thing in owing if promises.still_wanted(DOUBTFUL, thing.expiry) or thing is newest}
    if swept.owner.volumes[0]:
        held |= {max(swept.before, key=lambda thing: thing.started).id}
    held |= {thing.id for thing in swept.before if thing.slot in promises.whole_slots(swept.before)}
    return wrong + promises.nothing_leaks(swept.before, swept.after, held)
