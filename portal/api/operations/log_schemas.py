"""What `/admin/logs/…` takes and answers."""

from marshmallow import fields

from portal.api.fields import Answer, Choice, Line, Moment, Number, Schema, about, moment
from portal.api.schemas import PersonSchema, cursor_field, person_ref, ticket_ref
from portal.models.people import AccountEventKind
from portal.models.tickets import EventKind

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class _LogQuery(Schema):
    limit = Number(least=1, most=100, load_default=50, metadata=about("How many at most."))
    cursor = cursor_field()
    user = person_ref("Only of this person.")
    since = Moment(metadata=about("From this moment on.", "2026-11-21T00:00:00Z"))
    until = Moment(metadata=about("Before this moment.", "2026-11-22T00:00:00Z"))


class ApiLogQuery(_LogQuery):
    """Which requests."""

    key = Line(max_length=16, load_default="", metadata=about("The beginning of an API key."))
    route = Line(
        max_length=120,
        load_default="",
        metadata=about("As this document writes it.", "/api/v1/tickets/{number}"),
    )
    method = Choice(_METHODS, metadata=about("Only of this method."))
    status = Number(least=100, most=599, metadata=about("Only those answered so.", 404))
    outcome = Choice(("errors",), metadata=about("Only what was refused."))


class ActionQuery(_LogQuery):
    """Which actions: those that `user` did, and those that were done to them."""

    ticket = ticket_ref("Only on this ticket.")
    kind = Choice([*EventKind, *AccountEventKind], metadata=about("Only of this kind."))


class StatisticsQuery(Schema):
    """Of which time."""

    days = Number(least=1, most=90, load_default=1, metadata=about("Up to now."))


class ApiRequestSchema(Answer):
    """A request, without its body and query."""

    id = fields.Integer(metadata=about("Newer ones have higher ids.", 1207))
    at = moment("When it was answered.")
    user = fields.Nested(PersonSchema, allow_none=True)
    key_prefix = fields.String(allow_none=True, metadata=about("Of its API key.", "lk_abcdefgh"))
    method = fields.String(metadata=about("", "GET"))
    route = fields.String(
        metadata=about("`-`: there is no such address.", "/api/v1/tickets/{number}")
    )
    status = fields.Integer(metadata=about("", 200))
    milliseconds = fields.Integer(metadata=about("How long it took.", 4))
    address = fields.String(metadata=about("Where it came from.", "192.0.2.7"))
    request_id = fields.String(metadata=about("`X-Request-ID` of the answer."))


class ActionSchema(Answer):
    """Something that was done to a ticket or an account."""

    id = fields.Integer(metadata=about("Counts without a gap.", 345))
    at = moment("When it was done.")
    kind = fields.String(metadata=about("What was done.", "status"))
    actor = fields.Nested(PersonSchema, allow_none=True)
    ticket = fields.String(allow_none=True, metadata=about("On which ticket.", "REQ000001"))
    user = fields.Nested(PersonSchema, allow_none=True)
    hash = fields.String(metadata=about("Of this line and, through it, of all before it."))


class ApiRequestPageSchema(Answer):
    """A page of a list."""

    items = fields.List(fields.Nested(ApiRequestSchema))
    next = fields.String(allow_none=True, metadata=about("`cursor` of the next page."))


class ActionPageSchema(Answer):
    """A page of a list."""

    items = fields.List(fields.Nested(ActionSchema))
    next = fields.String(allow_none=True, metadata=about("`cursor` of the next page."))


class FigureSchema(Answer):
    """What some requests come to."""

    name = fields.String(metadata=about("Method and route, or the beginning of a key."))
    requests = fields.Integer(metadata=about("How many there were.", 1200))
    errors = fields.Integer(metadata=about("How many were answered with 400 and above.", 3))
    p95_milliseconds = fields.Integer(metadata=about("95 of 100 were answered within.", 20))


class StatisticsSchema(Answer):
    """Figures by the hour; the twenty with most requests. A key of no name: without a key."""

    total = fields.Nested(FigureSchema)
    by_route = fields.List(fields.Nested(FigureSchema))
    by_key = fields.List(fields.Nested(FigureSchema))
