"""Marketplaces that the application's clients talk to, and organizations with keys to them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from unittest.mock import patch

from flask import Flask

from portal.extensions import db
from portal.integrations.ozon import calls as ozon_calls
from portal.integrations.wildberries import calls as wildberries_calls
from portal.models.organizations import Organization
from portal.models.people import Actor
from portal.services.organizations import credentials
from tests import factories
from tests.marketplaces import ozon, wildberries
from tests.marketplaces.ozon import Ozon
from tests.marketplaces.server import Marketplace, serving

KEYS = {
    "wildberries_api_key": wildberries.KEY,
    "ozon_client_id": ozon.CLIENT_ID,
    "ozon_api_key": ozon.KEY,
}
_ADDRESSES = {
    ozon_calls.__name__: ("URL",),
    wildberries_calls.__name__: ("CONTENT_URL", "PRICES_URL", "MARKETPLACE_URL"),
}


def point_clients_at(url: str) -> None:
    """For a process of its own, in which nothing has to be put back."""
    for module in (ozon_calls, wildberries_calls):
        for name in _ADDRESSES[module.__name__]:
            setattr(module, name, url)


@contextmanager
def open_to(app: Flask, *running: Marketplace) -> Iterator[None]:
    """The clients of `app` talk to these, without the pause between pages."""
    with ExitStack() as stack:
        for one in running:
            stack.enter_context(serving(one))
            module: ModuleType = ozon_calls if isinstance(one, Ozon) else wildberries_calls
            for name in _ADDRESSES[module.__name__]:
                stack.enter_context(patch.object(module, name, one.url))
        stack.enter_context(patch("portal.integrations.wildberries.shop.PAUSE", 0.0))
        ports = frozenset(("127.0.0.1", one.port) for one in running)
        stack.enter_context(patch.dict(app.config, {"OUTBOUND_ALLOW": ports}))
        yield


def sells_at(app: Flask, actor: Actor, kind: str = "both", **keys: str) -> None:
    """The actor's organization has chosen that, and stored the right keys, or `keys`."""
    with factories.writing(app):
        db.session.get_one(Organization, actor.organization_id).marketplace_type = kind
        for name, secret in (keys or KEYS).items():
            credentials.store(actor=actor, name=name, secret=secret)
