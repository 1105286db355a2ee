"""``explain`` reads what belongs to an id, has the jobs plan for it, and shows both.

The way is one way: ``command`` calls ``lineage`` (read), ``explanation`` with ``outlook`` (plan), and ``text`` or
``data`` (show).
"""

from reactor_cli.explain.command import explain

__all__ = ["explain"]
