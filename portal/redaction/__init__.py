"""Personal data and secrets in texts: taken out before a text leaves, and put back after.

Pure: texts in, texts out. What it finds is redacted; it cannot find everything, so whoever sends a
text away says to people what was found.
"""

from portal.redaction.kinds import Kind
from portal.redaction.put_back import PutBack, placeholders
from portal.redaction.redactor import Redacted, Redactor

__all__ = ["Kind", "PutBack", "Redacted", "Redactor", "placeholders"]
