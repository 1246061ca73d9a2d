"""The form by which somebody on the staff is away."""

from datetime import datetime, time
from typing import Any

from wtforms import StringField
from wtforms.validators import ValidationError

from portal.errors import Invalid
from portal.i18n import current_timezone, lazy_gettext
from portal.i18n import gettext as _
from portal.models.people import Actor, User
from portal.services.people import absence
from portal.web.forms import ERROR_MESSAGES, Form


class AbsenceForm(Form):
    """The first day on which the person is back; empty: is back now."""

    back_on = StringField(lazy_gettext("Back on"), render_kw={"type": "date"})
    # The beginning of that day in the reader's zone.
    moment: datetime | None = None

    def validate_back_on(self, field: StringField) -> None:
        if not field.data:
            return
        try:
            day = datetime.strptime(field.data, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
        except ValueError:
            raise ValidationError(str(ERROR_MESSAGES["away_date"])) from None
        self.moment = datetime.combine(day, time(), current_timezone())

    def save(self, *, actor: Actor, user: User) -> str:
        """Do it, and say what was done. Raises Invalid at `back_on`."""
        if self.moment is None:
            absence.come_back(actor=actor, user=user)
            return _("%(name)s gets tickets again.", name=user.name)
        try:
            absence.leave(actor=actor, user=user, until=self.moment)
        except Invalid as invalid:
            raise Invalid(back_on=invalid.details["away_until"]) from None
        return _("%(name)s is away, and nobody gives them tickets.", name=user.name)


def last_day(user: User) -> dict[str, Any]:
    """What the form shows of somebody who is away."""
    if not user.is_away or user.away_until is None:
        return {}
    return {"back_on": user.away_until.astimezone(current_timezone()).date().isoformat()}
