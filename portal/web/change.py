"""The paragraph around every change that a page makes."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import Invalid
from portal.extensions import db
from portal.web.forms import Form
from portal.web.people.sessions import begin_change


@contextmanager
def change(form: Form | None = None) -> Iterator[None]:
    """A write unit: who the person is and may do is read again, then the block, then the commit.

    What a service refuses is put to the fields of `form`, and nothing is changed: ask it for its
    `errors` afterwards. Without a form, and for all other errors, they go on to who answers them.
    """
    begin_change()
    try:
        yield
    except Invalid as invalid:
        if form is None:
            raise
        db.session.rollback()
        form.blame(invalid)
    else:
        db.session.commit()
