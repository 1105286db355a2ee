"""botocore's hooks, set once per process when this package is imported: clients made earlier do not lead here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import REGISTER_LAST

from emulator.http.gateway import Gateway
from emulator.http.wire import Answered


class Switch:
    """botocore takes its handlers once per process; they lead to the gateway that is active, or do nothing."""

    def __init__(self) -> None:
        self.gateway: Gateway | None = None

    def asked(self, params: dict[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """before-parameter-build."""
        if self.gateway is not None:
            self.gateway.asked(params, model, context)

    def shortcut(self, context: dict[str, Any], **_: Any) -> tuple[Answered, dict[str, Any]] | None:
        """before-call."""
        return self.gateway.shortcut(context) if self.gateway is not None else None

    def answered(self, http_response: Any, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        """after-call."""
        if self.gateway is not None:
            self.gateway.answered(http_response.status_code, parsed, context)

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """before-send."""
        return self.gateway.send(request) if self.gateway is not None else None


switch = Switch()
botocore.handlers.BUILTIN_HANDLERS.extend(
    [
        ("before-parameter-build", switch.asked, REGISTER_LAST),
        ("before-call", switch.shortcut),
        ("before-send", switch.send),
        ("after-call", switch.answered),
    ]
)
