"""Pictures to attach, and what is kept of them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from portal.security import filetypes
from portal.services.tickets.attachments import Upload
from portal.storage import Storage

# EXIF tags.
ORIENTATION, DESCRIPTION = 0x0112, 0x010E
LIMIT = 10_000_000


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    return encoded(Image.new(mode, (width, height)), "PNG")


def photo(width: int, height: int, **tags: Any) -> bytes:
    """A JPEG whose left half is red, with EXIF."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[{"orientation": ORIENTATION, "description": DESCRIPTION}[tag]] = value
    return encoded(picture, "JPEG", exif=exif)


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    checked = name + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def declared(width: int, height: int) -> bytes:
    """A PNG that says to be of that size, and ends there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999))


def stored(storage: Storage, content: bytes, name: str = "photo.png") -> Upload:
    """An upload of that file."""
    kept = storage.put(BytesIO(content), limit=LIMIT)
    return Upload(kept.key, name, filetypes.sniff(content[:16]), kept.size, kept.sha256)
