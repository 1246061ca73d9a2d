"""What is typed into the search box means what it says, or is told what is wrong and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search_language.fields import FIELDS, NO_FIELDS
from portal.search_language.mistakes import MistakeKind, Span
from portal.search_language.parser import MAX_DEPTH, parse
from portal.search_language.tree import (
    And,
    Comparison,
    Not,
    Operator,
    Or,
    Phrase,
    Tree,
    Word,
    conjunction,
    conjuncts,
    has_fields,
)
from tests import timing
from tests.search_language.trees import leaves, trees
from tests.search_language.written import written

A, B, C = Word("a"), Word("b"), Word("c")


def status(*values: str) -> Comparison:
    return Comparison("status", Operator.IS, values)


def created(operator: Operator, *values: str) -> Comparison:
    return Comparison("created", operator, values)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  * ' ( ) -- ", None),
        ("printer", Word("printer")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a or b", And((A, Word("or"), B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, B, C))),
        ("a OR (b OR c)", Or((A, B, C))),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("a NOT b", And((A, Not(B)))),
        ("-(a OR b)", Not(Or((A, B)))),
        ('-"a b"', Not(Phrase("a b"))),
        ('"a b" c', And((Phrase("a b"), C))),
        ("«a b» “a” „b“", And((Phrase("a b"), Phrase("a"), Phrase("b")))),
        ('"say ""a"""', Phrase('say "a"')),
        ("status:open", status("open")),
        ("Status:OPEN", status("open")),
        ("status=open", status("open")),
        ("status:on-hold", status("on_hold")),
        ("status:open,pending", status("open", "pending")),
        ("status:open,", status("open")),
        ('status:"open",new', status("open", "new")),
        ("-status:closed a", And((Not(status("closed")), A))),
        ("(status:open)", status("open")),
        ("from:me", Comparison("requester", Operator.IS, ("me",))),
        (
            'assignee:"Sam  Smith",none',
            Comparison("assignee", Operator.IS, ("Sam Smith", "none")),
        ),
        ("priority>=high", Comparison("priority", Operator.AT_LEAST, ("high",))),
        ("priority:>=high", Comparison("priority", Operator.AT_LEAST, ("high",))),
        ("priority:low..high", Comparison("priority", Operator.RANGE, ("low", "high"))),
        ("priority:high..", Comparison("priority", Operator.RANGE, ("high", ""))),
        ("created:2026-11-01..", created(Operator.RANGE, "2026-11-01", "")),
        ("created:..01.11.2026", created(Operator.RANGE, "", "01.11.2026")),
        ("created:2026-11", created(Operator.IS, "2026-11")),
        ("created<7d", created(Operator.BELOW, "7d")),
        ("is:mine", Comparison("is", Operator.IS, ("mine",))),
    ],
)
def test_a_search_is_a_tree(text: str, tree: Tree | None):
    parsed = parse(text, FIELDS)
    assert parsed.tree == tree
    assert parsed.is_understood


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/a?b=c",
        "10:30",
        r"C:\temp",
        "REQ000042",
        "bob@example.com",
        "--verbose",
        'a"b',
        "foo(bar)",
        "state",
        "f(x",
        ":status",
        "re:",
        "stratus:/x",
        "don't",
        "=status",
    ],
)
def test_what_only_looks_like_a_sign_or_a_field_is_text(text: str):
    parsed = parse(text, FIELDS)
    assert parsed.tree == Word(text)
    assert not parsed.mistakes


@pytest.mark.parametrize(
    ("text", "kind", "place", "mended"),
    [
        ("a status:opn", MistakeKind.UNKNOWN_VALUE, "opn", "a status:open"),
        ("status:open,pendng b", MistakeKind.UNKNOWN_VALUE, "pendng", "status:open,pending b"),
        ("status:lost", MistakeKind.UNKNOWN_VALUE, "lost", ""),
        ("statsu:open", MistakeKind.UNKNOWN_FIELD, "statsu", "status:open"),
        ("statsu:x", MistakeKind.UNKNOWN_FIELD, "statsu", ""),
        ("status>open", MistakeKind.NO_ORDER, ">", "status:open"),
        ("created:soon", MistakeKind.NO_DAY, "soon", ""),
        ("created:2026-02-30", MistakeKind.NO_DAY, "2026-02-30", ""),
        ("created:0001-01-01..", MistakeKind.NO_DAY, "0001-01-01", ""),
        ("created:2026..soon", MistakeKind.NO_DAY, "soon", ""),
        ("priority>low,high", MistakeKind.ONE_VALUE, ",high", "priority>low"),
        ("status:opn OR b", MistakeKind.UNKNOWN_VALUE, "opn", "status:open OR b"),
        ("(" * (MAX_DEPTH + 1) + "a", MistakeKind.TOO_DEEP, "(", ""),
        ("NOT " * (MAX_DEPTH + 1) + "a", MistakeKind.TOO_DEEP, "NOT", ""),
    ],
)
def test_a_mistake_is_marked_and_nothing_is_looked_for(
    text: str, kind: MistakeKind, place: str, mended: str
):
    parsed = parse(text, FIELDS)
    mistake = next(one for one in parsed.mistakes if not one.is_unfinished)
    assert (mistake.kind, mistake.place.of(text)) == (kind, place)
    assert parsed.tree is None
    assert bool(mistake.meant) == bool(mended) or mistake.kind is MistakeKind.ONE_VALUE
    if mended:
        assert mistake.mended(text) == mended
        assert parse(mended, FIELDS).is_understood


