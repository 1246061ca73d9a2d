"""Makes comparisons of what was typed after a field's name, or finds what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from portal.search_language.days import parse_days
from portal.search_language.durations import parse_duration
from portal.search_language.fields import Field, Kind
from portal.search_language.mistakes import Mistake, MistakeKind, Span
from portal.search_language.tokens import Token, Value, closest
from portal.search_language.tree import Comparison, Operator

# `created:>=2026-11-01`, as elsewhere, is `created>=2026-11-01`; `status=open` is `status:open`.
_OPERATORS = {":": Operator.IS, "=": Operator.IS, ":=": Operator.IS} | {
    f"{colon}{operator}": operator
    for operator in (Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW)
    for colon in ("", ":")
}
# Whether a text names a day does not depend on what day it is.
_SOME_DAY = date(2000, 1, 1)


def comparison(
    token: Token, fields: Mapping[str, Field], note: Callable[[Mistake], None]
) -> Comparison | None:
    """The comparison that `token` makes; None if something is wrong, which goes to `note`."""
    field = fields.get(token.text.lower())
    if field is None:
        note(_unknown_field(token, fields))
        return None
    operator = _OPERATORS[token.operator]
    values = [value for value in token.values if value.text.strip()]
    if operator is Operator.IS and field.has_order and (ends := _ends(values)):
        operator, values = Operator.RANGE, ends
    if mistake := _mistaken_form(field, operator, values, token):
        note(mistake)
        return None
    words, mistakes = [], []
    for value in values:
        word = _word(field, value)
        words.append(word or "")
        if word is None:
            mistakes.append(_mistaken_value(field, value, token))
    for mistake in mistakes:
        note(mistake)
    return None if mistakes else Comparison(field.name, operator, tuple(words))


def _ends(values: list[Value]) -> list[Value]:
    """The two ends of a range; nothing where there is none."""
    if len(values) != 1 or values[0].is_quoted or ".." not in values[0].text:
        return []
    first, _, last = values[0].text.partition("..")
    start, end = values[0].place.start, values[0].place.end
    return [
        Value(first, Span(start, start + len(first)), is_quoted=False),
        Value(last, Span(end - len(last), end), is_quoted=False),
    ]


def _word(field: Field, value: Value) -> str | None:
    """The value as a comparison has it; None for one that the field does not know."""
    text = " ".join(value.text.split())
    if field.values and text:
        text = text.lower().replace("-", "_")
        return text if text in field.values else None
    if (read := _READ.get(field.kind)) and text:
        try:
            read(text)
        except ValueError:
            return None
    return text


# What has no list of values, but a form.
_READ: Mapping[Kind, Callable[[str], object]] = {
    Kind.DAY: lambda text: parse_days(text, _SOME_DAY),
    Kind.END_OF_DAY: lambda text: parse_days(text, _SOME_DAY),
    Kind.DURATION: parse_duration,
}
_MISFORMED = {
    Kind.DAY: MistakeKind.NO_DAY,
    Kind.END_OF_DAY: MistakeKind.NO_DAY,
    Kind.DURATION: MistakeKind.NO_DURATION,
}


def _unknown_field(token: Token, fields: Mapping[str, Field]) -> Mistake:
    """With the field that was meant, if it takes what follows."""
    start = token.place.start
    place = Span(start, start + len(token.text))
    meant = closest(token.text.lower(), fields)
    wrong: list[Mistake] = []
    if meant:
        comparison(replace(token, text=meant), fields, wrong.append)
    return Mistake(MistakeKind.UNKNOWN_FIELD, place, token.place, "" if wrong else meant)


def _mistaken_form(
    field: Field, operator: Operator, values: list[Value], token: Token
) -> Mistake | None:
    name_end = token.place.start + len(token.text)
    sign = Span(name_end, name_end + len(token.operator))
    if not any(value.text for value in values):
        return Mistake(MistakeKind.NO_VALUE, token.place, token.place, field=field.name)
    if operator is not Operator.IS and not field.has_order:
        return Mistake(MistakeKind.NO_ORDER, sign, token.place, ":", field.name)
    if operator not in {Operator.IS, Operator.RANGE} and len(values) > 1:
        rest = Span(values[0].place.end, token.place.end)
        return Mistake(MistakeKind.ONE_VALUE, rest, token.place, field=field.name)
    return None


def _mistaken_value(field: Field, value: Value, token: Token) -> Mistake:
    if kind := _MISFORMED.get(field.kind):
        return Mistake(kind, value.place, token.place, field=field.name)
    meant = closest(value.text.lower(), field.values)
    return Mistake(MistakeKind.UNKNOWN_VALUE, value.place, token.place, meant, field.name)
