"""The rail beside the pages of one section, as the account and the administration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from flask import Blueprint, current_app, url_for

from portal.models.people import Actor
from portal.web.current import current_request
from portal.web.people.guards import Permission
from portal.web.people.sessions import actor

_RAILS = "lodge.rails"


class Page(NamedTuple):
    """One line of a rail. `allowed` says who sees it; None: whoever may open the page.

    What lies below its address belongs to it, and the endpoints of `also`.
    """

    endpoint: str
    label: object
    allowed: Permission | None = None
    also: tuple[str, ...] = ()


class Group(NamedTuple):
    label: object
    pages: tuple[Page, ...]


class Link(NamedTuple):
    label: object
    url: str
    # For aria-current: "page", "true" for what lies below that page, or empty.
    current: str


class Rail(NamedTuple):
    title: object
    # Of the page that is open; the title of all where no line leads to it.
    here: object
    groups: list[tuple[object, list[Link]]]


class Section(NamedTuple):
    """`permission_of` says who may open a page, by its endpoint."""

    title: object
    groups: tuple[Group, ...]
    permission_of: Callable[[str], Permission]

    def pages_for(self, reader: Actor) -> Iterator[Page]:
        return (
            page
            for group in self.groups
            for page in group.pages
            if (page.allowed or self.permission_of(page.endpoint))(reader)
        )


def _everybody(_endpoint: str) -> Permission:
    return lambda _actor: True


def attach(
    bp: Blueprint,
    title: object,
    groups: tuple[Group, ...],
    permission_of: Callable[[str], Permission] = _everybody,
) -> None:
    """Show that rail on the pages of the blueprint that extend `layouts/section.html`."""

    @bp.record_once
    def remember(state) -> None:  # type: ignore[no-untyped-def]
        section = Section(title, groups, permission_of)
        state.app.extensions.setdefault(_RAILS, {})[bp.name] = section
        state.app.jinja_env.globals["section_rail"] = section_rail
        state.app.jinja_env.globals["first_page"] = first_page


def first_page(section: str, reader: Actor) -> str:
    """The endpoint of the first page there that the reader may open, or nothing."""
    pages = current_app.extensions[_RAILS][section].pages_for(reader)
    return next((page.endpoint for page in pages), "")


@dataclass(frozen=True)
class OpenRail:
    """The rail beside the page of a request, as a key of the cache of fragments.

    Its lines are those that the reader may open; which one is marked follows from the rule of the
    page that is open.
    """

    blueprint: str
    endpoint: str
    rule: str
    lines: tuple[str, ...]

    @property
    def rail(self) -> Rail:
        section = _section(self.blueprint)
        urls = {endpoint: url_for(endpoint) for endpoint in self.lines}
        groups = [
            (group.label, [page for page in group.pages if page.endpoint in urls])
            for group in section.groups
        ]
        shown = [page for _label, pages in groups for page in pages]
        leading = (page for page in shown if self._leads_here(page, urls[page.endpoint]))
        here = max(leading, key=lambda page: len(urls[page.endpoint]), default=None)
        links = [
            (label, [self._link(page, urls[page.endpoint], here) for page in pages])
            for label, pages in groups
            if pages
        ]
        return Rail(section.title, here.label if here else section.title, links)

    def _leads_here(self, page: Page, url: str) -> bool:
        return self.endpoint in page.also or f"{self.rule}/".startswith(f"{url.rstrip('/')}/")

    def _link(self, page: Page, url: str, here: Page | None) -> Link:
        current = "" if page is not here else "page" if url == self.rule else "true"
        return Link(page.label, url, current)


def section_rail() -> OpenRail:
    """The rail of the request's section, for its actor."""
    asked = current_request()
    blueprint, rule = asked.blueprint or "", asked.url_rule
    lines = (page.endpoint for page in _section(blueprint).pages_for(actor()))
    return OpenRail(blueprint, asked.endpoint or "", rule.rule if rule else "", tuple(lines))


def _section(blueprint: str) -> Section:
    section: Section = current_app.extensions[_RAILS][blueprint]
    return section
