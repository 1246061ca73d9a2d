"""Parsers for environment variables: an environment and a name in, a value out.

Each raises ConfigError, one line that begins with the variable's name. Which settings there are,
and what they mean, is defined in `portal.config`.
"""

from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from portal.errors import ConfigError
from portal.security.smtp_addresses import ascii_address


def with_files(env: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """`env` with those of `names` that it says a file has: SECRET_KEY_FILE=/run/secrets/key."""
    return {**env, **{name: _content(env, name) for name in names if env.get(f"{name}_FILE")}}


def _content(env: Mapping[str, str], name: str) -> str:
    if env.get(name):
        raise ConfigError(f"{name} and {name}_FILE are both set: one of them is enough")
    try:
        return Path(env[f"{name}_FILE"]).read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{name}_FILE cannot be read: {error}") from None


def required(env: Mapping[str, str], name: str, hint: str) -> str:
    """A text that must be set; `hint` says what to write."""
    value = env.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set ({hint})")
    return value


def comma_separated(env: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def one_of(env: Mapping[str, str], name: str, words: str) -> str:
    """One of `words`, case-insensitive; the first of them when it is not set."""
    known = words.split()
    text = env.get(name, known[0])
    if text.lower() not in {word.lower() for word in known}:
        raise ConfigError(f"{name} has to be one of {', '.join(known)}, not {text!r}")
    return text.lower()


def integer(
    env: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int = 999_999_999
) -> int:
    """An integer of at least `least` and at most `most`."""
    text = env.get(name, str(default))
    # int() raises for thousands of digits.
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        wanted = f"a whole number from {least}" if least else "a whole number"
        wanted += f" to {most}" if most < 999_999_999 else ""
        raise ConfigError(f"{name} has to be {wanted}, not {text[:40]!r}")
    return int(text)


def flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise ConfigError(f"{name} has to be 0 or 1, not {text!r}")
    return text in {"1", "true", "yes"}


def mailbox(env: Mapping[str, str], name: str, default: str) -> str:
    """A mail address, with or without a display name."""
    text = env.get(name, default)
    try:
        ascii_address(parseaddr(text)[1])
    except ValueError as problem:
        raise ConfigError(f"{name} has to be a mail address, not {text!r}: {problem}") from None
    if not text.isprintable() or "=?" in text:
        raise ConfigError(f"{name} has to be written as people read it, not {text!r}")
    return text


def is_valid_url(url: str) -> bool:
    """Whether the port of a URL is valid or absent."""
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port is None or port > 0
