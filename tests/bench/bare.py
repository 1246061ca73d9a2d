"""The measure of all figures: a bare Flask page with the rows of our queue page, and no database;
and bare Flask JSON answers that say what our API says.

Its layout is our own page with the rows cut out, so both send about the same bytes; its rows are
plain values that Jinja escapes, cell by cell, as in any list.
"""

import json
import re
from html import unescape
from pathlib import Path

from flask import Flask, abort, render_template

from tests.bench import pages
from tests.bench.count import Requests

_ROW = re.compile(r'<tr id="t.*?</tr>', re.DOTALL)
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")

_LIST = """{% extends "layout.html" %}
{% block title %}Queue{% endblock %}
{% block rows %}
{% for row in rows %}
<tr id="t{{ row.id }}" class="unread"><td class="u"><span class="sr">Unread</span></td><td class="c"><input type="checkbox" name="numbers" value="{{ row.number }}" aria-label="{{ row.number }}"></td><td class="m"><a href="{{ row.address }}">{{ row.subject }}</a></td><td class="st st-{{ row.state }}">{{ row.status }}</td><td class="pr pr-2">{{ row.priority }}</td><td class="t" title="{{ row.day }}">{{ row.age }}</td><td class="w"><a class="who" tabindex="-1" href="{{ row.person }}">{{ row.requester }}</a> · <a class="who" tabindex="-1" href="{{ row.company }}">{{ row.organization }}</a> — {{ row.words }}</td><td class="a">{{ row.assignee }}</td><td class="n">{{ row.number }}</td></tr>
{% endfor %}
{% endblock %}
"""  # noqa: E501


ASKS = {
    "/": pages.Ask("bare", "/", holds=('<tr id="t', 30)),
    "/list": pages.Ask("bare list", "/list", holds=('"number":', 50)),
    "/read": pages.Ask("bare read", "/read", holds=('"number":', 1)),
}


def prepare(folder: Path, app: Flask, tickets: int, keys: pages.Keys) -> None:
    """Write what the bare server needs, taken from the answers of `app`."""
    asks = {ask.name: ask for ask in pages.pages(tickets)}
    page, listed, read = (
        Requests(app, asks[name], keys).ask()[1] for name in ("queue", "API list", "API read")
    )
    _write_page(folder, page)
    answers = {"list": json.loads(listed), "read": json.loads(read)}
    (folder / "answers.json").write_text(json.dumps(answers))


def _write_page(folder: Path, page: str) -> None:
    rows = _ROW.findall(page)
    head, _, rest = page.partition(rows[0])
    tail = rest.rpartition("</tr>")[2]
    templates = folder / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    layout = [_raw(head), "{% block rows %}{% endblock %}", _raw(tail)]
    title = re.sub(r"<title>.*?</title>", "<title>{% block title %}{% endblock %}</title>", head)
    before, _, after = title.partition("{% block title %}{% endblock %}")
    layout[0] = _raw(before) + "{% block title %}{% endblock %}" + _raw(after)
    (templates / "layout.html").write_text("".join(layout))
    (templates / "list.html").write_text(_LIST)
    (folder / "rows.json").write_text(json.dumps([_values(row) for row in rows]))


def create(folder: str) -> Flask:
    """What gunicorn serves."""
    app = Flask(__name__, root_path=folder)
    rows = json.loads((Path(folder) / "rows.json").read_text())
    answers = json.loads((Path(folder) / "answers.json").read_text())

    @app.get("/")
    def queue() -> str:
        return render_template("list.html", rows=rows)

    @app.get("/<name>")
    def answer(name: str) -> dict[str, object]:
        return answers.get(name) or abort(404)

    return app


def _raw(html: str) -> str:
    return "{% raw %}" + html + "{% endraw %}"


def _values(row: str) -> dict[str, str]:
    cells = [_TAG.sub("", cell).strip() for cell in _CELL.findall(row)]
    _, _, subject, status, priority, age, last, assignee, number = map(unescape, cells)
    people, _, words = last.partition(" — ")
    requester, _, organization = people.partition(" · ")
    # Somebody without a company has no link to one.
    address, person, company = map(unescape, [*re.findall(r'href="([^"]*)"', row), ""][:3])
    [day] = re.findall(r'title="([^"]*)"', row)
    return {
        "id": number.removeprefix("REQ").lstrip("0"),
        "number": number,
        "address": address,
        "subject": subject,
        "state": status.lower(),
        "status": status,
        "priority": priority,
        "day": day,
        "age": age,
        "person": person,
        "company": company,
        "requester": requester,
        "organization": organization,
        "words": words,
        "assignee": assignee,
    }
