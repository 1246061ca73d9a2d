"""What a page hears of."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Topics(NamedTuple):
    """`soon`: changes of what a page is about; `later`: those of what it shows beside.

    `named` has topics of a part of the page, whose changes are events of the name there.
    """

    soon: frozenset[str]
    later: frozenset[str] = frozenset()
    named: Mapping[str, str] = MappingProxyType({})

    @property
    def all(self) -> frozenset[str]:
        return self.soon | self.later | self.named.keys()
