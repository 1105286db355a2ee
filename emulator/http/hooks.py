"""botocore's hooks, set once per process when this package is imported. Clients created earlier do not have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import REGISTER_LAST

from emulator.http.gateway import Gateway
from emulator.http.wire import CachedResponse


class Switch:
    """botocore reads its handlers once per process. They call the active gateway, or do nothing."""

    def __init__(self) -> None:
        self.gateway: Gateway | None = None

    def note_request(self, params: dict[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """before-parameter-build."""
        if self.gateway is not None:
            self.gateway.note_request(params, model, context)

    def answer_from_cache(self, context: dict[str, Any], **_: Any) -> tuple[CachedResponse, dict[str, Any]] | None:
        """before-call."""
        return self.gateway.answer_from_cache(context) if self.gateway is not None else None

    def keep_response(self, http_response: Any, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        """after-call."""
        if self.gateway is not None:
            self.gateway.keep_response(http_response.status_code, parsed, context)

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """before-send."""
        return self.gateway.send(request) if self.gateway is not None else None


switch = Switch()
botocore.handlers.BUILTIN_HANDLERS.extend(
    [
        ("before-parameter-build", switch.note_request, REGISTER_LAST),
        ("before-call", switch.answer_from_cache),
        ("before-send", switch.send),
        ("after-call", switch.keep_response),
    ]
)
