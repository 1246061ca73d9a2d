"""The write unit of a page: `with change(form):`."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import Invalid
from portal.extensions import db
from portal.web.forms import Form
from portal.web.people.sessions import begin_change


@contextmanager
def change(form: Form | None = None) -> Iterator[None]:
    """Begin a write unit, read the person's session and rights again, run the block, commit.

    With a form, an Invalid of the block rolls back and becomes the form's `errors`; without one it
    is raised, as all other errors are.
    """
    begin_change()
    try:
        yield
    except Invalid as invalid:
        if form is None:
            raise
        db.session.rollback()
        form.add_errors(invalid)
    else:
        db.session.commit()
