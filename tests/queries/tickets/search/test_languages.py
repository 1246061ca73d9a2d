"""Words are found in the forms and scripts of their languages."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged

# What was written, and what finds it.
WRITTEN: dict[str, list[str]] = {
    "Der Mieter sagt, dass die Häuser nicht geheizt sind": ["Haus", "Häuser", "HAUSER", "haeuser"],
    "Herr Müller hat noch keine Größe angegeben": [
        "Muller",
        "MÜLLER",
        "Mueller",
        "grösse",
        "GRÖSSE",
    ],
    "Nous avons des réclamations et les cafés sont fermés": ["reclamation", "RÉCLAMATION", "café"],
    "No puedo abrir las facturas que usted me envió": ["factura", "envio", "FACTURAS"],
    "Não consigo abrir as configurações do telefone": [
        "configuração",
        "configuracoes",
        "telefones",
    ],
    "Non posso aprire le fatture della stampante": ["fattura", "stampanti"],
    "The printers are printing invoices with errors": ["printer", "prints", "invoice", "error"],
    "Не работают принтеры на этаже, ещё одна ёлка": ["принтер", "этажи", "ёлки", "еще"],
    "我的订单还没有到": ["订单", "我的订单", "单", "没有"],
    "パスワードを忘れました": ["パスワード", "忘れ"],
    "주문을 취소하고 싶어요": ["주문", "취소"],
    "ขอเงินคืนด้วย": ["เงินคืน", "คืน"],
    "Smørrebrød from Łódź by Đorđe, Ærø": ["smorrebrod", "lodz", "dorde", "aero", "ÆRØ"],
    "İstanbul ve Iğdır ılık": ["istanbul", "ıstanbul", "igdir", "ILIK"],
    "Please send an e-mail to the disk-full team": [
        "email",
        "e-mail",
        "emails",
        "diskfull",
        "disk full",
    ],
    "Our EMail settings": ["e-mail"],
    "See foo_bar.txt and camelCase in SKU12345": [
        "foo",
        "bar.txt",
        "camel case",
        "12345",
        "foobartxt",
    ],
    "Write to zoe@mail.example": ["zoe@mail.example", "mail.example", "zoe"],
}
CASES = [(text, typed) for text, all_typed in WRITTEN.items() for typed in all_typed]


@pytest.fixture(scope="module")
def filed(shared_app: Flask) -> Iterator[tuple[Flask, Cast, dict[str, int]]]:
    cast = make_cast(shared_app)
    ids = {text: factories.file_ticket(shared_app, cast.ann, "x", text).id for text in WRITTEN}
    with unchanged(shared_app):
        yield shared_app, cast, ids


@pytest.mark.parametrize(("written", "typed"), CASES)
def test_a_word_is_found_in_its_forms(
    filed: tuple[Flask, Cast, dict[str, int]], written: str, typed: str
) -> None:
    app, cast, ids = filed
    with app.app_context():
        for actor in (cast.ann, cast.sam):
            found = [row.id for row in page(actor, TicketFilter.from_args({"q": typed})).rows]
            assert ids[written] in found
            assert len(found) <= 2


@pytest.mark.parametrize("typed", ["rinter x", "订没", "fullx", "diskx", "ulle x", "bar.foo x"])
def test_what_was_not_written_is_not_found(
    filed: tuple[Flask, Cast, dict[str, int]], typed: str
) -> None:
    app, cast, _ids = filed
    with app.app_context():
        assert page(cast.sam, TicketFilter.from_args({"q": typed})).rows == []
