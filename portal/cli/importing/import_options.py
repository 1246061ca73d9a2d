"""The options of `flask import-tickets` that say what columns and words mean."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from portal.importers.columns import SYSTEMS
from portal.importers.encodings import require_encoding
from portal.importers.fields import CHOICES, Field
from portal.importers.words import EVERY_OTHER, OURS

_MAX_FILE = 1_000_000


class GivenMap(NamedTuple):
    """Fields by column, and words of ours by field and word of the old desk."""

    columns: Mapping[str, Field]
    words: Mapping[Field, Mapping[str, str]]


def given_map(file: Path | None, columns: Iterable[str], words: Iterable[str]) -> GivenMap:
    """The map file with --map and --map-value, which go before it. Raises ClickException."""
    from_file = _from_file(file) if file else {}
    pairs = {**from_file.get("columns", {}), **dict(map(_column, columns))}
    tables = {name: dict(table) for name, table in from_file.get("words", {}).items()}
    for name, word, ours in map(_word, words):
        tables.setdefault(name, {})[word] = ours
    return GivenMap(
        {name: _field(name, word) for name, word in pairs.items()},
        {_choice(name): _our_words(name, table) for name, table in tables.items()},
    )


def print_fields(context: click.Context, _option: click.Parameter, given: bool) -> None:
    """The callback of --list-fields."""
    if not given:
        return
    width = max(map(len, Field))
    for field in Field:
        click.echo(f"{field.value:{width}}  {field.spec}")
    context.exit()


def encoding_option(_context: click.Context, _option: click.Parameter, given: str | None) -> Any:
    """The callback of --encoding."""
    try:
        return given and require_encoding(given)
    except ValueError as problem:
        raise click.ClickException(str(problem)) from None


def timezone_option(_context: click.Context, _option: click.Parameter, given: str) -> ZoneInfo:
    """The callback of --timezone."""
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.ClickException(f"{given!r} is no time zone such as Europe/Berlin") from None


def _from_file(file: Path) -> dict[str, dict[str, Any]]:
    try:
        with file.open("rb") as stream:
            found = tomllib.loads(stream.read(_MAX_FILE).decode("utf-8-sig"))
    except OSError as problem:
        raise click.ClickException(f"{file} cannot be read: {problem.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise click.ClickException(f"{file} is no map in TOML: {problem}") from None
    tables = [found.get("columns", {}), found.get("words", {})]
    tables += tables[1].values() if isinstance(tables[1], dict) else []
    if found.keys() - {"columns", "words"} or not all(isinstance(one, dict) for one in tables):
        raise click.ClickException(f"{file} has to have the tables [columns] and [words.status] …")
    return found


def _column(text: str) -> tuple[str, str]:
    name, equals, word = text.rpartition("=")
    if not equals:
        raise click.ClickException(f"--map {text!r} is not COLUMN=field")
    return name, word


def _word(text: str) -> tuple[str, str, str]:
    name, colon, rest = text.partition(":")
    word, equals, ours = rest.rpartition("=")
    if not colon or not equals:
        raise click.ClickException(f"--map-value {text!r} is not field:WORD=ours")
    return name.strip(), word, ours


def _field(name: str, word: Any) -> Field:
    found = Field.known(str(word).strip())
    if found is None:
        raise click.ClickException(
            f"{name!r} is mapped to {word!r}, which is no field; --list-fields names them"
        )
    return found


def _choice(name: str) -> Field:
    found = Field.known(name)
    if found is None or found not in CHOICES:
        raise click.ClickException(
            f"words of {name!r} are not mapped, only of {', '.join(CHOICES)}"
        )
    return found


def _our_words(name: str, table: Mapping[str, Any]) -> dict[str, str]:
    ours = OURS[_choice(name)]
    for word, our in table.items():
        if our not in {*ours, ""}:
            raise click.ClickException(
                f"{name} {word!r} is mapped to {our!r}, none of {', '.join(ours)}"
            )
    return dict(table)


SYSTEM_NAMES = tuple(SYSTEMS)
WORDS_HELP = f"A word of the old desk; {EVERY_OTHER!r} for all others, nothing for none."
