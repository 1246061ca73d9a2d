"""A file is what its bytes say."""

import pytest

from portal.security.filetypes import HEAD_BYTES, UNKNOWN, sniff


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"GIF87a\x01\0", "image/gif"),
        (b"GIF89a\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_types_that_a_browser_shows_are_recognised(head: bytes, content_type: str) -> None:
    assert sniff(head[:HEAD_BYTES]) == content_type


@pytest.mark.threat("files that run")
@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg xmlns=",
        b"<!doctype html><script>",
        b"PK\x03\x04",
        b"MZ\x90\0",
        b"\x89PNG\n\x1a\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"RIFF",
        b"\n%PDF-1.7",
        b" GIF89a",
        b"plain text",
    ],
)
def test_everything_else_is_bytes(head: bytes) -> None:
    assert sniff(head) == UNKNOWN
