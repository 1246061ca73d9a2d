"""What a URL may hold, beyond what Werkzeug knows."""

from werkzeug.routing import IntegerConverter, Map


class RowId(IntegerConverter):
    """`<id:…>`: the id of a row. A number that no database can hold is no page's address.

    Said by the pattern: a number refused later on would count as an address that takes other
    methods, and be answered with 405.
    """

    regex = "[1-9][0-9]{0,17}"

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, min=1, max=10**18 - 1)
