"""Trees for hypothesis."""

from hypothesis import strategies as st

from portal.search_language.fields import FIELDS, Field, Kind
from portal.search_language.tree import And, Comparison, Not, Operator, Or, Phrase, Tree, Word

_COMPARED = [Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW]
DAYS = ["2026-11-01", "2026-10", "2025", "today", "yesterday", "7d", "01.12.2026"]

words = st.from_regex(r"[a-zа-я0-9][a-zа-яё0-9_.,/'\"-]{0,8}", fullmatch=True)
phrases = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda text: any(sign.isalnum() for sign in text)
)


def _values(field: Field) -> st.SearchStrategy[str]:
    if field.values:
        return st.sampled_from(field.values)
    if field.kind is Kind.DURATION:
        return st.sampled_from(["90s", "2H", "3d"])
    if field.kind in {Kind.DAY, Kind.END_OF_DAY}:
        return st.sampled_from(DAYS)
    return phrases.map(lambda text: " ".join(text.split())).filter(bool)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(sorted({field.name for field in FIELDS.values()})).map(FIELDS.get))
    assert field
    values = _values(field)
    operators = [Operator.IS]
    if field.has_order:
        operators += [*_COMPARED, Operator.RANGE]
    operator = draw(st.sampled_from(operators))
    if operator is Operator.RANGE:
        first, last = draw(values), draw(values)
        ends = draw(st.sampled_from([(first, last), (first, ""), ("", last)]))
        return Comparison(field.name, operator, ends)
    most = 3 if operator is Operator.IS else 1
    return Comparison(
        field.name, operator, tuple(draw(st.lists(values, min_size=1, max_size=most)))
    )


def trees(leaves: st.SearchStrategy[Tree], most: int = 12) -> st.SearchStrategy[Tree]:
    """Trees as the parser makes them: no And in an And, no Or in an Or."""

    def grown(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.filter(lambda found: not any(isinstance(one, And) for one in found)).map(And),
            several.filter(lambda found: not any(isinstance(one, Or) for one in found)).map(Or),
            parts.map(Not),
        )

    return st.recursive(leaves, grown, max_leaves=most)


leaves = st.one_of(words.map(Word), phrases.map(Phrase), comparisons())
