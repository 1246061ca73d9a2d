"""Forms of `/tickets`."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, Field, HiddenField, MultipleFileField
from wtforms.fields.choices import SelectChoice

from portal.errors import Invalid
from portal.extensions import setting
from portal.i18n import lazy_gettext as _
from portal.models.tickets import Channel, Priority
from portal.queries.tickets.drafts import DraftRow
from portal.queries.tickets.requesters import Match
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.people.profile import MAX_NAME
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.drafts import DraftText
from portal.services.tickets.macros import clean_changes
from portal.services.tickets.products import MAX_PRODUCTS
from portal.services.tickets.saved_replies import MAX_NAME as MAX_REPLY_NAME
from portal.services.tickets.saved_views import KEYS
from portal.services.tickets.saved_views import MAX_NAME as MAX_VIEW_NAME
from portal.services.tickets.tags import MAX_LINE
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.web.forms import ChoiceField, Form, LineField, MessageField, MomentField, TextField
from portal.web.people.fields import EmailField
from portal.web.templating.labels import (
    CHANNEL_LABELS,
    CUSTOMER_PRIORITY_CHOICES,
    PRIORITY_CHOICES,
    STATUS_CHOICES,
    type_choices,
)

# How what staff write down may have reached them.
_BY_HAND = (Channel.PHONE, Channel.PAGE, Channel.API)


_LEAVE = ("", _("Leave as it is"))


class ProductsField(Field):
    """Public ids of products; an address may name some, too."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = list(dict.fromkeys(valuelist))[: MAX_PRODUCTS + 1]


class TicketForm(Form):
    subject = LineField(
        _("Subject"),
        max_length=MAX_SUBJECT,
        needed=True,
        render_kw={
            "hx-get": "/tickets/new/earlier",
            "hx-trigger": "input delay:600ms",
            "hx-target": "#earlier-tickets",
            "hx-swap": "outerHTML",
            "hx-sync": "this:replace",
        },
    )
    message = MessageField(
        _("Message"),
        max_length=MAX_MESSAGE,
        description=_("What happened, and what did you expect? Markdown works."),
        render_kw={"rows": 10},
    )
    priority = ChoiceField(
        _("Priority"),
        pairs=PRIORITY_CHOICES[::-1],
        default=Priority.MEDIUM.word,
    )
    department = ChoiceField(_("Department"), pairs=())
    type = ChoiceField(_("Type"), pairs=())
    attachments = MultipleFileField(_("Attachments"))
    products = ProductsField(_("Products"), default=())
    draft = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = setting("DEPARTMENTS") if self._offers("DEPARTMENT_CHOICE") else ()
        self._offer("department", [(name, name) for name in names])
        self._offer("type", type_choices() if self._offers("TYPE_CHOICE") else ())

    def _offer(self, name: str, pairs: Sequence[tuple[str, Any]]) -> None:
        if not pairs:
            del self[name]
            return
        field = self[name]
        field.pairs = (("", _("I do not know")), *pairs)
        if field.data is None:
            field.data = ""

    def _offers(self, name: str) -> bool:
        return bool(setting(name))

    @property
    def chosen_department(self) -> str | None:
        return (self.department.data or None) if self.department else None

    @property
    def chosen_type(self) -> str | None:
        return (self.type.data or None) if self.type else None

    @property
    def priority_choices(self) -> tuple[tuple[str, object], ...]:
        """As customers choose; what an address or a draft has chosen besides is kept."""
        known = dict(CUSTOMER_PRIORITY_CHOICES)
        chosen = self.priority.data
        others = (pair for pair in PRIORITY_CHOICES if pair[0] == chosen and chosen not in known)
        return (*CUSTOMER_PRIORITY_CHOICES, *others)


class StaffTicketForm(TicketForm):
    """A ticket for somebody else, or with no `requester` one's own.

    `matches` are those who may be meant by `requester`, and `person` is the one that was chosen of
    them.
    """

    matches: Sequence[Match] = ()

    def _offers_departments(self) -> bool:
        return True

    # Staff look for earlier tickets where they see all of them.
    subject = LineField(_("Subject"), max_length=MAX_SUBJECT, needed=True)
    requester = LineField(
        _("For whom?"),
        max_length=MAX_ADDRESS,
        description=_("A name or an e-mail address. Leave it empty for a ticket of your own."),
        render_kw={
            "autocomplete": "off",
            "list": "requesters",
            "hx-get": "/tickets/new/requesters",
            "hx-trigger": "input delay:250ms",
            "hx-target": "#requesters",
            "hx-swap": "outerHTML",
            "hx-sync": "this:replace",
        },
    )
    requester_name = LineField(
        _("Their name, if they are new"),
        max_length=MAX_NAME,
        render_kw={"autocomplete": "off"},
    )
    channel = ChoiceField(
        _("How it came in"),
        pairs=tuple((channel.value, CHANNEL_LABELS[channel]) for channel in _BY_HAND),
        default=Channel.PHONE.value,
    )
    internal = BooleanField(_("Internal: they are not told, and the message is a note among staff"))
    person = HiddenField()


