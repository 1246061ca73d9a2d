"""What can be wrong with a file that is imported, in sentences for the operator."""


class UnreadableTable(ValueError):
    """The file as a whole cannot be read. The sentence goes behind the file's name."""
