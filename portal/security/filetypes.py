"""Content types of uploads, detected from their first bytes; names and headers are not trusted.

Only types that a browser displays without running anything are detected. Everything else is offered
for download.
"""

HEAD_BYTES = 16
UNKNOWN = "application/octet-stream"

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def sniff(head: bytes) -> str:
    """The content type of a file that begins with `head` (HEAD_BYTES of it), or UNKNOWN."""
    for signature, content_type in _SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return UNKNOWN
