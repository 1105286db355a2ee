"""What can go wrong before a command has a result: each error is one line, and the exit code is 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from chalicelib.quoting import cut, printable
from chalicelib.settings import SettingsError

_DENIED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
_REFUSED = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "RequestExpired"}
)


class CommandFailed(click.ClickException):
    """A command could not do its work. The message goes to the standard error, without a traceback."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))  # it may contain text of a tag or of AWS


@contextmanager
def errors_on_one_line() -> Iterator[None]:
    """Raise what AWS, botocore and the settings raise as ``CommandFailed``."""
    try:
        yield
    except SettingsError as error:
        raise CommandFailed(str(error)) from error  # not cut: it names all settings that are wrong
    except (BotoCoreError, ClientError) as error:
        raise CommandFailed(error_text(error)) from error


def error_text(error: Exception) -> str:
    """Return one line that says what is wrong and, where that is known, how to fix it."""
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "no AWS credentials: set them up with 'aws configure' or 'aws sso login', or give a --profile"
        case ProfileNotFound():
            return f"{error}; 'aws configure list-profiles' lists your profiles"
        case SSOError() | UnauthorizedSSOTokenError() | TokenRetrievalError():
            return f"the AWS session has expired: start a new one with 'aws sso login' ({_one_line(str(error))})"
        case ClientError():
            return _client_error_text(error)
        case ConnectionError() | HTTPClientError():
            return f"AWS does not answer: {_one_line(str(error))}"
    return _one_line(str(error))


def _client_error_text(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], _one_line(error.response["Error"]["Message"])
    if code in _DENIED:
        return (
            f"no permission for {error.operation_name} ({code}): {message}; "
            "'ebs-snapshot-reactor policy' prints the permissions that the commands need"
        )
    if code in _REFUSED:
        return (
            f"AWS refuses the credentials for {error.operation_name} ({code}): {message}; "
            "have they expired, or is the Region not enabled?"
        )
    return f"{error.operation_name} failed ({code}): {message}"


def _one_line(text: str) -> str:
    return cut(printable(" ".join(text.split())))
