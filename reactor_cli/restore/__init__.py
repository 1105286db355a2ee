"""``restore`` and ``drill`` create volumes from snapshots.

``choice`` reads which snapshots there are and chooses, ``volumes`` says what to create, ``ec2`` creates it, and
``attaching`` writes the commands that attach it.
"""

from reactor_cli.restore.command import restore
from reactor_cli.restore.drill import drill

__all__ = ["drill", "restore"]
