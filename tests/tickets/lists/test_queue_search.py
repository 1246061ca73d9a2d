"""The search box of the queue: its language, its help, its mistakes, and chips of filters."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask

from portal.errors import Invalid, TooBroad
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.search_language.fields import FIELDS
from portal.search_language.parser import parse
from portal.search_language.tree import comparisons
from portal.tickets.lists.typed_chips import FIELD_LABELS
from portal.web.templating.search_texts import FIELD_EXAMPLES, WORD_EXAMPLES
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged
from tests.page import Page, Visitor
from tests.tickets.lists.test_queue import QUEUE, subjects


@pytest.fixture(scope="module")
def people(shared_app: Flask) -> Cast:
    return make_cast(shared_app)


@pytest.fixture(scope="module")
def ann(shared_app: Flask, people: Cast) -> Visitor:
    return Visitor(shared_app).sign_in(people.ann)


@pytest.fixture(scope="module")
def desk(shared_app: Flask, people: Cast, ann: Visitor) -> Iterator[Visitor]:
    """Sam in front of three tickets: the first is solved, the second his."""
    first, second = (
        factories.file_ticket(shared_app, people.ann, subject).number
        for subject in ("Printer on fire", "Chair is broken")
    )
    factories.file_ticket(shared_app, people.carl, "Invoice is wrong")
    sam = Visitor(shared_app).sign_in(people.sam)
    sam.post(f"/tickets/{first}/status", {"status": "solved"})
    sam.post(f"/tickets/{second}/assignment", {"assignee": "me"})
    with unchanged(shared_app):
        yield sam


def search(visitor: Visitor, q: str, path: str = QUEUE, **more: str) -> Page:
    return visitor.get(path, query_string={"q": q, **more})


def found(page: Page) -> set[str]:
    return {subject.split()[0] for subject in subjects(page)}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("assignee:me", {"Chair"}),
        ("status:solved", {"Printer"}),
        ("status:solved,new", {"Printer", "Chair", "Invoice"}),
        ("is:unsolved", {"Chair", "Invoice"}),
        ('from:"Carl Cooper" invoice', {"Invoice"}),
        ("from:ann broken -status:solved", {"Chair"}),
        ("status:", set()),
        ("http://example.com", set()),
    ],
)
def test_what_is_typed_is_what_is_listed(desk: Visitor, q: str, expected: set[str]):
    page = search(desk, q)
    assert found(page) == expected
    assert page.one(id="q")["value"] == q


def test_a_mistake_is_marked_and_a_link_mends_it(desk: Visitor):
    page = search(desk, 'invoice status:opn <b> & "x"', priority="medium")
    note = page.one(id="q-notes")
    assert note.one("mark").text == "opn"
    assert "“opn” is none of: new, open, pending" in note.text
    assert page.one(id="q")["value"] == 'invoice status:opn <b> & "x"'
    assert (page.one(id="q")["aria-invalid"], page.one(id="q")["aria-describedby"]) == (
        "true",
        "q-notes",
    )
    link = note.one("a")
    assert link.text == "status:open"
    mended = desk.get(link["href"])
    assert mended.one(id="q")["value"] == 'invoice status:open <b> & "x"'
    assert mended.one(id="chip-priority")
    assert not mended.all(id="q-notes")
    assert "Nothing was looked for" in page.words


def test_who_is_still_typing_sees_what_the_rest_finds(desk: Visitor):
    page = search(desk, "chair status:")
    assert found(page) == {"Chair"}
    assert "Say what “status” is to be: new, open" in page.one(id="q-notes").text
    assert page.one(id="q").get("aria-invalid") is None


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize(
    "q",
    [
        "status:'; DROP TABLE tickets; --",
        "<script>:x",
        "created:9999-99-99..",
        "created:%00",
        "from:%",
        'from:"_"',
        "(" * 200,
        "-" * 200,
        "assignee:USR999999999999999999",
        "organization:ORG999999999999999999",
        "from:\ud800",
    ],
)
def test_no_search_breaks_the_page(desk: Visitor, ann: Visitor, q: str):
    for visitor, path in ((desk, QUEUE), (desk, "/tickets/"), (ann, "/tickets/")):
        page = search(visitor, q.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), path)
        assert not page.all("script", src="")
        assert not found(page)


def test_a_search_that_reads_too_much_is_told_so(desk: Visitor, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object, **_more: object) -> None:
        raise TooBroad

    monkeypatch.setattr(ticket_list, "page", refuse)
    page = search(desk, "-status:open")
    assert "Narrow it" in page.one(id="q-notes").text
    assert page.one(id="q")["value"] == "-status:open"


def test_a_broken_cursor_of_a_search_that_reads_too_much_is_told_too(
    desk: Visitor, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_actor: object, wanted: TicketFilter, **_more: object) -> None:
        raise Invalid(cursor="unknown") if wanted.cursor else TooBroad

    monkeypatch.setattr(ticket_list, "page", refuse)
    page = search(desk, "-status:open", cursor="x")
    assert "Narrow it" in page.one(id="q-notes").text
    assert "cursor=x" in page.words


def test_a_list_is_shown_though_counting_what_it_hides_reads_too_much(
    desk: Visitor, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_args: object, **_more: object) -> None:
        raise TooBroad

    monkeypatch.setattr(ticket_list, "count", refuse)
    assert found(search(desk, "broken -priority:low")) == {"Chair"}


def test_filters_are_chips_with_names_and_each_can_be_dropped(desk: Visitor, people: Cast):
    query = {
        "view": "all",
        "status": "new",
        "assignee": "none",
        "requester": f"USR{people.carl.id:06d}",
        "organization": "ORG000001",
        "tag": "vip",
        "q": "invoice",
    }
    page = desk.get(QUEUE, query_string=query)
    chips = {chip["id"].removeprefix("chip-"): chip for chip in page.all("a", class_="chip")}
    assert {name: chip.text for name, chip in chips.items()} == {
        "status": "Status: New",
        "assignee": "Assignee: Nobody",
        "requester": "Requester: Carl Cooper",
        "organization": "Organization: Acme",
        "tag": "Tag: vip",
    }
    without = desk.get(chips["tag"]["href"])
    assert not without.all(id="chip-tag")
    assert without.one(id="chip-requester")
    assert without.one(id="q")["value"] == "invoice"
    cleared = desk.get(page.one(id="chips-clear")["href"])
    assert not cleared.all("a", class_="chip")
    assert found(cleared) == {"Invoice"}


def test_the_form_keeps_filters_that_have_no_control(desk: Visitor):
    page = desk.get(f"{QUEUE}?requester=USR000001&organization=ORG000001&tag=vip")
    kept = {one["name"]: one["value"] for one in page.all("input", type="hidden")}
    assert kept["requester"] == "USR000001"
    assert kept["organization"] == "ORG000001"
    assert kept["tag"] == "vip"


def test_a_chip_of_what_does_not_exist_keeps_its_number(desk: Visitor):
    page = desk.get(f"{QUEUE}?requester=USR999999&organization=ORG999999&assignee=USR999998")
    texts = [chip.text for chip in page.all("a", class_="chip")]
    assert texts == [
        "Assignee: USR999998",
        "Requester: USR999999",
        "Organization: ORG999999",
    ]


def test_the_help_tells_every_field_and_its_links_work(desk: Visitor):
    help_box = desk.get(QUEUE).one("details", class_="search-help")
    assert set(FIELD_EXAMPLES) - {"words"} == {field.name for field in FIELDS.values()}
    for name, example in FIELD_EXAMPLES.items():
        parsed = parse(example.q, FIELDS)
        assert not parsed.mistakes
        assert parsed.tree
        assert name == "words" or [one.field for one in comparisons(parsed.tree)] == [name]
        assert example.q in help_box.text
    links = help_box.all("a")
    assert len(links) == sum(example.is_general for example in FIELD_EXAMPLES.values())
    for link in links:
        page = desk.get(link["href"])
        assert page.one(id="q")["value"] == link.text
        assert not page.all(id="q-notes")


def test_customers_are_told_of_words_alone(ann: Visitor):
    help_box = ann.get("/tickets/").one("details", class_="search-help")
    assert [code.text for code in help_box.all("code")] == [one.q for one in WORD_EXAMPLES]
    assert "assignee" not in help_box.text


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(
    "q", ["assignee:sam", "tag:x OR from:carl", "is:mine", "organization:carl"]
)
def test_customers_find_nothing_by_fields(ann: Visitor, q: str):
    page = search(ann, q, "/tickets/")
    assert found(page) == set()
    assert not page.all(id="q-notes")


@pytest.mark.parametrize(
    ("q", "chips"),
    [
        ("priority>=high", {"Priority: ≥ High": ""}),
        ("created:7d printer", {"Created: 7d": "printer"}),
        ("updated:2026-11..", {"Updated: 2026-11 – …": ""}),
        ("-status:closed,solved x", {"Not Status: Closed, Solved": "x"}),
        ("assignee:me is:mine", {"Assignee: Me": "is:mine", "Is: mine": "assignee:me"}),
        ('has:attachment tag:"<b>"', {"Has: a file": 'tag:"<b>"', "Tag: <b>": "has:attachment"}),
        ("status:open OR printer", {}),
    ],
)
def test_what_is_compared_is_a_chip_that_can_be_dropped(
    desk: Visitor, q: str, chips: dict[str, str]
):
    page = desk.get(f"{QUEUE}?{urlencode({'q': q, 'view': 'all'})}")
    links = {link.text: link["href"] for link in page.all("a", class_="chip")}
    left = {text: parse_qs(urlsplit(url).query).get("q", [""])[0] for text, url in links.items()}
    assert left == chips


def test_each_field_of_a_search_has_a_name():
    assert set(FIELD_LABELS) == {field.name for field in FIELDS.values()}
