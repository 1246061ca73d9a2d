"""The rail beside the pages of one section, as the account and the administration."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from flask import Blueprint, current_app, request, url_for

from portal.models.people import Actor
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


def section_rail() -> Rail:
    """The rail of the request's section, for its actor."""
    section = current_app.extensions[_RAILS][request.blueprint]
    title, groups = section.title, section.groups
    shown = list(section.pages_for(actor()))
    urls = {page.endpoint: url_for(page.endpoint) for page in shown}
    here = max(
        (urls[page.endpoint] for page in shown if _leads_here(page, urls[page.endpoint])),
        key=len,
        default="",
    )
    links = [
        (
            group.label,
            [_link(page, urls[page.endpoint], here) for page in group.pages if page in shown],
        )
        for group in groups
    ]
    label = next((page.label for page in shown if urls[page.endpoint] == here), title)
    return Rail(title, label, [(name, of) for name, of in links if of])


def _leads_here(page: Page, url: str) -> bool:
    return request.endpoint in page.also or f"{request.path}/".startswith(f"{url.rstrip('/')}/")


def _link(page: Page, url: str, here: str) -> Link:
    current = "" if url != here else "page" if url == request.path else "true"
    return Link(page.label, url, current)
