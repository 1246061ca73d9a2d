"""Client address, browser and page of the current request; empty in a job."""

from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    """`address` is a valid IP address, `user_agent` any text.

    `page` is the open page that sent the request, by its own name: it is not told of its own
    change.
    """

    address: str = ""
    user_agent: str = ""
    page: str = ""


current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - a tuple
