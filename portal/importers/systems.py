"""System: what the columns and words of another desk's export mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.importers.fields import Field
from portal.importers.separators import normal_name


@dataclass(frozen=True)
class System:
    """Names of columns and words are in lower case, as `normal_name` makes them.

    An export is recognised by a header that has all names of one of `signatures`.
    """

    name: str
    title: str
    columns: Mapping[str, Field]
    signatures: tuple[frozenset[str], ...]
    words: Mapping[Field, Mapping[str, str]] = field(default_factory=dict)
    # Cells that say nothing.
    nothing: frozenset[str] = frozenset()
    # Unknown columns, missing cells and unknown words are mistakes, not somebody else's habits.
    strict: bool = False
    required: tuple[str, ...] = ()

    def recognises(self, header: list[str]) -> bool:
        """Whether it is the header of one of its exports."""
        names = {normal_name(name) for name in header}
        return any(signature <= names for signature in self.signatures)
