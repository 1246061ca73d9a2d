"""URL converters in addition to those of Werkzeug."""

from werkzeug.routing import BaseConverter, IntegerConverter, Map

from portal.models.people.user import format_id


class RowId(IntegerConverter):
    """`<id:…>`: the id of a row, 1 to 10^18 - 1. Other numbers are 404.

    The pattern excludes them: Werkzeug would take a number that `to_python` refuses for an address
    with other methods, and answer 405.
    """

    regex = "[1-9][0-9]{0,17}"

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, min=1, max=10**18 - 1)


class UserNumber(BaseConverter):
    """`<user:…>`: the public id of an account, USR000001, as the number of its row."""

    regex = "USR(?:(?!0{6})[0-9]{6}|[1-9][0-9]{6,17})"

    def to_python(self, value: str) -> int:
        return int(value.removeprefix("USR"))

    def to_url(self, value: int) -> str:
        return format_id(value)
