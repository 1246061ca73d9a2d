"""Copies of a desk, and the way back. Here is what a copy consists of; `portal.cli` calls.

Knows databases as files and programs, not as sessions: nothing here asks who may do what.
"""


class BackupError(Exception):
    """It cannot be done. The text is one line for the operator."""


class UnreadableError(Exception):
    """One file of the store cannot be read. The text is the reason."""
