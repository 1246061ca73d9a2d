"""Copies all rows of the desk from one database into another; `portal.cli.moving` calls it.

Rows are read and written as they are: no permissions, no services, nothing decrypted. What a
database derives from them (indexes for search) it makes again by itself.
"""


class MoveError(Exception):
    """The move cannot begin or go on. The text is one line for the operator."""
