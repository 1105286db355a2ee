"""What can go wrong before a command has an answer: one clear line each, and exit code 2."""

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


class CannotDo(click.ClickException):
    """A command could not do its work; said on the standard error, without a traceback."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))  # it may say again what a tag says, or AWS


@contextmanager
def said_clearly() -> Iterator[None]:
    """Turn what AWS, botocore and the settings raise into ``CannotDo``."""
    try:
        yield
    except SettingsError as error:
        raise CannotDo(str(error)) from error  # whole: it names all settings that are wrong
    except (BotoCoreError, ClientError) as error:
        raise CannotDo(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Return one line that says what is wrong, and what can be done about it where that is known."""
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "no AWS credentials: set them up with 'aws configure' or 'aws sso login', or name a --profile"
        case ProfileNotFound():
            return f"{error}; 'aws configure list-profiles' names those there are"
        case SSOError() | UnauthorizedSSOTokenError() | TokenRetrievalError():
            return f"the AWS session is over: 'aws sso login' starts another ({_one_line(str(error))})"
        case ClientError():
            return _answer(error)
        case ConnectionError() | HTTPClientError():
            return f"AWS does not answer: {_one_line(str(error))}"
    return _one_line(str(error))


def _answer(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], _one_line(error.response["Error"]["Message"])
    if code in _DENIED:
        return (
            f"no permission for {error.operation_name} ({code}): {message}; "
            "'ebs-snapshot-reactor policy' prints what is needed"
        )
    if code in _REFUSED:
        return (
            f"AWS refuses the credentials for {error.operation_name} ({code}): {message}; "
            "are they out of date, or is the Region not enabled?"
        )
    return f"{error.operation_name} failed ({code}): {message}"


def _one_line(text: str) -> str:
    return cut(printable(" ".join(text.split())))
