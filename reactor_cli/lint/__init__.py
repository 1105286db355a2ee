"""``lint`` reads tags, finds what is wrong with them, and suggests what was meant."""

from reactor_cli.lint.command import lint

__all__ = ["lint"]
