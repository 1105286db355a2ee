"""The emulated AWS of the command line's tests."""

from tests.cli.conftest import aws

__all__ = ["aws"]
