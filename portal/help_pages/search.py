"""Search in the guide: every word in any of its forms, in a few dozen pages that are in memory."""

from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

from portal.help_pages.library import GuidePage
from portal.help_pages.rendering import Section
from portal.queries.tickets.search.highlighting import Searched, Segments, searched
from portal.queries.tickets.search.spellings import Fit, leaves
from portal.search_language.tree import Word, conjunction

MAX_QUERY = 200
_MAX_WORDS = 12
_MAX_RESULTS = 10
# A word in a title says what the page is about.
_TITLE, _HEADING = 4, 2


class Result(NamedTuple):
    """A page that has all the words, and the section where most of them stand."""

    page: GuidePage
    section: Section
    title: Markup
    excerpt: Markup

    @property
    def url(self) -> str:
        return f"{self.page.url}#{self.section.anchor}" if self.section.anchor else self.page.url


def find(pages: Iterable[GuidePage], q: str) -> list[Result]:
    """The pages with all words of `q`, the best first."""
    tree = conjunction(tuple(Word(word) for word in q.split()[:_MAX_WORDS]))
    words = searched(leaves(tree)) if tree else None
    if words is None or not words.leaves:
        return []
    scored = [(score, page) for page in pages if (score := _score(words, page))]
    scored.sort(key=lambda pair: -pair[0])
    return [_result(words, page) for _, page in scored[:_MAX_RESULTS]]


def _score(words: Searched, page: GuidePage) -> int:
    """How well the words stand in the page; 0 when one is missing."""
    best = [_TITLE * fit for fit in words.fits_of_line(page.title)]
    for section in page.sections:
        heading, text = words.fits_of_line(section.heading), words.fits(section.text)
        best = [
            max(so_far, _HEADING * above, below)
            for so_far, above, below in zip(best, heading, text, strict=True)
        ]
    return sum(best) if all(best) else 0


def _result(words: Searched, page: GuidePage) -> Result:
    section = max(page.sections, key=lambda each: _fit(words, each))
    excerpt = words.excerpt(section.text)
    segments = excerpt.segments if excerpt else ((page.lead, False),)
    return Result(page, section, _marked(words.marked(page.title)), _marked(segments))


def _fit(words: Searched, section: Section) -> int:
    text: list[Fit] = words.fits(section.text)
    return sum(text) + _HEADING * sum(words.fits_of_line(section.heading))


def _marked(segments: Segments) -> Markup:
    pieces = (f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in segments)
    return Markup("".join(pieces))  # noqa: S704 - each piece is escaped
