"""What a URL may hold, beyond what Werkzeug knows."""

from werkzeug.routing import IntegerConverter, Map


class RowId(IntegerConverter):
    """`<id:…>`: the id of a row. A number that no database can hold is no page's address."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, min=1, max=2**63 - 1)
