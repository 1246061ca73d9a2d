"""What every client of a marketplace answers, and how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _


class Stock(NamedTuple):
    warehouse: str
    present: int
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A product as the marketplace has it. All texts are clean and as long as columns are."""

    external_id: str
    article: str = ""
    name: str = ""
    brand: str = ""
    category: str = ""
    picture_url: str = ""
    shop_url: str = ""
    price: Decimal | None = None
    currency: str | None = None
    stocks: tuple[Stock, ...] = ()


class Page(NamedTuple):
    """`cursor` leads to the next page; None after the last one.

    `cardless` are ids of products that exist, of which nothing more is told this time; `unreadable`
    counts items without an id. `total` is how many products there are, where that is
    known; `pause` the seconds that the marketplace wants between two pages.
    """

    items: tuple[Item, ...]
    cursor: str | None
    cardless: tuple[str, ...] = ()
    unreadable: int = 0
    total: int | None = None
    pause: float = 0.0


class Asked(StrEnum):
    """What a request was about."""

    CARDS = "cards"
    PRICES = "prices"
    STOCKS = "stocks"


ASKED_LABELS: Mapping[str, LazyText] = {
    Asked.CARDS: _("cards"),
    Asked.PRICES: _("prices"),
    Asked.STOCKS: _("stocks"),
}


class Problem(StrEnum):
    """Why a marketplace gives nothing."""

    MISSING = "key_missing"
    UNREADABLE = "key_unreadable"
    EXPIRED = "key_expired"
    REFUSED = "key_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    SERVER = "server"
    ANSWER = "answer"
    SHOP = "shop"

    @property
    def may_pass(self) -> bool:
        """Whether it is worth another try without anybody's doing."""
        return self not in {Problem.MISSING, Problem.UNREADABLE, Problem.EXPIRED, Problem.REFUSED}


class ShopError(Exception):
    """`detail` is what the marketplace said, without secrets; `asked` what it was asked for."""

    def __init__(self, problem: Problem, detail: str = "", asked: Asked | None = None) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail
        self.asked = asked


class ShopBusy(Exception):
    """It wants to be asked again after so many seconds, not before."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asks for {seconds:.0f} s")
        self.seconds = seconds


class Shop(Protocol):
    """A client with its credentials. Each call may raise ShopError and ShopBusy."""

    def check(self) -> datetime | None:
        """Ask for one of each; until when the key is good, where the key says that."""

    def page(self, cursor: str) -> Page:
        """The products behind `cursor`, with prices and stocks; the first ones behind ""."""


class ShopKind(Protocol):
    """A module of a marketplace: which credentials it needs, and its client."""

    CREDENTIALS: tuple[str, ...]

    def open_shop(self, secrets: Mapping[str, str]) -> Shop:
        """The client. Raises ShopError for a key that cannot be one."""
