import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from portal import thumbnails
from portal.thumbnails import MAX_PIXELS, MAX_SIDE, NoPictureError, Thumbnail
from tests import pictures


def made(content: bytes) -> Thumbnail:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return thumbnails.make(file)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "I;16"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
        ("WEBP", "RGB"),
    ],
)
def test_every_picture_that_browsers_show_has_one(kind: str, mode: str):
    small = made(pictures.encoded(Image.new(mode, (800, 600)), kind))
    picture = opened(small.content)
    assert (picture.format, picture.size) == ("WEBP", (small.width, small.height))
    assert (small.width, small.height) == (MAX_SIDE, MAX_SIDE * 3 // 4)


def test_what_is_small_stays_as_it_is_and_what_is_clear_stays_clear():
    small = made(pictures.png(3, 2, "RGBA"))
    assert opened(small.content).size == (3, 2)
    assert opened(small.content).getpixel((0, 0))[3] == 0


def test_it_stands_upright_and_tells_nothing_but_what_one_sees():
    small = made(pictures.photo(400, 200, orientation=6, description="at my house"))
    picture = opened(small.content)
    assert (small.width, small.height) == (MAX_SIDE // 2, MAX_SIDE)
    assert not picture.getexif()
    assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}
    assert b"my house" not in small.content
    top, bottom = (picture.convert("RGB").getpixel((90, row)) for row in (20, 340))
    assert top[0] > 200 > bottom[0]
    assert bottom[2] > 200 > top[2]


def bomb() -> bytes:
    """A word of 300 MB in a PNG of a few kilobytes."""
    whole = pictures.png(50, 50)
    text = pictures.chunk(b"zTXt", b"word\0\0" + pictures.zlib.compress(b"0" * 30_000_000))
    return whole[:33] + text * 10 + whole[33:]


@pytest.mark.threat("costly pictures")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"GIF89a/*" + b"*/=1;alert(1)",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        pictures.photo(600, 600)[:400],
        pictures.declared(6001, MAX_PIXELS // 6000),
        pictures.declared(2**31 - 1, 2**31 - 1),
        bomb(),
    ],
    ids=["empty", "broken", "script", "drawing", "cut off", "large", "huge", "compressed"],
)
def test_what_is_no_picture_or_too_much_has_none(content: bytes):
    with pytest.raises(NoPictureError):
        made(content)


@pytest.mark.threat("costly pictures")
@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("_MEMORY", 1024, NoPictureError), ("_OUTPUT", 10, OSError)],
    ids=["memory", "output"],
)
def test_who_decodes_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int, error: Any
):
    # A process with a smaller limit, since a test should not need what the real one allows.
    source = Path(thumbnails.__file__).read_text("utf-8")
    [line] = [line for line in source.splitlines() if line.startswith(f"{name} = ")]
    program = tmp_path / "thumbnails.py"
    program.write_text(source.replace(line, f"{name} = {value}"), "utf-8")
    monkeypatch.setattr(thumbnails, "__file__", str(program))
    with pytest.raises(error):
        made(pictures.png(900, 900))


@pytest.mark.threat("costly pictures")
def test_what_takes_too_much_of_the_processor_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "thumbnails.py"
    program.write_text("import signal\nsignal.raise_signal(signal.SIGXCPU)", "utf-8")
    monkeypatch.setattr(thumbnails, "__file__", str(program))
    with pytest.raises(NoPictureError):
        made(pictures.png(9, 9))


def test_who_decodes_too_long_is_ended_and_may_try_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(thumbnails, "_TIMEOUT", 0.001)
    with pytest.raises(TimeoutError):
        made(pictures.png(9, 9))


def test_who_decodes_knows_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told = tmp_path / "told"
    program = tmp_path / "thumbnails.py"
    program.write_text(
        f"import os\nopen({str(told)!r}, 'w').write(repr(dict(os.environ)))", "utf-8"
    )
    monkeypatch.setattr(thumbnails, "__file__", str(program))
    monkeypatch.setenv("SECRET_KEY", "very secret")
    with pytest.raises(ValueError, match="unpack"):
        made(b"")
    assert "very secret" not in told.read_text("utf-8")
