"""``undelete`` lists the Recycle Bin, and restores snapshots from it.

``command`` calls ``recycle_bin`` (EC2), ``targets`` (what to restore, and which tags to write first), and ``text`` or
``data`` (show).
"""

from reactor_cli.undelete.command import undelete

__all__ = ["undelete"]
