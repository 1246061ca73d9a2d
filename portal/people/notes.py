"""Notes about a person or an organization, and `/notes/<id>`, where their author changes them."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Forbidden
from portal.i18n import gettext as _
from portal.models.organizations import CustomerNote
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people.person import Person
from portal.models.people.user import format_id as person_number
from portal.people import bp
from portal.people.forms import NoteForm
from portal.queries.organizations import customer_notes as queries
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.security import permissions
from portal.services.organizations import customer_notes as service
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor


class Note(NamedTuple):
    """`change_url` is None for all but its author."""

    id: int
    text: str
    author: Person
    created_at: datetime
    updated_at: datetime | None
    change_url: str | None


def context(here: str, form: NoteForm | None = None, **about: int) -> dict[str, Any]:
    """Values for `people/_notes.html`: notes about a `user_id` or an `organization_id`.

    `form` has what was refused.
    """
    page = queries.page(**about, cursor=parse_id_cursor(request.args.get("notes")))
    return {
        "notes": [_note(row) for row in page.rows],
        "note_form": form or NoteForm(formdata=None),
        "notes_url": f"{here}/notes",
        "earlier_notes_url": f"{here}?notes={page.next}" if page.next else None,
        "about_person": "user_id" in about,
    }


def after_writing(note: CustomerNote) -> Response:
    """Back to whom it is about, where the note stands."""
    flash(_("The note is saved."), "success")
    return see_other(f"{_page_of(note)}#note-{note.id}")


@bp.get("/notes/<id:note_id>")
def note(note_id: int) -> str:
    """The form to change it. Raises Forbidden for all but its author."""
    found = queries.find(actor(), note_id)
    _require_own(found)
    return _render(found, NoteForm(formdata=None, data={"text": found.text}))


@bp.post("/notes/<id:note_id>")
def change_note(note_id: int) -> Response | tuple[str, int]:
    found = queries.find(actor(), note_id)
    _require_own(found)
    form = NoteForm()
    if form.validate():
        with change(form):
            found = queries.find(actor(), note_id, lock=True)
            service.change(actor=actor(), note=found, text=form.text.data)
    return (_render(found, form), 422) if form.errors else after_writing(found)


@bp.post("/notes/<id:note_id>/delete")
def delete_note(note_id: int) -> Response:
    with change():
        found = queries.find(actor(), note_id, lock=True)
        back = _page_of(found)
        service.delete(actor=actor(), note=found)
    flash(_("The note is deleted."), "success")
    return see_other(back)


def _require_own(note: CustomerNote) -> None:
    if not permissions.can_change_note(actor(), note.author_id):
        raise Forbidden


def _render(note: CustomerNote, form: NoteForm) -> str:
    here = url_for(".note", note_id=note.id)
    return render_template(
        "people/note.html",
        form=form,
        here=here,
        delete_url=url_for(".delete_note", note_id=note.id),
        back_url=_page_of(note),
        about_person=note.user_id is not None,
    )


def _page_of(note: CustomerNote) -> str:
    if note.user_id is not None:
        return url_for(".person", number=person_number(note.user_id))
    return url_for(".organization", number=organization_number(note.organization_id or 0))


def _note(row: AnyRow) -> Note:
    own = permissions.can_change_note(actor(), row.author_id)
    return Note(
        row.id,
        row.text,
        Person.of(row, "author_"),
        row.created_at,
        row.updated_at,
        url_for(".note", note_id=row.id) if own else None,
    )
