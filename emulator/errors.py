"""EC2's error responses, as exceptions that the gateway turns into HTTP."""

from __future__ import annotations

from collections.abc import Iterable

SERVER_ERRORS = {
    "InternalError": 500,
    "InternalFailure": 500,
    "Unavailable": 503,
    "ServiceUnavailable": 503,
    "InternalServerError": 500,
}
INVALID_TOKEN = {"InvalidClientTokenId": 403, "UnrecognizedClientException": 403}
STATUS = {
    **SERVER_ERRORS,
    "RequestLimitExceeded": 503,
    "UnauthorizedOperation": 403,
    "AuthFailure": 401,
    **INVALID_TOKEN,
}


class AWSError(Exception):
    """An error response: `code` as in the EC2 API reference, `message` for people.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status for the code."""
        return STATUS.get(self.code, 400)


def dry_run() -> AWSError:
    """The response to DryRun if the call would have succeeded."""
    return AWSError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


def invalid_value(message: str) -> AWSError:
    """InvalidParameterValue."""
    return AWSError("InvalidParameterValue", message)


def snapshot_not_found(snapshot_ids: Iterable[str]) -> AWSError:
    """InvalidSnapshot.NotFound."""
    named = ", ".join(f"'{snapshot_id}'" for snapshot_id in snapshot_ids)
    return AWSError("InvalidSnapshot.NotFound", f"The snapshot {named} does not exist.")
