"""The desk's own name, logo and colour: PRODUCT_NAME, PRODUCT_LOGO, PRODUCT_ACCENT.

Whoever chooses a colour does not have to know both themes: from one colour come those of each,
darker or lighter until they can be read on all grounds of `static/css/app.css` (WCAG 2.2, 1.4.3).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from portal.errors import ConfigError

DEFAULT_NAME = "Lodge"
MAX_NAME = 40
MAX_LOGO = 64 * 1024
MIN_CONTRAST = 4.5
LIGHT_GROUNDS = ("#ffffff", "#f0eee8", "#eae7df")
DARK_GROUNDS = ("#1b1c1a", "#0f100e", "#252724", "#20221f")
_STEPS = 50
_SOFT = 0.12
# What an SVG could run or load. It is shown as an image and sandboxed besides.
_ACTIVE = re.compile(
    rb"<!(doctype|entity)|<\s*[\w:]*(script|foreignobject|iframe)\b|[\s\"']on\w+\s*="
    rb"|javascript:|href\s*=\s*[\"']?\s*(?!#|data:image/|[\"'#])|url\(\s*[\"']?\s*(?!#|[\"'#])|@import",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shade:
    """The accent in one theme, what is written on it, and a ground tinted with it."""

    colour: str
    on_it: str
    soft: str


@dataclass(frozen=True, slots=True)
class Accent:
    chosen: str
    light: Shade
    dark: Shade


@dataclass(frozen=True, slots=True)
class Logo:
    body: bytes
    suffix: str  # svg, png or webp


@dataclass(frozen=True, slots=True)
class Product:
    """How the desk presents itself."""

    name: str = DEFAULT_NAME
    logo: Logo | None = None
    accent: Accent | None = None


def read_name(text: str) -> str:
    """PRODUCT_NAME, as it also stands in headers of mails. Raises ConfigError."""
    name = text.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable() or "=?" in name:
        raise ConfigError(f"PRODUCT_NAME has to be 1 to {MAX_NAME} printable characters")
    return name


def read_accent(text: str) -> Accent:
    """PRODUCT_ACCENT, a colour like #1d6b4f or #175. Raises ConfigError."""
    found = re.fullmatch(r"#?([0-9a-f]{3}|[0-9a-f]{6})", text.strip().lower())
    if not found:
        raise ConfigError(f"PRODUCT_ACCENT has to be a colour like #1d6b4f, not {text[:40]!r}")
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    chosen = f"#{digits}"
    return Accent(
        chosen,
        light=_shade(chosen, LIGHT_GROUNDS, toward="#000000", on_it="#ffffff"),
        dark=_shade(chosen, DARK_GROUNDS, toward="#ffffff", on_it="#0b0c0b"),
    )


def read_logo(path: Path) -> Logo:
    """The picture at PRODUCT_LOGO. Raises ConfigError."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"PRODUCT_LOGO cannot be read: {error}") from None
    return check_logo(body, path.name)


def check_logo(body: bytes, name: str) -> Logo:
    """A picture that may be shown. Raises ConfigError."""
    if len(body) > MAX_LOGO:
        raise ConfigError(f"PRODUCT_LOGO has to be at most {MAX_LOGO // 1024} KB")
    suffix = _picture(body)
    if suffix is None:
        raise ConfigError(f"PRODUCT_LOGO has to be a PNG, WebP or SVG, and {name} is none")
    if suffix == "svg" and _ACTIVE.search(body):
        raise ConfigError("PRODUCT_LOGO is an SVG that runs or loads something: save it as plain")
    return Logo(body, suffix)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _shade(chosen: str, grounds: tuple[str, ...], *, toward: str, on_it: str) -> Shade:
    """The nearest shade of `chosen` that can be read on all `grounds`, the soft one included."""
    shades = (_mixed(toward, chosen, step / _STEPS) for step in range(_STEPS + 1))
    for colour in shades:
        soft = _mixed(colour, grounds[0], _SOFT)
        if min(contrast(colour, ground) for ground in (*grounds, soft)) >= MIN_CONTRAST:
            break
    return Shade(colour, on_it, soft)


def _picture(body: bytes) -> str | None:
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    text = re.sub(rb"^\xef\xbb\xbf|<\?xml.*?\?>|<!--.*?-->", b"", body, flags=re.DOTALL)
    # In another encoding than UTF-8 a search for what runs would find nothing.
    wellformed = text.lstrip().startswith(b"<svg") and b"\0" not in body
    return "svg" if wellformed and _is_utf8(body) else None


def _is_utf8(body: bytes) -> bool:
    declared = re.match(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)", body)
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return not declared or declared[1].lower() in {b"utf-8", b"us-ascii"}


def _mixed(one: str, other: str, part: float) -> str:
    """`part` of one colour, and the rest of the other."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * part + b * (1 - part)):02x}" for a, b in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
