"""Lodge's own table: columns are called like the fields. The strictest, as it is written for us."""

from portal.importers.fields import Field
from portal.importers.systems import System

# Their texts make the key of a row without a number: changing them would import rows again.
COLUMNS = ("subject", "body", "answer", "type", "queue", "priority", "language", "tags")
_FIELDS = {field.value: field for field in Field}

LODGE = System(
    name="lodge",
    title="Lodge",
    columns=_FIELDS,
    signatures=(frozenset({"subject", "body", "answer"}),),
    strict=True,
    required=COLUMNS,
)
# A table of another desk, mapped by the operator.
OTHER = System(
    name="other", title="another desk", columns=_FIELDS | {"department": Field.QUEUE}, signatures=()
)
