"""Expressions of single words and phrases, as whoever searches may find them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.queries.tickets.search.documents import internal
from portal.queries.tickets.search.expressions import AnyTerm, Expression, all_of, any_of
from portal.text_analysis.terms import number_term, pair_terms, word_terms
from portal.text_analysis.tokens import Token, neighbours, ticket_id, tokens

# Shorter beginnings match too many words.
_MIN_BEGINNING = 3
# From a folded word of a name, or an address, to the marks of those who have it.
Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Leaves:
    """Makes expressions for one search. `staff` find internal notes, too."""

    staff: bool
    names: Names

    def word(self, text: str, *, begins: bool) -> Expression | None:
        """`text` in any of its forms; the last token may be unfinished if `begins`.

        None if there is nothing in it to be found.
        """
        if (number := ticket_id(text)) is not None:
            return self._any([number_term(number)])
        found = list(tokens(text))
        if not found:
            return None
        ends = (begins and token is found[-1] for token in found)
        parts = [self._token(token, begins=end) for token, end in zip(found, ends, strict=True)]
        if "@" in text and (marks := self.names.get(text.lower(), ())):
            return any_of([all_of(parts), AnyTerm(tuple(marks))])
        return all_of(parts)

    def last(self, text: str) -> Expression | None:
        """The last word of `text` as it stands."""
        found = list(tokens(text))
        if not found:
            return None
        token = found[-1]
        return self._run(token) if token.unspaced else self._any([token.parts[-1]])

    def phrase(self, text: str) -> Expression | None:
        """The words of `text` as they stand there."""
        found = list(tokens(text))
        spaced = [part for token in found if not token.unspaced for part in token.parts]
        runs = [self._run(token) for token in found if token.unspaced]
        parts = [*self._neighbours(spaced), *runs]
        return all_of(parts) if parts else None

    def _token(self, token: Token, *, begins: bool) -> Expression:
        if token.unspaced:
            return self._run(token)
        if len(token.parts) == 1:
            return self._single(token, begins=begins)
        ways = [all_of(self._neighbours(token.parts))]
        if token.whole:
            ways.append(self._forms(token.raw_whole, token.whole, begins=begins))
        if begins and is_beginning(token.parts[-1]):
            *before, last = token.parts
            ways.append(all_of([*self._neighbours(before), self._any([], [last])]))
        return any_of(ways)

    def _single(self, token: Token, *, begins: bool) -> Expression:
        forms = self._forms(token.raw[0], token.parts[0], begins=begins)
        if token.pieces:
            return any_of([forms, all_of(self._neighbours(token.pieces))])
        return forms

    def _forms(self, raw: str, folded: str, *, begins: bool) -> Expression:
        beginnings = [folded] if begins and is_beginning(folded) else []
        return self._any(word_terms(raw), beginnings, self.names.get(folded, ()))

    def _run(self, token: Token) -> Expression:
        [run] = token.parts
        return all_of(self._any([pair]) for pair in neighbours(run) or (run,))

    def _neighbours(self, words: Sequence[str]) -> list[Expression]:
        """Each of `words` as it stands, and that they are neighbours."""
        return [self._any([term]) for term in (*words, *pair_terms(words))]

    def _any(
        self, terms: Iterable[str], beginnings: Iterable[str] = (), marks: Iterable[str] = ()
    ) -> AnyTerm:
        begun = self._seen(beginnings)
        # What begins so is asked for anyway, and each term costs.
        others = (term for term in self._seen(terms) if not term.startswith(begun))
        return AnyTerm((*others, *marks), begun)

    def _seen(self, terms: Iterable[str]) -> tuple[str, ...]:
        public = tuple(dict.fromkeys(terms))
        return (*public, *map(internal, public)) if self.staff else public


def is_beginning(word: str) -> bool:
    """Whether more may follow: 123 is a ticket's number or a number in a text, not 1234's."""
    return len(word) >= _MIN_BEGINNING and not word.isdigit()
