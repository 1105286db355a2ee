"""How EventBridge matches patterns."""

from typing import Any

import pytest

from emulator.events.patterns import PatternError, matches

EVENT: dict[str, Any] = {
    "source": "aws.ec2",
    "detail": {
        "event": "createSnapshot",
        "size": 100,
        "ok": True,
        "nothing": None,
        "keys": ["KeepForever", "Name"],
        "empty": [],
        "parts": [{"a": 1, "b": 2}, {"a": 3}],
    },
}

TABLE: dict[str, tuple[Any, bool]] = {
    "exact": ({"source": ["aws.ec2"]}, True),
    "other": ({"source": ["aws.s3"]}, False),
    "other case": ({"source": ["AWS.EC2"]}, False),
    "one of several": ({"source": ["x", "aws.ec2"]}, True),
    "nested": ({"detail": {"event": ["createSnapshot"]}}, True),
    "all fields must match": ({"source": ["aws.ec2"], "detail": {"event": ["copySnapshot"]}}, False),
    "absent field": ({"region": ["x"]}, False),
    "one of an array": ({"detail": {"keys": ["KeepForever"]}}, True),
    "none of an array": ({"detail": {"keys": ["Type"]}}, False),
    "array of objects": ({"detail": {"parts": {"a": [3]}}}, True),
    "number": ({"detail": {"size": [100]}}, True),
    "number is no text": ({"detail": {"size": ["100"]}}, False),
    "true is not one": ({"detail": {"ok": [1]}}, False),
    "null": ({"detail": {"nothing": [None]}}, True),
    "prefix": ({"source": [{"prefix": "aws."}]}, True),
    "prefix in any case": ({"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}, True),
    "not the prefix": ({"source": [{"prefix": "ec2"}]}, False),
    "suffix": ({"source": [{"suffix": "ec2"}]}, True),
    "not the suffix": ({"source": [{"suffix": "aws"}]}, False),
    "equals ignoring case": ({"source": [{"equals-ignore-case": "AWS.EC2"}]}, True),
    "wildcard": ({"source": [{"wildcard": "a*.e*2"}]}, True),
    "wildcard is whole": ({"source": [{"wildcard": "*ec"}]}, False),
    "anything but": ({"source": [{"anything-but": "aws.s3"}]}, True),
    "anything but this": ({"source": [{"anything-but": ["aws.s3", "aws.ec2"]}]}, False),
    "anything but a prefix": ({"source": [{"anything-but": {"prefix": "aws"}}]}, False),
    "anything but, absent": ({"region": [{"anything-but": "x"}]}, False),
    "exists": ({"detail": {"event": [{"exists": True}]}}, True),
    "exists not": ({"detail": {"cause": [{"exists": False}]}}, True),
    "exists but should not": ({"detail": {"event": [{"exists": False}]}}, False),
    "null exists": ({"detail": {"nothing": [{"exists": True}]}}, True),
    "numeric": ({"detail": {"size": [{"numeric": [">", 50, "<=", 100]}]}}, True),
    "numeric out of range": ({"detail": {"size": [{"numeric": ["<", 100]}]}}, False),
    "or": ({"$or": [{"source": ["x"]}, {"detail": {"size": [100]}}]}, True),
    "or of nothing that holds": ({"$or": [{"source": ["x"]}, {"source": ["y"]}]}, False),
    "or beside another field": ({"source": ["x"], "$or": [{"source": ["aws.ec2"]}, {"source": ["y"]}]}, False),
}


@pytest.mark.parametrize(("pattern", "wanted"), TABLE.values(), ids=TABLE.keys())
def test_matching(pattern: Any, wanted: bool) -> None:
    assert matches(pattern, EVENT) is wanted


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"source": "aws.ec2"},
        {"source": []},
        {"source": [{"regex": "x"}]},
        {"source": [{"prefix": 1}]},
        {"source": [{"prefix": "a", "suffix": "b"}]},
        {"source": [{"numeric": ["~", 1]}]},
        {"source": [{"exists": "yes"}]},
        {"source": [{"anything-but": {"numeric": ["<", 1]}}]},
        {"source": [{"wildcard": "a**"}]},
        {"source": [["nested"]]},
        {"$or": [{"source": ["x"]}]},
    ],
    ids=str,
)
def test_an_invalid_pattern_is_an_error_whatever_the_event(pattern: Any) -> None:
    with pytest.raises(PatternError):
        matches(pattern, {})
