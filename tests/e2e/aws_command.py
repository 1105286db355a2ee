"""Stands in for the AWS CLI, which cannot be installed beside this boto3: `aws SERVICE OPERATION --name value …`.

It takes what botocore's model of the operation takes, and refuses anything else.
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore import xform_name
from botocore.model import ListShape, Shape, StructureShape


def main(service: str, operation: str, *words: str) -> None:
    """Make the call that a command line asks for; KeyError or ValueError if it is none."""
    options = read(words)
    client = boto3.client(service, region_name=options.pop("region", [None])[0])  # type: ignore[call-overload]
    methods = {xform_name(name): name for name in client.meta.service_model.operation_names}
    method = operation.replace("-", "_")
    members = client.meta.service_model.operation_model(methods[method]).input_shape.members
    names = {xform_name(name, "-"): name for name in members}
    getattr(client, method)(**{names[name]: value(members[names[name]], given) for name, given in options.items()})


def read(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the words behind each option."""
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            options[word.removeprefix("--")] = []
        else:
            options[list(options)[-1]].append(word)
    return options


def value(shape: Shape, words: list[str]) -> Any:
    """Return words as the API takes them; `Key=a,Value=b` is a structure."""
    if isinstance(shape, ListShape):
        return [value(shape.member, [word]) for word in words]
    [word] = words
    if isinstance(shape, StructureShape):
        return dict(part.split("=", 1) for part in word.split(","))
    return word


if __name__ == "__main__":
    main(*sys.argv[1:])
