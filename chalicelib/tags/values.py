"""The values of tags: each function returns a typed value, or raises ValueError if the text is not understood. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime

from chalicelib.models import Consistency, Wish

_YES = frozenset({"yes", "true", "on"})
_NO = frozenset({"no", "false", "off"})
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_KEY_ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]+")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:([0-9]{12}):(?:key|alias)/[A-Za-z0-9/_-]+")
# A name, never an ARN: an ARN could name a document of another account. The prefixes are reserved for AWS's public
# documents, such as AWS-RunShellScript.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
_DOCUMENT = re.compile(r"(?!(?i:aws|amazon|amzn))[A-Za-z0-9_.-]{3,128}")


def parse_wish(text: str) -> Wish:
    """Return whether the value of ``Backup`` says yes or no."""
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError
    return Wish.YES if word in _YES else Wish.NO


def parse_date(text: str) -> date:
    """Return the day (UTC) written as ``YYYY-MM-DD``."""
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError
    return date(int(match[1]), int(match[2]), int(match[3]))


def parse_tries(text: str) -> int:
    """Return the number of a try, from 1 to 999."""
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise ValueError
    return int(text)


def parse_count(text: str) -> int:
    """Return a number from 1 to 9,999,999."""
    if not re.fullmatch("[1-9][0-9]{0,6}", text):
        raise ValueError
    return int(text)


def parse_instant(text: str) -> datetime:
    """Return the time (aware, UTC) written as ``YYYY-MM-DDTHH:MM:SSZ``."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise ValueError
    return datetime.fromisoformat(text)


def parse_key(text: str, account: str) -> str:
    """Return the alias or the ARN of a key of this account; no ARN is accepted if ``account`` is empty.

    The owner of a copy's key can read the copy, and can make it unreadable: no key of another account is accepted.
    """
    arn = _KEY_ARN.fullmatch(text)
    if not _KEY_ALIAS.fullmatch(text) and (not arn or arn[1] != account):
        raise ValueError
    return text


def parse_consistency(text: str) -> Consistency | None:
    """Return how an application is brought to rest; None for ``crash``: it is not."""
    method, comma, suffix = (part.strip() for part in text.partition(","))
    kind, colon, document = (part.strip() for part in method.partition(":"))
    kind = kind.casefold()
    if comma and suffix.casefold() != "required":
        raise ValueError
    if kind == "crash" and not comma and not colon:
        return None
    if (kind in ("fsfreeze", "vss") and not colon) or (kind == "ssm" and _DOCUMENT.fullmatch(document)):
        return Consistency(kind, document, required=bool(comma))
    raise ValueError
