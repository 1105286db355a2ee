"""EventBridge's event patterns.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MISSING = object()
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


class PatternError(ValueError):
    """A pattern that EventBridge would refuse, or that the emulator does not support."""


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether `event` matches `pattern`. PatternError for an invalid pattern, whatever the event."""
    check(pattern)
    return _holds(pattern, event)


def check(pattern: Mapping[str, Any]) -> None:
    """PatternError unless every leaf is a list of supported alternatives."""
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(f"an event pattern must be an object with at least one field, not {pattern!r}")
    for key, wanted in pattern.items():
        if key == "$or":
            if not isinstance(wanted, Sequence) or len(wanted) < 2:
                raise PatternError("$or takes a list of two or more patterns")
            for alternative in wanted:
                check(alternative)
        elif isinstance(wanted, Mapping):
            check(wanted)
        elif isinstance(wanted, list) and wanted:
            for alternative in wanted:
                _alternative(alternative)
        else:
            raise PatternError(f"{key!r} must have a list of alternatives, not {wanted!r}")


def _holds(pattern: Mapping[str, Any], event: Any) -> bool:
    if isinstance(event, list):  # an array of objects matches if one of them does
        return any(_holds(pattern, item) for item in event)
    for key, wanted in pattern.items():
        if key == "$or":
            held = any(_holds(alternative, event) for alternative in wanted)
        else:
            value = event.get(key, MISSING) if isinstance(event, Mapping) else MISSING
            held = _holds(wanted, value) if isinstance(wanted, Mapping) else _any(wanted, value)
        if not held:
            return False
    return True


def _any(alternatives: Sequence[Any], value_: Any) -> bool:
    values = value_ if isinstance(value_, list) else [value_]
    if not values:
        values = [MISSING]
    return any(_alternative(alternative)(value) for alternative in alternatives for value in values)


def _alternative(wanted: Any) -> Callable[[Any], bool]:
    if not isinstance(wanted, Mapping):
        if isinstance(wanted, list):
            raise PatternError(f"an alternative must be a value or an operator, not {wanted!r}")
        return lambda value: _same(wanted, value)
    if len(wanted) != 1:
        raise PatternError(f"an alternative must have one operator, not {wanted!r}")
    name, argument = next(iter(wanted.items()))
    if name not in OPERATORS:
        raise PatternError(f"unknown operator {name!r} in an event pattern; known: {', '.join(sorted(OPERATORS))}")
    return OPERATORS[name](argument)


def _same(wanted: Any, value: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted and value is not MISSING


def _text(name: str, argument: Any, test: Callable[[str, str], bool]) -> Callable[[Any], bool]:
    if isinstance(argument, Mapping) and set(argument) == {"equals-ignore-case"}:
        folded = str(argument["equals-ignore-case"]).casefold()
        return lambda value: isinstance(value, str) and test(value.casefold(), folded)
    if not isinstance(argument, str):
        raise PatternError(f"{name} takes a text, not {argument!r}")
    return lambda value: isinstance(value, str) and test(value, argument)


def _wildcard(argument: Any) -> Callable[[Any], bool]:
    if not isinstance(argument, str) or "**" in argument:
        raise PatternError(f"wildcard takes a text without '**', not {argument!r}")
    pattern = re.compile(
        "".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", argument)), re.DOTALL
    )
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _exists(argument: Any) -> Callable[[Any], bool]:
    if not isinstance(argument, bool):
        raise PatternError(f"exists takes true or false, not {argument!r}")
    return lambda value: (value is not MISSING and not isinstance(value, Mapping)) == argument


def _anything_but(argument: Any) -> Callable[[Any], bool]:
    refused = [argument] if isinstance(argument, Mapping) else argument if isinstance(argument, list) else [argument]
    tests: list[Callable[[Any], bool]] = []
    for alternative in refused:
        if isinstance(alternative, Mapping):
            name, value = next(iter(alternative.items()))
            if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard") or len(alternative) != 1:
                raise PatternError(f"anything-but does not take {alternative!r}")
            listed = value if isinstance(value, list) else [value]
            tests.extend(OPERATORS[name](text) for text in listed)
        else:
            tests.append(_alternative(alternative))
    return lambda value: value is not MISSING and not any(test(value) for test in tests)


def _numeric(argument: Any) -> Callable[[Any], bool]:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise PatternError(f"numeric takes one or two comparisons, not {argument!r}")
    pairs = [(argument[index], argument[index + 1]) for index in range(0, len(argument), 2)]
    for name, limit in pairs:
        if name not in COMPARE or isinstance(limit, bool) or not isinstance(limit, int | float):
            raise PatternError(f"numeric does not take {name!r} {limit!r}")
    return lambda value: (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and all(COMPARE[name](value, limit) for name, limit in pairs)
    )


OPERATORS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "prefix": lambda argument: _text("prefix", argument, str.startswith),
    "suffix": lambda argument: _text("suffix", argument, str.endswith),
    "equals-ignore-case": lambda argument: _text("equals-ignore-case", {"equals-ignore-case": argument}, str.__eq__),
    "wildcard": _wildcard,
    "exists": _exists,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
