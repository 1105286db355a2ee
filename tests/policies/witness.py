"""Watches the scenarios, too: whatever a function does in any of them is allowed by its policy."""

from __future__ import annotations

import re
from collections import defaultdict

from emulator import LocalAWS
from tests.policies.documents import document
from tests.policies.evaluator import ALLOWED, Request, verdicts
from tests.policies.stories import used

Kind = tuple[str, str, str, tuple[str, ...]]


class Witness:
    """Keeps one request of each kind, as scenarios make thousands that differ in nothing but their ids and dates."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[Kind, Request]] = defaultdict(dict)

    def saw(self, aws: LocalAWS) -> None:
        """Take note of what the functions have done so far."""
        for function, requests in used(aws).items():
            for request in requests:
                self._kept[function].setdefault(_kind(request), request)

    def verify(self) -> None:
        """AssertionError names what a function did and may not."""
        asked = [(function, request) for function, kept in self._kept.items() for request in kept.values()]
        results = verdicts([(document(function), request) for function, request in asked])
        refused = [(*pair, result) for pair, result in zip(asked, results, strict=True) if result != ALLOWED]
        assert not refused, "\n".join(map(str, refused))


def _kind(request: Request) -> Kind:
    context = dict(request.context)
    types = [str(context.get(f"aws:{whose}Tag/Type")) for whose in ("Request", "Resource")]
    resource = re.sub(r"(snap|vol|i)-[0-9a-f]+", r"\1-", request.resource)
    return request.action, resource, " ".join(types), tuple(sorted(context))
