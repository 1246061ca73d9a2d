"""`/help/`: the pages that concern the reader, and the search in them."""

from flask import render_template, request
from flask_login import current_user

from portal.help_pages import bp
from portal.help_pages.contents import chapters_for
from portal.help_pages.library import guide
from portal.help_pages.search import MAX_QUERY, find
from portal.i18n import current_locale


@bp.get("/")
def index() -> str:
    q = request.args.get("q", "").strip()[:MAX_QUERY]
    pages = guide(current_locale())
    chapters = [
        (chapter.label, list(pages[chapter.name].values()))
        for chapter in chapters_for(current_user)
    ]
    results = find((page for _, of in chapters for page in of), q)
    return render_template("help/index.html", q=q, chapters=chapters, results=results)
