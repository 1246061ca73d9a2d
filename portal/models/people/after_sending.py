"""AfterSending: where staff go on after an answer."""

from enum import StrEnum


class AfterSending(StrEnum):
    """To the next ticket of the view, nowhere, or back to the list."""

    NEXT = "next"
    STAY = "stay"
    LIST = "list"
