"""Backup and restore of databases; `portal.cli.backups.backup` calls it.

Databases are handled as files and by their own programs, without sessions or permissions.
"""


class BackupError(Exception):
    """The operation failed. The text is one line for the operator."""


class UnreadableError(Exception):
    """A file of the store cannot be read. The text is the reason."""