@pytest.mark.parametrize(
    ("text", "kind", "start", "tree"),
    [
        ('a "b', MistakeKind.OPEN_QUOTE, 2, And((A, Phrase("b")))),
        ("(a OR b", MistakeKind.OPEN_BRACKET, 0, Or((A, B))),
        ("a OR", MistakeKind.LONELY_OPERATOR, 2, A),
        ("OR a", MistakeKind.LONELY_OPERATOR, 0, A),
        ("a AND", MistakeKind.LONELY_OPERATOR, 2, A),
        ("a OR OR b", MistakeKind.LONELY_OPERATOR, 2, Or((A, B))),
        ("a NOT", MistakeKind.LONELY_OPERATOR, 2, A),
        ("a status:", MistakeKind.NO_VALUE, 2, A),
        ("created:..", MistakeKind.NO_VALUE, 0, None),
        ("a -(", MistakeKind.OPEN_BRACKET, 3, A),
    ],
)
def test_who_is_still_typing_finds_what_the_rest_asks_for(
    text: str, kind: MistakeKind, start: int, tree: Tree | None
):
    parsed = parse(text, FIELDS)
    assert parsed.tree == tree
    assert (parsed.mistakes[0].kind, parsed.mistakes[0].place.start) == (kind, start)
    assert parsed.is_understood


def test_the_part_around_a_mistake_can_be_said_as_it_was_meant():
    text = 'printer (status:open,"clsed" OR x)'
    (mistake,) = parse(text, FIELDS).mistakes
    assert mistake.mended_term(text) == "status:open,closed"
    assert mistake.mended(text) == "printer (status:open,closed OR x)"


def test_all_mistakes_are_told_at_once():
    parsed = parse("status:opn a priority:hgh created:soon", FIELDS)
    assert [mistake.place.start for mistake in parsed.mistakes] == [7, 22, 34]


def test_for_customers_fields_are_words():
    assert parse("assignee:me -status:open", NO_FIELDS).tree == And(
        (Word("assignee:me"), Not(Word("status:open")))
    )


signs = st.sampled_from([*'()"-:,=<>« »', " OR ", " AND ", " NOT ", "..", *FIELDS, "a", "open"])


@given(st.one_of(st.text(max_size=60), st.lists(signs, max_size=25).map("".join)))
def test_nothing_that_is_typed_breaks_the_parser_and_each_mistake_has_its_place(text: str):
    for fields in (FIELDS, NO_FIELDS):
        parsed = parse(text, fields)
        for mistake in parsed.mistakes:
            assert 0 <= mistake.place.start <= mistake.place.end <= len(text)
            assert (
                mistake.term.start <= mistake.place.start <= mistake.place.end <= mistake.term.end
            )
            if mistake.meant:
                again = parse(mistake.mended(text), fields).mistakes
                assert len(again) < len(parsed.mistakes) or fields is NO_FIELDS
        if fields is NO_FIELDS and parsed.tree:
            assert not has_fields(parsed.tree)


@given(trees(leaves, most=8))
def test_a_tree_that_is_written_down_is_read_as_it_was(tree: Tree):
    parsed = parse(written(tree), FIELDS)
    assert parsed.tree == tree
    assert not parsed.mistakes


@pytest.mark.parametrize("tree", [None, A, Or((A, B)), And((A, B)), Not(And((A, B)))])
def test_a_tree_is_the_conjunction_of_its_conjuncts(tree: Tree | None):
    assert conjunction(conjuncts(tree)) == tree


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "part", ["(", "-", "NOT ", '"', "status:", "statu:x ", "a OR ", "a,", "..", "x(", "«"]
)
def test_the_longest_search_is_parsed_quickly(part: str):
    text = (part * 1000)[:1000]
    assert timing.cpu_seconds(lambda: parse(text, FIELDS)) < 0.1


def test_a_place_is_a_part_of_the_text():
    assert Span(1, 3).of("abcd") == "bc"