class CommentForm(Form):
    """A comment. `version` is the ticket's as the writer saw it, `status` the one to set.

    `draft` is the version of the draft that the page knows, `scheduled` the newest answer that it
    shows waiting. `send_at` is a time of the writer's zone at which an answer by staff leaves.
    """

    message = MessageField(_("Message"), max_length=MAX_MESSAGE, render_kw={"rows": 6})
    internal = BooleanField(_("Internal note"))
    attachments = MultipleFileField(_("Attachments"))
    version = HiddenField()
    status = HiddenField()
    draft = HiddenField()
    scheduled = HiddenField()
    send_at = MomentField(_("Send at"))


class ParticipantForm(Form):
    email = EmailField(autocomplete="off")


class DraftForm(Form):
    """What of either form is kept as a draft; it need not be complete."""

    subject = LineField(_("Subject"), max_length=MAX_SUBJECT)
    message = TextField(_("Message"), max_length=MAX_MESSAGE)
    internal = BooleanField(_("Internal note"))
    priority = HiddenField()
    draft = HiddenField()

    def require_valid(self) -> None:
        """Raises Invalid."""
        if not self.validate():
            raise Invalid(**dict.fromkeys(self.errors, "too_long"))

    def text(self) -> DraftText:
        word = self.priority.data or ""
        priority = Priority.from_word(word) if word in _PRIORITY_WORDS else None
        return DraftText(
            message=self.message.data,
            subject=self.subject.data,
            internal=self.internal.data,
            priority=priority,
        )


_PRIORITY_WORDS = {priority.word for priority in Priority}


class ReplyForm(Form):
    """A saved reply; with something to change it is a macro."""

    name = LineField(_("Name"), max_length=MAX_REPLY_NAME, needed=True)
    message = TextField(_("Text"), max_length=MAX_MESSAGE, render_kw={"rows": 5})
    internal = BooleanField(_("Write it as an internal note"))
    shared = BooleanField(_("All staff see it"))
    status = ChoiceField(_("Status"), pairs=(_LEAVE, *STATUS_CHOICES), default="")
    priority = ChoiceField(_("Priority"), pairs=(_LEAVE, *PRIORITY_CHOICES), default="")
    type = ChoiceField(_("Type"), pairs=(), default="")
    department = ChoiceField(_("Department"), pairs=(), default="")
    assignee = ChoiceField(_("Assignee"), pairs=(), default="")
    tags = LineField(_("Tags to add"), max_length=MAX_LINE)

    CHANGES = ("status", "priority", "type", "department", "assignee", "tags")

    def offer(self, assignees: Sequence[tuple[str, Any]]) -> "ReplyForm":
        """Let the ticket be given to those, and to whom the macro gives it now."""
        self._offer_departments()
        self.type.pairs = (_LEAVE, *type_choices(self.type.data))
        pairs = [_LEAVE, ("me", _("Whoever uses it")), ("none", _("Nobody")), *assignees]
        if self.assignee.data and self.assignee.data not in dict(pairs):
            pairs.append((self.assignee.data, _("not on the staff any more")))
        self.assignee.pairs = pairs
        self.assignee.choices = [SelectChoice(value, label) for value, label in pairs]
        return self

    def _offer_departments(self) -> None:
        names = [*setting("DEPARTMENTS")]
        if self.department.data and self.department.data not in names:
            names.append(self.department.data)
        self.department.pairs = (_LEAVE, *((name, name) for name in names))

    def values(self) -> dict[str, Any]:
        """Arguments of `services.tickets.saved_replies`. Raises Invalid."""
        fields = ("name", "message", "internal", "shared")
        wanted = {name: self[name].data for name in self.CHANGES}
        return {name: self[name].data for name in fields} | {"changes": clean_changes(wanted)}


class ViewForm(Form):
    """A saved view. `query` is the filter, which is kept when it is renamed."""

    name = LineField(_("Name"), max_length=MAX_VIEW_NAME, needed=True)
    shared = BooleanField(_("All staff see it"))
    key = ChoiceField(
        _("Key"), pairs=(("", "–"), *((str(key), f"g {key}") for key in KEYS)), default=""
    )
    query = HiddenField()

    def values(self) -> dict[str, Any]:
        """Arguments of `services.tickets.saved_views`."""
        key = int(self.key.data) if self.key.data else None
        return {"name": self.name.data, "shared": self.shared.data, "key": key}


def scheduled_seen(form: Any) -> int:
    """The newest scheduled answer that the form's page shows; 0 for none, or for nonsense."""
    return _number(form.scheduled.data)


def kept_files(values: Sequence[str]) -> list[int]:
    """Ids of files that came back with an answer. Raises Invalid."""
    numbers = [_number(value) for value in values]
    if not all(numbers):
        raise Invalid(attachments="gone")
    return numbers


def draft_version(form: Any) -> int:
    """The version of the draft that the form's page knows; 0 for none, or for nonsense."""
    return _number(form.draft.data, most=9)


def _number(text: str | None, *, most: int = 18) -> int:
    """0 for nothing, and for nonsense."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most else 0


def comment_form_of(draft: DraftRow) -> CommentForm:
    """The composer as its writer left it."""
    kept = {"message": draft.message, "internal": draft.internal, "draft": str(draft.version)}
    return CommentForm(formdata=None, data=kept)


def ticket_form_of(draft: DraftRow, form: type[TicketForm]) -> TicketForm:
    priority = Priority(draft.priority or Priority.MEDIUM).word
    kept = {"subject": draft.subject, "message": draft.message, "draft": str(draft.version)}
    return form(formdata=None, data={**kept, "priority": priority})
