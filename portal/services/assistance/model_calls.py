"""The log of calls of the language model, and the budget of a day.

Tokens are held before a call and settled after it. A call whose process ends keeps what was held
for it: rather too many are counted than too few.
"""

import math
from datetime import datetime, timedelta
from datetime import time as time_of_day

from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk, insert_missing
from portal.errors import ModelBudgetSpent, ModelWriting
from portal.extensions import db, setting
from portal.models.assistance import CallState, ModelCall, ModelDay, ModelTask
from portal.models.people import Actor
from portal.queries.assistance import model_calls as queries
from portal.services.assistance.chat import Usage


def begin(
    *, actor: Actor, task: ModelTask, ticket_id: int | None, tokens: int, redacted: int
) -> ModelCall:
    """Hold so many tokens. The caller holds the person's lock.

    Raises ModelWriting, ModelBudgetSpent.
    """
    if queries.is_running(actor.id):
        raise ModelWriting
    _hold(tokens)
    call = ModelCall(
        user_id=actor.id,
        ticket_id=ticket_id,
        day=queries.today(),
        task=task,
        model=setting("AI").model,
        state=CallState.RUNNING,
        tokens=tokens,
        redacted=redacted,
        created_at=clock.now(),
    )
    db.session.add(call)
    db.session.flush()
    return call


def settle(call_id: int, *, state: CallState, reason: str, usage: Usage) -> None:
    """Write down how a call ended, once, and count what it cost instead of what was held."""
    query = select(ModelCall).where(ModelCall.id == call_id, ModelCall.state == CallState.RUNNING)
    call = db.session.scalar(query.with_for_update())
    if call is None:
        return
    more = ModelDay.tokens + (usage.tokens - call.tokens)
    execute_bulk(update(ModelDay).where(ModelDay.day == call.day).values(tokens=more))
    call.state, call.reason, call.ended_at = state, reason, clock.now()
    call.tokens, call.estimated = usage.tokens, usage.estimated


def delete_old(before: datetime, limit: int) -> None:
    old = select(ModelCall.id).where(ModelCall.created_at < before).limit(limit)
    execute_bulk(delete(ModelCall).where(ModelCall.id.in_(old)))
    execute_bulk(delete(ModelDay).where(ModelDay.day < before.date()))


def _hold(tokens: int) -> None:
    insert_missing(ModelDay, [{"day": queries.today(), "tokens": 0}])
    raised = ModelDay.tokens + tokens
    held = update(ModelDay).where(
        ModelDay.day == queries.today(), raised <= setting("AI_TOKENS_A_DAY")
    )
    if not changed_one(held.values(tokens=raised)):
        raise ModelBudgetSpent(retry_after=_until_midnight())


def _until_midnight() -> int:
    now = queries.now()
    midnight = datetime.combine(now.date() + timedelta(days=1), time_of_day(), now.tzinfo)
    return max(1, math.ceil(midnight.timestamp() - now.timestamp()))
