"""URL converters in addition to those of Werkzeug."""

from werkzeug.routing import IntegerConverter, Map


class RowId(IntegerConverter):
    """`<id:…>`: the id of a row, 1 to 10^18 - 1. Other numbers are 404.

    The pattern excludes them: Werkzeug would take a number that `to_python` refuses for an address
    with other methods, and answer 405.
    """

    regex = "[1-9][0-9]{0,17}"

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, min=1, max=10**18 - 1)
