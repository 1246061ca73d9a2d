"""What `/products/sync`, `/products/syncs` and `/products/schedule` take and answer."""

from marshmallow import fields

from portal.api.fields import Answer, Choice, Items, Line, Schema, about, moment
from portal.api.schemas import PersonSchema, page_of
from portal.models.organizations import Marketplace
from portal.models.products import SyncError, SyncStage, SyncState
from portal.models.products.product_schedule import MAX_CRON, MAX_ZONE

_MARKETPLACES = [str(one) for one in Marketplace]


class SyncBody(Schema):
    """Which marketplaces are to be asked."""

    marketplaces = Items(
        Choice(Marketplace),
        most=len(_MARKETPLACES),
        load_default=list,
        metadata=about("All where the organization sells without any.", ["ozon"]),
    )


class SyncSchema(Answer):
    """A sync, and how far it is or was."""

    id = fields.Integer(metadata=about("Its id.", 12))
    marketplace = fields.String(metadata={"enum": _MARKETPLACES, **about("Who was asked.")})
    state = fields.String(metadata={"enum": [str(s) for s in SyncState], **about("How far it is.")})
    stage = fields.String(
        metadata={"enum": [str(s) for s in SyncStage], **about("What was asked for last.")}
    )
    started_by = fields.Nested(
        PersonSchema, allow_none=True, metadata=about("Null: the schedule began it.")
    )
    total = fields.Integer(
        allow_none=True, metadata=about("Products there are, where the marketplace says it.", 840)
    )
    seen = fields.Integer(metadata=about("Products that were fetched.", 500))
    pages = fields.Integer(metadata=about("Answers that were stored.", 5))
    added = fields.Integer(metadata=about("Products that are new.", 3))
    changed = fields.Integer(metadata=about("Products that are different or back.", 17))
    gone = fields.Integer(metadata=about("Products that are not there any more.", 1))
    errors = fields.Integer(metadata=about("Items that could not be read.", 0))
    error = fields.String(
        allow_none=True,
        metadata={
            "enum": [*(str(e) for e in SyncError), None],
            **about("Why it has failed, or waits."),
        },
    )
    detail = fields.String(
        allow_none=True, metadata=about("What the marketplace said.", "HTTP 403 scope")
    )
    created_at = moment("When it was asked for.")
    started_at = moment("When a worker began it.", allow_none=True)
    ended_at = moment("When it ended.", allow_none=True)
    next_try_at = moment("When it goes on, while it waits.", allow_none=True)


SyncPageSchema = page_of(SyncSchema)


class ScheduleBody(Schema):
    """When the products are fetched."""

    cron = Line(
        max_length=MAX_CRON,
        needed=True,
        required=True,
        metadata=about(
            "Minute, hour, day, month, weekday; at most once an hour, so the minute is one number.",
            "0 6 * * *",
        ),
    )
    zone = Line(
        max_length=MAX_ZONE,
        needed=True,
        required=True,
        metadata=about("Whose clock.", "Europe/Moscow"),
    )


class ScheduleSchema(Answer):
    """The schedule."""

    cron = fields.String(metadata=about("Its five fields.", "0 6 * * *"))
    zone = fields.String(metadata=about("Whose clock.", "Europe/Moscow"))
    next_run_at = moment("When it begins the next syncs.", allow_none=True)
    failures = fields.Integer(
        metadata=about("Syncs that failed since all marketplaces were well.", 0)
    )
