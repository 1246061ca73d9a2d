"""`/help/<chapter>/<name>`: a page of the guide, beside the others of its chapter."""

from flask import abort, render_template
from flask_login import current_user

from portal.help_pages import bp
from portal.help_pages.contents import chapters_for
from portal.help_pages.library import guide
from portal.i18n import current_locale, gettext
from portal.web.templating.rail import Link, Rail


@bp.get("/<chapter>/<name>")
def page(chapter: str, name: str) -> str:
    """404 for who asks for a chapter that does not concern them."""
    labels = {each.name: each.label for each in chapters_for(current_user)}
    pages = guide(current_locale())[chapter] if chapter in labels else {}
    if name not in pages:
        abort(404)
    names = list(pages)
    here = names.index(name)
    links = [
        Link(each.title, each.url, "page" if each.name == name else "") for each in pages.values()
    ]
    return render_template(
        "help/page.html",
        page=pages[name],
        rail=Rail(gettext("Help"), labels[chapter], [(labels[chapter], links)]),
        following=pages[names[here + 1]] if here + 1 < len(names) else None,
    )
