"""Small pictures of pictures, decoded by a process of its own.

What strangers send is decoded by code written in C. The process knows no secret and no setting, and
its memory, time and output are limited. It writes a new picture: nothing of the old one's metadata
(place, camera, preview) is in it, and it stands upright.
"""

import resource
import signal
import subprocess
import sys
import tempfile
from io import BytesIO
from typing import BinaryIO, NamedTuple

# Both sides of a thumbnail are at most this many pixels: twice what pages show, for sharp screens.
MAX_SIDE = 360
# A screen of 8K has 33 million. Of each pixel the decoder keeps four bytes.
MAX_PIXELS = 36_000_000
_MEMORY = 640 * 1024 * 1024
_OUTPUT = 1024 * 1024
_CPU_SECONDS = 10
# Longer than the CPU time: the machine may be busy.
_TIMEOUT = 40
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_NO_PICTURE = 3


class Thumbnail(NamedTuple):
    """A picture in WebP."""

    content: bytes
    width: int
    height: int


class NoPictureError(Exception):
    """It is broken, too large, or no picture at all: there will never be a thumbnail of it."""


def make(picture: BinaryIO) -> Thumbnail:
    """The thumbnail of an open file. Raises NoPictureError, TimeoutError, OSError."""
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603 - this very file
                [sys.executable, "-I", __file__],
                stdin=picture,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError("decoding took too long") from None
        if done.returncode in {_NO_PICTURE, -signal.SIGXCPU}:
            raise NoPictureError
        if done.returncode:
            raise OSError(f"decoding ended with {done.returncode}")
        output.seek(0)
        width, height = output.readline(32).split()
        return Thumbnail(output.read(), int(width), int(height))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT, _OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _shrunk(source: BinaryIO) -> Thumbnail:
    from PIL import Image, ImageOps  # only this process needs it

    Image.MAX_IMAGE_PIXELS = None  # it would accept twice as many
    with Image.open(source, formats=_FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        picture.thumbnail((MAX_SIDE, MAX_SIDE), reducing_gap=2.0)
        upright = ImageOps.exif_transpose(picture)
        small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    # Nothing but the pixels: neither metadata nor a profile.
    bare = Image.new(small.mode, small.size)
    bare.paste(small)
    content = BytesIO()
    bare.save(content, "WEBP", quality=80)
    return Thumbnail(content.getvalue(), bare.width, bare.height)


def _main() -> int:
    _limit()
    try:
        small = _shrunk(sys.stdin.buffer)
    except Exception:  # whatever a decoder makes of it
        return _NO_PICTURE
    sys.stdout.buffer.write(b"%d %d\n" % (small.width, small.height))
    sys.stdout.buffer.write(small.content)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
